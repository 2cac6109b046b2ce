/* The bench's scenarios in which everything happens at once: that a good server
 * passes, also one that is killed, and that one which loses accounts does not.
 * Times are not judged here. */
#include "tests/kit/bench_run.h"
#include "tests/kit/harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A second of all that there is, so that the slow miss something. */
#define EVERYTHING                                                             \
	" --clients 30 --rooms 3 --seconds 1 --rate 800 --bytes 1500 "         \
	"--slow 40 --pause 0.2 --guests 10 --cuts 20 --joins 20 "              \
	"--logouts 10 --directs 50 --registrations 20 --timeout 20 "
#define MEMBERS 27

/* What everything brings about, whatever is drawn. */
static const char *const happens[] = {"messages", "deliveries", "gaps",
    "skipped", "resumed", "replayed", "cuts", "reconnects", "joins", "leaves",
    "logouts", "stalls", "directs", "echoes"};

enum {
	HAPPENS = sizeof(happens) / sizeof(happens[0])
};

/* A server with little room for who does not read, on a Unix socket. */
static struct server_process *
start_server(const char *engine)
{
	const struct server_setup setup = {
	    .engine = engine,
	    .no_listen = true,
	    .args = {"--listen=unix:{folder}/socket", "--out-limit=65536"},
	};

	return server_process_start_with(&setup);
}

/* The words for a run that starts its server with `before` it, in a folder of
 * another one's, which has ended. */
static void
words_to_start(char words[2000], const struct server_process *server,
    const char *before, const char *options)
{
	const char *binary = getenv("THRONG_BIN");

	snprintf(words, 2000,
	    "mixed" EVERYTHING "%s -c unix:%s/socket --restart '%s %s "
	    "--accounts %s --argon2 t=1,m=8 --reactors 2 --io %s --listen "
	    "unix:%s/socket --out-limit 65536 --log-level error'",
	    options, server->folder, before, binary ? binary : "build/throng",
	    server->accounts, server->setup.engine, server->folder);
}

static void
expect_success(int status, const char *said)
{
	const char *failure = strstr(said, "failure: ");

	if (status != 0 || strstr(said, "Sanitizer"))
		harness_fail("the bench ended with %d: %s", status,
		    failure ? failure : said);
	cr_expect_not_null(strstr(said, "verdict: ok"));
	cr_expect_geq(bench_figure(said, "accounts"), MEMBERS);
	cr_expect_eq(bench_figure(said, "accounts_lost"), 0);
}

/* Adds what has happened in a run; false while something never has. */
static bool
add_happened(double sums[HAPPENS], const char *said)
{
	bool all = true;

	for (int i = 0; i < HAPPENS; i++) {
		sums[i] += bench_figure(said, happens[i]);
		all = all && sums[i] > 0;
	}
	return all;
}

FLOW_TEST(bench_mixed_has_everything_happen_and_finds_it_right)
{
	struct server_process *server = start_server(engine);
	double sums[HAPPENS] = {0}, accounts = 0;
	const char *said;
	int status, runs = 0;

	do {
		status = bench_run(&said,
		    "mixed" EVERYTHING "--threads 2 -c %s", server->listen[0]);
		expect_success(status, said);
		accounts += bench_figure(said, "accounts");
	} while (!add_happened(sums, said) && ++runs < BENCH_RUNS);
	for (int i = 0; i < HAPPENS; i++)
		cr_expect_gt(sums[i], 0, "no %s: %s", happens[i], said);
	server_process_type(server, "verify\n");
	server_process_expect(server, "%.0f accounts, *", accounts);
	server_process_stop(server);
}

/* Runs it until the kill has come while all members were there; returns the
 * last run's status, which is to be `due`. A kill that is due after the talk is
 * left out, or meets nobody. */
static int
run_killing(const char **said, const char *words, int due)
{
	const char *met = due == 0 ? "reconnects" : "accounts_lost";

	for (int runs = 1;; runs++) {
		int status = bench_run(said, "%s", words);

		if (runs == BENCH_RUNS || bench_figure(*said, met) >= MEMBERS)
			return status;
		if (due == 0 || status != due)
			expect_success(status, *said);
		else
			cr_expect_gt(bench_figure(*said, "accounts_lost"), 0,
			    "%s", *said);
	}
}

FLOW_TEST(bench_mixed_kills_its_server_and_finds_it_right)
{
	struct server_process *server = start_server(engine);
	char words[2000];
	const char *said;
	int status;

	server_process_stop(server);
	words_to_start(words, server, "", "--restarts 1 --seed 7");
	status = run_killing(&said, words, 0);
	expect_success(status, said);
	cr_expect_eq(bench_figure(said, "restarts"), 1);
	cr_expect_eq(bench_figure(said, "seed"), 7);
	cr_expect_gt(bench_figure(said, "down_ms"), 0);
	cr_expect_geq(bench_figure(said, "reconnects"), MEMBERS);
	cr_expect_not_null(
	    strstr(said, "step=server count=1 failures=0"), "%s", said);
	cr_expect_not_null(
	    strstr(said, "step=stop count=1 failures=0"), "%s", said);
}

