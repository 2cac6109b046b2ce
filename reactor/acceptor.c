/* Accepts on an io_uring, and sockets in its table. */
#include "reactor/acceptor.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "reactor/address.h"
#include "reactor/check.h"
#include "reactor/engine.h"
#include "reactor/listener.h"
#include "reactor/ring.h"

/* In <linux/io_uring.h> since 6.8; see io_uring_prep_fixed_fd_install(3). */
#define OP_FIXED_FD_INSTALL 54

/* Is it to give a descriptor, whatever becomes of it then? */
static bool
acceptor_is_plain(const struct acceptor *acceptor, const struct ring *ring)
{
	return acceptor->listener->local || !ring->has_table;
}

static void
acceptor_arm(struct acceptor *acceptor, struct ring *ring)
{
	struct io_uring_sqe *entry = ring_entry(ring);
	bool plain = acceptor_is_plain(acceptor, ring);

	check(!acceptor->armed);
	acceptor->armed = true;
	acceptor->length = sizeof(acceptor->peer);
	acceptor->peer.ss_family = AF_UNSPEC;
	io_uring_prep_accept(entry, acceptor->listener->fd,
	    (struct sockaddr *)&acceptor->peer, &acceptor->length,
	    plain ? SOCK_CLOEXEC : 0);
	if (!plain)
		entry->file_index = IORING_FILE_INDEX_ALLOC;
	ring_tag(entry, acceptor, RING_ACCEPT);
}

void
acceptors_start(
    struct acceptors *acceptors, struct ring *ring, struct listener *listener)
{
	for (unsigned i = 0; i < acceptors->count; i++) {
		acceptors->acceptor[i].listener = listener;
		/* Those that are being cancelled go on when they hear of it. */
		if (!acceptors->acceptor[i].armed)
			acceptor_arm(&acceptors->acceptor[i], ring);
	}
}

void
acceptors_stop(struct acceptors *acceptors, struct ring *ring)
{
	for (unsigned i = 0; i < acceptors->count; i++)
		if (acceptors->acceptor[i].armed)
			ring_cancel(ring, &acceptors->acceptor[i], RING_ACCEPT,
			    RING_NOTHING);
	/* The listening socket may be closed next; while accepts have it, it
	 * would not be, and reset who comes then. */
	ring_finish(ring);
}

void
acceptor_on_done(struct acceptor *acceptor, struct ring *ring, int result)
{
	struct listener *listener = acceptor->listener;
	struct address peer;

	acceptor->armed = false;
	if (result >= 0 && acceptor_is_plain(acceptor, ring)) {
		peer = address_of_peer(&acceptor->peer, result);
		result = acceptor_adopt(ring, result);
	} else {
		peer = address_of(&acceptor->peer);
	}
	if (result != -ECANCELED && result != -EINTR)
		listener_on_accepted(listener, result, &peer);
	if (listener->armed && !acceptor->armed)
		acceptor_arm(acceptor, ring);
}

int
acceptor_adopt(struct ring *ring, int fd)
{
	struct io_uring_sqe *entry;
	int place = fd;
	int result;

	if (!ring->has_table)
		return fd;
	entry = ring_entry(ring);
	io_uring_prep_files_update(
	    entry, &place, 1, (int)IORING_FILE_INDEX_ALLOC);
	result = ring_do(ring, entry);
	close(fd);
	if (result == 1)
		return place;
	return result < 0 ? result : -ENFILE;
}

void
acceptor_close(struct ring *ring, int socket)
{
	struct io_uring_sqe *entry;

	if (!ring->has_table) {
		close(socket);
		return;
	}
	entry = ring_entry(ring);
	io_uring_prep_close_direct(entry, (unsigned)socket);
	entry->flags |= IOSQE_CQE_SKIP_SUCCESS;
	ring_tag(entry, NULL, RING_NOTHING);
}

/* A descriptor of what is in the table, and stays there; or -errno. */
static int
acceptor_install(struct ring *ring, int socket)
{
	struct io_uring_sqe *entry = ring_entry(ring);

	io_uring_prep_nop(entry);
	entry->opcode = OP_FIXED_FD_INSTALL;
	entry->fd = socket;
	entry->flags |= IOSQE_FIXED_FILE;
	return ring_do(ring, entry);
}

int
acceptor_release(struct ring *ring, int socket)
{
	int fd;

	if (!ring->has_table)
		return socket;
	fd = acceptor_install(ring, socket);
	if (fd >= 0)
		acceptor_close(ring, socket);
	return fd;
}

bool
acceptor_name_of(struct ring *ring, int socket, struct sockaddr_storage *out)
{
	int fd = ring->has_table ? acceptor_install(ring, socket) : socket;
	socklen_t length = sizeof(*out);
	bool known = fd >= 0 && getsockname(fd, (void *)out, &length) == 0;

	if (ring->has_table && fd >= 0)
		close(fd);
	return known;
}

/* Neither waits, so the one is done before the other. */
void
acceptor_refuse(struct ring *ring, int socket, const char *text)
{
	struct io_uring_sqe *entry;

	if (text && !ring->has_table) {
		send(socket, text, strlen(text), MSG_DONTWAIT | MSG_NOSIGNAL);
	} else if (text) {
		entry = ring_entry(ring);
		io_uring_prep_send(entry, socket, text, strlen(text),
		    MSG_DONTWAIT | MSG_NOSIGNAL);
		entry->flags |= IOSQE_FIXED_FILE | IOSQE_CQE_SKIP_SUCCESS;
		ring_tag(entry, NULL, RING_NOTHING);
	}
	acceptor_close(ring, socket);
}
