/*
 * What a turn needs from the kernel, written twice: engine_epoll.c (readiness)
 * and engine_uring.c (completion). The engine calls up through the functions at
 * the end and never frees a connection. The reactor's thread only.
 */
#ifndef REACTOR_ENGINE_H
#define REACTOR_ENGINE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct address;
struct conn;
struct engine;
struct listener;
struct reactor;
struct sockaddr_storage;

struct engine_ops {
	const char *name;
	/* Can so many be made here, at least 1? 0 or -errno. Any thread. */
	int (*probe)(unsigned count);
	/* Connections that one reactor with so many listeners can have, as far
	 * as that is bounded for it alone; else UINT32_MAX. Main thread, once
	 * the soft limit of descriptors is what it will be. */
	uint32_t (*conns_max)(unsigned listeners);
	/* Made in the reactor's thread. NULL with errno set. */
	struct engine *(*make)(struct reactor *reactor);
	void (*free)(struct engine **engine);
	/* Accept from now on; accept no more. */
	void (*listen)(struct engine *engine, struct listener *listener);
	void (*unlisten)(struct engine *engine, struct listener *listener);
	/* Takes over a connected descriptor, also when it fails: what will be
	 * conn->socket, or -errno. */
	int (*adopt)(struct engine *engine, int fd);
	/* The way back, of a socket that is no connection yet: a descriptor,
	 * or -errno, and then nothing has changed. */
	int (*release)(struct engine *engine, int socket);
	/* The address that its peer has connected to; false: not to be had. */
	bool (*name_of)(struct engine *engine, const struct conn *conn,
	    struct sockaddr_storage *out);
	/* Says `text`, a constant or NULL, to a socket that will be no
	 * connection, and closes it. */
	void (*refuse)(struct engine *engine, int socket, const char *text);
	/* A new connection: receive from now on. 0 or -errno. */
	int (*attach)(struct engine *engine, struct conn *conn);
	/* Receive again after conn->input_paused has become false. Engines
	 * look at that flag by themselves when it is set. */
	void (*receive)(struct engine *engine, struct conn *conn);
	/* Send what waits; conn->sending is false. */
	void (*send)(struct engine *engine, struct conn *conn);
	/* Our FIN, behind all that was sent. */
	void (*shut)(struct engine *engine, struct conn *conn);
	/* Stop everything and close the socket; conn_on_detached follows, now
	 * or in a later turn, when the kernel holds nothing of it any more. */
	void (*detach)(struct engine *engine, struct conn *conn);
	/* Phases 1 and 2 of a turn. -1: no time limit. */
	void (*wait)(struct engine *engine, int timeout_ms);
};

extern const struct engine_ops engine_epoll;
extern const struct engine_ops engine_uring;

/*
 * The calls upward. `result` is a count of bytes or -errno; a received result
 * of 0 is the peer's FIN. `bytes` may be changed in place. An accepted result
 * is a socket or -errno; the peer's address is borrowed.
 */
void conn_on_received(struct conn *conn, char *bytes, ssize_t result);
void conn_on_sent(struct conn *conn, ssize_t result);
void conn_on_detached(struct conn *conn);
void listener_on_accepted(
    struct listener *listener, int result, const struct address *peer);

/* Takes the time, once a turn: after the sleep, before anything is dispatched.
 */
void reactor_on_wake(struct reactor *reactor);

/* The bell has rung: clears it. */
void reactor_on_bell(struct reactor *reactor);

#endif
