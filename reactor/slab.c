/* Slabs. */
#include "reactor/slab.h"

#include <string.h>

#include "reactor/check.h"
#include "reactor/memory.h"

void
slab_init(struct slab *slab, size_t object_bytes)
{
	*slab = (struct slab){.object_bytes = (object_bytes + 63) & ~63ul};
}

void
slab_fini(struct slab *slab)
{
	for (uint32_t i = 0; i < slab->slots / SLAB_CHUNK; i++)
		free(slab->chunks[i]);
	free(slab->chunks);
	free(slab->free);
	*slab = (struct slab){0};
}

static void
slab_grow(struct slab *slab)
{
	uint32_t first = slab->slots;
	size_t chunks = first / SLAB_CHUNK + 1;
	char *chunk = aligned_alloc(64, SLAB_CHUNK * slab->object_bytes);

	if (!chunk)
		memory_exhausted(SLAB_CHUNK * slab->object_bytes);
	memset(chunk, 0, SLAB_CHUNK * slab->object_bytes);
	slab->chunks =
	    memory_resize(slab->chunks, chunks * sizeof(*slab->chunks));
	slab->chunks[chunks - 1] = chunk;
	slab->slots += SLAB_CHUNK;
	slab->free =
	    memory_resize(slab->free, slab->slots * sizeof(*slab->free));
	/* The lowest slot on top, so that a small server stays dense. */
	for (uint32_t i = 0; i < SLAB_CHUNK; i++)
		slab->free[i] = first + SLAB_CHUNK - 1 - i;
	slab->free_count = SLAB_CHUNK;
}

void *
slab_take(struct slab *slab, uint32_t *slot)
{
	void *object;

	if (slab->free_count == 0)
		slab_grow(slab);
	*slot = slab->free[--slab->free_count];
	object = slab_at(slab, *slot);
	check(object);
	memset(object, 0, slab->object_bytes);
	return object;
}

void
slab_give(struct slab *slab, uint32_t slot)
{
	check(slot < slab->slots);
	check(slab->free_count < slab->slots);
	slab->free[slab->free_count++] = slot;
}

void *
slab_at(const struct slab *slab, uint32_t slot)
{
	if (slot >= slab->slots)
		return NULL;
	return slab->chunks[slot / SLAB_CHUNK] +
	       (slot % SLAB_CHUNK) * slab->object_bytes;
}
