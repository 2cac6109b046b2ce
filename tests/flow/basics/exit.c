/* Going down: everyone gets what is owed and the goodbye. */
#include "tests/kit/harness.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#define GOODBYE "*** server is going down"

/* Some tens of milliseconds for each password, so that a queue forms. */
#define SLOW "--argon2=t=2,m=19456"

FLOW_TEST(exit_says_goodbye_to_clients_in_every_state)
{
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *ann = test_client_user(server, "ann");
	struct test_client *guest = test_client_open(server);
	struct test_client *prompted = test_client_open(server);
	struct test_client *typing = test_client_open(server);

	test_client_fence(guest);
	test_client_send(prompted, "/login ann\n");
	test_client_expect_bytes(prompted, "Password: ", 10);
	test_client_fence(typing);
	test_client_send(typing, "/b half a li");
	server_process_type(server, "exit\n");
	test_client_expect(ann, GOODBYE);
	test_client_expect(guest, GOODBYE);
	test_client_expect(prompted, GOODBYE);
	test_client_expect(typing, GOODBYE);
	test_client_expect_end(ann);
	test_client_expect_end(guest);
	test_client_expect_end(prompted);
	test_client_expect_end(typing);
	test_client_close_all();
	server_process_expect(server, "[[]STOPPING] *4 clients");
	server_process_expect(server, "all threads joined");
	cr_assert_eq(server_process_wait(server), 0);
	cr_assert_str_eq(server_process_errors(server), "");
}

enum {
	COUNT = 40
};

/* Each of them waits for the one before it: there are two workers. What has
 * been taken from the sockets has been handled when a list has gone round. */
static void
register_many(struct server_process *server, struct test_client *clients[])
{
	for (int i = 0; i < COUNT; i++) {
		clients[i] = test_client_open_at(server->listen[1]);
		test_client_send(clients[i], "/register user%d secretpw\n", i);
		test_client_await_taken(clients[i]);
	}
	server_process_type(server, "list\n");
	server_process_expect(server, "* connected, 0 logged in");
}

FLOW_TEST(exit_with_a_password_in_the_queue_delivers_answer_and_goodbye)
{
	static char more[100000];
	struct server_process *server = server_process_start(
	    engine, SLOW, "--listen=unix:{folder}/socket", NULL);
	struct test_client *clients[COUNT], *client;
	const char *line;

	memset(more, '\n', sizeof(more) - 1);
	client = test_client_open(server);
	register_many(server, clients);
	test_client_send(client, "/register ben secretpw\n");
	test_client_await_taken(client);
	test_client_send_bytes(client, more, sizeof(more) - 1);
	server_process_type(server, "list\nexit\n");
	test_client_match(client, "@(OK registered ben|ERR going-down *)");
	/* The empty lines may be answered until the reactor stops, too. */
	while (strcmp(line = test_client_line(client), GOODBYE) != 0)
		cr_assert_str_eq(line, "Echo: ");
	test_client_expect_end(client);
	test_client_close_all();
	server_process_expect(server, "all threads joined");
	cr_assert_eq(server_process_wait(server), 0);
}

/* Its reactor has nothing to wait for and ends; the answer comes later. The
 * cost of a hash has been raised, so that a login makes ann's anew. */
FLOW_TEST(exit_with_the_password_of_a_vanished_client_in_work_ends_clean)
{
	static const char *const commands[] = {
	    "/login ann secretpw\n", "/register ben secretpw\n"};
	struct server_process *server = server_process_start(engine, NULL);

	test_client_user(server, "ann");
	server_process_stop(server);
	server->setup.args[0] = "--argon2=t=8,m=65536";
	server = server_process_restart(server);
	for (int i = 0; i < 2; i++) {
		struct test_client *client = test_client_open(server);

		test_client_fence(client);
		test_client_send(client, "%s", commands[i]);
		test_client_await_taken(client);
		server_process_type(server, "list\n");
		server_process_expect(server, "* connected, * logged in");
		test_client_reset(client);
	}
	server_process_stop(server);
}

/* It has not read, so it is not read: input that nobody has taken would make
 * the close a reset, and that would take the goodbye with it. */
