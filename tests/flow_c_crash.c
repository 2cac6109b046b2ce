/* After crashes and vanishing clients nothing is lost and nothing is kept. */
#include "tests/harness.h"

#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 8, WRITERS = 8, NAMES = 100, NAME_BYTES = 16 };

/* What the server has said `OK registered` to, in all rounds. */
static char acknowledged[ROUNDS * WRITERS * NAMES][NAME_BYTES];
static int acknowledged_count;

static int
count_lines(const struct test_client *client)
{
	int lines = 0;

	for (size_t i = client->in.start; i < client->in.len; i++)
		lines += client->in.bytes[i] == '\n';
	return lines;
}

/* Reads from whoever has something, until so many lines are there. */
static void
await_lines(struct test_client *const clients[], int wanted)
{
	int64_t deadline_ms = harness_now_ms() + HARNESS_DEADLINE_MS;
	struct pollfd fds[WRITERS];
	int lines;

	do {
		lines = 0;
		for (int i = 0; i < WRITERS; i++)
			fds[i] = (struct pollfd){
			    .fd = clients[i]->in.fd, .events = POLLIN};
		if (poll(fds, WRITERS, HARNESS_DEADLINE_MS) <= 0)
			harness_fail("nobody was answered");
		for (int i = 0; i < WRITERS; i++) {
			if (fds[i].revents)
				harness_stream_fill(
				    &clients[i]->in, deadline_ms);
			lines += count_lines(clients[i]);
		}
	} while (lines < wanted);
}

/* Whatever was on its way when the server was killed is said as well. */
static void
take_acknowledged(struct test_client *client)
{
	const char *line;

	while ((line = harness_stream_line(&client->in)) != NULL) {
		char *name = acknowledged[acknowledged_count];

		cr_assert_eq(sscanf(line, "OK registered %15s", name), 1, "%s",
		    line);
		acknowledged_count++;
	}
	test_client_close(client);
}

static void
check_acknowledged(struct server_process *server)
{
	struct test_client *client = test_client_open(server);

	for (int i = 0; i < acknowledged_count; i++) {
		test_client_send(client, "/login %s password-of-%s\n/logout\n",
		    acknowledged[i], acknowledged[i]);
		test_client_match(
		    client, "OK logged in as %s#*", acknowledged[i]);
		test_client_expect(client, "OK logged out");
	}
}

FLOW_TEST(crash_while_many_register_loses_no_acknowledged_account)
{
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *writers[WRITERS];

	for (int round = 0; round < ROUNDS; round++) {
		for (int w = 0; w < WRITERS; w++) {
			char text[NAMES * 64];
			int len = 0;

			for (int n = 0; n < NAMES; n++)
				len += sprintf(text + len,
				    "/register r%dw%dn%d "
				    "password-of-r%dw%dn%d\n",
				    round, w, n, round, w, n);
			writers[w] = test_client_open(server);
			test_client_send_bytes(writers[w], text, (size_t)len);
		}
		/* Earlier and later, in the middle of what they do. */
		await_lines(writers, 5 + round * 37);
		server_process_signal(server, SIGKILL);
		cr_assert_eq(server_process_wait(server), 128 + SIGKILL);
		for (int w = 0; w < WRITERS; w++)
			take_acknowledged(writers[w]);
		server = server_process_restart(server);
		check_acknowledged(server);
	}
	cr_assert_geq(acknowledged_count, ROUNDS * 5);
	server_process_stop(server);
}

/* The console is asked until everyone has been missed: there is no event for
 * that, and asking without a pause would keep the server from getting there. */
static void
await_count(struct server_process *server, const char *count)
{
	int64_t deadline_ms = harness_now_ms() + HARNESS_DEADLINE_MS;
	const char *line = "";

	do {
		if (harness_now_ms() > deadline_ms)
			harness_fail("expected `%s`, got `%s`", count, line);
		poll(NULL, 0, 20);
		server_process_type(server, "count\n");
		line = server_process_expect(
		    server, "* connected, * logged in");
	} while (strcmp(line, count) != 0);
}

