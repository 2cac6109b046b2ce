/*
 * Clients that send no newline, as the lab's does: silence ends their lines,
 * until the first LF.
 */
#include "tests/kit/harness.h"

#include <poll.h>
#include <string.h>

#include "proto/limits.h"

/* Silences that a server which gets it wrong would take for an ending. */
#define SILENCE_MS (3 * UNTERMINATED_MS)

FLOW_TEST(silence_ends_each_line_of_a_client_without_newlines)
{
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *client = test_client_open(server);

	test_client_send(client, "hello");
	test_client_expect(client, "Echo: hello");
	test_client_send(client, "/ping one");
	test_client_expect(client, "OK pong one");
	test_client_send(client, "/register ann secretpw");
	test_client_expect(client, "OK registered ann");
	test_client_send(client, "/login ann secretpw");
	test_client_match(client, "OK logged in as ann#*");
	test_client_send(client, "bad\001");
	test_client_match(client, "ERR bad-text *");
	test_client_send(client, "/quit");
	test_client_expect(client, "OK bye");
	test_client_expect_end(client);
	server_process_stop(server);
}

/* The server has read "hel", and some more a little later, which was sent at
 * *sent_ms; by then a silence of `most_ms` may not be over: a machine that is
 * as slow as that proves nothing, and another client tries again. */
static struct test_client *
send_in_two(struct server_process *server, const char *more, int64_t most_ms,
    int64_t *sent_ms)
{
	struct pollfd answer = {.events = POLLIN};
	struct test_client *client = NULL;
	int64_t start_ms;

	do {
		if (client)
			test_client_close(client);
		/* On a Unix socket it is seen what the server has read. */
		client = test_client_open_at(server->listen[1]);
		start_ms = harness_now_ms();
		test_client_send(client, "hel");
		test_client_await_taken(client);
		answer.fd = client->in.fd;
		poll(&answer, 1, SILENCE_MS);
		*sent_ms = harness_now_ms();
		test_client_send(client, "%s", more);
		test_client_await_taken(client);
	} while (harness_now_ms() - start_ms >= most_ms);
	return client;
}

FLOW_TEST(silence_ends_a_line_only_once_it_is_long_enough)
{
	struct server_process *server = server_process_start(engine,
	    "--unterminated-after=1000", "--listen=unix:{folder}/socket", NULL);
	int64_t sent_ms;
	struct test_client *client = send_in_two(server, "lo", 1000, &sent_ms);

	test_client_expect(client, "Echo: hello");
	cr_assert_geq(harness_now_ms() - sent_ms, 1000);
	server_process_stop(server);
}

FLOW_TEST(silence_ends_a_line_that_is_too_long)
{
	static char bytes[LINE_BYTES_MAX + 100];
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *client = test_client_open(server);

	memset(bytes, 'x', sizeof(bytes));
	test_client_send_bytes(client, bytes, sizeof(bytes));
	test_client_match(client, "ERR too-long *");
	test_client_send(client, "still here");
	test_client_expect(client, "Echo: still here");
	server_process_stop(server);
}

FLOW_TEST(silence_after_the_first_newline_ends_nothing)
{
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *client = test_client_open(server);

	test_client_send(client, "one\ntw");
	test_client_expect(client, "Echo: one");
	test_client_expect_silence(client, SILENCE_MS);
	test_client_send(client, "o\n");
	test_client_expect(client, "Echo: two");
	test_client_send(client, "three");
	test_client_expect_silence(client, SILENCE_MS);
	test_client_half_close(client);
	test_client_expect(client, "Echo: three");
	test_client_expect_end(client);
	server_process_stop(server);
}

/* CR NUL ends a line too, but it is no LF. */
FLOW_TEST(silence_ends_lines_of_a_client_that_has_sent_cr_nul_only)
{
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *client = test_client_open(server);

	test_client_send_bytes(client, "one\r\0two", 8);
	test_client_expect(client, "Echo: one");
	test_client_expect(client, "Echo: two");
	server_process_stop(server);
}

/* A newline after lines without one changes the mode all the same. */
FLOW_TEST(silence_ends_nothing_once_a_newline_has_come_late)
{
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *client = test_client_open(server);

	test_client_send(client, "one");
	test_client_expect(client, "Echo: one");
	test_client_send(client, "\n");
	test_client_expect(client, "Echo: ");
	test_client_send(client, "two");
	test_client_expect_silence(client, SILENCE_MS);
	test_client_send(client, "\r\n");
	test_client_expect(client, "Echo: two");
	server_process_stop(server);
}

FLOW_TEST(silence_that_is_turned_off_ends_nothing)
{
	struct server_process *server =
	    server_process_start(engine, "--unterminated-after", "0", NULL);
	struct test_client *client = test_client_open(server);

	test_client_send(client, "one");
	test_client_expect_silence(client, SILENCE_MS);
	test_client_half_close(client);
	test_client_expect(client, "Echo: one");
	test_client_expect_end(client);
	server_process_stop(server);
}

FLOW_TEST(silence_does_not_end_an_empty_line)
{
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *client = test_client_open(server);

	test_client_expect_silence(client, SILENCE_MS);
	/* Telnet's own bytes are no line either. */
	test_client_send(client, "\377\375\001");
	test_client_expect_bytes(client, "\377\374\001", 3);
	test_client_expect_silence(client, SILENCE_MS);
	test_client_half_close(client);
	test_client_expect_end(client);
	server_process_stop(server);
}

/* Set for the bytes before the first LF, it must not end what follows it. */
FLOW_TEST(silence_that_began_before_the_first_newline_ends_nothing)
{
	struct server_process *server = server_process_start(engine,
	    "--unterminated-after=2000", "--listen=unix:{folder}/socket", NULL);
	int64_t sent_ms;
	struct test_client *client =
	    send_in_two(server, "lo\n/pi", 2000, &sent_ms);

	test_client_expect(client, "Echo: hello");
	test_client_expect_silence(client, 2500);
	test_client_send(client, "ng x\n");
	test_client_expect(client, "OK pong x");
	server_process_stop(server);
}
