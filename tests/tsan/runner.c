/* The runner of tests under ThreadSanitizer (runner.h). */
#include "tests/tsan/runner.h"

#include <err.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define JOBS_MAX    64
#define FILTERS_MAX 16
#define SLOWER      5    /* than without the sanitizer */
#define TIMEOUT_S   60.0 /* of a test that names none */

/* Where Test() and TestSuite() put their rows: the linker's names. */
extern struct criterion_test *__start_cr_tst[], *__stop_cr_tst[];
extern struct criterion_suite *__start_cr_sts[], *__stop_cr_sts[];

/* A test that is running. */
struct job {
	const struct criterion_test *test; /* NULL: none is */
	const struct criterion_suite *suite;
	struct case_report *report; /* owned, shared with the test */
	pid_t pid;
	int pidfd;
	int output; /* a memory file with all that it says */
	int64_t begin_ms;
	int64_t end_ms; /* when its time is over */
	bool late;
};

struct runner {
	const char *filters[FILTERS_MAX];
	size_t filter_count;
	size_t job_count;
	bool list;
	bool verbose;
	struct job jobs[JOBS_MAX];
	unsigned passed, failed, skipped, left_out;
};

static const struct {
	const char *tests;
	const char *why;
} left_out[] = {
#define LEFT_OUT(tests, why) {tests, why},
#include "tests/tsan/left_out.def"
#undef LEFT_OUT
};

const char *__tsan_default_options(void);

/* The first race ends a test, whatever its exit would have been. */
const char *
__tsan_default_options(void)
{
	return "halt_on_error=1";
}

static int64_t
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static bool
test_matches(const struct criterion_test *test, const char *pattern)
{
	char name[256];

	snprintf(name, sizeof(name), "%s/%s", test->category, test->name);
	return fnmatch(pattern, name, FNM_PATHNAME | FNM_EXTMATCH) == 0;
}

/* Is it asked for? */
static bool
runner_wants(struct runner *runner, const struct criterion_test *test)
{
	bool wanted = runner->filter_count == 0;

	for (size_t i = 0; i < runner->filter_count; i++)
		wanted |= test_matches(test, runner->filters[i]);
	for (size_t i = 0; i < sizeof(left_out) / sizeof(*left_out); i++)
		if (wanted && test_matches(test, left_out[i].tests)) {
			runner->left_out++;
			if (runner->verbose)
				printf("[LEFT] %s/%s: %s\n", test->category,
				    test->name, left_out[i].why);
			return false;
		}
	return wanted;
}

static const struct criterion_suite *
suite_of(const struct criterion_test *test)
{
	for (struct criterion_suite **at = __start_cr_sts; at < __stop_cr_sts;
	     at++)
		if (*at && !strcmp((*at)->name, test->category))
			return *at;
	return NULL;
}

/* In the test's process. */
static _Noreturn void
job_main(struct job *job, pid_t runner)
{
	int nothing = open("/dev/null", O_RDONLY);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != runner || nothing < 0 || setpgid(0, 0) < 0 ||
	    dup2(nothing, STDIN_FILENO) < 0 ||
	    dup2(job->output, STDOUT_FILENO) < 0 ||
	    dup2(job->output, STDERR_FILENO) < 0)
		_exit(EXIT_FAILURE);
	close(nothing);
	case_run(job->test, job->suite, job->report);
}

static void
job_start(struct job *job, const struct criterion_test *test)
{
	const struct criterion_suite *suite = suite_of(test);
	double timeout_s = test->data->timeout;
	pid_t runner = getpid();

	if (timeout_s <= 0 && suite)
		timeout_s = suite->data->timeout;
	if (timeout_s <= 0)
		timeout_s = TIMEOUT_S;
	job->test = test;
	job->suite = suite;
	job->late = false;
	*job->report = (struct case_report){0};
	job->output = memfd_create("output", MFD_CLOEXEC);
	job->begin_ms = now_ms();
	job->end_ms = job->begin_ms + (int64_t)(timeout_s * SLOWER * 1000);
	fflush(stdout);
	job->pid = fork();
	if (job->pid == 0)
		job_main(job, runner);
	job->pidfd = job->pid < 0 ? -1 : pidfd_open(job->pid, 0);
	if (job->output < 0 || job->pidfd < 0)
		err(EXIT_FAILURE, "%s/%s", test->category, test->name);
}

/* The end that was to come, and no failed assertion? */
static bool
job_has_passed(const struct job *job, int status)
{
	const struct criterion_test_extra_data *test = job->test->data;

	if (job->late || job->report->failed)
		return false;
	if (test->signal != 0)
		return WIFSIGNALED(status) && WTERMSIG(status) == test->signal;
	return WIFEXITED(status) && WEXITSTATUS(status) == test->exit_code;
}

