#include <criterion/criterion.h>
#include <stdlib.h>
#include <time.h>

#include "console/setting/format.h"

Test(console_format, end_of_a_ban_is_local_time_or_never)
{
	char text[FORMAT_UNTIL_BYTES];

	setenv("TZ", "UTC", 1);
	tzset();
	cr_assert_str_eq(format_until(AUTH_FOREVER, text), "for ever");
	cr_assert_str_eq(
	    format_until(1769817600, text), "until 2026-01-31 00:00:00");
	cr_assert_str_eq(
	    format_until(253402300799, text), "until 9999-12-31 23:59:59");
}

Test(console_format, one_is_no_plural)
{
	cr_assert_str_eq(format_plural(0), "s");
	cr_assert_str_eq(format_plural(1), "");
	cr_assert_str_eq(format_plural(2), "s");
	cr_assert_str_eq(format_plural((uint64_t)UINT32_MAX + 2), "s");
}

Test(console_format, report_counts_one_and_many)
{
	struct auth_report one = {
	    .accounts = 1, .bans = 1, .lines = 1, .bytes = 80};
	struct auth_report many = {.accounts = 20, .lines = 23, .bytes = 4000};
	char text[FORMAT_REPORT_BYTES];

	cr_assert_str_eq(format_report(&one, text),
	    "1 account, 1 ban and 0 mutes in 1 line, 80 bytes");
	cr_assert_str_eq(format_report(&many, text),
	    "20 accounts, 0 bans and 0 mutes in 23 lines, 4000 bytes");
}
