#include <criterion/criterion.h>

#include <string.h>

#include "bench/report/progress.h"

static struct progress progress = {.name = "nap", .total = 200};
static struct progress_state state = {.done = 50, .stage = "sleep"};
static char text[PROGRESS_TEXT_BYTES];

static const char *
text_of(int columns)
{
	progress_text(&progress, &state, 12.34, columns, text);
	return text;
}

static const char *
rate_of(double rate)
{
	progress.rate_known = true;
	progress.rate = rate;
	state.unit = "dreams";
	return text_of(0);
}

Test(bench_progress, bar_fills_the_width_up_to_a_limit)
{
	cr_expect_str_eq(text_of(80),
	    "nap sleep [########------------------------]  25 %  12.3 s");
	cr_expect_str_eq(
	    text_of(40), "nap sleep [###-----------]  25 %  12.3 s");
	cr_expect_eq(strlen(text), 40, "%s", text);
}

Test(bench_progress, narrow_terminal_has_no_bar_and_is_not_overrun)
{
	cr_expect_str_eq(text_of(26), "nap sleep  25 %  12.3 s");
	cr_expect_str_eq(text_of(10), "nap sleep ");
	cr_expect_str_eq(text_of(1), "n");
}

Test(bench_progress, all_done_is_a_full_bar_and_no_more)
{
	state.done = 201;
	cr_expect_str_eq(text_of(36), "nap sleep [##########] 100 %  12.3 s");
}

/* Else what one has done of the old would be taken off the new. */
Test(bench_progress, threads_that_count_different_things_have_no_rate)
{
	static const char accounts[] = "accounts", clients[] = "clients";
	const struct progress_state slow = {
	    .done = 7, .operations = 7, .unit = accounts};
	struct progress_state all = {
	    .done = 1, .operations = 2, .unit = clients};

	progress_add(&all, &(struct progress_state){3, 4, clients, NULL});
	cr_expect_eq(all.done, 4);
	cr_expect_eq(all.operations, 6);
	cr_expect_eq(all.unit, clients);
	progress_add(&all, &slow);
	cr_expect_eq(all.done, 11);
	cr_expect_null(all.unit);
	progress_add(&all, &(struct progress_state){3, 4, clients, NULL});
	cr_expect_null(all.unit);
}

Test(bench_progress, rates_have_three_digits)
{
	cr_expect_str_eq(rate_of(0), "nap sleep  25 %  0 dreams/s  12.3 s");
	cr_expect_str_eq(
	    rate_of(999.4), "nap sleep  25 %  999 dreams/s  12.3 s");
	cr_expect_str_eq(
	    rate_of(999.6), "nap sleep  25 %  1.00 k dreams/s  12.3 s");
	cr_expect_str_eq(
	    rate_of(9996), "nap sleep  25 %  10.0 k dreams/s  12.3 s");
	cr_expect_str_eq(
	    rate_of(3141592), "nap sleep  25 %  3.14 M dreams/s  12.3 s");
	cr_expect_str_eq(
	    rate_of(2e9), "nap sleep  25 %  2.00 G dreams/s  12.3 s");
}
