/*
 * Listening sockets and how they are opened. One for each reactor and URL,
 * bound to the same port with SO_REUSEPORT, so that the kernel spreads new
 * connections and no thread shares a queue. A Unix socket has no such thing,
 * and a socket that was passed to us is one: its one queue is shared.
 */
#ifndef REACTOR_LISTEN_H
#define REACTOR_LISTEN_H

#include "reactor/address.h"

#define LISTEN_ERROR_BYTES 256

#define LISTEN_BACKLOG 4096 /* the kernel cuts it to net.core.somaxconn */

/* Half-open peers are found within 150 s (tcp(7)): one that is silent after 75,
 * when the probes at 45 and 60 were not answered for longer than the timeout;
 * one that was sent something, which may be just before that, after 70 more. */
#define LISTEN_KEEP_IDLE_S     45
#define LISTEN_KEEP_INTERVAL_S 15
#define LISTEN_KEEP_PROBES     3
#define LISTEN_UNTAKEN_S       70

/*
 * Opens `count` listening sockets for one endpoint; fds[] gets them, the caller
 * owns them. Port 0 is replaced by the one the kernel picked. A Unix socket
 * left by a dead server is replaced; one in use is not, but waited for, two
 * seconds. 0, or -1 with a line in `error` and nothing left open. Main thread,
 * before the reactors start.
 */
int listen_open(struct endpoint *endpoint, unsigned count, int fds[],
    char error[LISTEN_ERROR_BYTES]);

/*
 * The same for a listening TCP or Unix socket that somebody else has opened;
 * `endpoint` gets where it listens. Takes the descriptor, also when it fails.
 * The path of a Unix socket stays whoever's it is: no listen_remove for it.
 */
int listen_adopt(int fd, struct endpoint *endpoint, unsigned count, int fds[],
    char error[LISTEN_ERROR_BYTES]);

/*
 * Could listen_open do it now? A descriptor that holds the address, for the
 * caller to close, or -1 with a line in `error`. Nothing is made at a Unix
 * socket's path, nor taken away, so that is not held. Main thread.
 */
int
listen_probe(const struct endpoint *endpoint, char error[LISTEN_ERROR_BYTES]);

/* Removes a Unix socket's path again; nothing to do for the others. */
void listen_remove(const struct endpoint *endpoint);

#endif