FLOW_TEST(exit_with_input_unread_delivers_answers_and_goodbye)
{
	enum {
		PINGS = 300
	};
	static char bytes[PINGS * 1010];
	struct server_process *server =
	    server_process_start(engine, "--listen=unix:{folder}/socket", NULL);
	struct test_client *guest = test_client_open_at(server->listen[1]);
	struct test_client *other = test_client_open(server);
	const char *line;
	size_t len = 0;
	int answers = 0;

	test_client_fence(other);
	/* More than a guest's output and one way of a Unix socket hold, less
	 * than both ways do. */
	for (int i = 0; i < PINGS; i++)
		len += (size_t)sprintf(bytes + len, "/ping %01000d\n", i);
	test_client_send_bytes(guest, bytes, len);
	server_process_type(server, "exit\n");
	test_client_expect(other, GOODBYE);
	while (strcmp(line = test_client_line(guest), GOODBYE) != 0) {
		cr_assert_eq(strncmp(line, "OK pong ", 8), 0, "%s", line);
		answers++;
	}
	cr_assert_lt(answers, PINGS, "all of its input was taken");
	test_client_expect_end(guest);
	test_client_close_all();
	cr_assert_eq(server_process_wait(server), 0);
}

/* Those that are being hashed are done, the others are told that they are not:
 * what was answered is true after a restart. */
FLOW_TEST(exit_while_many_register_answers_each_of_them)
{
	struct server_process *server = server_process_start(
	    engine, SLOW, "--listen=unix:{folder}/socket", NULL);
	struct test_client *clients[COUNT], *other;
	bool registered[COUNT];
	int refused = 0;

	register_many(server, clients);
	server_process_signal(server, SIGTERM);
	for (int i = 0; i < COUNT; i++) {
		const char *line = test_client_line(clients[i]);

		registered[i] = !strncmp(line, "OK registered ", 14);
		if (!registered[i])
			cr_assert_eq(strncmp(line, "ERR going-down ", 15), 0,
			    "%s", line);
		refused += !registered[i];
		test_client_expect(clients[i], GOODBYE);
		test_client_expect_end(clients[i]);
	}
	cr_assert_gt(refused, 0, "two workers did %d at once", COUNT);
	test_client_close_all();
	cr_assert_eq(server_process_wait(server), 0);
	server->setup.args[0] = "--argon2=t=1,m=8";
	server = server_process_restart(server);
	other = test_client_open(server);
	for (int i = 0; i < COUNT; i++) {
		test_client_send(other, "/register user%d secretpw\n", i);
		test_client_match(other,
		    registered[i] ? "ERR name-taken *" : "OK registered *");
	}
	server_process_stop(server);
}

/* What was said before is heard before the goodbye, by all alike. */
FLOW_TEST(exit_comes_after_what_was_said_before)
{
	enum {
		MEMBERS = 6,
		SAYINGS = 100
	};
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *members[MEMBERS];

	test_client_users(server, members, MEMBERS);
	for (int i = 0; i < SAYINGS; i++)
		test_client_send(members[0], "/b %d\n", i);
	/* Its own copy says that all has been numbered. */
	for (int i = 0; i < SAYINGS; i++)
		test_client_expect(
		    members[0], "[user0#%lu] %d", members[0]->id, i);
	server_process_type(server, "exit\n");
	for (int m = 1; m < MEMBERS; m++) {
		for (int i = 0; i < SAYINGS; i++)
			test_client_expect(
			    members[m], "[user0#%lu] %d", members[0]->id, i);
		test_client_expect(members[m], GOODBYE);
		test_client_expect_end(members[m]);
	}
	test_client_close_all();
	cr_assert_eq(server_process_wait(server), 0);
}

/* Output that is waiting is not dropped: it goes before the goodbye. */
FLOW_TEST(exit_with_output_unread_delivers_it_to_a_late_reader)
{
	enum {
		SAYINGS = 200
	};
	struct server_process *server =
	    server_process_start(engine, "--listen=unix:{folder}/socket", NULL);
	struct test_client *ann = test_client_user(server, "ann");
	struct test_client *late = test_client_open_at(server->listen[1]);

	test_client_enter(late, "ann");
	for (int i = 0; i < SAYINGS; i++) {
		test_client_send(ann, "/b %04000d\n", i);
		test_client_expect(ann, "[ann#%lu] %04000d", ann->id, i);
	}
	server_process_type(server, "exit\n");
	test_client_expect(ann, GOODBYE);
	test_client_expect_end(ann);
	for (int i = 0; i < SAYINGS; i++)
		test_client_expect(late, "[ann#%lu] %04000d", ann->id, i);
	test_client_expect(late, GOODBYE);
	test_client_expect_end(late);
	test_client_close_all();
	cr_assert_eq(server_process_wait(server), 0);
}
