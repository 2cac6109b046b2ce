/* The log: its thread, its queue, its file. */
#include <criterion/criterion.h>

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "reactor/log.h"
#include "reactor/log_flood.h"
#include "tests/kit/scratch.h"

#define THREADS    4
#define NAMES      20 /* events, each with as many lines as may pass */
#define STAMP      "20[0-9][0-9]-[0-9][0-9]-[0-9][0-9]T*Z "
#define TEXT_BYTES (1024 * 1024)

static char path[80], old_path[80];
static char text[TEXT_BYTES];
static char error[LOG_ERROR_BYTES];
static char names[THREADS][NAMES][32];

static void
setup(void)
{
	scratch_make();
	snprintf(path, sizeof(path), "%s/log", scratch);
	snprintf(old_path, sizeof(old_path), "%s/log.1", scratch);
	for (int t = 0; t < THREADS; t++)
		for (int n = 0; n < NAMES; n++)
			snprintf(
			    names[t][n], sizeof(names[t][n]), "e%d-%d", t, n);
}

static void
teardown(void)
{
	log_stop();
	scratch_remove();
}

TestSuite(reactor_log, .init = setup, .fini = teardown, .timeout = 60);

static void
start(const char *where)
{
	struct log_config config = {.path = where, .level = LOG_LEVEL_INFO};

	cr_assert_eq(log_start(&config, error), 0, "%s", error);
}

static const char *
contents(const char *where)
{
	FILE *file = fopen(where, "r");
	size_t len;

	cr_assert_not_null(file, "%s", where);
	len = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[len] = '\0';
	return text;
}

static void
is_log(const char *what, const char *pattern)
{
	cr_expect_eq(fnmatch(pattern, what, 0), 0, "%s, not %s", what, pattern);
}

/* Standard error goes to the file from here on. */
static void
catch_standard_error(void)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	cr_assert_geq(fd, 0);
	dup2(fd, STDERR_FILENO);
	close(fd);
}

Test(reactor_log, line_is_at_once_on_standard_error_without_the_thread)
{
	catch_standard_error();
	log_debug("below");
	errno = EIO;
	log_info("started", LOG_NUMBER("clients", 3));
	cr_expect_eq(errno, EIO);
	log_error("bad");
	is_log(contents(path),
	    STAMP "info started clients=3\n" STAMP "error bad\n");
	start(NULL);
	log_warn("odd");
	log_stop();
	is_log(contents(path), STAMP "info *" STAMP "warn odd\n");
	log_set_level(LOG_LEVEL_ERROR);
	log_warn("below");
	log_error("last");
	is_log(contents(path), STAMP "info *warn odd\n" STAMP "error last\n");
	cr_expect_null(strstr(text, "below"));
}

Test(reactor_log, audit_is_written_whatever_the_level)
{
	start(path);
	log_set_level(LOG_LEVEL_ERROR);
	log_warn("below");
	log_at(LOG_LEVEL_AUDIT, "audit", LOG_TEXT("by", "console"));
	log_stop();
	is_log(contents(path), STAMP "info audit by=console\n");
}

Test(reactor_log, file_is_appended_to_and_has_a_modest_mode)
{
	struct stat st;

	umask(0);
	start(path);
	log_info("one");
	log_stop();
	start(path);
	log_set_format(LOG_FORMAT_JSON);
	log_info("two");
	log_stop();
	is_log(contents(path),
	    STAMP "info one\n{\"time\":\"20*Z\",*,\"event\":\"two\"}\n");
	cr_assert_eq(stat(path, &st), 0);
	cr_expect_eq(st.st_mode & 0777, 0640);
}

Test(reactor_log, file_that_cannot_be_opened_is_told)
{
	struct log_config config = {.path = "/nowhere/log"};

	cr_expect_eq(log_start(&config, error), -1);
	cr_expect_str_eq(error, "cannot open the log /nowhere/log: "
				"No such file or directory");
	/* A pipe that nobody reads is not waited for. */
	cr_assert_eq(mkfifo(path, 0600), 0);
	config.path = path;
	cr_expect_eq(log_start(&config, error), -1);
}

Test(reactor_log, reopened_after_a_rename_it_goes_on_in_a_new_file)
{
	start(path);
	log_info("before");
	cr_assert_eq(rename(path, old_path), 0);
	cr_assert_eq(log_reopen(path, error), 0, "%s", error);
	log_info("after");
	log_stop();
	cr_expect(strstr(contents(path), "info after\n"));
	cr_expect_null(strstr(contents(old_path), "after"));
}

