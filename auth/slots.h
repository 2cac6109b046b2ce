/*
 * Open addressing: an array of (hash, reference) with linear probing, a power
 * of two long and at most three quarters full. It knows nothing of what the
 * references mean, and several may have the same hash: the caller walks those
 * and compares. A slot has 8 bytes, since every look-up misses the cache here.
 * Removal moves later slots back instead of leaving tombstones, so a table
 * that has seen many names come and go is as fast as a new one.
 *
 * No lock: the owner of the struct has one, or is one thread.
 */
#ifndef AUTH_SLOTS_H
#define AUTH_SLOTS_H

#include <stddef.h>
#include <stdint.h>

struct slot {
	uint32_t hash;
	uint32_t ref; /* 0: the slot is free */
};

struct slots {
	struct slot *at; /* owned; NULL before the first slots_grow */
	size_t mask;     /* number of slots less one */
	size_t used;
};

/* An empty table without memory. slots_fini frees that. */
void slots_init(struct slots *slots);
void slots_fini(struct slots *slots);

/*
 * Makes room for `more` further references, so that as many slots_add cannot
 * fail. 0, or -1 when there is no memory (nothing has changed then). Moves
 * slots.
 */
int slots_grow(struct slots *slots, size_t more);

/* Adds a reference; there is room for it. */
void slots_add(struct slots *slots, uint32_t hash, uint32_t ref);

/*
 * The next slot with this hash behind `after`, or the first one when that is
 * NULL; NULL when there is none. Valid until the next grow, add or remove.
 */
struct slot *
slots_find(const struct slots *slots, uint32_t hash, const struct slot *after);

/* Brings the first slot of this hash into the cache. */
static inline void
slots_prefetch(const struct slots *slots, uint32_t hash)
{
	if (slots->at)
		__builtin_prefetch(&slots->at[hash & slots->mask]);
}

/* Frees a slot that slots_find has returned. Moves slots. */
void slots_remove(struct slots *slots, struct slot *gone);

#endif
