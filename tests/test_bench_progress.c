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
