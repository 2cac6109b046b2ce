#include <criterion/criterion.h>

#include <locale.h>
#include <stdio.h>

#include "console/admin/pager.h"

Test(console_pager, lines_come_back_in_order_and_are_counted)
{
	struct pager pager = {0};
	char line[32];

	for (int i = 0; i < 1000; i++) {
		snprintf(line, sizeof(line), "line %d", i);
		pager_add(&pager, i == 7 ? "" : line);
	}
	cr_assert_eq(pager.left, 1000);
	for (int i = 0; i < 1000; i++) {
		snprintf(line, sizeof(line), "line %d", i);
		cr_assert_str_eq(pager_peek(&pager), i == 7 ? "" : line);
		cr_assert_str_eq(pager_next(&pager), i == 7 ? "" : line);
		cr_assert_eq(pager.left, (size_t)(999 - i));
	}
	cr_assert_null(pager_peek(&pager));
	cr_assert_null(pager_next(&pager));
	pager_clear(&pager);
	cr_assert_null(pager_next(&pager));
}

Test(console_pager, rows_are_those_of_what_is_seen)
{
	cr_assert_not_null(setlocale(LC_CTYPE, "C.UTF-8"));
	cr_expect_eq(pager_rows("", 10), 1);
	cr_expect_eq(pager_rows("0123456789", 10), 1);
	cr_expect_eq(pager_rows("0123456789a", 10), 2);
	cr_expect_eq(pager_rows("0123456789", 0), 1);
	/* Ten characters of two bytes each; five of two columns. */
	cr_expect_eq(pager_rows("ääääääääää", 10), 1);
	cr_expect_eq(pager_rows("漢漢漢漢漢", 10), 1);
	cr_expect_eq(pager_rows("漢漢漢漢漢漢", 10), 2);
	/* What has no room in the last column is in the next row. */
	cr_expect_eq(pager_rows("漢漢漢漢", 5), 2);
	cr_expect_eq(pager_rows("a漢漢漢漢漢漢漢漢漢", 10), 2);
	cr_expect_eq(pager_rows("a漢漢漢漢漢漢漢漢漢漢", 10), 3);
	cr_expect_eq(pager_rows("\xff\xff\xff", 2), 2);
}

Test(console_pager, keys)
{
	cr_expect_eq(pager_key_of(' '), PAGER_PAGE);
	cr_expect_eq(pager_key_of('\r'), PAGER_LINE);
	cr_expect_eq(pager_key_of('q'), PAGER_QUIT);
	cr_expect_eq(pager_key_of('D' - '@'), PAGER_QUIT);
	cr_expect_eq(pager_key_of('x'), PAGER_NOTHING);
}
