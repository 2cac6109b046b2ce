/* Provided receive buffers. */
#include "reactor/buffers.h"

#include <errno.h>
#include <liburing.h>
#include <sys/mman.h>

#include "reactor/check.h"

/* A power of two. All of them are used in turn, so that they had better fit
 * into a core's cache: eight times as many cost a tenth more a request. */
#define BUFFERS 256

#define RING_BYTES (BUFFERS * sizeof(struct io_uring_buf))
#define POOL_BYTES ((size_t)BUFFERS * BUFFER_BYTES)

/* liburing 2.3 has no io_uring_setup_buf_ring: the mapping is made here. Every
 * page will be used, and is faulted in before the first client waits for it. */
static void *
memory_map(size_t bytes)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

int
buffers_init(struct buffers *buffers, struct io_uring *ring)
{
	struct io_uring_buf_reg reg = {
	    .ring_entries = BUFFERS, .bgid = BUFFER_GROUP};
	int error = -ENOMEM;

	*buffers = (struct buffers){0};
	buffers->ring = memory_map(RING_BYTES);
	buffers->pool = memory_map(POOL_BYTES);
	if (!buffers->ring || !buffers->pool)
		goto fail;
	reg.ring_addr = (uint64_t)(uintptr_t)buffers->ring;
	error = io_uring_register_buf_ring(ring, &reg, 0);
	if (error)
		goto fail;
	io_uring_buf_ring_init(buffers->ring);
	for (unsigned i = 0; i < BUFFERS; i++)
		buffers_return(buffers, i);
	buffers_publish(buffers);
	return 0;
fail:
	buffers_fini(buffers);
	return error;
}

void
buffers_fini(struct buffers *buffers)
{
	if (buffers->ring)
		munmap(buffers->ring, RING_BYTES);
	if (buffers->pool)
		munmap(buffers->pool, POOL_BYTES);
	*buffers = (struct buffers){0};
}

char *
buffers_at(const struct buffers *buffers, unsigned id)
{
	check(id < BUFFERS);
	return buffers->pool + (size_t)id * BUFFER_BYTES;
}

void
buffers_return(struct buffers *buffers, unsigned id)
{
	io_uring_buf_ring_add(buffers->ring, buffers_at(buffers, id),
	    BUFFER_BYTES, (unsigned short)id, io_uring_buf_ring_mask(BUFFERS),
	    (int)buffers->returned++);
}

void
buffers_publish(struct buffers *buffers)
{
	io_uring_buf_ring_advance(buffers->ring, (int)buffers->returned);
	buffers->returned = 0;
}