Test(reactor_log, old_file_stays_when_the_new_one_cannot_be_opened)
{
	start(path);
	cr_expect_eq(log_reopen("/nowhere/log", error), -1);
	cr_expect_str_eq(error, "cannot open the log /nowhere/log: "
				"No such file or directory");
	log_info("after");
	log_stop();
	cr_expect(strstr(contents(path), "info after\n"));
}

Test(reactor_log, reopened_without_a_path_it_goes_to_standard_error)
{
	catch_standard_error();
	start(old_path);
	cr_expect_eq(log_reopen(NULL, error), 0);
	log_info("after");
	log_stop();
	is_log(contents(path), STAMP "info after\n");
}

static sem_t told;
static char last[LOG_LINE_BYTES_MAX];

static void
sink(void *context, const char *line)
{
	cr_assert_null(strchr(line, '\n'));
	if (!strstr(line, context))
		return;
	snprintf(last, sizeof(last), "%s", line);
	sem_post(&told);
}

static void
start_sink(const char *wanted)
{
	struct log_config config = {.sink = sink, .context = (void *)wanted};

	sem_init(&told, 0, 0);
	cr_assert_eq(log_start(&config, error), 0, "%s", error);
}

Test(reactor_log, sink_gets_lines_while_the_log_runs)
{
	start_sink(" name=");
	log_info("login", LOG_TEXT("name", "ann"));
	sem_wait(&told);
	is_log(last, STAMP "info login name=ann");
	cr_expect_eq(log_reopen(path, error), 0);
	cr_expect_eq(access(path, F_OK), -1, "there is no file");
}

/* No further event has to come for it: the second is over, that's all. */
Test(reactor_log, flood_is_summed_up_when_its_second_is_over)
{
	start_sink("login-failed");
	for (int i = 0; i < LOG_FLOOD_LINES; i++)
		log_warn("login-failed");
	for (int i = 0; i < LOG_FLOOD_LINES; i++)
		sem_wait(&told);
	is_log(last, STAMP "warn login-failed");
	/* Nothing wakes its thread any more but these, which are kept back. */
	for (int i = 0; i < 2 * LOG_FLOOD_LINES; i++)
		log_warn("login-failed");
	do
		sem_wait(&told);
	while (!strstr(last, "suppressed"));
	is_log(last, STAMP "warn suppressed what=login-failed count=*");
}

Test(reactor_log, flood_is_summed_up_at_the_end)
{
	unsigned long counted = 0, lines = 0, count;

	start(path);
	for (int i = 0; i < 1000; i++)
		log_info("disconnected", LOG_NUMBER("client", i));
	log_info("stopped");
	log_stop();
	contents(path);
	cr_expect(strstr(text, "info stopped\n"), "%s", text);
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		char *sum = strstr(line, "what=disconnected count=");

		if (sum && sscanf(sum, "what=disconnected count=%lu", &count))
			counted += count;
		lines += strstr(line, " disconnected client=") != NULL;
	}
	cr_expect_eq(counted + lines, 1000);
	cr_expect_lt(lines, 1000);
}

static void
log_much(int thread)
{
	static const char padding[600];
	char value[sizeof(padding)];

	memset(value, 'v', sizeof(value) - 1);
	value[sizeof(value) - 1] = '\0';
	for (int i = 0; i < NAMES * LOG_FLOOD_LINES; i++)
		log_event(LOG_LEVEL_INFO, names[thread][i / LOG_FLOOD_LINES],
		    (const struct log_field[]){LOG_NUMBER("thread", thread),
			LOG_NUMBER("line", i), LOG_TEXT("value", value),
			{.kind = LOG_FIELD_END}});
}

static void *
read_pipe(void *argument)
{
	int fd = *(int *)argument;
	size_t len = 0;
	ssize_t got;

	while ((got = read(fd, text + len, sizeof(text) - 1 - len)) > 0)
		len += (size_t)got;
	text[len] = '\0';
	return NULL;
}

