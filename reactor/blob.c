/* Shared bytes: blobs inside a thread, parcels between threads. */
#include "reactor/blob.h"

#include "reactor/check.h"
#include "reactor/memory.h"

#define BLOB_MAGIC 0xb10bb10bu

void
blob_pool_init(struct blob_pool *pool, unsigned kept_max)
{
	pool->free = memory_new(kept_max * sizeof(*pool->free));
	pool->count = 0;
	pool->spare = 0;
	pool->kept_max = kept_max;
	pool->bytes = 0;
}

void
blob_pool_fini(struct blob_pool *pool)
{
	while (pool->count > 0)
		free(pool->free[--pool->count]);
	free(pool->free);
	pool->free = NULL;
}

unsigned
blob_pool_trim(struct blob_pool *pool)
{
	unsigned freed;

	for (freed = 0; freed < pool->spare; freed++)
		free(pool->free[--pool->count]);
	pool->spare = pool->count;
	return freed;
}

struct blob *
blob_new(struct blob_pool *pool, size_t cap)
{
	struct blob *blob;

	check(cap < UINT32_MAX);
	if (cap < BLOB_CHUNK_BYTES)
		cap = BLOB_CHUNK_BYTES;
	if (cap == BLOB_CHUNK_BYTES && pool->count > 0)
		blob = pool->free[--pool->count];
	else
		blob = memory_new_raw(sizeof(*blob) + cap);
	if (pool->spare > pool->count)
		pool->spare = pool->count;
	pool->bytes += cap;
	*blob =
	    (struct blob){.refs = 1, .cap = (uint32_t)cap, .magic = BLOB_MAGIC};
	return blob;
}

void
blob_unref(struct blob_pool *pool, struct blob *blob)
{
	check_magic(blob, BLOB_MAGIC);
	check(blob->refs > 0);
	if (--blob->refs > 0)
		return;
	blob->magic = 0;
	pool->bytes -= blob->cap;
	if (blob->cap == BLOB_CHUNK_BYTES && pool->count < pool->kept_max)
		pool->free[pool->count++] = blob;
	else
		free(blob);
}

struct parcel *
parcel_new(size_t cap)
{
	struct parcel *parcel = memory_new_raw(sizeof(*parcel) + cap);

	check(cap < UINT32_MAX);
	atomic_init(&parcel->refs, 1);
	parcel->len = 0;
	parcel->cap = (uint32_t)cap;
	return parcel;
}

struct parcel *
parcel_ref(struct parcel *parcel)
{
	/* Relaxed: the caller's own reference keeps it alive, and the mailbox
	 * publishes the bytes; pairs with the decrement in parcel_unref. */
	atomic_fetch_add_explicit(&parcel->refs, 1, memory_order_relaxed);
	return parcel;
}

void
parcel_unref(struct parcel *parcel)
{
	/* Acquire and release: every holder's reads end before the last one
	 * frees; pairs with itself in the other holders. */
	if (atomic_fetch_sub_explicit(&parcel->refs, 1, memory_order_acq_rel) ==
	    1)
		free(parcel);
}
