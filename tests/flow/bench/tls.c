/* The bench where the server is tls://: many clients at once are checked as
 * without it, and what is measured is measured there. */
#include <stdio.h>
#include <string.h>

#include "tests/kit/bench_run.h"
#include "tests/kit/tls_kit.h"

static const char *
url_of(const struct server_process *server)
{
	static char url[64];

	snprintf(
	    url, sizeof(url), "tls://%s", server->listen[0] + strlen("tcp://"));
	return url;
}

static const char *
run(const struct server_process *server, const char *scenario)
{
	const char *said;
	int status =
	    bench_run(&said, "%s --connect %s", scenario, url_of(server));

	if (status != 0)
		harness_fail("the bench ended with %d: %s", status, said);
	return said;
}

FLOW_TEST(bench_by_tls_sees_all_that_it_should)
{
	struct server_process *server = tls_kit_start(engine, NULL);

	run(server, "lab --clients 20");
	run(server, "echo --clients 4 --seconds 0.1 --warmup 0.05");
	run(server, "fanout --members 20 --seconds 0.1 --warmup 0.05");
	server_process_stop(server);
}

FLOW_TEST(bench_by_tls_counts_visits)
{
	struct server_process *server = tls_kit_start(engine, NULL);
	const char *said;
	int runs = 0;

	do
		said = run(
		    server, "connect --clients 4 --seconds 0.1 --warmup 0.05");
	while (bench_figure(said, "visits") < 4 && ++runs < BENCH_RUNS);
	cr_expect_geq(bench_figure(said, "visits"), 4);
	server_process_stop(server);
}

/* Where nobody speaks it, no connection comes to be. */
FLOW_TEST(bench_by_tls_needs_a_server_that_speaks_it)
{
	struct server_process *server =
	    server_process_start(engine, "--log-level=error", NULL);
	const char *said;

	cr_expect_eq(
	    bench_run(&said, "lab --clients 2 --timeout 1 --connect %s",
		url_of(server)),
	    1);
	server_process_stop(server);
}
