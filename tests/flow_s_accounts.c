/* The bench's scenarios about accounts ($THRONG_BENCH, build/throng-bench):
 * that they run, and see what they should. Times are not judged here. */
#include "tests/bench_run.h"
#include "tests/harness.h"

#include <string.h>

FLOW_TEST(bench_register_makes_accounts_and_counts_their_syncs)
{
	struct server_process *server = server_process_start(engine, NULL);
	const char *said;
	double made, batches, shared;
	int status;

	status = bench_run(&said,
	    "register --clients 8 --seconds 0.3 --warmup 0 --connect %s "
	    "--accounts-file %s",
	    server->listen[0], server->accounts);
	if (status != 0)
		harness_fail("the bench ended with %d: %s", status, said);
	made = bench_figure(said, "registrations");
	batches = bench_figure(said, "batches");
	shared = bench_figure(said, "registrations_per_sync");
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
	cr_expect_eq(bench_run(&said, "register --peer redis"), 2);
	cr_expect_not_null(strstr(said, "--peer"), "%s", said);
	cr_expect_eq(
	    bench_run(&said, "register --accounts-file /nowhere/it"), 2);
	cr_expect_not_null(strstr(said, "/nowhere/it"), "%s", said);
}
