/* Hashing passwords: how long one may wait for it, and who else has to. */
#include <stdio.h>
#include <string.h>

#include "tests/harness.h"

/* Half a second a hash or so, on one thread (for two reactors). */
#define VERY_SLOW "--argon2=t=32,m=65536"

/* What is known of a hash's time is an average that has to see a few. */
FLOW_TEST(register_that_would_wait_over_a_minute_is_busy_at_once)
{
	enum {
		LEARNED = 3,
		CROWD = 600
	};
	struct server_process *server =
	    server_process_start(engine, VERY_SLOW, NULL);
	struct test_client *client = test_client_open(server);
	struct test_client *crowd[CROWD];
	int busy = 0;

	for (int i = 0; i < LEARNED; i++) {
		test_client_send(client, "/register u%d secretpw\n", i);
		test_client_expect(client, "OK registered u%d", i);
	}
	for (int i = 0; i < CROWD; i++) {
		crowd[i] = test_client_open(server);
		test_client_send(crowd[i], "/register n%d secretpw\n", i);
		test_client_await_taken(crowd[i]);
	}
	/* Answered long before those who wait; its name is free again, and
	 * whoever does not hash is served. */
	test_client_match(crowd[CROWD - 1], "ERR busy *");
	test_client_send(crowd[CROWD - 1], "hello\n");
	test_client_expect(crowd[CROWD - 1], "Echo: hello");
	server_process_type(server, "exit\n");
	for (int i = 0; i < CROWD - 1; i++)
		busy += !strncmp(test_client_line(crowd[i]), "ERR busy ",
		    strlen("ERR busy "));
	cr_assert_lt(busy, CROWD - 1, "nobody was let wait");
	cr_assert_eq(server_process_wait(server), 0);
}
