#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/auth/kit.h"

static struct auth *auth;
static struct auth_account_row *rows;
static char names[64][NAME_BYTES_MAX + 1];

static void
setup(void)
{
	kit_directory();
	auth = kit_open(kit_path("accounts"), NULL);
}

static void
teardown(void)
{
	free(rows);
	auth_close(&auth);
	kit_remove();
}

TestSuite(auth_table_list, .init = setup, .fini = teardown);

Test(auth_table_list, no_accounts_are_an_empty_list)
{
	cr_assert_eq(auth_accounts(auth, &rows), 0);
	cr_assert_eq(auth_names(auth, span_of(""), names, 64), 0);
}

Test(auth_table_list, each_account_is_there_once)
{
	enum {
		COUNT = 5000
	};
	static bool seen[COUNT];
	struct account account;

	kit_fill(auth, "Name", COUNT, 256);
	/* A name that is held for a registration is no account. */
	cr_assert_eq(auth_reserve(auth, span_of("reserved")), AUTH_OK);
	cr_assert_eq(kit_delete(auth, "name17"), AUTH_OK);
	cr_assert_eq(auth_accounts(auth, &rows), COUNT - 1);
	for (int i = 0; i < COUNT - 1; i++) {
		int number = atoi(rows[i].name + 4);

		cr_assert_not(seen[number], "%s", rows[i].name);
		seen[number] = true;
		cr_assert_eq(
		    auth_find(auth, span_of(rows[i].name), &account), AUTH_OK);
		cr_assert_str_eq(rows[i].name, account.name);
		cr_assert_eq(rows[i].uid, account.uid);
		cr_assert_eq(rows[i].created, account.created);
	}
	cr_assert_not(seen[17]);
	auth_unreserve(auth, span_of("reserved"));
}

Test(auth_table_list, names_begin_with_what_was_asked_for)
{
	static const char *const all[] = {"Anna", "anton", "ANNABEL", "an", "a",
	    "bert", "abcdefghijklmnopqrstuvwxyz012345"};
	static const char *const long_name = "abcdefghijklmnopqrstuvwxyz012345";

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		cr_assert_eq(kit_register(auth, all[i], 1), AUTH_OK);
	cr_assert_eq(auth_reserve(auth, span_of("anx")), AUTH_OK);
	cr_assert_eq(auth_names(auth, span_of("aN"), names, 64), 4);
	for (size_t i = 0; i < 4; i++)
		cr_assert_eq(strncasecmp(names[i], "an", 2), 0);
	cr_assert_eq(auth_names(auth, span_of("bert"), names, 64), 1);
	cr_assert_str_eq(names[0], "bert");
	cr_assert_eq(auth_names(auth, span_of("berta"), names, 64), 0);
	cr_assert_eq(auth_names(auth, span_of(long_name), names, 64), 1);
	cr_assert_str_eq(names[0], long_name);
	cr_assert_eq(auth_names(auth, span_of(""), names, 64), 7);
	cr_assert_eq(auth_names(auth, span_of("a"), names, 3), 3);
	cr_assert_eq(auth_names(auth, span_of("a"), names, 0), 0);
	auth_unreserve(auth, span_of("anx"));
}
