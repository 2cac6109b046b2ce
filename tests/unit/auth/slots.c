#include <criterion/criterion.h>

#include "auth/slots.h"
#include "tests/kit/simdisk.h"

Test(auth_slots, empty_finds_nothing)
{
	struct slots slots;

	slots_init(&slots);
	cr_assert_null(slots_find(&slots, 7, NULL));
	slots_fini(&slots);
}

Test(auth_slots, same_hash_finds_all_of_them)
{
	struct slots slots;
	struct slot *slot = NULL;
	unsigned seen = 0;
	uint32_t ref;

	slots_init(&slots);
	cr_assert_eq(slots_grow(&slots, 5), 0);
	for (ref = 1; ref <= 5; ref++)
		slots_add(&slots, 42, ref);
	while ((slot = slots_find(&slots, 42, slot)))
		seen |= 1u << slot->ref;
	cr_assert_eq(seen, 0x3e);
	cr_assert_null(slots_find(&slots, 43, NULL));
	slots_fini(&slots);
}

Test(auth_slots, grow_makes_room_for_as_many_as_asked)
{
	struct slots slots;
	uint32_t i;

	slots_init(&slots);
	cr_assert_eq(slots_grow(&slots, 1000), 0);
	for (i = 1; i <= 1000; i++)
		slots_add(&slots, i * 2654435761u, i);
	cr_assert_eq(slots.used, 1000);
	cr_assert_leq(slots.used, (slots.mask + 1) / 4 * 3);
	for (i = 1; i <= 1000; i++)
		cr_assert_eq(slots_find(&slots, i * 2654435761u, NULL)->ref, i);
	slots_fini(&slots);
}

static struct slot *
find_ref(struct slots *slots, uint32_t hash, uint32_t ref)
{
	struct slot *slot = NULL;

	while ((slot = slots_find(slots, hash, slot)))
		if (slot->ref == ref)
			break;
	return slot;
}

/* Few hashes and a small table: long runs that wrap round its end. */
Test(auth_slots, random_adds_and_removes_keep_exactly_what_is_in)
{
	bool in[64] = {false};
	struct slots slots;
	uint64_t seed = 1;
	unsigned round, i;

	slots_init(&slots);
	cr_assert_eq(slots_grow(&slots, 48), 0);
	for (round = 0; round < 20000; round++) {
		uint32_t ref = 1 + (uint32_t)(simdisk_random(&seed) % 48);
		uint32_t hash = (ref % 7) * 9 + 58;

		if (in[ref])
			slots_remove(&slots, find_ref(&slots, hash, ref));
		else
			slots_add(&slots, hash, ref);
		in[ref] = !in[ref];
		if (round % 16 != 0)
			continue;
		for (i = 1; i <= 48; i++)
			cr_assert_eq(
			    find_ref(&slots, (i % 7) * 9 + 58, i) != NULL,
			    in[i]);
	}
	slots_fini(&slots);
}