FLOW_TEST(bench_mixed_finds_accounts_that_a_killed_server_lost)
{
	struct server_process *server = start_server(engine);
	char words[2000], before[200];
	const char *said;

	server_process_stop(server);
	snprintf(before, sizeof(before), "rm -f %s*;", server->accounts);
	words_to_start(words, server, before, "--restarts 1");
	cr_assert_eq(run_killing(&said, words, 1), 1, "%s", said);
	cr_expect_geq(bench_figure(said, "accounts_lost"), MEMBERS);
	/* The first ones hear the former; who comes later, from the same
	 * address, the latter, and only some are shown. */
	cr_expect(strstr(said, "bad-credentials") ||
		      strstr(said, "too-many-attempts"),
	    "%s", said);
	cr_expect_not_null(strstr(said, "verdict: FAILED"), "%s", said);
}

FLOW_TEST(bench_mixed_kills_a_server_that_has_left_its_group)
{
	struct server_process *server = start_server(engine);
	char words[2000];
	const char *said;
	int status;

	server_process_stop(server);
	words_to_start(words, server, "setsid", "--restarts 1");
	status = run_killing(&said, words, 0);
	expect_success(status, said);
	cr_expect_eq(bench_figure(said, "restarts"), 1);
}

/* Its output is read to the end, which comes when nobody holds it any more. */
Test(bench_mixed, nothing_that_it_has_started_is_left, .timeout = 20)
{
	const char *said;

	cr_expect_eq(bench_run(&said, "mixed -c unix:/nowhere --timeout 1 "
				      "--restart 'sleep 1000; true'"),
	    1);
	cr_expect_not_null(strstr(said, "does not listen"), "%s", said);
}

/* What it prints would tell that it has ended. */
Test(bench_mixed, server_whose_output_cannot_be_read_is_refused, .timeout = 20)
{
	const char *said;

	cr_expect_eq(bench_run(&said, "mixed -c unix:/nowhere "
				      "--restart 'exec sleep 1000 >/dev/null'"),
	    1);
	cr_expect_not_null(strstr(said, "does not listen"), "%s", said);
}

/* How often it has told how it goes. */
static int
count_told(const char *said)
{
	int count = 0;

	while ((said = strstr(said, "scenario=soak at_s="))) {
		count++;
		said++;
	}
	return count;
}

FLOW_TEST(bench_soak_tells_how_it_goes)
{
	struct server_process *server = start_server(engine);
	const char *said, *at;
	int status, runs = 0;
	double bytes, descriptors;

	do {
		status = bench_run(&said,
		    "soak" EVERYTHING "--interval 0.01 --tolerance 1000 -c %s",
		    server->listen[0]);
		expect_success(status, said);
	} while (count_told(said) < 2 && ++runs < BENCH_RUNS);
	cr_expect_gt(count_told(said), 1);
	at = strstr(said, " server_bytes=");
	cr_assert_not_null(at);
	cr_expect_eq(sscanf(at, " server_bytes=%lf server_descriptors=%lf",
			 &bytes, &descriptors),
	    2);
	cr_expect_gt(bytes, 0);
	cr_expect_gt(descriptors, 0);
	server_process_stop(server);
}

Test(bench_mixed_usage, wrong_usage_is_refused_with_its_reason)
{
	const char *said;

	cr_expect_eq(bench_run(&said, "mixed --each 4 --rooms 3"), 2);
	cr_expect_not_null(strstr(said, "--each"), "%s", said);
	cr_expect_eq(bench_run(&said, "mixed --clients 9 --rooms 10"), 2);
	cr_expect_not_null(strstr(said, "--rooms"), "%s", said);
	cr_expect_eq(bench_run(&said, "mixed --pause 51"), 2);
	cr_expect_not_null(strstr(said, "--pause"), "%s", said);
	cr_expect_eq(bench_run(&said, "mixed --seconds 0"), 2);
	cr_expect_not_null(strstr(said, "--seconds"), "%s", said);
	cr_expect_eq(bench_run(&said, "mixed --minutes 1"), 2);
	cr_expect_eq(bench_run(&said, "soak --interval 0"), 2);
	cr_expect_not_null(strstr(said, "--interval"), "%s", said);
	cr_expect_eq(
	    bench_run(&said, "mixed -c unix:/nowhere --restart false"), 1);
	cr_expect_not_null(strstr(said, "does not listen"), "%s", said);
}
