/*
 * Going down with a thousand clients in every state: all that read hear the
 * goodbye, nobody is waited for beyond ten seconds, and nothing is left, which
 * AddressSanitizer looks at.
 */
#include "tests/kit/harness.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "tests/kit/observe.h"

#define GOODBYE "*** server is going down"

enum {
	CLIENTS = 1000,
	DEAF = 20,
	KINDS = 8
};

static struct test_client *
come(struct server_process *server, int number)
{
	struct test_client *client = test_client_open(server);

	switch (number % KINDS) {
	case 0:
		break;
	case 1:
		test_client_send(client, "half a li");
		break;
	case 2:
		test_client_enter(client, "ann");
		break;
	case 3:
		test_client_send(client, "/login ann\n");
		test_client_expect_bytes(client, "Password: ", 10);
		break;
	case 4: /* a hash is under way, or waits for others */
		test_client_send(client, "/register u%d secretpw\n", number);
		break;
	case 5: /* the same, and more that is not read until then */
		test_client_send(
		    client, "/login ann secretpw\n/ping\n/join dev\nhello\n");
		break;
	case 6:
		test_client_half_close(client);
		break;
	case 7:
		test_client_enter(client, "ann");
		test_client_send(client, "/join dev\n");
		test_client_match(client, "OK joined #dev *");
		break;
	}
	return client;
}

/* Their sockets are full, and more waits in the server. */
static void
leave_deaf_ones(struct server_process *server, struct test_client *ann)
{
	for (int i = 0; i < DEAF; i++)
		test_client_enter(
		    test_client_open_at(server->listen[1]), "ann");
	for (int i = 0; i < 300; i++) {
		test_client_send(ann, "/b %02000d\n", i);
		test_client_expect(ann, "[ann#%lu] %02000d", ann->id, i);
	}
}

/* Whatever else comes first, that is the last line, and the end follows it. */
static void
hears_goodbye(struct test_client *client)
{
	char last[64] = "";
	const char *line;

	while ((line = harness_stream_line(&client->in)) != NULL)
		snprintf(last, sizeof(last), "%s", line);
	cr_assert_str_eq(last, GOODBYE, "%s", client->in.label);
	cr_assert_eq(client->in.error, 0, "%s was reset", client->in.label);
}

FLOW_TEST(down_thousand_in_every_state_in_ten_seconds)
{
	struct server_process *server;
	struct test_client *ann, *clients[CLIENTS];
	int64_t start_ms;

	harness_need_descriptors(CLIENTS + 100);
	server = server_process_start(engine, "--argon2=t=1,m=1024",
	    "--listen=unix:{folder}/socket", NULL);
	ann = test_client_user(server, "ann");
	leave_deaf_ones(server, ann);
	for (int i = 0; i < CLIENTS; i++)
		clients[i] = come(server, i);
	start_ms = harness_now_ms();
	server_process_signal(server, SIGTERM);
	hears_goodbye(ann);
	for (int i = 0; i < CLIENTS; i++) {
		if (i % KINDS != 6)
			hears_goodbye(clients[i]);
		/* Half of them do not hang up either. */
		if (i % 2)
			test_client_close(clients[i]);
	}
	server_process_expect(server, "all threads joined");
	/* The deaf ones are waited for, eight seconds; the rest is little. */
	cr_assert_lt(
	    harness_now_ms() - start_ms, HARNESS_DEADLINE_MS * 13 / 10);
	cr_assert_eq(server_process_wait(server), 0);
	cr_assert_str_eq(server_process_errors(server), "");
}
