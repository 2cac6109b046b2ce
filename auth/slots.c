/* Open addressing. */
#include "auth/slots.h"

#include <stdlib.h>

#include "reactor/check.h"

#define SLOTS_MIN 16

void
slots_init(struct slots *slots)
{
	*slots = (struct slots){0};
}

void
slots_fini(struct slots *slots)
{
	free(slots->at);
	slots_init(slots);
}

static size_t
capacity_of(const struct slots *slots)
{
	return slots->at ? slots->mask + 1 : 0;
}

/* The room that 3/4 of `capacity` gives: beyond it runs grow long. */
static size_t
room_in(size_t capacity)
{
	return capacity / 4 * 3;
}

int
slots_grow(struct slots *slots, size_t more)
{
	size_t capacity = capacity_of(slots), i;
	size_t wanted = capacity ? capacity : SLOTS_MIN;
	struct slots larger = {0};

	while (slots->used + more > room_in(wanted))
		wanted *= 2;
	if (wanted == capacity)
		return 0;
	larger.at = calloc(wanted, sizeof(*larger.at));
	if (!larger.at)
		return -1;
	larger.mask = wanted - 1;
	for (i = 0; i < capacity; i++)
		if (slots->at[i].ref)
			slots_add(&larger, slots->at[i].hash, slots->at[i].ref);
	check(larger.used == slots->used);
	free(slots->at);
	*slots = larger;
	return 0;
}

void
slots_add(struct slots *slots, uint32_t hash, uint32_t ref)
{
	size_t i = hash & slots->mask;

	check(ref != 0);
	check(slots->used < room_in(capacity_of(slots)));
	while (slots->at[i].ref)
		i = (i + 1) & slots->mask;
	slots->at[i] = (struct slot){hash, ref};
	slots->used++;
}

struct slot *
slots_find(const struct slots *slots, uint32_t hash, const struct slot *after)
{
	size_t i;

	if (!slots->at)
		return NULL;
	i = after ? (size_t)(after - slots->at) + 1 : hash;
	for (i &= slots->mask; slots->at[i].ref; i = (i + 1) & slots->mask)
		if (slots->at[i].hash == hash)
			return &slots->at[i];
	return NULL;
}

void
slots_remove(struct slots *slots, struct slot *gone)
{
	size_t hole = (size_t)(gone - slots->at);
	size_t i = hole;

	check(hole <= slots->mask);
	check(gone->ref != 0);
	for (;;) {
		size_t home;

		i = (i + 1) & slots->mask;
		if (!slots->at[i].ref)
			break;
		/* A slot may move back as far as its home, not beyond. */
		home = slots->at[i].hash & slots->mask;
		if (((i - home) & slots->mask) < ((i - hole) & slots->mask))
			continue;
		slots->at[hole] = slots->at[i];
		hole = i;
	}
	slots->at[hole] = (struct slot){0};
	slots->used--;
}
