/* Names that are banned: who is sent away, who stays out, and for how long. */
#include <fnmatch.h>
#include <signal.h>
#include <string.h>

#include "tests/kit/harness.h"

FLOW_TEST(ban_ends_all_sessions_of_the_account_and_no_other)
{
	enum {
		SESSIONS = 6
	};
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *ben = test_client_user(server, "ben");
	struct test_client *all[SESSIONS] = {test_client_user(server, "Ann")};

	for (int i = 1; i < SESSIONS; i++)
		all[i] = test_client_again(server, "ann");
	server_process_type(server, "ban aNN\n");
	server_process_expect(server, "aNN is banned for ever");
	server_process_expect(server, "kicked %d clients", SESSIONS);
	for (int i = 0; i < SESSIONS; i++) {
		test_client_expect(all[i], "*** you are banned: for ever");
		test_client_expect_end(all[i]);
	}
	test_client_fence(ben);
	server_process_stop(server);
}

FLOW_TEST(ban_keeps_the_name_out_until_it_is_lifted)
{
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *client = test_client_user(server, "ann");

	server_process_type(server, "ban ann 7d\n");
	server_process_expect(server, "ann is banned until 20*");
	client = test_client_open(server);
	test_client_send(client, "/login ANN " HARNESS_PASSWORD "\n");
	test_client_match(client, "ERR banned ann is banned here until 20*Z");
	/* Who does not know the password is told nothing. */
	test_client_send(client, "/login ann wrongword\n");
	test_client_match(client, "ERR bad-credentials *");
	test_client_send(client, "hello\n");
	test_client_expect(client, "Echo: hello");
	server_process_type(server, "unban Ann\n");
	server_process_expect(server, "Ann may log in again");
	test_client_enter(client, "ann");
	server_process_stop(server);
}

FLOW_TEST(ban_of_a_name_without_an_account_keeps_it_free)
{
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *client = test_client_open(server);

	server_process_type(server, "ban admin\n");
	server_process_expect(server, "admin is banned for ever");
	test_client_send(client, "/register Admin " HARNESS_PASSWORD "\n");
	test_client_expect(client, "ERR banned Admin is banned here");
	server_process_stop(server);
}

FLOW_TEST(ban_outlives_a_crash_and_a_compaction)
{
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *client = test_client_user(server, "ann");

	server_process_type(server, "ban ann\n");
	server_process_expect(server, "ann is banned for ever");
	for (int i = 0; i < 2; i++) {
		server_process_signal(server, SIGKILL);
		cr_assert_eq(server_process_wait(server), 128 + SIGKILL);
		server = server_process_restart(server);
		client = test_client_open(server);
		test_client_send(client, "/login ann " HARNESS_PASSWORD "\n");
		test_client_match(client, "ERR banned *");
		server_process_type(server, "compact\n");
		server_process_expect(server, "compacted: *");
	}
	server_process_type(server, "verify\n");
	server_process_expect(server, "1 account, 1 ban and 0 mutes in *");
	server_process_stop(server);
}

FLOW_TEST(ban_that_has_run_out_keeps_nobody_out)
{
	struct server_process *server =
	    server_process_start(engine, "--log-level=error", NULL);
	struct test_client *client = test_client_user(server, "ann");
	const char *line;

	/* Whole seconds: 1 or 2. When they are over before anybody was looked
	 * for, nobody is kicked. */
	do {
		server_process_type(server, "ban ann 2s\ncount\n");
		server_process_expect(server, "ann is banned until 20*");
		line = server_process_expect(
		    server, "@(kicked 1 client|* connected, *)");
	} while (strcmp(line, "kicked 1 client") != 0);
	test_client_match(client, "[*][*][*] you are banned: until 20*");
	client = test_client_open(server);
	do {
		test_client_send(client, "/login ann " HARNESS_PASSWORD "\n");
		line = test_client_line(client);
	} while (!fnmatch("ERR banned *", line, 0));
	cr_assert_eq(fnmatch("OK logged in as ann#*", line, 0), 0, "%s", line);
	server_process_type(server, "bans\n");
	server_process_expect(server, "0 banned, 0 muted");
	server_process_stop(server);
}

FLOW_TEST(ban_commands_say_what_is_wrong_and_what_there_is)
{
	struct server_process *server = server_process_start(engine, NULL);

	server_process_type(server, "bans\n");
	server_process_expect(server, "0 banned, 0 muted");
	server_process_type(server, "ban\nban a/b\nban ann 7\nban ann 0d\n");
	server_process_expect(server, "usage: ban NAME*");
	server_process_expect(
	    server, "a/b is not a name, an address or a network");
	server_process_expect(server, "7 is no length of time*");
	server_process_expect(server, "0d is no length of time*");
	server_process_type(server, "ban 01.2.3.4\nban 192.0.2.256 1h\n");
	server_process_expect(server, "01.2.3.4 is not a name, an address *");
	server_process_expect(
	    server, "192.0.2.256 is not a name, an address *");
	server_process_type(server, "unban ann\nunban a/b\nunban\n");
	server_process_expect(server, "ann is not banned");
	server_process_expect(
	    server, "a/b is not a name, an address or a network");
	server_process_expect(server, "usage: unban NAME*");
	server_process_type(server, "ban Zoe\nban ann 12h\nban ZOE 2w\nbans\n");
	server_process_expect(server, "Zoe is banned for ever");
	server_process_expect(server, "ann is banned until 20*");
	server_process_expect(server, "ZOE is banned until 20*");
	server_process_expect(server, "ann *banned 20* command");
	server_process_expect(server, "ZOE *banned 20* command");
	server_process_expect(server, "2 banned, 0 muted");
	server_process_type(server, "ban ann\nunban ann\nunban ann\n");
	server_process_expect(server, "ann is banned for ever");
	server_process_expect(server, "ann may log in again");
	server_process_expect(server, "ann is not banned");
	server_process_stop(server);
}

/* The answer to the ban comes when there is no server any more. */
FLOW_TEST(ban_on_its_way_at_the_end_harms_nothing)
{
	for (int i = 0; i < 10; i++) {
		struct server_process *server =
		    server_process_start(engine, NULL);

		server_process_type(server, "ban ann\n");
		server_process_signal(server, SIGTERM);
		server_process_expect(server, "all threads joined");
		cr_assert_eq(server_process_wait(server), 0);
		cr_assert_str_eq(server_process_errors(server), "");
	}
}
