/*
 * A ring of io_uring as the server sets its own up: completions are made when
 * this thread asks for them, receives stay armed and take provided buffers,
 * sends are handed over many in a system call. One thread. Fails by exit.
 */
#ifndef BENCH_FLOOR_RING_H
#define BENCH_FLOOR_RING_H

#include <liburing.h>

#define RING_BUFFER_BYTES 2048

struct ring {
	struct io_uring io;
	struct io_uring_buf_ring *buffers; /* owned */
	char *pool;                        /* owned */
};

/* Opens and closes it; it ends the program when the kernel has none for us. */
void ring_open(struct ring *ring);
void ring_close(struct ring *ring);

/* An empty submission; those before are handed over if there is no room. */
struct io_uring_sqe *ring_next(struct ring *ring);

/* Accepts from now on; each completion's result is a client. */
void ring_accept(struct ring *ring, int listener, uint64_t user_data);

/* Receives from now on, until a completion without IORING_CQE_F_MORE. */
void ring_receive(struct ring *ring, int fd, uint64_t user_data);

/* Sends all; a completion comes only if that fails. The bytes are to stay until
 * it is handed over, if `flags` has MSG_DONTWAIT, and else until they have
 * been received. */
void
ring_send(struct ring *ring, int fd, const void *bytes, size_t len, int flags);

/* Hands over, and waits for a completion. */
void ring_wait(struct ring *ring);

/* The buffer of a receive's completion, and its way back. */
char *ring_buffer(struct ring *ring, const struct io_uring_cqe *cqe);
void ring_return(struct ring *ring, const struct io_uring_cqe *cqe);

#endif
