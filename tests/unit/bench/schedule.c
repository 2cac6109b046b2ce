#include <criterion/criterion.h>

#include "bench/expect/schedule.h"

#define START_NS (uint64_t)5000000000
#define SECOND   (uint64_t)1000000000

static const struct schedule plain = {START_NS, 1000, 100, 10};

Test(bench_schedule, messages_are_evenly_spaced_and_dealt_in_turn)
{
	cr_expect_eq(schedule_due_ns(&plain, 0, 0), START_NS);
	cr_expect_eq(schedule_due_ns(&plain, 1, 0), START_NS + SECOND / 100);
	cr_expect_eq(
	    schedule_due_ns(&plain, 9, 0), START_NS + 9 * SECOND / 100);
	cr_expect_eq(schedule_due_ns(&plain, 0, 1), START_NS + SECOND / 10);
	cr_expect_eq(
	    schedule_due_ns(&plain, 0, 99), START_NS + 99 * (SECOND / 10));
}

Test(bench_schedule, nothing_is_ready_before_the_start_and_all_at_the_end)
{
	for (unsigned p = 0; p < plain.publishers; p++) {
		cr_expect_eq(schedule_ready(&plain, p, START_NS - 1), 0);
		cr_expect_eq(schedule_ready(&plain, p, UINT64_MAX / 2), 100);
		cr_expect_eq(schedule_share(&plain, p), 100);
	}
}

/* A message is ready at its due time, and not a nanosecond before. */
static void
expect_exact(const struct schedule *schedule)
{
	for (unsigned p = 0; p < schedule->publishers; p++) {
		uint64_t share = schedule_share(schedule, p);

		for (uint64_t i = 0; i < share; i++) {
			uint64_t due = schedule_due_ns(schedule, p, i);

			cr_assert_eq(schedule_ready(schedule, p, due), i + 1);
			cr_assert_eq(schedule_ready(schedule, p, due - 1), i);
		}
	}
}

Test(bench_schedule, ready_and_due_agree_to_the_nanosecond)
{
	static const unsigned rates[] = {1, 3, 7, 100, 333, 999983};

	for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
		const struct schedule odd = {START_NS, 1000, rates[i], 7};

		expect_exact(&odd);
	}
}

Test(bench_schedule, shares_add_up)
{
	for (uint64_t total = 0; total < 50; total++) {
		const struct schedule uneven = {START_NS, total, 10, 7};
		uint64_t sum = 0;

		for (unsigned p = 0; p < uneven.publishers; p++)
			sum += schedule_share(&uneven, p);
		cr_expect_eq(sum, total);
	}
}

Test(bench_schedule, long_and_fast_runs_do_not_overflow)
{
	const struct schedule hour = {START_NS, 3600000000u, 1000000, 1};

	cr_expect_eq(
	    schedule_due_ns(&hour, 0, 3599999999u), START_NS + 3599999999000u);
	cr_expect_eq(
	    schedule_ready(&hour, 0, START_NS + 3599999999000u), 3600000000u);
}
