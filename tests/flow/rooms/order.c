/* The order in which a client is told what comes to it by different ways. */
#include "tests/kit/harness.h"

#include <fnmatch.h>
#include <poll.h>
#include <stdio.h>

#include "tests/kit/stall.h"

/* Of so many some are on each reactor. */
#define MANY 24

static bool
has_answered(struct test_client *client)
{
	struct pollfd fd = {.fd = client->in.fd, .events = POLLIN};

	return poll(&fd, 1, 0) > 0;
}

/* Reads until a line that matches. Has the pattern come before that? */
static bool
hears_before(struct test_client *client, const char *pattern, const char *end)
{
	bool heard = false;
	const char *line;

	while (fnmatch(end, line = test_client_line(client), 0) != 0)
		heard = heard || fnmatch(pattern, line, 0) == 0;
	return heard;
}

/* Two of those that are on the reactor that goes on. Nothing else is on its
 * way to any. */
static void
find_two(struct test_client *const clients[], struct test_client *two[2])
{
	int found = 0;

	for (int i = 0; i < MANY; i++)
		test_client_send(clients[i], "/ping\n");
	for (int i = 0; found < 2; i = (i + 1) % MANY) {
		if ((found == 1 && clients[i] == two[0]) ||
		    !has_answered(clients[i]))
			continue;
		test_client_match(clients[i], "OK pong*");
		two[found++] = clients[i];
	}
}

/* A turn in which a line is read may end with what is delivered: when the
 * second is answered, that has come. */
static bool
hears_soon(struct test_client *client, const char *pattern)
{
	bool heard = false;

	for (int i = 0; i < 2; i++) {
		test_client_send(client, "@soon /ping\n");
		heard |= hears_before(client, pattern, "@soon OK pong*");
	}
	return heard;
}

/* One says something in the lobby, and one who has heard it writes to bob,
 * while one reactor stands still. False when that is the lobby's home, and then
 * nothing more is on its way to any of these. */
static bool
answer_while_stalled(const struct server_process *server, const char *stalled,
    struct test_client *const anns[], const char *word)
{
	struct test_client *two[2];
	char pattern[64];
	bool heard;

	snprintf(pattern, sizeof(pattern), "*] %s", word);
	stall_begin(server, stalled);
	find_two(anns, two);
	test_client_send(two[0], "/b %s\n", word);
	test_client_await_taken(two[0]);
	heard = hears_soon(two[1], pattern);
	if (heard) {
		test_client_send(two[1], "/msg bob re: %s\n", word);
		test_client_await_taken(two[1]);
		hears_soon(two[0], pattern);
	}
	stall_end();
	for (int i = 0; !heard && i < MANY; i++) {
		hears_before(anns[i], "", pattern);
		test_client_send(anns[i], "@end /ping\n");
		hears_before(anns[i], "", "@end OK pong*");
	}
	return heard;
}

FLOW_TEST(order_direct_message_comes_behind_what_it_answers)
{
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *anns[MANY], *bobs[MANY];
	const char *word = "one";

	test_client_close(test_client_user(server, "ann"));
	test_client_close(test_client_user(server, "bob"));
	for (int i = 0; i < MANY; i++) {
		anns[i] = test_client_open(server);
		test_client_enter(anns[i], "ann");
		bobs[i] = test_client_open(server);
		test_client_enter(bobs[i], "bob");
	}
	if (!answer_while_stalled(server, "throng/r1", anns, word)) {
		word = "two";
		cr_assert(
		    answer_while_stalled(server, "throng/r0", anns, word));
	}
	for (int i = 0; i < MANY; i++) {
		char said[64], answer[64];

		snprintf(said, sizeof(said), "*] %s", word);
		snprintf(answer, sizeof(answer), "* -> you] re: %s", word);
		cr_expect(hears_before(bobs[i], said, answer));
	}
	server_process_stop(server);
}