/* 600 KB for a queue of 256 KiB and a pipe of 64: who logs is not held up. */
Test(reactor_log, lines_without_room_are_counted_and_told)
{
	unsigned long lines = 0, lost = 0, count;
	pthread_t reader;
	int fd;

	cr_assert_eq(mkfifo(path, 0600), 0);
	fd = open(path, O_RDONLY | O_NONBLOCK);
	start(path);
	log_much(0);
	fcntl(fd, F_SETFL, 0);
	pthread_create(&reader, NULL, read_pipe, &fd);
	log_stop();
	pthread_join(reader, NULL);
	/* Once, or twice where the log's thread took lines amid all that. */
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		char *sum = strstr(line, " warn log-lines-lost count=");

		if (sum &&
		    sscanf(sum, " warn log-lines-lost count=%lu", &count))
			lost += count;
		else
			cr_assert(!fnmatch(STAMP "info e* value=*v", line, 0),
			    "%s", line);
		lines += sum == NULL;
	}
	cr_expect_gt(lost, 0);
	cr_expect_eq(lines + lost, NAMES * LOG_FLOOD_LINES);
	cr_expect_eq(log_lines_lost(), lost);
}

Test(reactor_log, end_does_not_wait_for_a_reader_for_ever)
{
	int fd;

	cr_assert_eq(mkfifo(path, 0600), 0);
	fd = open(path, O_RDONLY | O_NONBLOCK);
	start(path);
	log_much(0);
	log_stop();
	close(fd);
}

Test(reactor_log, end_comes_when_the_disk_is_full)
{
	start("/dev/full");
	log_much(0);
	log_stop();
}

static _Atomic int failures[3]; /* what was told, and how often */
static _Atomic unsigned failure_count;

static void
on_failure(void *context, int why)
{
	unsigned count = atomic_load(&failure_count);

	cr_assert_eq(context, failures);
	if (count < 3)
		atomic_store(&failures[count], why);
	atomic_store(&failure_count, count + 1);
}

Test(reactor_log, failure_is_told_once_and_so_is_its_end)
{
	struct log_config config = {
	    .path = "/dev/full",
	    .level = LOG_LEVEL_INFO,
	    .on_failure = on_failure,
	    .context = failures,
	};

	cr_assert_eq(log_start(&config, error), 0, "%s", error);
	for (int lines = 0; lines < 3; lines++) {
		log_info("lost");
		while (log_lines_lost() <= (uint64_t)lines)
			sched_yield();
	}
	cr_assert_eq(failure_count, 1);
	cr_assert_eq(log_reopen(path, error), 0, "%s", error);
	log_info("after");
	log_info("after");
	log_stop();
	cr_assert_eq(failure_count, 2);
	cr_assert_eq(failures[0], ENOSPC);
	cr_assert_eq(failures[1], 0);
}

/* A line that was cut short by a full disk does not run into the next. */
Test(reactor_log, line_after_a_torn_one_begins_anew)
{
	struct rlimit limit;
	struct stat st = {0};

	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &limit);
	limit.rlim_cur = 100;
	start(path);
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	log_much(1);
	while (st.st_size < 100) {
		cr_assert_eq(stat(path, &st), 0);
		sched_yield();
	}
	limit.rlim_cur = limit.rlim_max;
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	log_info("after");
	log_stop();
	contents(path);
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		cr_assert(fnmatch("*Z info *Z [iw]*", line, 0), "%s", line);
}

static void *
log_thread(void *argument)
{
	log_much(*(int *)argument);
	return NULL;
}

/* One at least gets lines in; what the queue has no room for is told of. */
Test(reactor_log, lines_of_many_threads_never_mix)
{
	pthread_t threads[THREADS];
	int numbers[THREADS], next[THREADS] = {0}, heard = 0;
	char *line = NULL;
	size_t size = 0;
	FILE *file;

	start(path);
	for (int t = 0; t < THREADS; t++) {
		numbers[t] = t;
		pthread_create(&threads[t], NULL, log_thread, &numbers[t]);
	}
	for (int t = 0; t < THREADS; t++)
		pthread_join(threads[t], NULL);
	log_stop();
	file = fopen(path, "re");
	cr_assert_not_null(file);
	while (getline(&line, &size, file) > 0) {
		char *at = strstr(line, " thread=");
		int thread, number;

		if (!at) {
			cr_assert(strstr(line, "log-lines-lost"), "%s", line);
			continue;
		}
		cr_assert_eq(
		    sscanf(at, " thread=%d line=%d value=", &thread, &number),
		    2);
		cr_assert_geq(number, next[thread]);
		next[thread] = number + 1;
		heard++;
	}
	free(line);
	fclose(file);
	cr_expect_gt(heard, 0);
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
