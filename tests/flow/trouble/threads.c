/*
 * Clients that come, ask for what other threads have to do, and are gone before
 * it is done: whoever has their places by then hears nothing of it.
 */
#include "tests/kit/harness.h"

#include <stdio.h>
#include <string.h>

#define RECONNECTS 4000
#define ACCOUNTS   12
#define QUESTIONS  5

/* The beginning of lines that anyone may get who is logged in. */
static bool
is_for_all(const char *line)
{
	return line[0] == '[' || line[0] == '#' || line[0] == '*';
}

/* All answers up to the last are this one's. */
static void
hears_its_own_alone(struct test_client *client, unsigned number)
{
	char own[16], last[40];
	const char *line;

	snprintf(own, sizeof(own), "@t%u ", number);
	snprintf(last, sizeof(last), "@t%u OK pong", number);
	test_client_send(client, "@t%u /ping\n", number);
	do {
		line = test_client_line(client);
		if (!is_for_all(line) && strncmp(line, own, strlen(own)) != 0)
			harness_fail("%u was told: %s", number, line);
	} while (strcmp(line, last) != 0);
}

/* What each asks for: of the hashers, of the journal, of a room's home, of
 * every reactor in turn. Its tag is its number. */
static void
ask(struct test_client *client, unsigned n)
{
	unsigned a = n / QUESTIONS % ACCOUNTS;

	switch (n % QUESTIONS) {
	case 0:
		test_client_send(client,
		    "@t%1$u /login a%2$u secretpw\n@t%1$u /who\n"
		    "@t%1$u /join r%2$u\n@t%1$u /rooms\n"
		    "@t%1$u /msg a%2$u psst\n@t%1$u /topic r%2$u t%1$u\n",
		    n, a);
		break;
	case 1:
		test_client_send(client, "@t%u /login a%u wrongword\n", n, a);
		break;
	case 2:
		test_client_send(client,
		    "@t%1$u /login a%2$u secretpw\n@t%1$u /say lobby hi\n"
		    "@t%1$u /history lobby 1\n@t%1$u /logout\n",
		    n, a);
		break;
	case 3:
		test_client_send(client,
		    "@t%1$u /register a%2$u secretpw\n@t%1$u /whoami\n", n, a);
		break;
	default:
		test_client_send(client,
		    "@t%1$u /login a%2$u secretpw\n"
		    "@t%1$u /passwd secretpw secretpw\n@t%1$u /leave r%2$u\n"
		    "@t%1$u /join r%2$u since=0\n",
		    n, a);
	}
}

FLOW_TEST(threads_answers_for_the_dead_reach_nobody)
{
	struct server_process *server = server_process_start(
	    engine, "--listen=unix:{folder}/socket", "--log-level=error", NULL);
	char name[8];
	for (unsigned i = 0; i < ACCOUNTS; i++) {
		snprintf(name, sizeof(name), "a%u", i);
		test_client_close(test_client_user(server, name));
	}
	for (unsigned i = 0; i < RECONNECTS; i++) {
		struct test_client *client =
		    test_client_open_at(server->listen[1]);

		ask(client, i);
		if (i % 7 == 6)
			hears_its_own_alone(client, i);
		test_client_close(client);
	}
	test_client_fence(test_client_user(server, "last"));
	server_process_stop(server);
}
