/* Changes are in unit/auth/commit.c, what opening refuses in disk/. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/kit/simdisk.h"
#include "tests/unit/auth/kit.h"

#define PATH "/somewhere/accounts"

static struct simdisk *disk;
static struct auth *auth;

static void
setup(void)
{
	disk = simdisk_new();
	auth = kit_open(PATH, &disk->io);
}

static void
teardown(void)
{
	auth_close(&auth);
	cr_assert_null(auth);
	simdisk_free(&disk);
}

TestSuite(auth_auth, .init = setup, .fini = teardown);

Test(auth_auth, new_store_is_empty_and_healthy)
{
	struct account account;

	cr_assert_eq(auth_count(auth), 0);
	cr_assert_str_eq(auth_error(auth), "");
	cr_assert_eq(
	    auth_find(auth, span_of("anna"), &account), AUTH_NO_SUCH_USER);
}

/* What a client types as a name goes straight to auth_find. */
Test(auth_auth, impossible_name_is_not_found)
{
	static const char longest[] = "abcdefghijklmnopqrstuvwxyz0123456789";
	struct account account;

	cr_assert_eq(auth_find(auth, (struct span){NULL, 0}, &account),
	    AUTH_NO_SUCH_USER);
	cr_assert_eq(
	    auth_find(auth, span_of(longest), &account), AUTH_NO_SUCH_USER);
	cr_assert_eq(
	    auth_find(auth, span_of("a b"), &account), AUTH_NO_SUCH_USER);
	cr_assert_eq(
	    auth_find(auth, span_of(".a"), &account), AUTH_NO_SUCH_USER);
}

Test(auth_auth, found_account_is_a_copy)
{
	struct account account, again;

	cr_assert_eq(kit_register(auth, "Anna", 1), AUTH_OK);
	cr_assert_eq(auth_find(auth, span_of("anna"), &account), AUTH_OK);
	memset(&account, 0, sizeof(account));
	cr_assert_eq(auth_find(auth, span_of("ANNA"), &again), AUTH_OK);
	cr_assert_str_eq(again.name, "Anna");
}

Test(auth_auth, prefetch_changes_nothing)
{
	struct span names[40];
	struct account account;
	size_t i;

	cr_assert_eq(kit_register(auth, "anna", 1), AUTH_OK);
	for (i = 0; i < 40; i++)
		names[i] = span_of(i % 3 == 0   ? "ANNA"
				   : i % 3 == 1 ? "nobody"
						: "not a name");
	auth_prefetch(auth, names, 40);
	auth_prefetch(auth, names, 0);
	cr_assert_eq(auth_find(auth, names[0], &account), AUTH_OK);
	cr_assert_eq(auth_find(auth, names[1], &account), AUTH_NO_SUCH_USER);
	cr_assert_eq(auth_count(auth), 1);
}

Test(auth_auth, reserved_name_is_taken_until_given_back)
{
	cr_assert_eq(auth_reserve(auth, span_of("anna")), AUTH_OK);
	cr_assert_eq(auth_reserve(auth, span_of("Anna")), AUTH_NAME_TAKEN);
	cr_assert_eq(auth_count(auth), 0);
	auth_unreserve(auth, span_of("ANNA"));
	cr_assert_eq(kit_register(auth, "anna", 1), AUTH_OK);
	cr_assert_eq(auth_reserve(auth, span_of("Anna")), AUTH_NAME_TAKEN);
}

Test(auth_auth, full_table_takes_no_name_until_there_is_room)
{
	cr_assert_not(auth_is_full(auth));
	auth_set_accounts_max(auth, 2);
	cr_assert_eq(kit_register(auth, "anna", 1), AUTH_OK);
	/* One that is only reserved has its place. */
	cr_assert_eq(auth_reserve(auth, span_of("bert")), AUTH_OK);
	cr_assert_not(auth_is_full(auth));
	cr_assert_eq(auth_reserve(auth, span_of("carl")), AUTH_FULL);
	auth_unreserve(auth, span_of("bert"));
	cr_assert_eq(kit_register(auth, "carl", 2), AUTH_OK);
	cr_assert(auth_is_full(auth));
	/* Which names there are is not told then. */
	cr_assert_eq(auth_reserve(auth, span_of("anna")), AUTH_FULL);
	/* Those that are there go on. */
	cr_assert_eq(kit_passwd(auth, "anna", 3), AUTH_OK);
	cr_assert_eq(kit_delete(auth, "anna"), AUTH_OK);
	cr_assert_not(auth_is_full(auth));
	cr_assert_eq(kit_register(auth, "bert", 4), AUTH_OK);
	auth_set_accounts_max(auth, 1);
	cr_assert(auth_is_full(auth));
	auth_set_accounts_max(auth, 0);
	cr_assert_eq(kit_register(auth, "dora", 5), AUTH_OK);
	cr_assert_eq(auth_count(auth), 3);
}

Test(auth_auth, second_store_on_the_same_file_is_refused)
{
	const char *path;
	struct auth *first;

	kit_directory();
	path = kit_path("accounts");
	first = kit_open(path, NULL);
	cr_assert_not_null(
	    strstr(kit_refused(path, NULL), "another process has it open"));
	auth_close(&first);
	first = kit_open(path, NULL);
	auth_close(&first);
	kit_remove();
}
