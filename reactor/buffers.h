/*
 * Receive buffers that io_uring picks from by itself, when there is something
 * to put into one (a provided buffer ring, io_uring_register_buf_ring(3)): one
 * set a reactor, however many connections it has. The reactor's thread only.
 */
#ifndef REACTOR_BUFFERS_H
#define REACTOR_BUFFERS_H

struct io_uring;
struct io_uring_buf_ring;

#define BUFFER_BYTES 2048
#define BUFFER_GROUP 0

struct buffers {
	struct io_uring_buf_ring *ring; /* owned mapping */
	char *pool;                     /* owned mapping */
	unsigned returned; /* added, and not yet shown to the kernel */
};

/* Maps the buffers and registers them with the ring. 0 or -errno, and then
 * nothing is left. */
int buffers_init(struct buffers *buffers, struct io_uring *ring);

/* After io_uring_queue_exit(). */
void buffers_fini(struct buffers *buffers);

/* The buffer of this number. */
char *buffers_at(const struct buffers *buffers, unsigned id);

/* Gives one back; the kernel may use it after buffers_publish. */
void buffers_return(struct buffers *buffers, unsigned id);
void buffers_publish(struct buffers *buffers);

#endif
