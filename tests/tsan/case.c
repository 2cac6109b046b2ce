/* A test's process, and all that a test calls of libcriterion (runner.h). */
#include "tests/tsan/runner.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct criterion_options criterion_options;

static const struct criterion_test *current;
static const struct criterion_suite *current_suite;
static struct case_report *told;
static jmp_buf way_out;

static void
run(void (*function)(void))
{
	if (function && !setjmp(way_out))
		function();
}

void
criterion_internal_test_setup(void)
{
	if (current_suite)
		run(current_suite->data->init);
	run(current->data->init);
}

void
criterion_internal_test_main(void (*function)(void))
{
	if (!told->failed && !told->skipped)
		run(function);
}

void
criterion_internal_test_teardown(void)
{
	run(current->data->fini);
	if (current_suite)
		run(current_suite->data->fini);
}

void
case_run(const struct criterion_test *test, const struct criterion_suite *suite,
    struct case_report *report)
{
	current = test;
	current_suite = suite;
	told = report;
	test->test();
	exit(0);
}

/* Only the test's first thread has a way back. */
static _Noreturn void
leave(void)
{
	if (gettid() != getpid())
		_exit(EXIT_FAILURE);
	longjmp(way_out, 1);
}

void
criterion_abort_test(void)
{
	told->failed = true;
	leave();
}

void
criterion_continue_test(void)
{
	told->failed = true;
}

void
criterion_skip_test(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fputc('\n', stderr);
	told->skipped = true;
	leave();
}

void
criterion_send_assert(struct criterion_assert_stats *assertion)
{
	fprintf(stderr, "%s:%u: %s\n", assertion->file, assertion->line,
	    assertion->message);
}

/* Any thread; nobody asks how many have passed. */
void
cri_asserts_passed_incr(void)
{
}

int
cr_asprintf(char **text, const char *format, ...)
{
	va_list ap;
	int length;

	va_start(ap, format);
	length = vasprintf(text, format, ap);
	va_end(ap);
	return length;
}

void
cr_asprintf_free(char *text)
{
	free(text);
}

/* The message of an assertion that has none of its own: the expression, and
 * the two strings that were compared. */
char *
cr_translate_assert_msg(int message, ...)
{
	const char *expression, *actual, *expected;
	char *text = NULL;
	va_list ap;

	va_start(ap, message);
	expression = va_arg(ap, const char *);
	if (message == CRITERION_ASSERT_MSG_EXPR_AS_STRINGS_FALSE) {
		actual = va_arg(ap, const char *);
		expected = va_arg(ap, const char *);
		cr_asprintf(&text, "not true: %s: `%s`, `%s`", expression,
		    actual, expected);
	} else {
		cr_asprintf(&text, "not true: %s", expression);
	}
	va_end(ap);
	return text;
}
