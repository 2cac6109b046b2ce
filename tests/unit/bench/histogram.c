#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

#include "bench/report/histogram.h"

static struct histogram *
histogram_new(void)
{
	struct histogram *histogram = calloc(1, sizeof *histogram);

	cr_assert_not_null(histogram);
	return histogram;
}

/* A value alone is reported as itself, since no bucket ends above the max. */
static void
expect_alone(uint64_t value)
{
	struct histogram *histogram = histogram_new();

	histogram_add(histogram, value);
	cr_expect_eq(histogram_percentile(histogram, 50), value);
	cr_expect_eq(histogram_percentile(histogram, 100), value);
	free(histogram);
}

/* With a larger one above it, a value is known to one part in 64. */
static void
expect_close(uint64_t value)
{
	struct histogram *histogram = histogram_new();
	uint64_t found;

	histogram_add(histogram, value);
	histogram_add(histogram, UINT64_MAX);
	found = histogram_percentile(histogram, 50);
	cr_expect_geq(found, value);
	cr_expect_leq(found - value, value / HISTOGRAM_CUTS);
	free(histogram);
}

Test(bench_histogram, empty_has_no_latency)
{
	struct histogram *histogram = histogram_new();

	cr_assert_eq(histogram_percentile(histogram, 50), 0);
	cr_assert_eq(histogram_percentile(histogram, 100), 0);
	free(histogram);
}

Test(bench_histogram, any_power_of_two_and_its_neighbours_are_kept)
{
	for (int bit = 0; bit < 64; bit++) {
		uint64_t power = (uint64_t)1 << bit;

		expect_alone(power - 1);
		expect_alone(power);
		expect_alone(power + 1);
		expect_close(power - 1);
		expect_close(power);
		expect_close(power + power / 3);
	}
	expect_alone(UINT64_MAX);
}

Test(bench_histogram, percentiles_of_a_ramp_are_within_a_bucket)
{
	struct histogram *histogram = histogram_new();

	for (uint64_t value = 1; value <= 100000; value++)
		histogram_add(histogram, value);
	for (int percent = 1; percent <= 100; percent++) {
		uint64_t exact = (uint64_t)percent * 1000;
		uint64_t found = histogram_percentile(histogram, percent);

		cr_expect_geq(found, exact);
		cr_expect_leq(found - exact, exact / HISTOGRAM_CUTS);
	}
	free(histogram);
}

Test(bench_histogram, a_rare_latency_shows_at_its_percentile_only)
{
	struct histogram *histogram = histogram_new();

	for (int i = 0; i < 99; i++)
		histogram_add(histogram, 10);
	histogram_add(histogram, 5000);
	cr_expect_eq(histogram_percentile(histogram, 99), 10);
	cr_expect_eq(histogram_percentile(histogram, 99.5), 5000);
	free(histogram);
}

Test(bench_histogram, merged_counts_what_both_have_counted)
{
	struct histogram *one = histogram_new();
	struct histogram *other = histogram_new();

	histogram_add(one, 3);
	histogram_add(other, 7);
	histogram_add(other, 70000);
	histogram_merge(one, other);
	cr_expect_eq(one->count, 3);
	cr_expect_eq(one->max, 70000);
	cr_expect_eq(histogram_percentile(one, 33), 3);
	cr_expect_eq(histogram_percentile(one, 66), 7);
	cr_expect_eq(other->count, 2);
	free(one);
	free(other);
}

Test(bench_histogram, many_at_once_count_like_one_by_one)
{
	static struct histogram at_once, singly;

	histogram_add_times(&at_once, 1000, 3);
	histogram_add_times(&at_once, 5000, 0);
	for (int i = 0; i < 3; i++)
		histogram_add(&singly, 1000);
	cr_expect_eq(memcmp(&at_once, &singly, sizeof singly), 0);
}
