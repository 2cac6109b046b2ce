/*
 * Output queue: what waits to be sent on one connection, in order. Entries are
 * references into blobs: a room's batch is shared with all other members; a
 * reply is written into a chunk that only this queue has. Two entries fit
 * inside, so that a member that keeps up never allocates. Owner thread only.
 */
#ifndef REACTOR_OUTQ_H
#define REACTOR_OUTQ_H

#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "reactor/blob.h"

#define OUTQ_INSIDE 2

struct outq_entry {
	struct blob *blob; /* one reference, owned */
	uint32_t offset;   /* first byte that is not sent yet */
	uint32_t end;      /* one past the last */
};

struct outq {
	struct outq_entry inside[OUTQ_INSIDE];
	struct outq_entry
	    *more;         /* the ring once `inside` is too small; owned */
	uint16_t cap;      /* of the ring in use, a power of two */
	uint16_t head;     /* oldest entry */
	uint16_t count;    /* entries */
	uint16_t own_tail; /* the newest entry's blob is ours to extend */
	uint32_t bytes;    /* waiting in all */
};

/*
 * Most entries. Shared blobs stop at OUTQ_SHARED_MAX, as the bytes stop at a
 * limit: the rest is for the connection's own output, which is written together
 * in chunks and bounded by not reading further commands.
 */
#define OUTQ_ENTRIES_MAX 32768
#define OUTQ_SHARED_MAX  16384

/* Begins empty. */
void outq_init(struct outq *q);
/* Drops everything. */
void outq_fini(struct outq *q, struct blob_pool *pool);

/*
 * Room for `len` bytes of the connection's own at the end of the queue: write
 * there, then outq_commit what was written (up to `len`) before any other call.
 */
char *outq_reserve(struct outq *q, struct blob_pool *pool, size_t len);
void outq_commit(struct outq *q, size_t len);

/* Adds all of a shared blob; takes a reference of its own. */
void outq_push(struct outq *q, struct blob *blob);

/* True when no further entry may be pushed. */
static inline int
outq_is_full(const struct outq *q)
{
	return q->count >= OUTQ_SHARED_MAX;
}

/*
 * Describes the front of the queue in at most `max` vectors; returns how many.
 * They stay valid until outq_consume or outq_fini.
 */
unsigned outq_front(const struct outq *q, struct iovec *vectors, unsigned max);

/* Removes `len` sent bytes from the front. */
void outq_consume(struct outq *q, struct blob_pool *pool, size_t len);

#endif
