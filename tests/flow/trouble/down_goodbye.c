/*
 * Going down: the goodbye is delivered, whatever a client was at. What was
 * asked and said before is in flow/basics/exit.c.
 */
#include "tests/kit/harness.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/kit/observe.h"
#include "tests/kit/stall.h"

#define GOODBYE "*** server is going down"

/* The peer has ended in order, and nothing has come since: a reset behind the
 * end cannot be read, and may overtake what is before it. */
static void
was_not_reset(const struct test_client *client)
{
	struct pollfd fd = {.fd = client->in.fd, .events = POLLIN};

	poll(&fd, 1, 0);
	cr_assert_eq(fd.revents & (POLLERR | POLLHUP), 0, "%s was reset",
	    client->in.label);
}

/* Each waits for its password to be hashed, so what it has said since is in the
 * kernel, unread: a close would be a reset, and take the goodbye with it. */
FLOW_TEST(down_goodbye_reaches_all_with_unread_input)
{
	enum {
		CLIENTS = 200
	};
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *clients[CLIENTS];

	test_client_close(test_client_user(server, "ann"));
	observe_open(server, 0);
	stall_begin(server, "throng/hash0");
	for (int i = 0; i < CLIENTS; i++) {
		clients[i] = test_client_open(server);
		test_client_send(clients[i], "/register user%d secretpw\n", i);
	}
	observe_open(server, CLIENTS);
	server_process_type(server, "list\n");
	server_process_expect(server, "* connected, 0 logged in");
	for (int i = 0; i < CLIENTS; i++)
		test_client_send(clients[i], "/ping and more\n");
	server_process_signal(server, SIGTERM);
	server_process_expect(server, "[[]STOPPING] *");
	stall_end();
	for (int i = 0; i < CLIENTS; i++) {
		const char *line;

		test_client_match(
		    clients[i], "@(OK registered *|ERR going-down *)");
		/* Reactors stop after the hashing threads: whoever was answered
		 * between the two is served once more. */
		line = test_client_line(clients[i]);
		if (strcmp(line, "OK pong and more") == 0)
			line = test_client_line(clients[i]);
		cr_assert_str_eq(line, GOODBYE);
		test_client_expect_end(clients[i]);
	}
	for (int i = 0; i < CLIENTS; i++)
		was_not_reset(clients[i]);
	test_client_close_all();
	cr_assert_eq(server_process_wait(server), 0);
}

/* What becomes of one that came while the server stopped. */
enum fate {
	REFUSED,
	SERVED,
	RESET
};

static enum fate
fate_of(int fd, int64_t deadline_ms)
{
	char bytes[256];
	size_t len = 0;
	ssize_t got;

	do {
		struct pollfd ready = {.fd = fd, .events = POLLIN};

		if (poll(&ready, 1, (int)(deadline_ms - harness_now_ms())) <= 0)
			harness_fail("one is let in, and told nothing");
		got = recv(fd, bytes + len, sizeof(bytes) - 1 - len, 0);
		len += got > 0 ? (size_t)got : 0;
	} while (got > 0);
	close(fd);
	bytes[len] = '\0';
	return got == 0 && !strcmp(bytes, GOODBYE "\n") ? SERVED : RESET;
}

FLOW_TEST(down_burst_that_comes_meanwhile_is_greeted_or_refused)
{
	enum {
		ROUNDS = 2,
		BURST = 400
	};
	int fates[3] = {0};

	for (int round = 0; round < ROUNDS; round++) {
		struct server_process *server =
		    server_process_start(engine, NULL);
		int fds[BURST];
		int64_t deadline_ms = harness_now_ms() + HARNESS_DEADLINE_MS;

		for (int i = 0; i < BURST; i++) {
			if (i == BURST / 8)
				server_process_signal(server, SIGTERM);
			fds[i] = test_client_connect(server->listen[0]);
		}
		for (int i = 0; i < BURST; i++)
			fates[fds[i] < 0 ? REFUSED
					 : fate_of(fds[i], deadline_ms)]++;
		cr_assert_eq(server_process_wait(server), 0);
	}
	cr_assert_eq(fates[RESET], 0, "%d of %d", fates[RESET], ROUNDS * BURST);
}
