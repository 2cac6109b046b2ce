/*
 * Memory for accounts: blocks of up to 256 bytes out of large chunks, each
 * known by a 32-bit reference as well as by its address. That halves the
 * tables that point at them, spends nothing on a header a block, and lets the
 * kernel use huge pages, which a million accounts feel when they are loaded.
 *
 * Freed blocks are wiped and kept for the next one of their size; chunks go
 * back to the system with the arena. At most 64 GiB. Any thread: it has a
 * lock, but arena_at takes none; whoever passes a reference on to another
 * thread does so under a lock of his own.
 */
#ifndef AUTH_ARENA_H
#define AUTH_ARENA_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

#define ARENA_GRAIN_BITS      4  /* blocks are multiples of 16 bytes */
#define ARENA_CHUNK_BITS      24 /* 16 MiB; the first is 64 KiB */
#define ARENA_REF_BITS        (ARENA_CHUNK_BITS - ARENA_GRAIN_BITS)
#define ARENA_CHUNKS_MAX      (1u << (32 - ARENA_REF_BITS))
#define ARENA_BLOCK_BYTES_MAX 256
#define ARENA_SIZES           (ARENA_BLOCK_BYTES_MAX >> ARENA_GRAIN_BITS)

struct arena {
	char **chunks; /* owned; ARENA_CHUNKS_MAX, NULL behind the last */
	pthread_mutex_t lock; /* guards what follows */
	uint32_t chunk_count;
	uint32_t next; /* first grain of the last chunk that is unused */
	uint32_t end;  /* number of grains it has */
	uint32_t free[ARENA_SIZES]; /* first free block of each size, or 0 */
};

/* 0, or -1 when there is no memory. arena_fini frees all blocks. */
int arena_init(struct arena *arena);
void arena_fini(struct arena *arena);

/*
 * A block of `len` bytes, 1 to ARENA_BLOCK_BYTES_MAX, aligned to 16; *ref is
 * its reference, never 0. NULL when there is no memory.
 */
void *arena_take(struct arena *arena, size_t len, uint32_t *ref);

/* Wipes a block and takes it back; `len` is what it was taken with. */
void arena_give(struct arena *arena, uint32_t ref, size_t len);

/* The address of a block, for as long as it is not given back. */
static inline void *
arena_at(const struct arena *arena, uint32_t ref)
{
	const uint32_t grain = ref & ((1u << ARENA_REF_BITS) - 1);

	return arena->chunks[ref >> ARENA_REF_BITS] +
	       ((size_t)grain << ARENA_GRAIN_BITS);
}

#endif
