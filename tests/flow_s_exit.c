/* The bench's exit: every goodbye counts. */
#include "tests/bench_run.h"
#include "tests/harness.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

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
	pid_t other = fork();
	const char *said;

	if (other == 0) {
		alarm(60);
		pause();
		_exit(0);
	}
	cr_assert_eq(
	    bench_run(&said, "exit --clients 12 --timeout 1 --pid %d -c %s",
		(int)other, server->listen[0]),
	    1, "%s", said);
	cr_expect(
	    strstr(said, "expected \"an answer\", got \"nothing in time\""),
	    "%s", said);
	cr_expect(strstr(said, "verdict: FAILED (goodbye 12)"), "%s", said);
	cr_assert_eq(waitpid(other, NULL, 0), other);
	server_process_stop(server);
}
