/* A scenario's numbers, each in its place. */
#include <criterion/criterion.h>

#include "bench/crowd/number_option.h"

struct options {
	unsigned before;
	unsigned few;
	unsigned many;
	unsigned wait_ms;
};

static const struct number_option numbers[] = {
    NUMBER_OPTION('f', "few", 1, 9, struct options, few),
    NUMBER_OPTION('m', "many", 0, 1000000, struct options, many),
    SECONDS_OPTION('w', "wait", 0, 60, struct options, wait_ms),
    {0},
};

static error_t
parse(struct options *options, int key, const char *argument)
{
	struct argp_state state = {.input = options};

	return number_option_parse(numbers, key, argument, &state);
}

Test(bench_number_option, each_number_goes_to_its_place)
{
	struct options options = {1, 2, 3, 4};

	cr_expect_eq(parse(&options, 'm', "1000000"), 0);
	cr_expect_eq(parse(&options, 'f', "9"), 0);
	cr_expect_eq(parse(&options, 'b', "7"), ARGP_ERR_UNKNOWN);
	cr_expect_eq(options.before, 1);
	cr_expect_eq(options.few, 9);
	cr_expect_eq(options.many, 1000000);
}

static unsigned
wait_ms(const char *seconds)
{
	struct options options = {0};

	cr_assert_eq(parse(&options, 'w', seconds), 0);
	return options.wait_ms;
}

Test(bench_number_option, seconds_may_have_decimals)
{
	cr_expect_eq(wait_ms("0"), 0);
	cr_expect_eq(wait_ms("5"), 5000);
	cr_expect_eq(wait_ms("0.5"), 500);
	cr_expect_eq(wait_ms("1.234"), 1234);
	cr_expect_eq(wait_ms("60.000"), 60000);
}

Test(bench_number_option, a_number_out_of_its_range_ends_it, .exit_code = 2)
{
	struct options options = {0};
	char name[] = "test";
	const struct argp argp = {0};
	struct argp_state state = {.input = &options,
	    .root_argp = &argp,
	    .name = name,
	    .err_stream = stderr};

	argp_err_exit_status = 2;
	number_option_parse(numbers, 'f', "10", &state);
}
