/* Blocks out of large chunks, and those that were given back. */
#include "auth/arena.h"

#include <sodium.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "reactor/check.h"

#define CHUNK_BYTES       ((size_t)1 << ARENA_CHUNK_BITS)
#define GRAIN_BYTES       ((size_t)1 << ARENA_GRAIN_BITS)
#define HUGE_PAGE_BYTES   ((size_t)2 * 1024 * 1024)
#define FIRST_CHUNK_BYTES ((size_t)64 * 1024) /* enough for most servers */

int
arena_init(struct arena *arena)
{
	*arena = (struct arena){0};
	/* Untouched pages of it cost nothing. */
	arena->chunks = calloc(ARENA_CHUNKS_MAX, sizeof(*arena->chunks));
	if (!arena->chunks)
		return -1;
	check_zero(pthread_mutex_init(&arena->lock, NULL));
	return 0;
}

void
arena_fini(struct arena *arena)
{
	uint32_t i;

	for (i = 0; i < arena->chunk_count; i++)
		free(arena->chunks[i]);
	free(arena->chunks);
	check_zero(pthread_mutex_destroy(&arena->lock));
}

/* Grains that a block of `len` bytes takes. */
static uint32_t
grains_of(size_t len)
{
	check(len >= 1);
	check(len <= ARENA_BLOCK_BYTES_MAX);
	return (uint32_t)((len - 1) >> ARENA_GRAIN_BITS) + 1;
}

static int
add_chunk(struct arena *arena)
{
	bool first = arena->chunk_count == 0;
	size_t len = first ? FIRST_CHUNK_BYTES : CHUNK_BYTES;
	char *chunk;

	if (arena->chunk_count == ARENA_CHUNKS_MAX)
		return -1;
	chunk = aligned_alloc(first ? GRAIN_BYTES : HUGE_PAGE_BYTES, len);
	if (!chunk)
		return -1;
	if (!first)
		madvise(chunk, len, MADV_HUGEPAGE); /* a hint */
	/* Grain 0 of chunk 0 stays unused, so that no reference is 0. */
	arena->next = first;
	arena->end = (uint32_t)(len >> ARENA_GRAIN_BITS);
	arena->chunks[arena->chunk_count++] = chunk;
	return 0;
}

/* The end of a chunk that is too small for a block is lost. */
static uint32_t
take_fresh(struct arena *arena, uint32_t grains)
{
	uint32_t ref;

	if (arena->next + grains > arena->end && add_chunk(arena) < 0)
		return 0;
	ref = (arena->chunk_count - 1) << ARENA_REF_BITS | arena->next;
	arena->next += grains;
	return ref;
}

/* A free block begins with the reference of the next one of its size. */
static uint32_t
take_freed(struct arena *arena, uint32_t grains)
{
	uint32_t *head = &arena->free[grains - 1];
	uint32_t ref = *head;

	if (ref)
		memcpy(head, arena_at(arena, ref), sizeof(*head));
	return ref;
}

void *
arena_take(struct arena *arena, size_t len, uint32_t *ref)
{
	uint32_t grains = grains_of(len);

	check_zero(pthread_mutex_lock(&arena->lock));
	*ref = take_freed(arena, grains);
	if (!*ref)
		*ref = take_fresh(arena, grains);
	check_zero(pthread_mutex_unlock(&arena->lock));
	return *ref ? arena_at(arena, *ref) : NULL;
}

void
arena_give(struct arena *arena, uint32_t ref, size_t len)
{
	uint32_t *head = &arena->free[grains_of(len) - 1];
	char *block = arena_at(arena, ref);

	check(ref != 0);
	sodium_memzero(block, len);
	check_zero(pthread_mutex_lock(&arena->lock));
	memcpy(block, head, sizeof(*head));
	*head = ref;
	check_zero(pthread_mutex_unlock(&arena->lock));
}
