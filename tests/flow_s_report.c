/* The forms of throng-bench's report ($THRONG_BENCH, build/throng-bench). */
#include "tests/harness.h"

#include <stdio.h>
#include <stdlib.h>

static const char *
bench_binary(void)
{
	const char *given = getenv("THRONG_BENCH");

	return given ? given : "build/throng-bench";
}

/* What differs is on the test's standard error. */
Test(flow_epoll, bench_json_agrees_with_text_in_each_scenario,
    .fini = harness_fini, .timeout = 120)
{
	struct server_process *server;
	char command[500];

	if (system("python3 -c 0 2>/dev/null") != 0)
		cr_skip_test("there is no python3 on this machine");
	server = server_process_start("epoll", NULL);
	snprintf(command, sizeof(command),
	    "python3 tests/bench_forms.py %s %s >&2", bench_binary(),
	    server->listen[0]);
	cr_assert_eq(system(command), 0);
	server_process_stop(server);
}
