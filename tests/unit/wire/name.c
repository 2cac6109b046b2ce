/* Names of accounts and rooms: which there are, and which are the same. */
#include <criterion/criterion.h>

#include "proto/wire/name.h"

/* All of them, so that a range that is off by one is seen. */
static const char letters_and_digits[] = "abcdefghijklmnopqrstuvwxyz"
					 "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
					 "0123456789";

static bool
is_in(const char *set, int c)
{
	return c != '\0' && strchr(set, c) != NULL;
}

Test(name, every_character_is_judged)
{
	for (int c = 0; c <= 0xFF; c++) {
		bool first = is_in(letters_and_digits, c);
		bool later = first || is_in("._-", c);
		char as_first[] = {(char)c, 'x'};
		char as_later[] = {'x', (char)c};

		cr_assert_eq(name_is_character((char)c), later, "%02x", c);
		cr_assert_eq(name_is_valid((struct span){as_first, 1}), first);
		cr_assert_eq(name_is_valid((struct span){as_first, 2}), first);
		cr_assert_eq(name_is_valid((struct span){as_later, 2}), later);
	}
}

Test(name, length_limits_are_exact)
{
	char name[NAME_BYTES_MAX + 1];

	memset(name, 'n', sizeof(name));
	cr_assert_not(name_is_valid((struct span){NULL, 0}));
	for (size_t len = 1; len <= NAME_BYTES_MAX; len++)
		cr_assert(name_is_valid((struct span){name, len}));
	cr_assert_not(name_is_valid((struct span){name, NAME_BYTES_MAX + 1}));
}

Test(name, bad_character_at_any_place_is_refused)
{
	char name[NAME_BYTES_MAX];

	for (size_t place = 0; place < sizeof(name); place++) {
		memset(name, 'n', sizeof(name));
		name[place] = ' ';
		cr_assert_not(name_is_valid((struct span){name, sizeof(name)}));
	}
}

Test(name, fold_makes_every_case_the_same)
{
	char out[NAME_BYTES_MAX + 1], again[NAME_BYTES_MAX + 1];

	cr_assert_str_eq(name_fold(span_of("Alice.B_c-9"), out), "alice.b_c-9");
	cr_assert_str_eq(name_fold(span_of("aLICE.b_C-9"), again), out);
	cr_assert_eq(name_fold(span_of("x"), out), out);
}

Test(name, fold_changes_capitals_only)
{
	char out[NAME_BYTES_MAX + 1];

	for (const char *c = letters_and_digits; *c != '\0'; c++) {
		name_fold((struct span){c, 1}, out);
		char lower = *c >= 'A' && *c <= 'Z' ? (char)(*c + 32) : *c;
		cr_assert_eq(out[0], lower);
		cr_assert_eq(out[1], '\0');
	}
}

Test(name, longest_name_is_folded_and_terminated)
{
	char name[NAME_BYTES_MAX], out[NAME_BYTES_MAX + 1];

	memset(name, 'N', sizeof(name));
	memset(out, '!', sizeof(out));
	name_fold((struct span){name, sizeof(name)}, out);
	cr_assert_eq(strlen(out), NAME_BYTES_MAX);
	cr_assert_eq(strspn(out, "n"), NAME_BYTES_MAX);
}

Test(name, in_any_case_is_the_same_and_no_other_is)
{
	cr_assert(name_equals(span_of("Ann.B"), span_of("aNN.b")));
	cr_assert_not(name_equals(span_of("ann"), span_of("anna")));
	cr_assert_not(name_equals(span_of("anna"), span_of("ann")));
	cr_assert_not(name_equals(span_of("ann"), span_of("amn")));
}
