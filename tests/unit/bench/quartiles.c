#include <criterion/criterion.h>

#include "bench/report/quartiles.h"

static void
expect(
    uint64_t values[], size_t count, double first, double median, double third)
{
	struct quartiles found = quartiles_of(values, count);

	cr_expect_eq(found.first, first, "%g", found.first);
	cr_expect_eq(found.median, median, "%g", found.median);
	cr_expect_eq(found.third, third, "%g", found.third);
}

Test(bench_quartiles, values_need_no_order)
{
	uint64_t values[] = {50, 10, 40, 20, 30};

	expect(values, 5, 20, 30, 40);
}

Test(bench_quartiles, one_between_two_values_is_interpolated)
{
	uint64_t two[] = {20, 10};
	uint64_t four[] = {40, 10, 30, 20};
	uint64_t six[] = {6, 5, 4, 3, 2, 1};

	expect(two, 2, 12.5, 15, 17.5);
	expect(four, 4, 17.5, 25, 32.5);
	expect(six, 6, 2.25, 3.5, 4.75);
}

Test(bench_quartiles, one_value_is_all_of_them)
{
	uint64_t one[] = {7};
	uint64_t same[] = {7, 7, 7, 7};

	expect(one, 1, 7, 7, 7);
	expect(same, 4, 7, 7, 7);
}

Test(bench_quartiles, large_values_are_sorted_right)
{
	uint64_t values[] = {UINT64_MAX, 0, (uint64_t)1 << 63};

	quartiles_of(values, 3);
	cr_expect_eq(values[0], 0);
	cr_expect_eq(values[1], (uint64_t)1 << 63);
	cr_expect_eq(values[2], UINT64_MAX);
}
