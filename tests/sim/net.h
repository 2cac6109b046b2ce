/*
 * The simulated network: links between clients and the server, as both of their
 * kernels would have them. What a client sends goes into `up`, what the server
 * sends into `down`, which is bounded as a socket's buffers are. A socket is a
 * number that is no descriptor; accept4(2) and close(2) of all that is linked
 * into the simulation know it (ld's --wrap).
 *
 * The kernel's way of closing is kept: who closes with input unread resets the
 * link, and what the other side has not read yet is lost.
 */
#ifndef TESTS_SIM_NET_H
#define TESTS_SIM_NET_H

#include <stdbool.h>
#include <stddef.h>

#include "reactor/address.h"

#define NET_LINKS_MAX     256
#define NET_LISTENERS_MAX 8

/* Bytes on their way, first in first out. */
struct net_bytes {
	char *at; /* owned */
	size_t len, cap;
};

struct net_link {
	int socket;
	struct address peer; /* the client's address */
	struct net_bytes up, down;
	size_t down_max;  /* more than that waits at the server */
	bool up_ended;    /* the client's FIN is behind `up` */
	bool down_ended;  /* the server's FIN is behind `down` */
	bool reset;       /* by either side: nothing moves any more */
	bool client_gone; /* it has closed */
	bool server_gone;
	/* The engine's: it serves this link; NULL when none does. */
	struct conn *conn;
	void *engine;
	char *flight; /* copy of what a send under way was given; owned */
	size_t flight_len;
	bool hung_up; /* the server has been told of the reset */
};

/* A listening socket's queue. */
struct net_listener {
	bool open;
	unsigned waiting[NET_LINKS_MAX]; /* links, oldest first */
	unsigned count;
};

/* Forgets all links and listeners. */
void net_clear(void);

/* A new listening socket. */
int net_listen(void);

/* A client connects to the listener; NULL when it is closed, or no link is
 * left. The link lives until net_clear. */
struct net_link *net_connect(int listener, const struct address *peer);

/* The links there are, and the one of a socket. */
unsigned net_link_count(void);
struct net_link *net_link_at(unsigned index);
struct net_link *net_link_of(int socket);

/* Does somebody wait in the listener's queue? */
bool net_waits(int listener);
/* Takes the first one; -1 with errno as accept4(2). */
int net_accept(int listener);

/* The client's side. */
void net_client_send(struct net_link *link, const char *bytes, size_t len);
void net_client_end(struct net_link *link);
void net_client_close(struct net_link *link);
void net_client_reset(struct net_link *link);
/* Up to `len` bytes; 0: none now, or the end. */
size_t net_client_read(struct net_link *link, char *to, size_t len);

/* The server's side; room is how much `down` would take now. */
size_t net_room(const struct net_link *link);
void net_server_send(struct net_link *link, const char *bytes, size_t len);
void net_server_end(struct net_link *link);
void net_server_close(struct net_link *link);
size_t net_server_read(struct net_link *link, char *to, size_t len);

#endif
