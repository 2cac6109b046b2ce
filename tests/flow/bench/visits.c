/* The bench's scenario of clients that come, ask and leave: its visits are what
 * it says they are, and what goes wrong in one is found. */
#include "tests/kit/bench_run.h"
#include "tests/kit/harness.h"

#include <signal.h>
#include <string.h>

/* The reason for which each connection ended, from many addresses. */
static void
expect_ends(const struct server_process *server, const char *reason)
{
	char path[128], line[512], word[64];
	unsigned ends = 0, elsewhere = 0;
	FILE *log;

	snprintf(path, sizeof(path), "%s/log", server->folder);
	snprintf(word, sizeof(word), " reason=%s ", reason);
	log = fopen(path, "re");
	cr_assert_not_null(log);
	while (fgets(line, sizeof(line), log)) {
		if (!strstr(line, " disconnected "))
			continue;
		cr_assert_not_null(strstr(line, word), "%s", line);
		ends++;
		elsewhere += !strstr(line, " address=127.0.0.1:");
	}
	fclose(log);
	cr_expect_geq(ends, 4);
	cr_expect_eq(elsewhere, ends);
}

/* One run's visits. */
static double
visit(const struct server_process *server, const char *leave)
{
	const char *said;
	double visits;
	int status;

	status = bench_run(&said,
	    "connect --clients 4 --threads 2 --seconds 0.3 --warmup 0.05 "
	    "--leave %s --connect %s",
	    leave, server->listen[0]);
	if (status != 0)
		harness_fail("the bench ended with %d: %s", status, said);
	visits = bench_figure(said, "visits");
	cr_expect_eq(bench_figure(said, "operations"), visits);
	cr_expect_eq(bench_step(said, "connect", "count"), visits);
	cr_expect_eq(bench_step(said, "answer", "count"), visits);
	cr_expect_eq(bench_step(said, "visit", "count"), visits);
	cr_expect_eq(bench_step(said, "leave", "count"),
	    strcmp(leave, "quit") == 0 ? visits : 0);
	return visits;
}

/* Each client comes at least once. */
static void
expect_visits(const char *engine, const char *leave, const char *reason)
{
	struct server_process *server = server_process_start(
	    engine, "--log", "{folder}/log", "--log-level", "info", NULL);
	double visits = 0;

	for (int runs = 0; visits < 4 && runs < BENCH_RUNS; runs++)
		visits = visit(server, leave);
	cr_expect_geq(visits, 4);
	server_process_stop(server);
	expect_ends(server, reason);
}

FLOW_TEST(bench_connect_leaves_by_closing)
{
	expect_visits(engine, "close", "closed");
}

FLOW_TEST(bench_connect_leaves_by_quitting)
{
	expect_visits(engine, "quit", "quit");
}

FLOW_TEST(bench_connect_leaves_by_a_reset)
{
	expect_visits(engine, "reset", "lost");
}

FLOW_TEST(bench_connect_finds_that_the_server_has_gone)
{
	struct server_process *server = server_process_start(engine, NULL);
	FILE *bench =
	    bench_start("connect --clients 2 --connect %s", server->listen[0]);
	const char *said;

	server_process_expect(server, "[[]DISCONNECTED] *");
	server_process_signal(server, SIGKILL);
	cr_assert_eq(server_process_wait(server), 128 + SIGKILL);
	cr_expect_eq(bench_end(bench, &said), 1, "%s", said);
	cr_expect_eq(bench_figure(said, "failures"), 2, "%s", said);
	cr_expect_not_null(strstr(said, "verdict: FAILED"), "%s", said);
}

/* Right for the first visit of the first client; no answer to /quit. */
static bool
answer_as_first(const char *line, char out[256])
{
	strcpy(out, "Echo: client 00000000 00000000\n");
	return line[0] == 'c';
}

Test(bench_connect, answer_of_another_visit_is_found, .fini = harness_fini)
{
	const char *said;
	int status = bench_run(&said, "connect --clients 1 --warmup 0 -c %s",
	    bench_liar(answer_as_first));

	cr_expect_eq(status, 1, "%s", said);
	cr_expect_eq(bench_figure(said, "visits"), 1, "%s", said);
	cr_expect_not_null(strstr(said, "answer: client 0 expected "
					"\"client 00000000 00000001\", got "
					"\"client 00000000 00000000\""),
	    "%s", said);
}

Test(bench_connect, missing_goodbye_is_found, .fini = harness_fini)
{
	const char *said;
	int status = bench_run(&said,
	    "connect --clients 1 --warmup 0 --leave quit -c %s",
	    bench_liar(answer_as_first));

	cr_expect_eq(status, 1, "%s", said);
	cr_expect_not_null(
	    strstr(said, "leave: client 0 expected"), "%s", said);
}

Test(bench_connect, wrong_usage_is_refused_with_its_reason)
{
	const char *said;

	cr_expect_eq(bench_run(&said, "connect --leave slowly"), 2);
	cr_expect_not_null(strstr(said, "--leave slowly"), "%s", said);
	cr_expect_eq(bench_run(&said, "connect --leave quit --peer nats"), 2);
	cr_expect_not_null(strstr(said, "--leave quit"), "%s", said);
}
