/* The bench's crowds ($THRONG_BENCH, build/throng-bench): rooms, work by count,
 * and more clients than one table of descriptors has room for. */
#include "tests/kit/bench_run.h"
#include "tests/kit/harness.h"

#include <string.h>
#include <sys/resource.h>

/* All goes well, and what it says has each of these words. */
static void
expect_facts(const struct server_process *server, const char *words,
    const char *const facts[])
{
	const char *said;
	int status = bench_run(&said, "%s -c %s", words, server->listen[0]);

	if (status != 0 || !strstr(said, "verdict: ok\n"))
		harness_fail("the bench ended with %d: %s", status, said);
	for (; *facts; facts++)
		if (!strstr(said, *facts))
			harness_fail("no `%s' in %s", *facts, said);
}

/* Of the test, and of what it starts from here on. */
static void
limit_descriptors(rlim_t limit)
{
	const struct rlimit both = {limit, limit};

	cr_assert_eq(setrlimit(RLIMIT_NOFILE, &both), 0);
}

FLOW_TEST(bench_rooms_have_each_message_heard_by_each_member)
{
	static const char *const facts[] = {"threads=2 ", "operations=2500 ",
	    "clients=100 ", "rooms=20 ", "members=5 ", "messages=500 ", NULL};
	static const char *const more[] = {"operations=1280 ", "clients=20 ",
	    "rooms=20 ", "rooms_each=4 ", NULL};
	struct server_process *server = server_process_start(engine, NULL);

	expect_facts(
	    server, "rooms --rooms 20 --members 5 --messages 5 -j 2", facts);
	expect_facts(server,
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

	expect_facts(
	    server, "fanout -n 50 -p 3 --messages 7 --warmup 0 -j 2", facts);
	expect_facts(server,
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

	limit_descriptors(64);
	expect_facts(server, words, facts);
	/* The limit is theirs who ask as well. */
	expect_facts(server,
	    "latency -n 40 -a 10 --rates 50 --seconds 0.1 --warmup 0",
	    (const char *const[]){"threads=2 ", NULL});
	cr_expect_eq(
	    bench_run(&said, "echo -n 150 -j 2 -c %s", server->listen[0]), 1);
	cr_expect(strstr(said, "4 threads are enough"), "%s", said);
	server_process_stop(server);
}

Test(bench_crowd, what_cannot_be_is_refused_with_its_reason)
{
	const char *said;

	cr_expect_eq(
	    bench_run(&said, "rooms --peer redis -c tcp://192.0.2.1:9"), 2);
	cr_expect(strstr(said, "throng's rooms alone"), "%s", said);
	cr_expect_eq(bench_run(&said,
			 "rooms --rooms 5 --rooms-each 3 -c tcp://192.0.2.1:9"),
	    2);
	cr_expect(strstr(said, "a multiple of"), "%s", said);
	cr_expect_eq(
	    bench_run(&said, "idle --sources 2 -c tcp://192.0.2.1:9"), 1);
	cr_expect(strstr(said, "not an IPv4 address of loopback"), "%s", said);
}
