/*
 * Blobs: runs of bytes that are written once and then shared by many output
 * queues. One thread owns a blob and all its references, so they are counted in
 * plain integers. What crosses threads is a parcel: its references are atomic,
 * one for each thread that holds it, not one for each member.
 */
#ifndef REACTOR_BLOB_H
#define REACTOR_BLOB_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

/* Room of the blobs that a pool keeps for use again: a page with its head. */
#define BLOB_CHUNK_BYTES (4096 - 16)

struct blob {
	uint32_t refs;
	uint32_t len; /* bytes written */
	uint32_t cap; /* bytes there is room for; fixed */
	uint32_t magic;
	char bytes[];
};

/* Chunks that are free at the moment; one pool a reactor, its thread only. */
struct blob_pool {
	struct blob **free; /* owned */
	unsigned count;
	unsigned spare;    /* of them, never needed since the last trim */
	unsigned kept_max; /* more than these go back to malloc */
	size_t bytes;      /* room in all blobs that have a reference */
};

/* Begins empty, and keeps up to so many free chunks; fini frees those. */
void blob_pool_init(struct blob_pool *pool, unsigned kept_max);
void blob_pool_fini(struct blob_pool *pool);

/* Frees the chunks that have not been needed since the call before; how many
 * those were. */
unsigned blob_pool_trim(struct blob_pool *pool);

/*
 * A blob with one reference, no bytes yet, and room for at least `cap`; up to
 * BLOB_CHUNK_BYTES it comes from the pool and always has that much room.
 */
struct blob *blob_new(struct blob_pool *pool, size_t cap);

/* One reference more. */
static inline struct blob *
blob_ref(struct blob *blob)
{
	blob->refs++;
	return blob;
}

/* Gives one reference back; the last one frees the blob. */
void blob_unref(struct blob_pool *pool, struct blob *blob);

/* Immutable once it has been handed to another thread. */
struct parcel {
	_Atomic uint32_t refs;
	uint32_t len;
	uint32_t cap;
	_Alignas(8) char bytes[];
};

/* A parcel with one reference and room for `cap` bytes. Any thread. */
struct parcel *parcel_new(size_t cap);

/* One more holder; the caller holds a reference. Any thread. */
struct parcel *parcel_ref(struct parcel *parcel);

/* Gives a reference back; the last one frees it. Any thread. */
void parcel_unref(struct parcel *parcel);

#endif
