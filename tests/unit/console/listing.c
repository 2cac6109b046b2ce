#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

#include "console/admin/admin.h"
#include "console/admin/listing.h"

static char said[4096];

static void
keep(struct admin *admin, const char *line)
{
	(void)admin;
	strcat(strcat(said, line), "\n");
}

static const struct admin_ops ops = {.say = keep};

static const struct listing_column columns[] = {
    {"NAME", "name", 6, false},
    {"COUNT", "count", -8, true},
    {NULL, "for_programs", 0, false},
    {"TEXT", "text", 0, false},
};

static void
say_two(struct admin *admin)
{
	const char *first[] = {"ann", "17", "x", "say \"hi\"\\"};
	const char *second[] = {"a-long-name", "123456", NULL, NULL};
	struct listing listing;

	said[0] = '\0';
	listing_begin(&listing, admin, columns, 4);
	listing_row(&listing, first);
	listing_row(&listing, second);
	listing_end(&listing);
}

/* As wide as what is in them, but for what is longer than they may be. */
Test(console_listing, people_get_a_header_and_columns)
{
	struct admin admin = {.ops = &ops};

	say_two(&admin);
	cr_assert_str_eq(said, "NAME  COUNT TEXT\n"
			       "ann      17 say \"hi\"\\\n"
			       "a-long-name 123456 -\n");
}

Test(console_listing, programs_get_an_object_a_line)
{
	struct admin admin = {.ops = &ops, .as_json = true};

	say_two(&admin);
	cr_assert_str_eq(said,
	    "{\"name\":\"ann\",\"count\":17,\"for_programs\":\"x\",\"text\":"
	    "\"say \\\"hi\\\"\\\\\"}\n"
	    "{\"name\":\"a-long-name\",\"count\":123456,\"for_programs\":null,"
	    "\"text\":null}\n");
}

Test(console_listing, times_are_local_or_rfc_3339)
{
	struct admin admin = {.ops = &ops, .as_json = true};
	char text[LISTING_TIME_BYTES];

	setenv("TZ", "UTC-2", 1);
	cr_expect_str_eq(
	    listing_time(&admin, 1769860800, text), "2026-01-31T12:00:00Z");
	cr_expect_str_eq(
	    listing_minute(&admin, 1769860800, text), "2026-01-31T12:00:00Z");
	admin.as_json = false;
	cr_expect_str_eq(
	    listing_time(&admin, 1769860800, text), "2026-01-31 14:00:00");
	cr_expect_str_eq(
	    listing_minute(&admin, 1769860800, text), "2026-01-31 14:00");
}
