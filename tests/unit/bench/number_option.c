/* A scenario's numbers, each in its place. */
#include <criterion/criterion.h>

#include "bench/crowd/number_option.h"

struct options {
	unsigned before;
	unsigned few;
	unsigned many;
};

static const struct number_option numbers[] = {
    {'f', "few", {1, 9}, offsetof(struct options, few)},
    {'m', "many", {0, 1000000}, offsetof(struct options, many)},
};

static bool
parse(struct options *options, int key, const char *argument)
{
	struct argp_state state = {.input = options};

	return number_option_parse(numbers, 2, key, argument, &state);
}

Test(bench_number_option, each_number_goes_to_its_place)
{
	struct options options = {1, 2, 3};

	cr_expect(parse(&options, 'm', "1000000"));
	cr_expect(parse(&options, 'f', "9"));
	cr_expect_not(parse(&options, 'b', "7"), "it is another's");
	cr_expect_eq(options.before, 1);
	cr_expect_eq(options.few, 9);
	cr_expect_eq(options.many, 1000000);
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
	number_option_parse(numbers, 2, 'f', "10", &state);
}
