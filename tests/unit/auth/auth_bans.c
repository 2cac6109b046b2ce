/* Bans of a whole store: on disk before it is said, there after each reading.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/auth.h"
#include "tests/unit/auth/kit.h"

static void
setup(void)
{
	kit_directory();
}

TestSuite(auth_auth_bans, .init = setup, .fini = kit_remove);

Test(auth_auth_bans, ban_is_there_after_a_restart_and_a_compaction)
{
	const char *path = kit_path("accounts");
	char error[AUTH_ERROR_BYTES];
	struct auth *auth = kit_open(path, NULL);
	struct auth_report report;
	struct auth_ban *all;
	const struct auth_options options = {path, {1, 8}, NULL};

	cr_assert_eq(auth_ban_count(auth, BANNED_NAME), 0);
	cr_assert_eq(auth_bans(auth, BANNED_NAME, &all), 0);
	cr_assert_null(all);
	cr_assert_eq(kit_register(auth, "anna", 1), AUTH_OK);
	cr_assert_eq(kit_ban(auth, BANNED_NAME, "Anna", AUTH_FOREVER), AUTH_OK);
	cr_assert_eq(
	    kit_ban(auth, BANNED_NAME, "nobody", 99999999999), AUTH_OK);
	cr_assert_eq(kit_ban(auth, BANNED_NAME, "past", 1000), AUTH_OK);
	cr_assert_eq(kit_ban(auth, BANNED_NAME, "gone", AUTH_FOREVER), AUTH_OK);
	cr_assert_eq(kit_unban(auth, BANNED_NAME, "GONE"), AUTH_OK);
	cr_assert_eq(kit_unban(auth, BANNED_NAME, "gone"), AUTH_NO_SUCH_USER);
	for (int i = 0; i < 3; i++) {
		cr_assert(auth_is_banned(auth, span_of("anna")));
		cr_assert(auth_is_banned(auth, span_of("NOBODY")));
		cr_assert_not(auth_is_banned(auth, span_of("past")));
		cr_assert_not(auth_is_banned(auth, span_of("gone")));
		cr_assert_not(auth_is_banned(auth, span_of("no name/")));
		cr_assert_eq(auth_ban_count(auth, BANNED_NAME), 2);
		cr_assert_eq(auth_bans(auth, BANNED_NAME, &all), 2);
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

static bool
store_bans_address(struct auth *auth, const char *address)
{
	struct network network;
	int64_t until;

	cr_assert(network_parse(span_of(address), &network));
	return auth_is_kept_out(auth, (struct span){0}, network.bytes, &until);
}

Test(
    auth_auth_bans, address_and_mute_are_there_after_a_restart_and_a_compaction)
{
	const char *path = kit_path("accounts");
	struct auth *auth = kit_open(path, NULL);
	const struct auth_options options = {path, {1, 8}, NULL};
	char error[AUTH_ERROR_BYTES];
	struct auth_report report;
	struct auth_ban *all;
	int64_t until;

	cr_assert_eq(kit_ban(auth, BANNED_ADDRESS, "::1", 0), AUTH_OK);
	cr_assert_eq(kit_ban(auth, BANNED_ADDRESS, "192.0.2.0/24", 0), AUTH_OK);
	cr_assert_eq(kit_unban(auth, BANNED_ADDRESS, "::1"), AUTH_OK);
	cr_assert_eq(kit_unban(auth, BANNED_ADDRESS, "::1"), AUTH_NO_SUCH_USER);
	cr_assert_eq(kit_ban(auth, MUTED_NAME, "Loud", 99999999999), AUTH_OK);
	cr_assert_eq(kit_ban(auth, MUTED_NAME, "quiet", 0), AUTH_OK);
	cr_assert_eq(kit_unban(auth, MUTED_NAME, "QUIET"), AUTH_OK);
	for (int i = 0; i < 3; i++) {
		cr_assert(store_bans_address(auth, "192.0.2.7"));
		cr_assert_not(store_bans_address(auth, "::1"));
		cr_assert(auth_is_muted(auth, span_of("loud"), &until));
		cr_assert_eq(until, 99999999999);
		cr_assert_not(auth_is_muted(auth, span_of("quiet"), &until));
		cr_assert_not(auth_is_muted(auth, span_of("no/name"), &until));
		cr_assert_not(auth_is_banned(auth, span_of("loud")));
		cr_assert_eq(auth_bans(auth, BANNED_ADDRESS, &all), 1);
		cr_assert_str_eq(all[0].name, "192.0.2.0/24");
		cr_assert_eq(all[0].kind, BANNED_ADDRESS);
		free(all);
		cr_assert_eq(auth_ban_count(auth, MUTED_NAME), 1);
		cr_assert_eq(auth_bans(auth, MUTED_NAME, &all), 1);
		cr_assert_str_eq(all[0].name, "Loud");
		free(all);
		if (i == 1)
			cr_assert_eq(auth_compact(auth, error), 0, "%s", error);
		auth_close(&auth);
		auth = kit_open(path, NULL);
	}
	auth_close(&auth);
	cr_assert_eq(auth_check(&options, &report, error), 0, "%s", error);
	cr_assert_eq(report.bans, 1);
	cr_assert_eq(report.mutes, 1);
}

Test(auth_auth_bans, client_is_kept_out_by_its_name_and_by_its_address)
{
	struct auth *auth = kit_open(kit_path("accounts"), NULL);
	const struct span anna = span_of("anna"), bert = span_of("bert");
	struct network net;
	int64_t until = 1;

	cr_assert(network_parse(span_of("192.0.2.7"), &net));
	cr_assert_not(auth_is_kept_out(auth, anna, net.bytes, &until));
	cr_assert_eq(kit_ban(auth, BANNED_NAME, "Anna", 99999999998), AUTH_OK);
	cr_assert(auth_is_kept_out(auth, anna, NULL, &until));
	cr_assert_eq(until, 99999999998);
	cr_assert_not(auth_is_kept_out(auth, bert, net.bytes, &until));
	cr_assert_eq(kit_ban(auth, BANNED_ADDRESS, "192.0.2.0/24", 99999999999),
	    AUTH_OK);
	cr_assert(auth_is_kept_out(auth, anna, net.bytes, &until));
	cr_assert_eq(until, 99999999999);
	cr_assert(auth_is_kept_out(auth, (struct span){0}, net.bytes, &until));
	cr_assert_eq(kit_ban(auth, BANNED_NAME, "Anna", 0), AUTH_OK);
	cr_assert(auth_is_kept_out(auth, anna, net.bytes, &until));
	cr_assert_eq(until, AUTH_FOREVER);
	cr_assert_not(auth_is_kept_out(auth, bert, NULL, &until));
	auth_close(&auth);
}

static const struct auth_ban listed[] = {
    {.kind = BANNED_NAME, .name = "Evil"},
    {.kind = BANNED_NAME, .name = "anna", .until = 2000},
    {.kind = BANNED_ADDRESS, .name = "192.0.2.0/24"},
    {.kind = MUTED_NAME, .name = "loud", .until = 3000},
};

Test(auth_auth_bans, listed_ban_is_not_in_the_file_and_not_to_be_lifted)
{
	const char *path = kit_path("accounts");
	struct auth *auth = kit_open(path, NULL);
	char error[AUTH_ERROR_BYTES];

	cr_assert_eq(auth_set_listed_bans(auth, listed, 4), 0);
	cr_assert_eq(auth_reserve(auth, span_of("evil")), AUTH_BANNED);
	cr_assert_eq(kit_unban(auth, BANNED_NAME, "evil"), AUTH_LISTED);
	cr_assert_eq(
	    kit_unban(auth, BANNED_ADDRESS, "192.0.2.0/24"), AUTH_LISTED);
	cr_assert_eq(kit_unban(auth, BANNED_ADDRESS, "192.0.2.7"),
	    AUTH_NO_SUCH_USER, "that ban is another one");
	cr_assert_eq(kit_ban(auth, BANNED_NAME, "evil", 0), AUTH_OK);
	cr_assert_eq(kit_unban(auth, BANNED_NAME, "evil"), AUTH_OK);
	cr_assert(auth_is_banned(auth, span_of("evil")));
	cr_assert(store_bans_address(auth, "192.0.2.7"));
	cr_assert_eq(auth_compact(auth, error), 0, "%s", error);
	auth_close(&auth);
	auth = kit_open(path, NULL);
	cr_assert_not(auth_is_banned(auth, span_of("evil")));
	cr_assert_not(store_bans_address(auth, "192.0.2.7"));
	auth_close(&auth);
}

/* Its kept ban is lifted in the same batch; the listed one holds. */
Test(auth_auth_bans, name_that_is_listed_cannot_be_registered_in_any_batch)
{
	struct auth *auth = kit_open(kit_path("accounts"), NULL);
	struct auth_change lift = {.kind = AUTH_UNBAN, .name = "EVIL"};
	struct auth_change late = {.kind = AUTH_REGISTER, .name = "evil"};
	struct auth_change *const batch[] = {&lift, &late};

	kit_verifier(1, late.verifier);
	cr_assert_eq(auth_reserve(auth, span_of("evil")), AUTH_OK);
	cr_assert_eq(kit_ban(auth, BANNED_NAME, "evil", 0), AUTH_OK);
	cr_assert_eq(auth_set_listed_bans(auth, listed, 1), 0);
	auth_commit(auth, batch, 2);
	cr_assert_eq(lift.status, AUTH_OK);
	cr_assert_eq(late.status, AUTH_BANNED);
	auth_close(&auth);
}

