#include <criterion/criterion.h>

#include <sys/resource.h>

#include "bench/crowd/options.h"
#include "bench/load/swarm.h"

static unsigned
fit(unsigned threads, bool given, size_t clients)
{
	struct bench_options options = {
	    .threads = threads, .threads_given = given};

	bench_options_fit_threads(&options, clients);
	return options.threads;
}

Test(bench_options, threads_are_what_is_asked_for_or_needed)
{
	const struct rlimit limit = {1000, 1000};

	cr_assert_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	cr_expect_eq(fit(1, false, 900), 1);
	cr_expect_eq(fit(1, false, 1000), 2);
	cr_expect_eq(fit(1, true, 1000), 1, "it will be said that it is few");
	cr_expect_eq(fit(4, true, 1000), 4);
	cr_expect_eq(fit(4, true, 3), 3, "not more than clients");
	cr_expect_eq(fit(1, false, 100000), SWARM_LOADS_MAX);
}
