/* After crashes and vanishing clients nothing is lost and nothing is kept. */
#include "tests/kit/harness.h"

#include <stdio.h>
#include <string.h>

#include "tests/kit/crash_loop.h"
#include "tests/kit/observe.h"

/* For long: tests/torture/. */
FLOW_TEST(crash_while_many_register_loses_no_acknowledged_account)
{
	struct crash_loop loop = {
	    .engine = engine,
	    .kills = 8,
	    .writers = 8,
	    .names = 32,
	    .older = 36,
	    .compact_every = 3,
	    .seed = crash_loop_seed(1),
	};
	struct crash_result result = crash_loop_run(&loop);

	cr_assert_eq(result.lost, 0);
	cr_assert_eq(result.kills, loop.kills);
	cr_assert_geq(result.acknowledged, loop.kills);
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
	struct server_process *server =
	    server_process_start(engine, "--argon2=t=1,m=1024",
		"--listen=unix:{folder}/socket", "--max-clients=1000", NULL);
	uint64_t descriptors;

	descriptors = observe_descriptors(server);
	test_client_close(test_client_user(server, "ann"));
	observe_count(server, "0 connected, 0 logged in");
	for (int i = 0; i < 2000; i++)
		vanish(server, i);
	observe_count(server, "0 connected, 0 logged in");
	observe_as_many_descriptors(server, descriptors);
	test_client_again(server, "ann");
	test_client_user(server, "ben");
	server_process_stop(server);
}

/* Many at once, and each with a login that is not finished. */
FLOW_TEST(vanish_of_many_half_open_logins_leaves_nothing)
{
	enum {
		COUNT = 400
	};
	struct server_process *server =
	    server_process_start(engine, "--argon2=t=1,m=1024", NULL);
	struct test_client *clients[COUNT];

	test_client_close(test_client_user(server, "ann"));
	for (int i = 0; i < COUNT; i++) {
		clients[i] = test_client_open(server);
		test_client_send(clients[i],
		    i % 2 ? "/login ann secretpw\n" : "/login ann\nsecretpw\n");
	}
	for (int i = 0; i < COUNT; i++)
		test_client_reset(clients[i]);
	observe_count(server, "0 connected, 0 logged in");
	test_client_again(server, "ann");
	server_process_stop(server);
}

/* Members that go while they are being talked to: the talk goes on whole. */
FLOW_TEST(vanish_of_members_while_others_talk_harms_nobody)
{
	enum {
		TALKS = 150
	};
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

		snprintf(expected, sizeof(expected), "[ann#%lu] %d %s", ann->id,
		    i / 2, i % 2 ? "two" : "one");
		do {
			line = test_client_line(ben);
		} while (strstr(line, "last words"));
		cr_assert_str_eq(line, expected);
	}
	observe_count(server, "2 connected, 2 logged in");
	server_process_stop(server);
}
