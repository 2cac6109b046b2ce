#include "bench/floor/ring.h"

#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>

#define SQ_ENTRIES 2048
#define CQ_ENTRIES 32768
#define BUFFERS    256
#define GROUP      0

/* Of sends, which complete only when they fail. */
#define SEND_DATA UINT64_MAX

static void *
map(size_t bytes)
{
	void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (at == MAP_FAILED)
		err(EXIT_FAILURE, "memory");
	return at;
}

static void
give(struct ring *ring, unsigned id)
{
	io_uring_buf_ring_add(ring->buffers,
	    ring->pool + (size_t)id * RING_BUFFER_BYTES, RING_BUFFER_BYTES,
	    (unsigned short)id, io_uring_buf_ring_mask(BUFFERS), 0);
	io_uring_buf_ring_advance(ring->buffers, 1);
}

void
ring_open(struct ring *ring)
{
	struct io_uring_params params = {
	    .flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN |
		     IORING_SETUP_SUBMIT_ALL | IORING_SETUP_CQSIZE,
	    .cq_entries = CQ_ENTRIES,
	};
	struct io_uring_buf_reg reg = {.ring_entries = BUFFERS, .bgid = GROUP};
	int error = io_uring_queue_init_params(SQ_ENTRIES, &ring->io, &params);

	if (error)
		errx(EXIT_FAILURE, "io_uring: %s", strerror(-error));
	io_uring_register_ring_fd(&ring->io);
	ring->buffers = map(BUFFERS * sizeof(struct io_uring_buf));
	ring->pool = map((size_t)BUFFERS * RING_BUFFER_BYTES);
	reg.ring_addr = (uint64_t)(uintptr_t)ring->buffers;
	error = io_uring_register_buf_ring(&ring->io, &reg, 0);
	if (error)
		errx(EXIT_FAILURE, "buffers: %s", strerror(-error));
	io_uring_buf_ring_init(ring->buffers);
	for (unsigned i = 0; i < BUFFERS; i++)
		give(ring, i);
}

void
ring_close(struct ring *ring)
{
	io_uring_queue_exit(&ring->io);
	munmap(ring->buffers, BUFFERS * sizeof(struct io_uring_buf));
	munmap(ring->pool, (size_t)BUFFERS * RING_BUFFER_BYTES);
}

struct io_uring_sqe *
ring_next(struct ring *ring)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&ring->io);
	int result;

	if (sqe)
		return sqe;
	result = io_uring_submit(&ring->io);
	sqe = io_uring_get_sqe(&ring->io);
	if (!sqe)
		errx(EXIT_FAILURE, "submit: %s", strerror(-result));
	return sqe;
}

void
ring_accept(struct ring *ring, int listener, uint64_t user_data)
{
	struct io_uring_sqe *sqe = ring_next(ring);

	io_uring_prep_multishot_accept(sqe, listener, NULL, NULL, SOCK_CLOEXEC);
	io_uring_sqe_set_data64(sqe, user_data);
}

void
ring_receive(struct ring *ring, int fd, uint64_t user_data)
{
	struct io_uring_sqe *sqe = ring_next(ring);

	io_uring_prep_recv_multishot(sqe, fd, NULL, 0, 0);
	io_uring_sqe_set_data64(sqe, user_data);
	sqe->flags |= IOSQE_BUFFER_SELECT;
	sqe->buf_group = GROUP;
}

void
ring_send(struct ring *ring, int fd, const void *bytes, size_t len, int flags)
{
	struct io_uring_sqe *sqe = ring_next(ring);

	io_uring_prep_send(
	    sqe, fd, bytes, len, flags | MSG_NOSIGNAL | MSG_WAITALL);
	io_uring_sqe_set_data64(sqe, SEND_DATA);
	sqe->flags |= IOSQE_CQE_SKIP_SUCCESS;
}

void
ring_wait(struct ring *ring)
{
	int result = io_uring_submit_and_wait(&ring->io, 1);

	if (result < 0 && result != -EINTR)
		errx(EXIT_FAILURE, "io_uring: %s", strerror(-result));
}

char *
ring_buffer(struct ring *ring, const struct io_uring_cqe *cqe)
{
	size_t id = cqe->flags >> IORING_CQE_BUFFER_SHIFT;

	return ring->pool + id * RING_BUFFER_BYTES;
}

void
ring_return(struct ring *ring, const struct io_uring_cqe *cqe)
{
	give(ring, cqe->flags >> IORING_CQE_BUFFER_SHIFT);
}
