/*
 * Commands of one connection take effect and are answered in the order sent,
 * also across slow ones and up to the end of input. Hashing is made slow here.
 */
#include "tests/kit/harness.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Some ten milliseconds for each password. */
#define SLOW "--argon2=t=1,m=16384"

/* Every slow command, and what must not overtake it. */
static const char story[] = "/whoami\n"
			    "/register ann secretpw\n"
			    "guest\n"
			    "/login ann wrongword\n"
			    "/whoami\n"
			    "/login ann\n"
			    "secretpw\n"
			    "/b one\n"
			    "/ping 1\n"
			    "/b two\n"
			    "/b three\n"
			    "plain\n"
			    "/who\n"
			    "/passwd secretpw otherpassword\n"
			    "/b four\n"
			    "/logout\n"
			    "/whoami\n"
			    "/login ann otherpassword\n"
			    "bad\001\n"
			    "/unregister otherpassword\n"
			    "/whoami\n"
			    "/ping last\n";

static void
expect_story(struct test_client *client)
{
	unsigned long long id;

	cr_assert_eq(sscanf(test_client_line(client), "OK guest#%llu", &id), 1);
	test_client_expect(client, "OK registered ann");
	test_client_expect(client, "Echo: guest");
	test_client_match(client, "ERR bad-credentials *");
	test_client_expect(client, "OK guest#%llu", id);
	test_client_expect(client, "Password: OK logged in as ann#%llu", id);
	test_client_expect(client, "[ann#%llu] one", id);
	test_client_expect(client, "OK pong 1");
	test_client_expect(client, "[ann#%llu] two", id);
	test_client_expect(client, "[ann#%llu] three", id);
	test_client_expect(client, "Echo: plain");
	test_client_expect(client, "- ann#%llu", id);
	test_client_expect(client, "OK 1 online");
	test_client_expect(client, "OK password changed");
	test_client_expect(client, "[ann#%llu] four", id);
	test_client_expect(client, "OK logged out");
	test_client_expect(client, "OK guest#%llu", id);
	test_client_expect(client, "OK logged in as ann#%llu", id);
	test_client_match(client, "ERR bad-text *");
	test_client_expect(client, "OK account removed");
	test_client_expect(client, "OK guest#%llu", id);
	test_client_expect(client, "OK pong last");
}

FLOW_TEST(pipeline_in_one_packet_is_answered_in_order)
{
	struct server_process *server =
	    server_process_start(engine, SLOW, NULL);
	struct test_client *client = test_client_open(server);

	test_client_send(client, "%s", story);
	expect_story(client);
	test_client_fence(client);
	server_process_stop(server);
}

/* As `printf ... | nc -q1` sends it. */
FLOW_TEST(pipeline_before_the_end_of_input_is_answered_in_full)
{
	struct server_process *server = server_process_start(
	    engine, SLOW, "--listen=unix:{folder}/socket", NULL);

	for (unsigned i = 0; i < 2; i++) {
		struct test_client *client =
		    test_client_open_at(server->listen[i]);

		test_client_send(client, "%s", story);
		test_client_half_close(client);
		expect_story(client);
		test_client_expect_end(client);
	}
	server_process_stop(server);
}

FLOW_TEST(pipeline_that_ends_in_a_login_is_answered)
{
	struct server_process *server =
	    server_process_start(engine, SLOW, NULL);
	struct test_client *client = test_client_user(server, "ann");

	/* The last lines have no ending, and nothing follows the slow one. */
	for (int i = 0; i < 3; i++) {
		static const char *const ends[] = {"/login ann secretpw",
		    "/login ann\nsecretpw", "/login ann secretpw\n"};

		client = test_client_open(server);
		test_client_send(client, "hello\n%s", ends[i]);
		test_client_half_close(client);
		test_client_expect(client, "Echo: hello");
		test_client_match(client, "*OK logged in as ann#*");
		test_client_expect_end(client);
	}
	server_process_stop(server);
}