static int
count_descriptors(const struct server_process *server)
{
	char path[64];
	int count = 0;
	DIR *folder;

	snprintf(path, sizeof(path), "/proc/%d/fd", (int)server->pid);
	folder = opendir(path);
	cr_assert_not_null(folder);
	while (readdir(folder))
		count++;
	closedir(folder);
	return count;
}

/* One client in one of the states that it may vanish in. */
static void
vanish(struct server_process *server, int number)
{
	static char much[32 * 1024];
	struct test_client *client =
	    test_client_open_at(server->listen[number % 16 > 12]);

	memset(much, 'x', sizeof(much));
	switch (number % 8) {
	case 0:
		break;
	case 1:
		test_client_send(client, "half a li");
		break;
	case 2: /* in the middle of hashing */
		test_client_send(client, "/login ann secretpw\n");
		break;
	case 3:
		test_client_send(client, "/register v%d secretpw\n", number);
		break;
	case 4:
		test_client_send(client, "/login ann\n");
		test_client_expect_bytes(client, "Password: ", 10);
		break;
	case 5:
		test_client_send_bytes(client, much, sizeof(much));
		break;
	case 6:
		test_client_fence(client);
		break;
	case 7:
		test_client_send(client, "/login ann secretpw\n/b bye\n/who\n"
					 "/passwd secretpw secretpw\n");
		test_client_match(client, "OK logged in as ann#*");
		break;
	}
	if (number % 5 == 0)
		test_client_close(client);
	else
		test_client_reset(client);
}

/* Hashing takes a millisecond or two, so that many are in the middle of it. */
FLOW_TEST(vanish_of_two_thousand_in_any_state_leaves_nothing)
{
	struct server_process *server = server_process_start(engine,
	    "--argon2=t=1,m=1024", "--listen=unix:{folder}/socket",
	    "--max-clients=1000", NULL);
	int descriptors;

	test_client_close(test_client_user(server, "ann"));
	await_count(server, "0 connected, 0 logged in");
	descriptors = count_descriptors(server);
	for (int i = 0; i < 2000; i++)
		vanish(server, i);
	await_count(server, "0 connected, 0 logged in");
	cr_assert_eq(count_descriptors(server), descriptors);
	test_client_enter(test_client_open(server), "ann");
	test_client_user(server, "ben");
	server_process_stop(server);
}

/* Many at once, and each with a login that is not finished. */
FLOW_TEST(vanish_of_many_half_open_logins_leaves_nothing)
{
	enum { COUNT = 400 };
	struct server_process *server =
	    server_process_start(engine, "--argon2=t=1,m=1024", NULL);
	struct test_client *clients[COUNT];

	test_client_close(test_client_user(server, "ann"));
	for (int i = 0; i < COUNT; i++) {
		clients[i] = test_client_open(server);
		test_client_send(clients[i], i % 2 ? "/login ann secretpw\n"
						   : "/login ann\nsecretpw\n");
	}
	for (int i = 0; i < COUNT; i++)
		test_client_reset(clients[i]);
	await_count(server, "0 connected, 0 logged in");
	test_client_enter(test_client_open(server), "ann");
	server_process_stop(server);
}

/* Members that go while they are being talked to: the talk goes on whole. */
FLOW_TEST(vanish_of_members_while_others_talk_harms_nobody)
{
	enum { TALKS = 150 };
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *ann = test_client_user(server, "ann");
	struct test_client *ben = test_client_user(server, "ben");

	for (int i = 0; i < TALKS; i++) {
		struct test_client *brief = test_client_open(server);

		test_client_enter(brief, "ann");
		test_client_send(ann, "/b %d one\n/b %d two\n", i, i);
		if (i % 2)
			test_client_send(brief, "/b last words\n");
		test_client_reset(brief);
	}
	for (int i = 0; i < 2 * TALKS; i++) {
		char expected[64];
		const char *line;

		snprintf(expected, sizeof(expected), "[ann#%lu] %d %s",
		    ann->id, i / 2, i % 2 ? "two" : "one");
		do {
			line = test_client_line(ben);
		} while (strstr(line, "last words"));
		cr_assert_str_eq(line, expected);
	}
	await_count(server, "2 connected, 2 logged in");
	server_process_stop(server);
}
