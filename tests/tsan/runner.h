/*
 * Runs Criterion's tests under ThreadSanitizer, in place of libcriterion, whose
 * own runner maps memory where the sanitizer has its shadow. runner.c chooses
 * tests and runs each in a process of its own, several at once; case.c is that
 * process, with what assertions call. The command line is as Criterion's:
 *
 *   throng-tests [--filter SUITE/NAME]... [-jN] [--list] [--verbose]
 *
 * SUITE and NAME are patterns of fnmatch(3) with FNM_EXTMATCH. A race ends its
 * test with status 66; what a failed test has said is shown. The last line is
 * the summary, the exit status 0 when nothing has failed.
 *
 * The runner has one thread, as the sanitizer wants it of a process that forks.
 */
#ifndef TESTS_TSAN_RUNNER_H
#define TESTS_TSAN_RUNNER_H

#include <stdbool.h>

#include <criterion/criterion.h>

/* What a test tells beside its exit status; shared with its process. */
struct case_report {
	bool failed;
	bool skipped;
};

/* Runs the test in this process and ends it. `suite` may be NULL. */
void
case_run(const struct criterion_test *test, const struct criterion_suite *suite,
    struct case_report *report) __attribute__((noreturn));

#endif
