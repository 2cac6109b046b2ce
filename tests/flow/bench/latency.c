/* The bench's scenario of waiting times at given rates: all that is due is
 * heard, a rate that the server does not keep up with is told as such, and what
 * is wrong is found. */
#include "tests/kit/bench_run.h"
#include "tests/kit/harness.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#define RUN                                                                    \
	"latency --members 6 --publishers 2 --askers 3 --threads 2 "           \
	"--warmup 0.05 "
#define STALL_MS 700 /* more than a step of 0.4 seconds */

/* Whether it keeps up is a matter of the machine; what it says is not. */
static void
expect_counts(const char *said, unsigned rate, double kept_up)
{
	double messages = rate <= kept_up ? rate * 0.2 : 0;
	char step[32];

	snprintf(step, sizeof(step), "deliver@%u", rate);
	cr_expect_eq(bench_step(said, step, "count"), 6 * messages, "%s", said);
	snprintf(step, sizeof(step), "echo@%u", rate);
	cr_expect_eq(bench_step(said, step, "count"), messages, "%s", said);
}

FLOW_TEST(bench_latency_tells_of_each_rate)
{
	struct server_process *server = server_process_start(engine, NULL);
	const char *said;
	double kept_up;
	int status;

	status = bench_run(&said, RUN "--seconds 0.2 --rates 50,100,200 -c %s",
	    server->listen[0]);
	if (status != 0)
		harness_fail("the bench ended with %d: %s", status, said);
	kept_up = bench_figure(said, "kept_up");
	expect_counts(said, 50, kept_up);
	expect_counts(said, 100, kept_up);
	expect_counts(said, 200, kept_up);
	cr_expect_eq(bench_step(said, "login", "count"), 6, "%s", said);
	cr_expect_eq(bench_figure(said, "failures"), 0, "%s", said);
	server_process_stop(server);
}

/* Stands still from the first message on for more than the whole first step;
 * what the bench says of it. */
static const char *
measure_stalled(const char *engine)
{
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *ann = test_client_user(server, "ann");
	FILE *bench =
	    bench_start(RUN "--seconds 0.4 --rates 50,100 --warmup 0 -c %s",
		server->listen[0]);
	const char *said;

	test_client_match(ann, "[[]bench*");
	server_process_signal(server, SIGSTOP);
	poll(NULL, 0, STALL_MS);
	server_process_signal(server, SIGCONT);
	cr_expect_eq(bench_end(bench, &said), 0, "%s", said);
	test_client_close(ann);
	server_process_stop(server);
	return said;
}

FLOW_TEST(bench_latency_says_which_rate_was_too_much)
{
	const char *said = measure_stalled(engine);

	/* The machine may hold up the bench too, which tells them apart. */
	for (int more = 0;
	     more < 10 && !strstr(said, " behind=50 behind_by=server "); more++)
		said = measure_stalled(engine);
	cr_expect_eq(bench_figure(said, "kept_up"), 0, "%s", said);
	cr_expect_eq(bench_figure(said, "behind"), 50, "%s", said);
	cr_expect_geq(bench_figure(said, "behind_ms"), 100, "%s", said);
	cr_expect_not_null(strstr(said, " behind_by=server "), "%s", said);
	cr_expect_eq(bench_step(said, "deliver@50", "count"), 0, "%s", said);
	cr_expect_eq(bench_step(said, "echo@50", "count"), 0, "%s", said);
	cr_expect_eq(bench_step(said, "deliver@100", "count"), 0, "%s", said);
	cr_expect_not_null(strstr(said, " max_us=- members=6 "), "%s", said);
	/* They were heard all the same, and checked. */
	cr_expect_eq(bench_figure(said, "deliveries"), 120, "%s", said);
}

FLOW_TEST(bench_latency_finds_that_the_server_has_gone)
{
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *ann = test_client_user(server, "ann");
	FILE *bench = bench_start(RUN "-c %s", server->listen[0]);
	const char *said;

	test_client_match(ann, "[[]bench*");
	server_process_signal(server, SIGKILL);
	cr_assert_eq(server_process_wait(server), 128 + SIGKILL);
	cr_expect_eq(bench_end(bench, &said), 1, "%s", said);
	cr_expect_geq(bench_figure(said, "failures"), 9, "%s", said);
}

/* Answers, and delivers to the one who says it; `what` is spoilt. */
static void
answer_all_but(const char *what, const char *line, char out[256])
{
	static char name[64];
	char *end;

	if (sscanf(line, "/register %63s", name) == 1)
		snprintf(out, 256, "OK registered %s\n", name);
	else if (sscanf(line, "/login %63s", name) == 1)
		snprintf(out, 256, "OK logged in as %s#1\n", name);
	else if (strncmp(line, "/b ", 3) == 0)
		snprintf(out, 256, "[%s#1] %s\n", name, line + 3);
	else
		snprintf(out, 256, "Echo: %s\n", line);
	end = strrchr(out, '\n');
	if (strncmp(out, what, strlen(what)) == 0)
		end[-1] ^= 1;
}

static bool
spoil_deliveries(const char *line, char out[256])
{
	answer_all_but("[", line, out);
	return true;
}

static bool
spoil_answers(const char *line, char out[256])
{
	answer_all_but("Echo: ", line, out);
	/* The member has a last question, which is not what is asked here. */
	if (strcmp(line, "ready") == 0)
		strcpy(out, "Echo: ready\n");
	return true;
}

static int
run_against(const char **said, bool (*answer)(const char *line, char out[256]))
{
	return bench_run(said,
	    "latency --members 1 --publishers 1 --askers 1 --rates 50 "
	    "--seconds 0.1 --warmup 0 -c %s",
	    bench_liar(answer));
}

Test(bench_latency, wrong_delivery_is_found, .fini = harness_fini)
{
	const char *said;

	cr_expect_eq(run_against(&said, spoil_deliveries), 1, "%s", said);
	cr_expect_not_null(
	    strstr(said, "deliver@50: client 0 expected"), "%s", said);
	cr_expect_eq(bench_step(said, "deliver@50", "count"), 0, "%s", said);
	cr_expect_eq(bench_step(said, "echo@50", "failures"), 0, "%s", said);
}

Test(bench_latency, wrong_answer_is_found, .fini = harness_fini)
{
	const char *said;

	cr_expect_eq(run_against(&said, spoil_answers), 1, "%s", said);
	cr_expect_not_null(
	    strstr(said, "echo@50: client 1 expected"), "%s", said);
	cr_expect_eq(bench_step(said, "deliver@50", "failures"), 0, "%s", said);
	cr_expect_eq(bench_step(said, "echo@50", "count"), 0, "%s", said);
}

static void
expect_refusal(const char *words, const char *reason)
{
	const char *said;

	cr_expect_eq(bench_run(&said, "latency %s", words), 2, "%s", said);
	cr_expect_not_null(strstr(said, reason), "%s", said);
}

Test(bench_latency, wrong_usage_is_refused_with_its_reason)
{
	expect_refusal("--rates 100,100", "--rates");
	expect_refusal("--rates 100,,200", "--rates");
	expect_refusal("--rates ''", "--rates");
	expect_refusal("--rates 1,2,3,4,5,6,7,8,9", "more than 8");
	expect_refusal("--publishers 2 --members 1", "--members 1");
	expect_refusal("--peer irc --threads 2", "--threads");
}
