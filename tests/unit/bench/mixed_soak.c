#include <criterion/criterion.h>

#include "bench/mixed/soak.h"

#define SLACK 10

/* Samples that begin with a peak, then stay, and are `last` in the end. */
static bool
grows(uint64_t last, uint64_t medians[2])
{
	uint64_t samples[12] = {900, 800, 700, 100, 101, 99, 100, 100, 100,
	    last, last + 1, last - 1};

	return soak_has_grown(samples, 12, 10, SLACK, medians);
}

Test(bench_mixed_soak, growth_is_what_exceeds_tolerance_and_slack)
{
	uint64_t medians[2];

	cr_expect_not(grows(100, medians));
	cr_expect_eq(medians[0], 100);
	cr_expect_eq(medians[1], 100);
	cr_expect_not(grows(50, medians));
	cr_expect_not(grows(120, medians), "10 per cent, and 10");
	cr_expect(grows(121, medians));
	cr_expect_eq(medians[1], 121);
}

Test(bench_mixed_soak, few_samples_tell_nothing)
{
	uint64_t samples[SOAK_SAMPLES_MIN - 1] = {1, 1, 1, 1, 1, 1, 1000};
	uint64_t medians[2];

	cr_expect_not(
	    soak_has_grown(samples, SOAK_SAMPLES_MIN - 1, 10, SLACK, medians));
	cr_expect_eq(medians[0], 0);
}
