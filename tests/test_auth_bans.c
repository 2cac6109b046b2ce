#include <criterion/criterion.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/bans.h"
#include "tests/test_auth_kit.h"

static struct bans *bans;

static void
setup(void)
{
	cr_assert_geq(sodium_init(), 0);
	kit_directory();
	bans = bans_new();
	cr_assert_not_null(bans);
}

static void
teardown(void)
{
	bans_free(&bans);
	cr_assert_null(bans);
	kit_remove();
}

TestSuite(auth_bans, .init = setup, .fini = teardown);

static void
ban(const char *name, int64_t until)
{
	cr_assert_eq(bans_grow(bans, 1), 0);
	bans_set(bans, span_of(name), until);
}

static bool
is_banned(const char *name, int64_t now)
{
	return bans_find(bans, span_of(name), now);
}

Test(auth_bans, name_is_banned_in_any_case_until_it_is_lifted)
{
	cr_assert_not(is_banned("anna", 0));
	ban("Anna", AUTH_FOREVER);
	cr_assert(is_banned("aNNA", 99999999999));
	cr_assert_not(is_banned("annab", 0));
	cr_assert_not(bans_lift(bans, span_of("bert"), 0));
	cr_assert(bans_lift(bans, span_of("ANNA"), 0));
	cr_assert_not(is_banned("anna", 0));
	cr_assert_not(bans_lift(bans, span_of("anna"), 0));
}

Test(auth_bans, ban_ends_when_it_is_said_to)
{
	ban("anna", 1000);
	cr_assert(is_banned("anna", 999));
	cr_assert_not(is_banned("anna", 1000));
	ban("ANNA", 2000);
	cr_assert_eq(bans_count(bans, 1999), 1);
	cr_assert_eq(bans_count(bans, 2000), 0);
	cr_assert(is_banned("anna", 1999));
	cr_assert_not(bans_lift(bans, span_of("anna"), 2000), "it had ended");
}

Test(auth_bans, many_are_found_whatever_is_lifted_between_them)
{
	char name[16];
	int i;

	for (i = 0; i < 500; i++) {
		snprintf(name, sizeof(name), "n%d", i);
		ban(name, AUTH_FOREVER);
	}
	for (i = 0; i < 500; i += 3) {
		snprintf(name, sizeof(name), "N%d", i);
		cr_assert(bans_lift(bans, span_of(name), 0));
	}
	for (i = 0; i < 500; i++) {
		snprintf(name, sizeof(name), "n%d", i);
		cr_assert_eq(is_banned(name, 5), i % 3 != 0, "%s", name);
	}
	cr_assert_eq(bans_count(bans, 5), 333);
}

Test(auth_bans, copy_has_those_that_hold)
{
	struct auth_ban *out;

	cr_assert_eq(bans_copy(bans, 1500, &out), 0);
	cr_assert_null(out);
	ban("anna", AUTH_FOREVER);
	ban("bert", 1000);
	ban("Carl", 2000);
	cr_assert_eq(bans_copy(bans, 1500, &out), 2);
	cr_assert_str_eq(out[0].name, "anna");
	cr_assert_eq(out[0].until, AUTH_FOREVER);
	cr_assert_str_eq(out[1].name, "Carl");
	cr_assert_eq(out[1].until, 2000);
	free(out);
}

