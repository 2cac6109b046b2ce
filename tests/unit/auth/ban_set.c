#include <criterion/criterion.h>
#include <stdio.h>

#include "auth/ban_set.h"
#include "reactor/hash.h"

static const struct hash_key secret = {{1, 2, 3}};
static struct ban_set set;

static void
teardown(void)
{
	ban_set_fini(&set);
}

TestSuite(auth_ban_set, .fini = teardown);

static struct ban_key
put(enum auth_ban_kind kind, const char *name, int64_t until)
{
	const struct ban_key key = ban_key_of(&secret, kind, span_of(name));
	struct auth_ban ban = {.kind = kind, .until = until};

	strcpy(ban.name, name);
	cr_assert_eq(ban_set_grow(&set, 1), 0);
	ban_set_put(&set, &key, &ban);
	return key;
}

Test(auth_ban_set, ban_is_found_by_the_name_in_any_case)
{
	const struct ban_key key = put(BANNED_NAME, "Anna", 7);
	const struct ban_key same =
	    ban_key_of(&secret, BANNED_NAME, span_of("aNNA"));
	const struct ban_key other =
	    ban_key_of(&secret, BANNED_NAME, span_of("annab"));

	cr_assert_eq(ban_set_find(&set, &key)->until, 7);
	cr_assert_str_eq(ban_set_find(&set, &same)->name, "Anna");
	cr_assert_null(ban_set_find(&set, &other));
	put(BANNED_NAME, "ANNA", 9);
	cr_assert_eq(set.count, 1);
	cr_assert_eq(ban_set_find(&set, &key)->until, 9);
	ban_set_remove(&set, &other);
	cr_assert_eq(set.count, 1);
	ban_set_remove(&set, &same);
	cr_assert_eq(set.count, 0);
	cr_assert_null(ban_set_find(&set, &key));
}

Test(auth_ban_set, text_and_bytes_of_a_network_have_one_key)
{
	const struct ban_key key = put(BANNED_ADDRESS, "192.0.2.0/24", 0);
	struct network network;
	struct ban_key same;

	cr_assert(network_parse(span_of("192.0.2.0/24"), &network));
	same = ban_key_of_network(&secret, &network);
	cr_assert_eq(same.hash, key.hash);
	cr_assert_not_null(ban_set_find(&set, &same));
	network.bits++;
	same = ban_key_of_network(&secret, &network);
	cr_assert_null(ban_set_find(&set, &same));
}

Test(auth_ban_set, widths_count_the_networks_of_so_many_bits)
{
	struct ban_key keys[300];
	char text[32];

	for (int i = 0; i < 300; i++) {
		snprintf(text, sizeof(text), "10.%d.%d.0/24", i / 250, i % 250);
		keys[i] = put(BANNED_ADDRESS, text, 0);
	}
	put(BANNED_ADDRESS, "10.0.0.0/24", 5); /* again */
	put(BANNED_ADDRESS, "::1", 0);
	cr_assert_eq(set.widths[96 + 24], 300);
	cr_assert_eq(set.widths[128], 1);
	for (int i = 0; i < 300; i += 2)
		ban_set_remove(&set, &keys[i]);
	cr_assert_eq(set.widths[96 + 24], 150);
	for (int i = 0; i < 300; i++)
		cr_assert_eq(ban_set_find(&set, &keys[i]) != NULL, i % 2);
}
