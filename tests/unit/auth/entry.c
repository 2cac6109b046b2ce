#include <criterion/criterion.h>
#include <string.h>

#include "auth/entry.h"

#define LONGEST "abcdefghijklmnopqrstuvwxyz012345"

Test(auth_entry, new_keeps_all_it_was_given)
{
	struct span verifier = span_of("a verifier");
	struct account account;
	struct arena arena;
	struct entry *entry;

	cr_assert_eq(arena_init(&arena), 0);
	entry = entry_new(&arena, 7, 1234567890, span_of(LONGEST), verifier);
	cr_assert_not_null(entry);
	cr_assert(span_equals(entry_name(entry), span_of(LONGEST)));
	cr_assert(span_equals(entry_verifier(entry), verifier));
	entry_copy(entry, &account);
	cr_assert_eq(account.uid, 7);
	cr_assert_eq(account.created, 1234567890);
	cr_assert_str_eq(account.name, LONGEST);
	cr_assert_str_eq(account.verifier, "a verifier");
	cr_assert_eq(arena_at(&arena, entry->ref), entry);
	entry_free(&arena, &entry);
	cr_assert_null(entry);
	entry_free(&arena, &entry);
	arena_fini(&arena);
}

Test(auth_entry, reservation_has_a_name_and_nothing_else)
{
	struct arena arena;
	struct entry *entry;

	cr_assert_eq(arena_init(&arena), 0);
	entry = entry_new(&arena, 0, 0, span_of("a"), (struct span){0});
	cr_assert_not_null(entry);
	cr_assert_eq(entry->uid, 0);
	cr_assert_eq(entry_verifier(entry).len, 0);
	entry_free(&arena, &entry);
	arena_fini(&arena);
}

/* The promise is 200 bytes an account beyond its strings, all told. */
Test(auth_entry, head_is_small)
{
	cr_assert_leq(offsetof(struct entry, text), 24);
}