/* The sender's own copies are owed to it as well. */
FLOW_TEST(pipeline_of_broadcasts_at_end_of_input_brings_every_copy)
{
	enum {
		COUNT = 1000
	};
	static char bytes[COUNT * 16];
	struct server_process *server = server_process_start(engine, NULL);

	for (int round = 0; round < 4; round++) {
		char name[16];
		struct test_client *client;
		size_t len = 0;

		snprintf(name, sizeof(name), "ann%d", round);
		client = test_client_user(server, name);
		for (int i = 0; i < COUNT; i++)
			len += (size_t)sprintf(bytes + len, "/b %d\n", i);
		test_client_send_bytes(client, bytes, len);
		test_client_half_close(client);
		for (int i = 0; i < COUNT; i++)
			test_client_expect(
			    client, "[%s#%lu] %d", name, client->id, i);
		test_client_expect_end(client);
	}
	server_process_stop(server);
}

/* Of so many rooms some are at home on each reactor. What is said in one has to
 * wait for what was said in another; plain text and all ways to say it. */
FLOW_TEST(pipeline_to_many_rooms_comes_back_in_order)
{
	enum {
		ROOMS = 6,
		ROUNDS = 20
	};
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *client = test_client_user(server, "ann");
	char lines[1024] = "";

	for (int i = 0; i < ROOMS; i++) {
		test_client_send(client, "/join r%d\n", i);
		test_client_expect(client, "OK joined #r%d (1 members)", i);
		sprintf(lines + strlen(lines), "/say r%d %d\nplain\n/b %d\n", i,
		    i, i);
	}
	for (int round = 0; round < ROUNDS; round++) {
		test_client_send(client, "%s", lines);
		for (int i = 0; i < ROOMS; i++) {
			test_client_expect(
			    client, "#r%d [ann#%lu] %d", i, client->id, i);
			test_client_expect(client, "#r%d [ann#%lu] plain",
			    ROOMS - 1, client->id);
			test_client_expect(
			    client, "[ann#%lu] %d", client->id, i);
		}
	}
	server_process_stop(server);
}

/* A client may send much before it reads anything: it is slowed, no line of it
 * is lost. */
FLOW_TEST(pipeline_of_many_lines_is_answered_in_order)
{
	enum {
		COUNT = 20000
	};
	static char bytes[COUNT * 32];
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *client = test_client_open(server);
	size_t len = 0;

	for (int i = 0; i < COUNT; i++)
		len += (size_t)sprintf(
		    bytes + len, i % 3 ? "line %d\n" : "@t%d /ping\r\n", i);
	test_client_send_bytes(client, bytes, len);
	for (int i = 0; i < COUNT; i++)
		test_client_expect(
		    client, i % 3 ? "Echo: line %d" : "@t%d OK pong", i);
	server_process_stop(server);
}

FLOW_TEST(pipeline_behind_quit_is_not_answered)
{
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *client = test_client_user(server, "ann");
	struct test_client *other = test_client_user(server, "ben");

	test_client_send(client, "/b first\n/quit so long\n/b second\nmore\n");
	test_client_expect(client, "[ann#%lu] first", client->id);
	test_client_expect(client, "OK bye");
	test_client_expect_end(client);
	test_client_expect(other, "[ann#%lu] first", client->id);
	test_client_fence(other);
	server_process_stop(server);
}

/* One that hashes is waited for by nobody else. */
FLOW_TEST(pipeline_of_slow_logins_holds_up_nobody_else)
{
	enum {
		COUNT = 40
	};
	struct server_process *server =
	    server_process_start(engine, SLOW, NULL);
	struct test_client *client = test_client_user(server, "ann");
	struct test_client *slow[COUNT];
	int waiting = 0;

	for (int i = 0; i < COUNT; i++) {
		slow[i] = test_client_open(server);
		test_client_send(slow[i], "/login ann secretpw\n");
	}
	test_client_send(client, "/b hello\n/whoami\n");
	test_client_expect(client, "[ann#%lu] hello", client->id);
	test_client_expect(client, "OK ann#%lu", client->id);
	for (int i = 0; i < COUNT; i++) {
		struct pollfd answer = {.fd = slow[i]->in.fd, .events = POLLIN};

		waiting += poll(&answer, 1, 0) == 0;
	}
	cr_assert_gt(waiting, 0, "all logins were answered before the chat");
	for (int i = 0; i < COUNT; i++)
		test_client_match(slow[i], "OK logged in as ann#*");
	server_process_stop(server);
}
