/* The bench's scenarios about accounts ($THRONG_BENCH, build/throng-bench):
 * that they run, and see what they should. Times are not judged here. */
#include "tests/kit/bench_run.h"
#include "tests/kit/harness.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

FLOW_TEST(bench_register_makes_accounts_and_counts_their_syncs)
{
	struct server_process *server = server_process_start(engine, NULL);
	const char *said;
	double made, batches, shared, accounts = 0;
	int status, runs = 0;

	do {
		status = bench_run(&said,
		    "register --clients 8 --seconds 0.3 --warmup 0 "
		    "--connect %s --accounts-file %s",
		    server->listen[0], server->accounts);
		if (status != 0)
			harness_fail(
			    "the bench ended with %d: %s", status, said);
		made = bench_figure(said, "registrations");
		accounts += made;
	} while (made < 8 && ++runs < BENCH_RUNS);
	cr_assert_geq(made, 8);
	batches = bench_figure(said, "batches");
	shared = bench_figure(said, "registrations_per_sync");
	cr_assert_geq(batches, 1);
	cr_assert_float_eq(shared, made / batches, 0.06, "%s", said);
	server_process_type(server, "verify\n");
	server_process_expect(server, "%.0f accounts, *", accounts);
	server_process_stop(server);
}

/* Each logs in at least once; the server has seen as many refusals. */
FLOW_TEST(bench_login_counts_logins_and_refusals)
{
	struct server_process *server = server_process_start(engine, NULL);
	const char *said;
	double logins, refused;
	int status, runs = 0;

	do {
		status = bench_run(&said,
		    "login --clients 8 --threads 2 --wrong 50 --seconds 0.3 "
		    "--warmup 0.1 --connect %s",
		    server->listen[0]);
		if (status != 0)
			harness_fail(
			    "the bench ended with %d: %s", status, said);
		logins = bench_figure(said, "logins");
		refused = bench_figure(said, "refused");
	} while (++runs < BENCH_RUNS && (logins < 8 || refused < 1));
	cr_expect_geq(logins, 8, "%s", said);
	cr_expect_geq(refused, 1, "%s", said);
	cr_expect_eq(bench_figure(said, "operations"), logins + refused);
	cr_expect_eq(bench_step(said, "log-in", "count"), logins);
	cr_expect_eq(bench_step(said, "log-out", "count"), logins);
	cr_expect_eq(bench_step(said, "refused", "count"), refused);
	server_process_type(server, "verify\n");
	server_process_expect(server, "%d accounts, *", 8 * runs);
	server_process_stop(server);
}

FLOW_TEST(bench_login_of_shared_accounts_finds_that_the_server_has_gone)
{
	struct server_process *server = server_process_start(engine, NULL);
	FILE *bench = bench_start(
	    "login --clients 3 --accounts 1 --connect %s", server->listen[0]);
	const char *said;

	/* The third to come is one of those who log in. */
	server_process_expect(server, "[[]NEW CONNECTION] #3 *");
	server_process_signal(server, SIGKILL);
	cr_assert_eq(server_process_wait(server), 128 + SIGKILL);
	cr_expect_eq(bench_end(bench, &said), 1, "%s", said);
	cr_expect_eq(bench_figure(said, "failures"), 3, "%s", said);
}

/* Lets in whoever asks, as number `id`. */
static bool
let_in(const char *line, int id, char out[256])
{
	char name[64];

	if (sscanf(line, "/register %63s", name) == 1)
		snprintf(out, 256, "OK registered %s\n", name);
	else if (sscanf(line, "/login %63s", name) == 1)
		snprintf(out, 256, "OK logged in as %s#%d\n", name, id);
	else
		strcpy(out, "OK logged out\n");
	return true;
}

static bool
let_in_as_others(const char *line, char out[256])
{
	static int id;

	return let_in(line, ++id, out);
}

static bool
let_all_in(const char *line, char out[256])
{
	return let_in(line, 1, out);
}

Test(bench_login, answer_of_another_user_is_found, .fini = harness_fini)
{
	const char *said;

	cr_expect_eq(bench_run(&said, "login --clients 1 --warmup 0 -c %s",
			 bench_liar(let_in_as_others)),
	    1, "%s", said);
	cr_expect_not_null(strstr(said, "log-in: client 0 expected"));
	cr_expect_eq(bench_figure(said, "logins"), 0, "%s", said);
}

Test(bench_login, wrong_password_that_is_let_in_is_found, .fini = harness_fini)
{
	const char *said;

	cr_expect_eq(
	    bench_run(&said, "login --clients 1 --wrong 50 --warmup 0 -c %s",
		bench_liar(let_all_in)),
	    1, "%s", said);
	cr_expect_not_null(
	    strstr(said, "expected \"ERR bad-credentials"), "%s", said);
}

/* More tries than the throttle lets a name or an address fail. */
FLOW_TEST(bench_guess_compares_what_is_refused_alike)
{
	struct server_process *server = server_process_start(engine, NULL);
	const char *said;
	int status;

	status = bench_run(&said,
	    "guess --tries 15 --tolerance 1000000 --connect %s",
	    server->listen[0]);
	if (status != 0)
		harness_fail("the bench ended with %d: %s", status, said);
	cr_assert_gt(bench_figure(said, "known_median_us"), 0);
	cr_assert_gt(bench_figure(said, "unknown_median_us"), 0);
	cr_assert_gt(bench_figure(said, "ratio"), 0);
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

	cr_expect_eq(bench_run(&said, "guess -c tcp://[::1]:9"), 2);
	cr_expect_not_null(strstr(said, "loopback"), "%s", said);
	cr_expect_eq(bench_run(&said, "guess -c unix:/nowhere"), 2);
	cr_expect_not_null(strstr(said, "loopback"), "%s", said);
	cr_expect_eq(bench_run(&said, "guess --threads 2"), 2);
	cr_expect_not_null(strstr(said, "--threads"), "%s", said);
	cr_expect_eq(bench_run(&said, "login --wrong 51"), 2);
	cr_expect_not_null(strstr(said, "--wrong"), "%s", said);
	cr_expect_eq(bench_run(&said, "login --wrong 1 --accounts 5"), 2);
	cr_expect_not_null(strstr(said, "an account of its own"), "%s", said);
	cr_expect_eq(bench_run(&said, "login --wrong 1 -c tcp://[::1]:9"), 2);
	cr_expect_not_null(strstr(said, "loopback"), "%s", said);
	cr_expect_eq(bench_run(&said, "register --peer redis"), 2);
	cr_expect_not_null(strstr(said, "--peer"), "%s", said);
	cr_expect_eq(
	    bench_run(&said, "register --accounts-file /nowhere/it"), 2);
	cr_expect_not_null(strstr(said, "/nowhere/it"), "%s", said);
}
