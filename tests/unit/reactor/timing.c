/* Counts of durations. */
#include <criterion/criterion.h>

#include "reactor/timing.h"

static struct timing timing;

Test(reactor_timing, nothing_counted_is_zero)
{
	struct timing_count count = timing_read(&timing);

	cr_assert_eq(count.all, 0);
	cr_assert_eq(count.sum_us, 0);
	for (int i = 0; i < TIMING_BOUNDS; i++)
		cr_assert_eq(count.within[i], 0);
}

Test(reactor_timing, bounds_grow)
{
	for (int i = 1; i < TIMING_BOUNDS; i++)
		cr_assert_gt(timing_bounds_us[i], timing_bounds_us[i - 1]);
}

Test(reactor_timing, what_takes_as_long_as_a_bound_is_within_it)
{
	for (int i = 0; i < TIMING_BOUNDS; i++) {
		struct timing one = {0};
		struct timing_count count;

		timing_add(&one, timing_bounds_us[i]);
		timing_add(&one, timing_bounds_us[i] + 1);
		count = timing_read(&one);
		for (int j = 0; j < TIMING_BOUNDS; j++)
			cr_assert_eq(count.within[j],
			    (uint64_t)(j < i    ? 0
				       : j == i ? 1
						: 2),
			    "%d after %d", j, i);
		cr_assert_eq(count.all, 2);
		cr_assert_eq(count.sum_us, 2 * timing_bounds_us[i] + 1);
	}
}

Test(reactor_timing, each_bound_counts_all_that_is_shorter)
{
	struct timing_count count;

	timing_add(&timing, 0);
	timing_add(&timing, 50);
	timing_add(&timing, 50);
	timing_add(&timing, 3600000000u);
	timing_add(&timing, UINT32_MAX);
	count = timing_read(&timing);
	cr_assert_eq(count.within[0], 1);
	cr_assert_eq(count.within[1], 1);
	cr_assert_eq(count.within[2], 3);
	cr_assert_eq(count.within[TIMING_BOUNDS - 1], 3);
	cr_assert_eq(count.all, 5);
	cr_assert_eq(count.sum_us, 100 + 3600000000u + (uint64_t)UINT32_MAX);
}
