#include <criterion/criterion.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/bans.h"
#include "tests/unit/auth/kit.h"

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
	bans_set(bans, BANNED_NAME, span_of(name), until);
}

static bool
is_banned(const char *name, int64_t now)
{
	return bans_find(bans, BANNED_NAME, span_of(name), now, NULL);
}

Test(auth_bans, name_is_banned_in_any_case_until_it_is_lifted)
{
	cr_assert_not(is_banned("anna", 0));
	ban("Anna", AUTH_FOREVER);
	cr_assert(is_banned("aNNA", 99999999999));
	cr_assert_not(is_banned("annab", 0));
	cr_assert_not(bans_lift(bans, BANNED_NAME, span_of("bert"), 0));
	cr_assert(bans_lift(bans, BANNED_NAME, span_of("ANNA"), 0));
	cr_assert_not(is_banned("anna", 0));
	cr_assert_not(bans_lift(bans, BANNED_NAME, span_of("anna"), 0));
}

Test(auth_bans, ban_ends_when_it_is_said_to)
{
	ban("anna", 1000);
	cr_assert(is_banned("anna", 999));
	cr_assert_not(is_banned("anna", 1000));
	ban("ANNA", 2000);
	cr_assert_eq(bans_count(bans, BANNED_NAME, 1999), 1);
	cr_assert_eq(bans_count(bans, BANNED_NAME, 2000), 0);
	cr_assert(is_banned("anna", 1999));
	cr_assert_not(bans_lift(bans, BANNED_NAME, span_of("anna"), 2000),
	    "it had ended");
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
		cr_assert(bans_lift(bans, BANNED_NAME, span_of(name), 0));
	}
	for (i = 0; i < 500; i++) {
		snprintf(name, sizeof(name), "n%d", i);
		cr_assert_eq(is_banned(name, 5), i % 3 != 0, "%s", name);
	}
	cr_assert_eq(bans_count(bans, BANNED_NAME, 5), 333);
}

Test(auth_bans, copy_has_those_that_hold)
{
	struct auth_ban *out;

	cr_assert_eq(bans_copy(bans, BANNED_NAME, 1500, &out), 0);
	cr_assert_null(out);
	ban("anna", AUTH_FOREVER);
	ban("bert", 1000);
	ban("Carl", 2000);
	cr_assert_eq(bans_copy(bans, BANNED_NAME, 1500, &out), 2);
	cr_assert_str_eq(out[0].name, "anna");
	cr_assert_eq(out[0].until, AUTH_FOREVER);
	cr_assert_str_eq(out[1].name, "Carl");
	cr_assert_eq(out[1].until, 2000);
	free(out);
}

static bool
is_address_banned(const char *address, int64_t now)
{
	struct network network;

	cr_assert(network_parse(span_of(address), &network), "%s", address);
	return bans_find_address(bans, network.bytes, now, NULL);
}

static void
ban_address(const char *network, int64_t until)
{
	cr_assert_eq(bans_grow(bans, 1), 0);
	bans_set(bans, BANNED_ADDRESS, span_of(network), until);
}

static bool
unban_address(const char *network, int64_t now)
{
	return bans_lift(bans, BANNED_ADDRESS, span_of(network), now);
}

Test(auth_bans, address_is_banned_by_each_network_that_it_is_in)
{
	cr_assert_not(is_address_banned("192.0.2.7", 5));
	ban_address("192.0.2.0/24", AUTH_FOREVER);
	ban_address("192.0.2.7", 1000);
	ban_address("2001:db8::/32", AUTH_FOREVER);
	cr_assert(is_address_banned("192.0.2.7", 5));
	cr_assert(is_address_banned("192.0.2.8", 5));
	cr_assert_not(is_address_banned("192.0.3.7", 5));
	cr_assert(is_address_banned("2001:db8:1::1", 5));
	cr_assert_not(is_address_banned("2001:db9::1", 5));
	cr_assert_not(unban_address("192.0.0.0/16", 5));
	cr_assert(unban_address("192.0.2.0/24", 5));
	cr_assert_not(is_address_banned("192.0.2.8", 5));
	/* The narrow one is another one, and ends. */
	cr_assert(is_address_banned("192.0.2.7", 999));
	cr_assert_not(is_address_banned("192.0.2.7", 1000));
	cr_assert_not(unban_address("192.0.2.7", 1000));
	cr_assert(unban_address("2001:db8::/32", 5));
	cr_assert_not(is_address_banned("2001:db8:1::1", 5));
}

