#include <criterion/criterion.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/bans.h"

static struct bans *bans;

static void
setup(void)
{
	cr_assert_geq(sodium_init(), 0);
	bans = bans_new();
	cr_assert_not_null(bans);
}

static void
teardown(void)
{
	bans_free(&bans);
	cr_assert_null(bans);
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
