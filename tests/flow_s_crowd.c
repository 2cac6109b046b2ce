/* The bench's crowds ($THRONG_BENCH, build/throng-bench): rooms, work by count,
 * and more clients than one table of descriptors has room for. */
#include "tests/harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

enum {
	SAID_BYTES = 16384
};

/* Runs it with these words against the server, after `before` in the same
 * shell; what it says comes into *said. */
static int
run_bench(const struct server_process *server, const char *before,
    const char *words, const char **said)
{
	static char text[SAID_BYTES];
	const char *binary = getenv("THRONG_BENCH");
	char command[1000];
	FILE *bench;
	size_t len;
	int status;

	snprintf(command, sizeof(command), "%s exec %s %s -c %s 2>&1", before,
	    binary ? binary : "build/throng-bench", words,
	    server ? server->listen[0] : "tcp://192.0.2.1:9");
	bench = popen(command, "re");
	cr_assert_not_null(bench);
	len = fread(text, 1, sizeof(text) - 1, bench);
	text[len] = '\0';
	*said = text;
	status = pclose(bench);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

/* All goes well, and what it says has each of these words. */
static void
expect_facts(const struct server_process *server, const char *before,
    const char *words, const char *const facts[])
{
	const char *said;
	int status = run_bench(server, before, words, &said);

	if (status != 0 || !strstr(said, "verdict: ok\n"))
		harness_fail("the bench ended with %d: %s", status, said);
	for (; *facts; facts++)
		if (!strstr(said, *facts))
			harness_fail("no `%s' in %s", *facts, said);
}

FLOW_TEST(bench_rooms_have_each_message_heard_by_each_member)
{
	static const char *const facts[] = {"threads=2 ", "operations=2500 ",
	    "clients=100 ", "rooms=20 ", "members=5 ", "messages=500 ", NULL};
	static const char *const more[] = {"operations=1280 ", "clients=20 ",
	    "rooms=20 ", "rooms_each=4 ", NULL};
	struct server_process *server = server_process_start(engine, NULL);

	expect_facts(server, "",
	    "rooms --rooms 20 --members 5 --messages 5 -j 2", facts);
	expect_facts(server, "",
	    "rooms --rooms 20 --members 4 --messages 4 --rooms-each 4 "
	    "--window 2 -j 3",
	    more);
	server_process_stop(server);
}

/* Three publishers share seven messages. */
FLOW_TEST(bench_fanout_by_count_tells_when_the_last_has_heard)
{
	static const char *const facts[] = {"operations=350 ", "members=50 ",
	    "messages=7 ", " spread_p50_ms=", " last_ms=", NULL};
	struct server_process *server = server_process_start(engine, NULL);

	expect_facts(server, "",
	    "fanout -n 50 -p 3 --messages 7 --warmup 0 -j 2", facts);
	expect_facts(server, "",
	    "fanout -n 50 -p 3 --messages 7 --rate 1000 --warmup 0", facts);
	server_process_stop(server);
}

FLOW_TEST(bench_has_more_clients_than_a_table_of_descriptors)
{
	static const char *const facts[] = {
	    "threads=4 ", "operations=450 ", "clients=150 ", NULL};
	const char *words = "echo -n 150 --requests 3 --warmup 0 --sources 3";
	struct server_process *server = server_process_start(engine, NULL);
	const char *said;

	expect_facts(server, "ulimit -n 64;", words, facts);
	/* The limit is theirs who ask as well. */
	expect_facts(server, "ulimit -n 64;",
	    "latency -n 40 -a 10 --rates 50 --seconds 0.1 --warmup 0",
	    (const char *const[]){"threads=2 ", NULL});
	cr_expect_eq(
	    run_bench(server, "ulimit -n 64;", "echo -n 150 -j 2", &said), 1);
	cr_expect(strstr(said, "4 threads are enough"), "%s", said);
	server_process_stop(server);
}

Test(bench_crowd, what_cannot_be_is_refused_with_its_reason)
{
	const char *said;

	cr_expect_eq(run_bench(NULL, "", "rooms --peer redis", &said), 2);
	cr_expect(strstr(said, "throng's rooms alone"), "%s", said);
	cr_expect_eq(
	    run_bench(NULL, "", "rooms --rooms 5 --rooms-each 3", &said), 2);
	cr_expect(strstr(said, "a multiple of"), "%s", said);
	cr_expect_eq(run_bench(NULL, "", "idle --sources 2", &said), 1);
	cr_expect(strstr(said, "not an IPv4 address of loopback"), "%s", said);
}
