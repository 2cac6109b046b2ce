/*
 * bench/results, which measures and writes RESULTS.md: what of it needs no
 * server, one small part from end to end, and what it does with a failure.
 */
#include "tests/kit/harness.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "tests/kit/scratch.h"

static char said[20000]; /* by the last command */

static void
fini(void)
{
	harness_fini();
	scratch_remove();
}

TestSuite(bench_results, .init = scratch_make, .fini = fini, .timeout = 120);

/* Runs the shell's command; returns its exit status. */
__attribute__((format(printf, 1, 2))) static int
run(const char *format, ...)
{
	char command[500];
	va_list arguments;
	FILE *output;
	int status;

	if (system("python3 -c 0 2>/dev/null") != 0)
		cr_skip_test("there is no python3 on this machine");
	va_start(arguments, format);
	vsnprintf(command, sizeof(command), format, arguments);
	va_end(arguments);
	output = popen(command, "re");
	cr_assert_not_null(output);
	said[fread(said, 1, sizeof(said) - 1, output)] = '\0';
	status = pclose(output);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

/* What the document says is in `said`. */
static void
read_document(void)
{
	cr_assert_eq(run("cat %s/RESULTS.md", scratch), 0);
}

Test(bench_results, pure_parts_are_right)
{
	cr_assert_eq(
	    run("python3 bench/results/test_results.py 2>&1"), 0, "%s", said);
}

/* One of the servers is the best at it, which one is the machine's matter. */
static void
expect_winner(const char *row)
{
	const char *at = strstr(said, row);
	const char *best = at ? strstr(at, "**") : NULL;

	cr_assert_not_null(best, "%s", said);
	cr_assert_lt(best, strchr(at + 1, '\n'), "%s", said);
}

Test(bench_results, part_is_measured_and_told)
{
	cr_assert_eq(run("python3 bench/results --quick --no-peers --only echo "
			 "--output %s 2>&1",
			 scratch),
	    0, "%s", said);
	read_document();
	expect_winner("\n| 50 clients | ");
	cr_assert_not_null(strstr(said, "floor, io_uring | floor, epoll |"));
	cr_assert_not_null(strstr(said, "throng-bench echo --clients 50"));
	cr_assert_null(strstr(said, "runs have failed"));
}

Test(bench_results, failed_run_fails_it_and_is_told)
{
	cr_assert_eq(run("THRONG_BENCH=/bin/false python3 bench/results "
			 "--quick --no-peers --only echo --output %s 2>&1",
			 scratch),
	    1, "%s", said);
	read_document();
	cr_assert_not_null(
	    strstr(said, "- echo, 50 clients, throng-uring: "), "%s", said);
}

/* Before anything is measured. */
Test(bench_results, wrong_usage_is_refused)
{
	cr_assert_eq(
	    run("python3 bench/results --rounds -1 --no-peers 2>&1"), 2);
	cr_expect_not_null(strstr(said, "--rounds is 1 or more"), "%s", said);
	cr_assert_eq(
	    run("python3 bench/results --only all --no-peers 2>&1"), 2);
	cr_expect_not_null(strstr(said, "there is no part all"), "%s", said);
}