Test(auth_bans, of_the_networks_around_an_address_the_longest_ban_counts)
{
	struct network network;
	int64_t until;

	cr_assert(network_parse(span_of("192.0.2.7"), &network));
	ban_address("192.0.2.7", 1000);
	ban_address("192.0.2.0/24", 3000);
	ban_address("192.0.0.0/16", 2000);
	cr_assert(bans_find_address(bans, network.bytes, 5, &until));
	cr_assert_eq(until, 3000);
	ban_address("192.0.0.0/16", AUTH_FOREVER);
	cr_assert(bans_find_address(bans, network.bytes, 5, &until));
	cr_assert_eq(until, AUTH_FOREVER);
}

/* Lifting one moves another in the table. */
Test(auth_bans, networks_of_all_widths_come_and_go)
{
	char text[64];

	for (int bits = 1; bits <= 32; bits++) {
		snprintf(text, sizeof(text), "128.0.0.0/%d", bits);
		ban_address(bits == 32 ? "128.0.0.0" : text, AUTH_FOREVER);
	}
	cr_assert(is_address_banned("255.0.0.0", 5));
	for (int bits = 1; bits < 32; bits++) {
		snprintf(text, sizeof(text), "128.0.0.0/%d", bits);
		cr_assert(is_address_banned("128.0.0.0", 5));
		cr_assert(unban_address(text, 5), "%s", text);
		cr_assert_not(is_address_banned("255.0.0.0", 5));
	}
	cr_assert(unban_address("128.0.0.0", 5));
	cr_assert_not(is_address_banned("128.0.0.0", 5));
}

Test(auth_bans, kinds_do_not_mix)
{
	struct auth_ban *out;
	int64_t until;

	ban("127.0.0.1", AUTH_FOREVER); /* a name as well */
	cr_assert_not(is_address_banned("127.0.0.1", 5));
	cr_assert_eq(bans_grow(bans, 1), 0);
	bans_set(bans, MUTED_NAME, span_of("Anna"), 1000);
	cr_assert_not(is_banned("anna", 5));
	cr_assert(bans_find(bans, MUTED_NAME, span_of("ANNA"), 5, &until));
	cr_assert_eq(until, 1000);
	cr_assert_not(bans_find(bans, MUTED_NAME, span_of("anna"), 1000, NULL));
	cr_assert_not(bans_lift(bans, BANNED_NAME, span_of("anna"), 5));
	cr_assert_eq(bans_count(bans, MUTED_NAME, 5), 1);
	cr_assert_eq(bans_count(bans, BANNED_ADDRESS, 5), 0);
	cr_assert_eq(bans_copy_kept(bans, 5, &out), 2);
	cr_assert_eq(out[0].kind, BANNED_NAME);
	cr_assert_eq(out[1].kind, MUTED_NAME);
	free(out);
}

static const struct auth_ban listed[] = {
    {.kind = BANNED_NAME, .name = "Evil"},
    {.kind = BANNED_NAME, .name = "anna", .until = 2000},
    {.kind = BANNED_ADDRESS, .name = "192.0.2.0/24"},
    {.kind = MUTED_NAME, .name = "loud", .until = 3000},
};

