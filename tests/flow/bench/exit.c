/* The bench's exit: every goodbye counts. */
#include "tests/kit/bench_run.h"
#include "tests/kit/harness.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* Seconds for each answer. Some are waited for in vain, and the others come
 * also where the machine stands still meanwhile. */
#define TIMEOUT "5"

/* A process to be ended, that serves nobody. */
static pid_t
start_other(void)
{
	pid_t other = fork();

	if (other == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		pause();
		_exit(0);
	}
	return other;
}

FLOW_TEST(bench_exit_ends_the_server_and_hears_every_goodbye)
{
	struct server_process *server = server_process_start(engine, NULL);
	const char *said;

	cr_assert_eq(
	    bench_run(&said, "exit --clients 60 -j 2 -c %s", server->listen[0]),
	    0, "%s", said);
	cr_expect_eq(bench_figure(said, "goodbyes"), 60);
	cr_expect_gt(bench_figure(said, "exit_s"), 0);
	server_process_expect(server, "all threads joined");
	cr_assert_eq(server_process_wait(server), 0);
}

/* What it ends is another process: the server says no goodbye. */
FLOW_TEST(bench_exit_fails_without_goodbyes)
{
	struct server_process *server = server_process_start(engine, NULL);
	pid_t other = start_other();
	const char *said;

	cr_assert_eq(
	    bench_run(&said,
		"exit --clients 12 --timeout " TIMEOUT " --pid %d -c %s",
		(int)other, server->listen[0]),
	    1, "%s", said);
	cr_expect(
	    strstr(said, "expected \"an answer\", got \"nothing in time\""),
	    "%s", said);
	cr_expect(strstr(said, "verdict: FAILED (goodbye 12)"), "%s", said);
	cr_assert_eq(waitpid(other, NULL, 0), other);
	server_process_stop(server);
}

/* Nobody is let in, or all but the one whose account is the first. */
static bool
refuse_all(const char *line, char out[256])
{
	char name[64];

	if (sscanf(line, "/register %63s", name) == 1)
		snprintf(out, 256, "OK registered %s\n", name);
	else
		strcpy(out, "ERR busy\n");
	return true;
}

static bool
refuse_first(const char *line, char out[256])
{
	char name[64];

	refuse_all(line, out);
	if (sscanf(line, "/login %63s", name) == 1 &&
	    name[strlen(name) - 1] != '0')
		snprintf(out, 256, "OK logged in as %s#1\n", name);
	return true;
}

static int
run_exit(const char **said, pid_t other,
    bool (*answer)(const char *line, char out[256]))
{
	return bench_run(said,
	    "exit --clients 2 --accounts 2 --timeout " TIMEOUT
	    " --pid %d -c %s",
	    (int)other, bench_liar(answer));
}

Test(bench_exit, one_that_is_not_let_in_keeps_nobody_waiting,
    .fini = harness_fini)
{
	pid_t other = start_other();
	const char *said;

	cr_expect_eq(run_exit(&said, other, refuse_first), 1, "%s", said);
	cr_expect_gt(bench_figure(said, "exit_s"), 0);
	cr_expect_not_null(
	    strstr(said, "verdict: FAILED (login 1, goodbye 1)"), "%s", said);
	cr_assert_eq(waitpid(other, NULL, 0), other);
}

Test(bench_exit, nobody_is_ended_who_has_let_nobody_in, .fini = harness_fini)
{
	pid_t other = start_other();
	const char *said;

	cr_expect_eq(run_exit(&said, other, refuse_all), 1, "%s", said);
	cr_expect_not_null(strstr(said, " exit_s=- "), "%s", said);
	cr_expect_not_null(
	    strstr(said, "verdict: FAILED (login 2)"), "%s", said);
	cr_expect_eq(waitpid(other, NULL, WNOHANG), 0);
	cr_assert_eq(kill(other, SIGKILL), 0);
	cr_assert_eq(waitpid(other, NULL, 0), other);
}
