/* The bench's scenarios about accounts ($THRONG_BENCH, build/throng-bench):
 * that they run, and see what they should. Times are not judged here. */
#include "tests/harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

/* Runs it with these words behind its name; returns the exit status, and what
 * it has said in a static buffer. */
static int
run_bench(const char *words, const char **said)
{
	static char text[8000];
	const char *binary = getenv("THRONG_BENCH");
	char command[1000];
	size_t len = 0, got;
	FILE *bench;
	int status;

	snprintf(command, sizeof(command), "exec %s %s 2>&1",
	    binary ? binary : "build/throng-bench", words);
	bench = popen(command, "re");
	cr_assert_not_null(bench);
	while ((got = fread(text + len, 1, sizeof(text) - 1 - len, bench)) > 0)
		len += got;
	text[len] = '\0';
	*said = text;
	status = pclose(bench);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

/* The number behind ` KEY=`, which must be there. */
static double
figure(const char *said, const char *key)
{
	char word[64];
	const char *at;
	double value;

	snprintf(word, sizeof(word), " %s=", key);
	at = strstr(said, word);
	if (!at || sscanf(at + strlen(word), "%lf", &value) != 1)
		harness_fail("no figure of %s: %s", key, said);
	return value;
}

FLOW_TEST(bench_register_makes_accounts_and_counts_their_syncs)
{
	struct server_process *server = server_process_start(engine, NULL);
	char words[500];
	const char *said;
	double made, batches, shared;
	int status;

	snprintf(words, sizeof(words),
	    "register --clients 8 --seconds 0.3 --warmup 0 --connect %s "
	    "--accounts-file %s",
	    server->listen[0], server->accounts);
	status = run_bench(words, &said);
	if (status != 0)
		harness_fail("the bench ended with %d: %s", status, said);
	made = figure(said, "registrations");
	batches = figure(said, "batches");
	shared = figure(said, "registrations_per_sync");
	cr_assert_geq(made, 8);
	cr_assert_geq(batches, 1);
	cr_assert_float_eq(shared, made / batches, 0.06, "%s", said);
	server_process_type(server, "verify\n");
	server_process_expect(server, "%.0f accounts, *", made);
	server_process_stop(server);
}

/* More tries than the throttle lets a name or an address fail. */
FLOW_TEST(bench_guess_compares_what_is_refused_alike)
{
	struct server_process *server = server_process_start(engine, NULL);
	char words[500];
	const char *said;
	int status;

	snprintf(words, sizeof(words),
	    "guess --tries 15 --tolerance 1000000 --connect %s",
	    server->listen[0]);
	status = run_bench(words, &said);
	if (status != 0)
		harness_fail("the bench ended with %d: %s", status, said);
	cr_assert_gt(figure(said, "known_median_us"), 0);
	cr_assert_gt(figure(said, "unknown_median_us"), 0);
	cr_assert_gt(figure(said, "ratio"), 0);
	cr_assert_not_null(
	    strstr(said, "step=known count=15 failures=0"), "%s", said);
	cr_assert_not_null(
	    strstr(said, "step=unknown count=15 failures=0"), "%s", said);
	server_process_type(server, "verify\n");
	server_process_expect(server, "1 account, *");
	server_process_stop(server);
}

Test(bench_usage, wrong_usage_is_refused_with_its_reason)
{
	const char *said;

	cr_expect_eq(run_bench("guess -c tcp://[::1]:9", &said), 2);
	cr_expect_not_null(strstr(said, "loopback"), "%s", said);
	cr_expect_eq(run_bench("guess -c unix:/nowhere", &said), 2);
	cr_expect_not_null(strstr(said, "loopback"), "%s", said);
	cr_expect_eq(run_bench("guess --threads 2", &said), 2);
	cr_expect_not_null(strstr(said, "--threads"), "%s", said);
	cr_expect_eq(run_bench("register --peer redis", &said), 2);
	cr_expect_not_null(strstr(said, "--peer"), "%s", said);
	cr_expect_eq(
	    run_bench("register --accounts-file /nowhere/it", &said), 2);
	cr_expect_not_null(strstr(said, "/nowhere/it"), "%s", said);
}
