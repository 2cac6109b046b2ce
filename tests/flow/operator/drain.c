/* `exit SECONDS`: clients get time to go, and nobody new comes. */
#include "tests/kit/harness.h"

#include <errno.h>
#include <signal.h>

/* The kernel says no to who comes now. */
static void
expect_refused(const struct server_process *server)
{
	cr_expect_eq(test_client_connect(server->listen[0]), -1);
	cr_expect_eq(errno, ECONNREFUSED);
}

static void
expect_end(struct server_process *server)
{
	server_process_expect(server, "all threads joined");
	cr_assert_eq(server_process_wait(server), 0);
}

FLOW_TEST(drain_ends_when_the_last_client_has_gone)
{
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *ann = test_client_user(server, "ann");
	struct test_client *ben = test_client_user(server, "ben");

	server_process_type(server, "exit 1000\n");
	server_process_expect(
	    server, "[[]DRAINING] 2 clients have 1000 seconds to go");
	test_client_expect(ann, "*** the server is going down in 1000 seconds");
	test_client_expect(ben, "*** the server is going down in 1000 seconds");
	/* The answer to a later errand: the listeners are closed by then. */
	server_process_type(server, "list\n");
	server_process_expect(server, "2 connected, 2 logged in");
	expect_refused(server);
	test_client_send(ann, "/b still here\n");
	test_client_match(ben, "[[]ann#*] still here");
	test_client_send(ann, "/quit\n");
	test_client_match(ann, "*still here");
	test_client_expect(ann, "OK bye");
	test_client_expect_end(ann);
	test_client_close(ann);
	test_client_fence(ben);
	test_client_close(ben);
	server_process_expect(
	    server, "[[]STOPPING] saying goodbye to 0 clients");
	expect_end(server);
}

FLOW_TEST(drain_ends_when_the_time_is_over)
{
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *ann = test_client_user(server, "ann");

	server_process_type(server, "exit 1\n");
	test_client_expect(ann, "*** the server is going down in 1 seconds");
	test_client_expect(ann, "*** server is going down");
	test_client_expect_end(ann);
	expect_end(server);
}

FLOW_TEST(drain_gives_way_to_another_exit_and_to_a_signal)
{
	static const char *const commands[] = {"exit\n", "exit 0\n", NULL};

	for (int i = 0; i < 3; i++) {
		struct server_process *server =
		    server_process_start(engine, NULL);
		struct test_client *ann = test_client_user(server, "ann");

		server_process_type(server, "exit 5m\n");
		test_client_expect(
		    ann, "*** the server is going down in 300 seconds");
		/* Other seconds, said anew. */
		server_process_type(server, "exit 600\n");
		test_client_expect(
		    ann, "*** the server is going down in 600 seconds");
		if (commands[i])
			server_process_type(server, "%s", commands[i]);
		else
			server_process_signal(server, SIGTERM);
		test_client_expect(ann, "*** server is going down");
		test_client_expect_end(ann);
		expect_end(server);
		test_client_close_all();
	}
}

FLOW_TEST(drain_of_nobody_ends_at_once)
{
	struct server_process *server = server_process_start(engine, NULL);

	server_process_type(server, "exit 86400\n");
	expect_end(server);
}
