/* Hashing passwords: how long one may wait for it, and who else has to. */
#include <stdio.h>
#include <string.h>

#include "tests/kit/harness.h"
#include "tests/kit/observe.h"

/* A tenth of a second a hash or more, on one thread (for two reactors): much
 * less than the ten seconds in which the server ends, also where it is busy. */
#define VERY_SLOW "--argon2=t=8,m=65536"

FLOW_TEST(register_that_would_wait_over_a_minute_is_busy_at_once)
{
	enum {
		CROWD = 1200
	};
	struct test_client *crowd[CROWD];
	struct server_process *server;
	int busy = 0;

	harness_need_descriptors(CROWD + 100);
	server = server_process_start(engine, VERY_SLOW, NULL);
	/* From its hash it is known how long one takes. */
	test_client_user(server, "ann");
	for (int i = 0; i < CROWD; i++) {
		crowd[i] = test_client_open(server);
		test_client_send(crowd[i], "/register n%d secretpw\n", i);
		test_client_await_taken(crowd[i]);
	}
	/* Answered long before those who wait, and whoever does not hash is
	 * served. */
	test_client_match(crowd[CROWD - 1], "ERR busy *");
	test_client_send(
	    crowd[CROWD - 1], "hello\n/register n%d secretpw\n", CROWD - 1);
	test_client_expect(crowd[CROWD - 1], "Echo: hello");
	server_process_type(server, "exit\n");
	/* Its name is free again: it is busy as before or, if there was room
	 * again, as late as the others. */
	test_client_match(crowd[CROWD - 1], "ERR @(busy|going-down) *");
	for (int i = 0; i < CROWD - 1; i++)
		busy += !strncmp(test_client_line(crowd[i]), "ERR busy ",
		    strlen("ERR busy "));
	cr_assert_lt(busy, CROWD - 1, "nobody was let wait");
	cr_assert_eq(server_process_wait(server), 0);
}

/* A thread keeps the memory of a hash for the next one, but not for long. */
FLOW_TEST(register_of_the_last_for_now_gives_the_memory_back)
{
	struct server_process *server =
	    server_process_start(engine, "--argon2=t=1,m=49152", NULL);
	struct test_client *client = test_client_open(server);
	int64_t deadline_ms = harness_now_ms() + HARNESS_DEADLINE_MS;
	uint64_t before = observe_memory(server);

	test_client_send(client, "/register ann secretpw\n");
	test_client_expect(client, "OK registered ann");
	while (observe_memory(server) > before + 24u * 1024 * 1024) {
		cr_assert_lt(harness_now_ms(), deadline_ms, "it is kept");
		test_client_fence(client);
	}
	server_process_stop(server);
}
