/*
 * Slab: objects of one size, found by their slot number. Freed objects are used
 * again at once; their memory stays, so that a number kept by somebody else can
 * always be looked up and then compared (by an id that is never used twice)
 * with what it was. Owner thread only.
 */
#ifndef REACTOR_SLAB_H
#define REACTOR_SLAB_H

#include <stddef.h>
#include <stdint.h>

struct slab {
	char **chunks;  /* owned; SLAB_CHUNK objects each */
	uint32_t *free; /* stack of free slots; owned */
	uint32_t free_count;
	uint32_t slots; /* made so far */
	size_t object_bytes;
};

#define SLAB_CHUNK 64

/* Begins without objects, all of so many bytes; fini frees all of them. */
void slab_init(struct slab *slab, size_t object_bytes);
void slab_fini(struct slab *slab);

/* A zeroed object; *slot is its number. */
void *slab_take(struct slab *slab, uint32_t *slot);

/* Gives it back. Its bytes stay until it is taken again. */
void slab_give(struct slab *slab, uint32_t slot);

/* The object in this slot, in use or not; NULL for one never made. */
void *slab_at(const struct slab *slab, uint32_t slot);

#endif
