/* Slabs: numbers that can always be looked up, memory that never moves. */
#include <criterion/criterion.h>

#include <string.h>

#include "reactor/slab.h"

#define OBJECT_BYTES 100
#define MANY         (SLAB_CHUNK * 5 + 3)
#define SLOTS        (SLAB_CHUNK * 6) /* that many at once need */

static struct slab slab;

static void
setup(void)
{
	slab_init(&slab, OBJECT_BYTES);
}

static void
teardown(void)
{
	slab_fini(&slab);
}

TestSuite(reactor_slab, .init = setup, .fini = teardown);

static bool
is_zero(const char *object)
{
	for (int i = 0; i < OBJECT_BYTES; i++)
		if (object[i])
			return false;
	return true;
}

Test(reactor_slab, objects_are_zeroed_apart_and_found_by_number)
{
	char *objects[MANY];
	uint32_t slots[MANY];

	for (int i = 0; i < MANY; i++) {
		objects[i] = slab_take(&slab, &slots[i]);
		cr_assert(is_zero(objects[i]));
		memset(objects[i], 'a' + i % 26, OBJECT_BYTES);
	}
	for (uint32_t i = 0; i < MANY; i++) {
		cr_assert_eq(slab_at(&slab, slots[i]), objects[i]);
		cr_assert_eq(slots[i], i, "a small slab stays dense");
		cr_assert_eq((uintptr_t)objects[i] % 64, 0);
		for (int b = 0; b < OBJECT_BYTES; b++)
			cr_assert_eq(objects[i][b], 'a' + i % 26);
	}
}

Test(reactor_slab, number_never_made_finds_nothing)
{
	uint32_t slot;

	cr_assert_null(slab_at(&slab, 0));
	slab_take(&slab, &slot);
	cr_assert_null(slab_at(&slab, SLAB_CHUNK));
	cr_assert_null(slab_at(&slab, UINT32_MAX));
}

Test(reactor_slab, given_object_keeps_its_bytes_until_taken_again)
{
	uint32_t slot;
	uint32_t again;
	char *object = slab_take(&slab, &slot);

	memset(object, 'x', OBJECT_BYTES);
	slab_give(&slab, slot);
	cr_assert_eq(slab_at(&slab, slot), object);
	cr_assert_eq(object[OBJECT_BYTES - 1], 'x');
	cr_assert_eq(slab_take(&slab, &again), object, "used again at once");
	cr_assert_eq(again, slot);
	cr_assert(is_zero(object));
}

/* Random takes and gives: no object is handed out twice, none moves, and the
 * slab grows no further than what was in use at once. */
Test(reactor_slab, churn_hands_out_each_object_once)
{
	char *held[SLOTS] = {NULL};
	unsigned seed = 7;
	unsigned in_use = 0;

	for (int step = 0; step < 100000; step++) {
		uint32_t slot = (seed = seed * 1103515245 + 12345) >> 8;
		char *object;

		slot %= SLOTS;
		if (held[slot]) {
			cr_assert_eq(slab_at(&slab, slot), held[slot]);
			cr_assert_eq(*(uint32_t *)held[slot], slot);
			slab_give(&slab, slot);
			held[slot] = NULL;
			in_use--;
		} else if (in_use < MANY) {
			object = slab_take(&slab, &slot);
			cr_assert_lt(slot, SLOTS);
			cr_assert_null(held[slot]);
			cr_assert(is_zero(object));
			held[slot] = object;
			*(uint32_t *)object = slot;
			in_use++;
		}
	}
}
