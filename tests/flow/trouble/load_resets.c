/*
 * Under load: ten thousand clients that connect and reset the connection,
 * whatever is going on with it. Nothing is lost: no descriptor, no place for
 * another client, no account; and a pipe that nobody reads ends nothing.
 */
#include "tests/kit/harness.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "tests/kit/observe.h"

enum {
	PLACES = 500,
	WAVE = 250,
	WAVES = 40
};

#define MAX_CLIENTS "--max-clients=500" /* PLACES */

/* One in each of the states that a connection may be reset in; it is not known
 * how far the server has got, but for those that have had an answer. */
static struct test_client *
come(struct server_process *server, int number)
{
	static char much[32 * 1024];
	struct test_client *client =
	    test_client_open_at(server->listen[number % 16 == 15]);

	memset(much, 'x', sizeof(much));
	switch (number % 8) {
	case 0:
		break;
	case 1:
		test_client_send(client, "half a li");
		break;
	case 2:
		test_client_fence(client);
		break;
	case 3:
		test_client_enter(client, "ann");
		break;
	case 4: /* a hash is under way, maybe */
		test_client_send(client, "/login ann %s\n", HARNESS_PASSWORD);
		break;
	case 5:
		test_client_send(client, "/register v%d secretpw\n", number);
		break;
	case 6:
		test_client_send_bytes(client, much, sizeof(much));
		break;
	case 7: /* its answers are on their way */
		test_client_enter(client, "ann");
		test_client_send(client, "/join dev\nhello\n/who\n/help\n");
		break;
	}
	return client;
}

/* All places are free: so many get in at once, and one more does not. */
static void
as_many_fit_as_before(struct server_process *server)
{
	struct test_client *clients[PLACES], *last;

	for (int i = 0; i < PLACES; i++) {
		clients[i] = test_client_open(server);
		test_client_send(clients[i], "/ping %d\n", i);
	}
	for (int i = 0; i < PLACES; i++)
		test_client_expect(clients[i], "OK pong %d", i);
	last = test_client_open(server);
	test_client_match(last, "ERR busy *");
	test_client_expect_end(last);
}

FLOW_TEST(load_ten_thousand_resets_lose_nothing)
{
	struct server_process *server = server_process_start(
	    engine, MAX_CLIENTS, "--listen=unix:{folder}/socket", NULL);
	struct test_client *clients[WAVE];
	uint64_t descriptors;

	descriptors = observe_descriptors(server);
	test_client_close(test_client_user(server, "ann"));
	observe_open(server, 0);
	for (int wave = 0; wave < WAVES; wave++) {
		for (int i = 0; i < WAVE; i++)
			clients[i] = come(server, wave * WAVE + i);
		for (int i = 0; i < WAVE; i++)
			test_client_reset(clients[i]);
		observe_count(server, "0 connected, 0 logged in");
	}
	observe_as_many_descriptors(server, descriptors);
	as_many_fit_as_before(server);
	server_process_stop(server);
}

/* Whoever has piped the console's output away is gone, the operator's terminal
 * for one: what is said there is lost, and no more. */
FLOW_TEST(load_output_that_nobody_reads_ends_nothing)
{
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *ann = test_client_user(server, "ann");

	harness_stream_close(&server->output);
	for (int i = 0; i < 20; i++) {
		struct test_client *brief = test_client_open(server);

		test_client_enter(brief, "ann");
		server_process_type(server, "list\nhelp\n");
		test_client_close(brief);
		test_client_fence(ann);
	}
	server_process_type(server, "exit\n");
	test_client_expect(ann, "*** server is going down");
	test_client_expect_end(ann);
	test_client_close(ann);
	cr_assert_eq(server_process_wait(server), 0);
}