static void
job_tell(const struct job *job, const char *how, int status, bool with_output)
{
	char bytes[4096];
	ssize_t got;

	printf("[%s] %s/%s (status %#x, %.1f s)\n", how, job->test->category,
	    job->test->name, (unsigned)status,
	    (double)(now_ms() - job->begin_ms) / 1000);
	for (off_t at = 0; with_output; at += got) {
		got = pread(job->output, bytes, sizeof(bytes), at);
		if (got <= 0)
			break;
		fwrite(bytes, 1, (size_t)got, stdout);
	}
	fflush(stdout);
}

/* Its process has ended, or is made to, as is what it has left behind. */
static void
job_end(struct runner *runner, struct job *job)
{
	int status;

	kill(-job->pid, SIGKILL);
	if (waitpid(job->pid, &status, 0) != job->pid)
		err(EXIT_FAILURE, "waitpid");
	if (!job_has_passed(job, status)) {
		runner->failed++;
		job_tell(job, job->late ? "TIME" : "FAIL", status, true);
	} else if (job->report->skipped) {
		runner->skipped++;
		job_tell(job, "SKIP", status, true);
	} else {
		runner->passed++;
		if (runner->verbose)
			job_tell(job, "PASS", status, false);
	}
	close(job->pidfd);
	close(job->output);
	job->test = NULL;
}

/* Waits until one of the jobs has ended, or its time has. */
static void
runner_await(struct runner *runner)
{
	struct pollfd ended[JOBS_MAX];
	int64_t until_ms = INT64_MAX;
	int64_t left_ms;

	for (size_t i = 0; i < runner->job_count; i++) {
		struct job *job = &runner->jobs[i];

		ended[i] = (struct pollfd){.fd = -1, .events = POLLIN};
		if (!job->test)
			continue;
		ended[i].fd = job->pidfd;
		if (job->end_ms < until_ms)
			until_ms = job->end_ms;
	}
	left_ms = until_ms - now_ms();
	if (poll(ended, runner->job_count, left_ms > 0 ? (int)left_ms : 0) < 0)
		err(EXIT_FAILURE, "poll");
	for (size_t i = 0; i < runner->job_count; i++) {
		struct job *job = &runner->jobs[i];

		if (!job->test)
			continue;
		job->late = !ended[i].revents && now_ms() >= job->end_ms;
		if (ended[i].revents || job->late)
			job_end(runner, job);
	}
}

static struct job *
runner_idle_job(struct runner *runner)
{
	for (size_t i = 0; i < runner->job_count; i++)
		if (!runner->jobs[i].test)
			return &runner->jobs[i];
	return NULL;
}

static bool
runner_is_busy(const struct runner *runner)
{
	for (size_t i = 0; i < runner->job_count; i++)
		if (runner->jobs[i].test)
			return true;
	return false;
}

static void
runner_run(struct runner *runner)
{
	for (struct criterion_test **at = __start_cr_tst; at < __stop_cr_tst;
	     at++) {
		struct job *job;

		if (!*at || !runner_wants(runner, *at))
			continue;
		if (runner->list) {
			printf("%s/%s\n", (*at)->category, (*at)->name);
			continue;
		}
		while ((job = runner_idle_job(runner)) == NULL)
			runner_await(runner);
		job_start(job, *at);
	}
	while (runner_is_busy(runner))
		runner_await(runner);
}

static void
runner_parse(struct runner *runner, int argc, char **argv)
{
	static const struct option options[] = {
	    {"filter", required_argument, NULL, 'f'},
	    {"jobs", required_argument, NULL, 'j'},
	    {"list", no_argument, NULL, 'l'},
	    {"verbose", no_argument, NULL, 'v'},
	    {0},
	};
	int option;

	runner->job_count = 1;
	while ((option = getopt_long(argc, argv, "j:", options, NULL)) != -1) {
		if (option == 'f' && runner->filter_count < FILTERS_MAX)
			runner->filters[runner->filter_count++] = optarg;
		else if (option == 'j')
			runner->job_count = (size_t)strtoul(optarg, NULL, 10);
		else if (option == 'l')
			runner->list = true;
		else if (option == 'v')
			runner->verbose = true;
		else
			errx(2, "usage: throng-tests [--filter SUITE/NAME]... "
				"[-jN] [--list] [--verbose]");
	}
	if (runner->job_count == 0 || runner->job_count > JOBS_MAX)
		errx(2, "-j takes 1 to %d", JOBS_MAX);
}

int
main(int argc, char **argv)
{
	static struct runner runner;
	struct case_report *reports =
	    mmap(NULL, JOBS_MAX * sizeof(struct case_report),
		PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (reports == MAP_FAILED)
		err(EXIT_FAILURE, "mmap");
	runner_parse(&runner, argc, argv);
	for (size_t i = 0; i < runner.job_count; i++)
		runner.jobs[i].report = &reports[i];
	runner_run(&runner);
	if (runner.list)
		return 0;
	printf("[====] Under ThreadSanitizer: Passing: %u | Failing: %u | "
	       "Skipped: %u | Left out: %u\n",
	    runner.passed, runner.failed, runner.skipped, runner.left_out);
	return runner.failed > 0 || runner.passed == 0;
}