Test(auth_bans, listed_ones_hold_until_others_are_listed)
{
	struct auth_ban *out;

	cr_assert_eq(bans_set_listed(bans, listed, 4), 0);
	cr_assert(is_banned("evil", 5));
	cr_assert(is_banned("anna", 1999));
	cr_assert_not(is_banned("anna", 2000));
	cr_assert(is_address_banned("192.0.2.7", 5));
	cr_assert(bans_find(bans, MUTED_NAME, span_of("LOUD"), 5, NULL));
	cr_assert(bans_is_listed(bans, BANNED_NAME, span_of("EVIL"), 5));
	cr_assert_not(bans_is_listed(bans, MUTED_NAME, span_of("EVIL"), 5));
	cr_assert_not(bans_lift(bans, BANNED_NAME, span_of("evil"), 5));
	cr_assert(is_banned("evil", 5));
	cr_assert_eq(bans_count(bans, BANNED_NAME, 5), 0, "none is kept");
	cr_assert_eq(bans_copy_kept(bans, 5, &out), 0);
	cr_assert_eq(bans_copy(bans, BANNED_ADDRESS, 5, &out), 1);
	cr_assert(out[0].listed);
	cr_assert_str_eq(out[0].name, "192.0.2.0/24");
	free(out);
	cr_assert_eq(bans_set_listed(bans, listed, 1), 0);
	cr_assert(is_banned("evil", 5));
	cr_assert_not(is_banned("anna", 5));
	cr_assert_not(is_address_banned("192.0.2.7", 5));
	cr_assert_eq(bans_set_listed(bans, NULL, 0), 0);
	cr_assert_not(is_banned("evil", 5));
}

Test(auth_bans, kept_and_listed_the_longer_one_counts)
{
	struct auth_ban *out;
	int64_t until;

	cr_assert_eq(bans_set_listed(bans, listed, 4), 0);
	ban("anna", 1000);
	cr_assert_eq(bans_copy(bans, BANNED_NAME, 5, &out), 3);
	cr_assert_not(out[0].listed);
	free(out);
	cr_assert(bans_find(bans, BANNED_NAME, span_of("anna"), 5, &until));
	cr_assert_eq(until, 2000);
	ban("anna", 5000);
	cr_assert(bans_find(bans, BANNED_NAME, span_of("anna"), 5, &until));
	cr_assert_eq(until, 5000);
	ban("evil", 5000);
	cr_assert(bans_find(bans, BANNED_NAME, span_of("evil"), 5, &until));
	cr_assert_eq(until, AUTH_FOREVER);
	ban("anna", AUTH_FOREVER);
	cr_assert(bans_find(bans, BANNED_NAME, span_of("anna"), 5, &until));
	cr_assert_eq(until, AUTH_FOREVER);
	cr_assert(bans_lift(bans, BANNED_NAME, span_of("anna"), 5));
	cr_assert(is_banned("anna", 5), "it is listed still");
}

Test(auth_bans, name_is_of_an_account_and_network_in_its_one_form)
{
	cr_assert(bans_name_is_valid(BANNED_NAME, span_of("Anna")));
	cr_assert(bans_name_is_valid(MUTED_NAME, span_of("192.0.2.7")));
	cr_assert_not(bans_name_is_valid(MUTED_NAME, span_of("::1")));
	cr_assert(bans_name_is_valid(BANNED_ADDRESS, span_of("192.0.2.7")));
	cr_assert_not(
	    bans_name_is_valid(BANNED_ADDRESS, span_of("192.0.2.7/32")));
	cr_assert_not(
	    bans_name_is_valid(BANNED_ADDRESS, span_of("192.0.2.7/24")));
	cr_assert_not(bans_name_is_valid(BANNED_ADDRESS, span_of("Anna")));
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

	cr_assert(network_parse(span_of(address), &network));
	return auth_is_address_banned(auth, network.bytes);
}

Test(auth_bans, address_and_mute_are_there_after_a_restart_and_a_compaction)
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

Test(auth_bans, client_is_kept_out_by_its_name_and_by_its_address)
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

Test(auth_bans, listed_ban_is_not_in_the_file_and_not_to_be_lifted)
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
Test(auth_bans, name_that_is_listed_cannot_be_registered_in_any_batch)
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

Test(auth_bans, more_than_a_batch_are_kept_by_a_compaction)
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
