/* The log, as it comes out of standard error. */
#include <criterion/criterion.h>

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "reactor/log.h"

#define THREADS 4
#define LINES   200

static char text[THREADS * LINES * 64 + LOG_LINE_BYTES_MAX * 4];

/* Standard error goes to a file from here on, until it is read. */
static int saved;
static int file;

static void
setup(void)
{
	char path[] = "/tmp/throng-log.XXXXXX";

	file = mkstemp(path);
	cr_assert_geq(file, 0);
	unlink(path);
	saved = dup(STDERR_FILENO);
	dup2(file, STDERR_FILENO);
}

TestSuite(reactor_log, .init = setup);

static const char *
logged(void)
{
	ssize_t got;

	dup2(saved, STDERR_FILENO);
	got = pread(file, text, sizeof(text) - 1, 0);
	cr_assert_geq(got, 0);
	text[got] = '\0';
	return text;
}

Test(reactor_log, line_has_its_level_and_one_end)
{
	log_info("started clients=%d", 3);
	log_warnx("odd thing=%s", "x");
	log_errorx("bad");
	cr_assert_str_eq(logged(), "throng: info started clients=3\n"
				   "throng: warn odd thing=x\n"
				   "throng: error bad\n");
}

Test(reactor_log, lines_below_the_level_are_dropped)
{
	log_debug("not by default");
	log_set_level(LOG_LEVEL_DEBUG);
	log_debug("now");
	log_set_level(LOG_LEVEL_ERROR);
	log_info("too low");
	log_warnx("too low");
	errno = EIO;
	log_warn("too low");
	log_errorx("last");
	cr_assert_str_eq(logged(), "throng: debug now\nthrong: error last\n");
}

Test(reactor_log, warn_tells_errno_and_leaves_it)
{
	errno = ENOSPC;
	log_warn("write file=%s", "accounts");
	cr_assert_eq(errno, ENOSPC);
	cr_assert_str_eq(logged(), "throng: warn write file=accounts "
				   "error=\"No space left on device\"\n");
}

Test(reactor_log, level_names_are_known_and_no_others)
{
	cr_expect_eq(log_level_parse("debug"), LOG_LEVEL_DEBUG);
	cr_expect_eq(log_level_parse("info"), LOG_LEVEL_INFO);
	cr_expect_eq(log_level_parse("warn"), LOG_LEVEL_WARN);
	cr_expect_eq(log_level_parse("error"), LOG_LEVEL_ERROR);
	cr_expect_lt(log_level_parse(""), 0);
	cr_expect_lt(log_level_parse("INFO"), 0);
	cr_expect_lt(log_level_parse("information"), 0);
}

/* Whatever a stranger's name is made of, it forges no line and drives no
 * terminal: not by C0, not by C1 (RFC 3629 or bare), not by DEL. */
Test(reactor_log, control_characters_are_escaped)
{
	static const char before[] = "throng: info name=";
	const char *line;

	for (int c = 1; c < 0x20; c++)
		log_info("name=%c.", c);
	log_info("name=%c.", 0x7f);
	line = logged();
	for (int i = 0; i < 32; i++) {
		cr_assert_eq(strncmp(line, before, strlen(before)), 0);
		line += strlen(before);
		cr_assert_eq(strncmp(line, "?.\n", 3), 0);
		line += 3;
	}
	cr_assert_str_empty(line);
}

Test(reactor_log, c1_control_characters_are_escaped)
{
	for (int c = 0x80; c < 0xa0; c++)
		log_info("name=\xc2%c[31m", c);
	logged();
	for (int c = 0x80; c < 0xa0; c++) {
		char control[] = {'\xc2', (char)c, '\0'};

		cr_assert_null(strstr(text, control), "U+%04X", c);
	}
}

Test(reactor_log, letters_of_other_scripts_pass)
{
	log_info("name=\u00e9\u00df\u4e2d");
	cr_assert_str_eq(logged(), "throng: info name=\u00e9\u00df\u4e2d\n");
}

Test(reactor_log, long_line_is_cut_and_still_ends)
{
	static char long_name[LOG_LINE_BYTES_MAX * 2];
	size_t first;

	memset(long_name, 'n', sizeof(long_name) - 1);
	log_info("name=%s", long_name);
	errno = EIO;
	log_warn("name=%s", long_name);
	logged();
	first = strcspn(text, "\n");
	cr_assert_leq(first + 1, LOG_LINE_BYTES_MAX);
	cr_assert_gt(first, LOG_LINE_BYTES_MAX - 8);
	cr_assert_eq(strncmp(text + first, "\nthrong: warn", 13), 0);
	cr_assert_eq(text[strlen(text) - 1], '\n');
}

/* Every length around the edge, with the errno text that has to fit or not. */
Test(reactor_log, line_of_any_length_stays_within_bounds)
{
	static char name[LOG_LINE_BYTES_MAX + 16];

	for (size_t len = 0; len < sizeof(name) - 1; len += 5) {
		const char *end;

		memset(name, 'n', len);
		name[len] = '\0';
		cr_assert_eq(ftruncate(file, 0), 0);
		cr_assert_eq(lseek(file, 0, SEEK_SET), 0);
		dup2(file, STDERR_FILENO);
		errno = EIO;
		log_warn("name=%s", name);
		end = strchr(logged(), '\n');
		cr_assert_not_null(end);
		cr_assert_eq(end[1], '\0', "one line");
		cr_assert_leq(end + 1 - text, LOG_LINE_BYTES_MAX);
	}
}

static void *
log_many(void *argument)
{
	for (int i = 0; i < LINES; i++)
		log_info("thread=%d line=%d", *(int *)argument, i);
	return NULL;
}

Test(reactor_log, lines_of_many_threads_never_mix)
{
	pthread_t threads[THREADS];
	int numbers[THREADS];
	int next[THREADS] = {0};

	for (int t = 0; t < THREADS; t++) {
		numbers[t] = t;
		cr_assert_eq(
		    pthread_create(&threads[t], NULL, log_many, &numbers[t]),
		    0);
	}
	for (int t = 0; t < THREADS; t++)
		pthread_join(threads[t], NULL);
	logged();
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		int thread, number, end = 0;

		sscanf(line, "throng: info thread=%d line=%d%n", &thread,
		    &number, &end);
		cr_assert_eq(line[end], '\0', "%s", line);
		cr_assert_eq(number, next[thread]++);
	}
	for (int t = 0; t < THREADS; t++)
		cr_assert_eq(next[t], LINES);
}