/* The whole store: on disk before it is said, and there after each reading. */
Test(auth_bans, ban_is_there_after_a_restart_and_a_compaction)
{
	const char *path = kit_path("accounts");
	char error[AUTH_ERROR_BYTES];
	struct auth *auth = kit_open(path, NULL);
	struct auth_report report;
	struct auth_ban *all;
	const struct auth_options options = {path, {1, 8}, NULL};

	cr_assert_eq(auth_bans(auth, &all), 0);
	cr_assert_null(all);
	cr_assert_eq(kit_register(auth, "anna", 1), AUTH_OK);
	cr_assert_eq(kit_ban(auth, "Anna", AUTH_FOREVER), AUTH_OK);
	cr_assert_eq(kit_ban(auth, "nobody", 99999999999), AUTH_OK);
	cr_assert_eq(kit_ban(auth, "past", 1000), AUTH_OK);
	cr_assert_eq(kit_ban(auth, "gone", AUTH_FOREVER), AUTH_OK);
	cr_assert_eq(kit_unban(auth, "GONE"), AUTH_OK);
	cr_assert_eq(kit_unban(auth, "gone"), AUTH_NO_SUCH_USER);
	for (int i = 0; i < 3; i++) {
		cr_assert(auth_is_banned(auth, span_of("anna")));
		cr_assert(auth_is_banned(auth, span_of("NOBODY")));
		cr_assert_not(auth_is_banned(auth, span_of("past")));
		cr_assert_not(auth_is_banned(auth, span_of("gone")));
		cr_assert_not(auth_is_banned(auth, span_of("no name/")));
		cr_assert_eq(auth_bans(auth, &all), 2);
		free(all);
		cr_assert_eq(auth_count(auth), 1);
		if (i == 1)
			cr_assert_eq(auth_compact(auth, error), 0, "%s", error);
		auth_close(&auth);
		auth = kit_open(path, NULL);
	}
	auth_close(&auth);
	cr_assert_eq(auth_check(&options, &report, error), 0, "%s", error);
	cr_assert_eq(report.bans, 2);
}

Test(auth_bans, more_than_a_batch_are_kept_by_a_compaction)
{
	const char *path = kit_path("accounts");
	struct auth *auth = kit_open(path, NULL);
	char name[16], error[AUTH_ERROR_BYTES];

	for (int i = 0; i < 600; i++) {
		snprintf(name, sizeof(name), "n%d", i);
		cr_assert_eq(kit_ban(auth, name, AUTH_FOREVER), AUTH_OK);
	}
	cr_assert_eq(auth_compact(auth, error), 0, "%s", error);
	auth_close(&auth);
	auth = kit_open(path, NULL);
	for (int i = 0; i < 600; i++) {
		snprintf(name, sizeof(name), "n%d", i);
		cr_assert(auth_is_banned(auth, span_of(name)));
	}
	auth_close(&auth);
}

/* Its password was being hashed when the operator banned it. */
Test(auth_bans, name_banned_while_it_is_being_registered_stays_free)
{
	struct auth *auth = kit_open(kit_path("accounts"), NULL);
	struct auth_change late = {.kind = AUTH_REGISTER, .name = "anna"};
	struct auth_change other = {.kind = AUTH_REGISTER, .name = "bert"};
	struct auth_change ban_it = {.kind = AUTH_BAN, .name = "BERT"};
	struct auth_change *const one[] = {&late};
	struct auth_change *const batch[] = {&ban_it, &other};

	kit_verifier(1, late.verifier);
	kit_verifier(2, other.verifier);
	cr_assert_eq(auth_reserve(auth, span_of("anna")), AUTH_OK);
	cr_assert_eq(auth_reserve(auth, span_of("bert")), AUTH_OK);
	cr_assert_eq(kit_ban(auth, "Anna", AUTH_FOREVER), AUTH_OK);
	auth_commit(auth, one, 1);
	cr_assert_eq(late.status, AUTH_BANNED);
	auth_commit(auth, batch, 2);
	cr_assert_eq(ban_it.status, AUTH_OK);
	cr_assert_eq(other.status, AUTH_BANNED);
	cr_assert_eq(auth_count(auth), 0);
	cr_assert_eq(auth_reserve(auth, span_of("bert")), AUTH_BANNED);
	cr_assert_eq(kit_unban(auth, "bert"), AUTH_OK);
	cr_assert_eq(kit_register(auth, "bert", 3), AUTH_OK);
	auth_close(&auth);
}
