#include <criterion/criterion.h>

#include "bench/crowd/options.h"

static const unsigned minute[2] = {0, 60};

Test(bench_options, seconds_may_have_decimals)
{
	cr_expect_eq(bench_option_ms(NULL, "seconds", "0", minute), 0);
	cr_expect_eq(bench_option_ms(NULL, "seconds", "5", minute), 5000);
	cr_expect_eq(bench_option_ms(NULL, "seconds", "0.5", minute), 500);
	cr_expect_eq(bench_option_ms(NULL, "seconds", "1.234", minute), 1234);
	cr_expect_eq(bench_option_ms(NULL, "seconds", "60.000", minute), 60000);
}
