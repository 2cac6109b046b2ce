/* The list of bans: what is an address, what a name, what neither. */
#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

#include "console/setting/banlist.h"
#include "tests/kit/scratch.h"

static struct banlist list;
static char error[TEXTFILE_ERROR_BYTES];

TestSuite(console_banlist, .init = scratch_make, .fini = scratch_remove);

static int
read_text(const char *text)
{
	return banlist_read(
	    &list, scratch_write("b", text, strlen(text)), error);
}

static void
is_entry(size_t i, const char *text, unsigned line, bool is_network)
{
	cr_assert_lt(i, list.count);
	cr_expect_str_eq(list.entries[i].text, text);
	cr_expect_eq(list.entries[i].line, line);
	cr_expect_eq(
	    list.entries[i].ban.kind == BANNED_ADDRESS, is_network, "%s", text);
}

Test(console_banlist, names_addresses_and_prefixes_are_told_apart)
{
	cr_assert_eq(read_text("# who is out\n"
			       "mallory\n"
			       "\n"
			       "  192.0.2.7 # a spammer\r\n"
			       "192.0.2.0/24\n"
			       "2001:db8::/32\n"
			       "::1\t\n"
			       "4711\n"
			       "v1.2"),
	    0, "%s", error);
	cr_expect_eq(list.count, 7);
	is_entry(0, "mallory", 2, false);
	is_entry(1, "192.0.2.7", 4, true);
	is_entry(2, "192.0.2.0/24", 5, true);
	is_entry(3, "2001:db8::/32", 6, true);
	is_entry(4, "::1", 7, true);
	is_entry(5, "4711", 8, false);
	is_entry(6, "v1.2", 9, false);
	banlist_free(&list);
}

Test(console_banlist, what_is_neither_is_refused_with_its_line)
{
	static const char *const wrong[] = {"192.0.2.300", "192.0.2",
	    "192.0.2.0/33", "2001:db8::/129", "::g", "two words", "-x", "a/8",
	    "mallory 1h", "abcdefghijklmnopqrstuvwxyz0123456"};
	char text[200], said[200];

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		snprintf(text, sizeof(text), "good\n%s\n", wrong[i]);
		snprintf(said, sizeof(said),
		    "/b:2: %s is not a name, an address or a prefix", wrong[i]);
		cr_expect_eq(read_text(text), -1, "%s", wrong[i]);
		cr_expect(strstr(error, said), "%s", error);
		cr_expect_eq(list.count, 0);
	}
	cr_expect_eq(read_text("a\xff"), -1);
	cr_expect(strstr(error, "/b:1: not UTF-8"));
	cr_expect_eq(banlist_read(&list, "/nonexistent/b", error), -1);
	cr_expect(strstr(error, "/nonexistent/b: cannot be read: "));
}

Test(console_banlist, nothing_in_it_bans_nobody)
{
	cr_assert_eq(read_text("# nobody yet\n"), 0);
	cr_expect_eq(list.count, 0);
	banlist_free(&list);
}

Test(console_banlist, long_one_is_taken)
{
	static char text[200000];
	size_t len = 0;

	for (int i = 0; i < 10000; i++)
		len += (size_t)sprintf(
		    text + len, "10.%d.%d.0/24\n", i / 256, i % 256);
	cr_assert_eq(read_text(text), 0);
	cr_expect_eq(list.count, 10000);
	is_entry(9999, "10.39.15.0/24", 10000, true);
	banlist_free(&list);
}
