/*
 * A listening socket of one reactor: it accepts while it can, pauses when it
 * runs out of something, and lets in who waits when it stops. listen.h opens
 * it. The reactor's thread only, but for listener_init.
 */
#ifndef REACTOR_LISTENER_H
#define REACTOR_LISTENER_H

#include <stdbool.h>

#include "reactor/address.h"
#include "reactor/timer.h"

struct reactor;
struct sockaddr_storage;

/* Scrapers (struct conn) that may be there at once; the next ones wait in the
 * kernel's queue. */
#define LISTENER_SCRAPERS_MAX 8

struct listener {
	int fd;                  /* owned; -1 when it is closed */
	struct reactor *reactor; /* borrowed */
	struct timer retry;      /* accept again, after running out */
	bool local;              /* it is a Unix socket */
	bool passed;             /* not ours alone: it goes on without us */
	enum speaks speaks;
	uint8_t scrapers; /* that came by it and are not DETACHED */
	bool armed;       /* the engine accepts */
	bool stopped;     /* for good */
};

/* Takes the descriptor. Before the reactor starts; the main thread. */
void listener_init(struct listener *listener, struct reactor *reactor, int fd,
    bool passed, enum speaks speaks);

/* Accepts from now on, unless it has stopped or has as many scrapers as it may.
 */
void listener_start(struct listener *listener);

/* Takes in all clients that wait in the kernel's queue, then closes the socket.
 * Once is enough. */
void listener_stop(struct listener *listener);

/* Closes the socket, if it is open. */
void listener_close(struct listener *listener);

/* A scraper has come by it; one that did is DETACHED, and the next may come. */
void listener_enter(struct listener *listener);
void listener_leave(struct listener *listener);

/* Where it listens; false when it does no more. */
bool
listener_name(const struct listener *listener, struct sockaddr_storage *out);

#endif
