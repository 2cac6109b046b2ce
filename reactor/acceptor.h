/*
 * How sockets get into the table of an io_uring, and out of it again; where
 * there is none they stay descriptors. A listener has some accepts in the
 * kernel, each of which gives one socket and its peer's address: the accept
 * that gives many tells no address, and a socket in the table cannot be asked
 * for it. A Unix socket's peer is asked who he is, so he is accepted as a
 * descriptor and put into the table then. The reactor's thread only.
 */
#ifndef REACTOR_ACCEPTOR_H
#define REACTOR_ACCEPTOR_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

struct listener;
struct ring;

#define ACCEPTORS_MAX 16 /* accepts a listener has in the kernel */

/* One accept. */
struct acceptor {
	struct listener *listener; /* borrowed */
	struct sockaddr_storage peer;
	socklen_t length;
	bool armed; /* the kernel has it, and writes the two above */
};

/* What a listener has. */
struct acceptors {
	unsigned count; /* at least 1; set before the first start */
	struct acceptor acceptor[ACCEPTORS_MAX];
};

/* Accepts from now on. */
void acceptors_start(
    struct acceptors *acceptors, struct ring *ring, struct listener *listener);

/* No more; done when it returns, but for those that have accepted already. */
void acceptors_stop(struct acceptors *acceptors, struct ring *ring);

/* An accept has completed: tells the listener, and goes on. */
void acceptor_on_done(struct acceptor *acceptor, struct ring *ring, int result);

/* Puts a descriptor into the table, and closes it, also when that fails. Its
 * place there, or -errno. */
int acceptor_adopt(struct ring *ring, int fd);

/* The way back: a descriptor, or -errno and the socket stays. */
int acceptor_release(struct ring *ring, int socket);

/* The address that a socket's peer has connected to; false: not to be had. */
bool
acceptor_name_of(struct ring *ring, int socket, struct sockaddr_storage *out);

/* Closes a socket that no operation has any more. */
void acceptor_close(struct ring *ring, int socket);

/* Says `text`, unless it is NULL, to a socket in the table and closes it. The
 * text is constant. */
void acceptor_refuse(struct ring *ring, int socket, const char *text);

#endif