Test(auth_auth_bans, more_than_a_batch_are_kept_by_a_compaction)
{
	const char *path = kit_path("accounts");
	struct auth *auth = kit_open(path, NULL);
	char name[16], error[AUTH_ERROR_BYTES];

	for (int i = 0; i < 600; i++) {
		snprintf(name, sizeof(name), "n%d", i);
		cr_assert_eq(
		    kit_ban(auth, BANNED_NAME, name, AUTH_FOREVER), AUTH_OK);
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
Test(auth_auth_bans, name_banned_while_it_is_being_registered_stays_free)
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
	cr_assert_eq(kit_ban(auth, BANNED_NAME, "Anna", AUTH_FOREVER), AUTH_OK);
	auth_commit(auth, one, 1);
	cr_assert_eq(late.status, AUTH_BANNED);
	auth_commit(auth, batch, 2);
	cr_assert_eq(ban_it.status, AUTH_OK);
	cr_assert_eq(other.status, AUTH_BANNED);
	cr_assert_eq(auth_count(auth), 0);
	cr_assert_eq(auth_reserve(auth, span_of("bert")), AUTH_BANNED);
	cr_assert_eq(kit_unban(auth, BANNED_NAME, "bert"), AUTH_OK);
	cr_assert_eq(kit_register(auth, "bert", 3), AUTH_OK);
	auth_close(&auth);
}
