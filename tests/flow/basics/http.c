/*
 * A browser that is lured into talking to this server must not be able to make
 * it do anything. With --web off, an HTTP request as the first line ends the
 * connection; flow/basics/web.c has what is answered else.
 */
#include "tests/kit/harness.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "proto/limits.h"

#define OFF "--web=off"

/* Silences after which what there is is a line. */
#define SILENCE_MS (3 * UNTERMINATED_MS)

static const char *const requests[] = {
    "GET / HTTP/1.1",
    "GET /chat?room=a%20b HTTP/1.0",
    "POST /register HTTP/1.1",
    "OPTIONS * HTTP/1.1",
    "CONNECT 127.0.0.1:5000 HTTP/1.1",
    "PRI * HTTP/2.0",
};

#define REQUEST_COUNT (sizeof(requests) / sizeof(*requests))

FLOW_TEST(http_as_first_line_is_closed_without_answer)
{
	struct server_process *server = server_process_start(engine, OFF, NULL);

	for (size_t i = 0; i < REQUEST_COUNT; i++) {
		struct test_client *client = test_client_open(server);

		test_client_send(client,
		    "%s\r\nHost: a\r\n\r\n/register eve secretpw\n/whoami\n",
		    requests[i]);
		test_client_expect_end(client);
	}
	/* And nothing of it was done. */
	test_client_user(server, "eve");
	server_process_stop(server);
}

FLOW_TEST(http_unterminated_is_closed_without_answer)
{
	struct server_process *server = server_process_start(engine, OFF, NULL);

	for (size_t i = 0; i < REQUEST_COUNT; i++) {
		struct test_client *quiet = test_client_open(server);
		struct test_client *brief = test_client_open(server);

		test_client_send(quiet, "%s", requests[i]);
		test_client_send(brief, "%s", requests[i]);
		test_client_half_close(brief);
		test_client_expect_end(brief);
		test_client_expect_end(quiet);
	}
	server_process_stop(server);
}

/* Silence between the pieces does not make a line of the first one here,
 * however slow the machine is. */
FLOW_TEST(http_split_is_closed_without_answer)
{
	struct server_process *server = server_process_start(engine, OFF,
	    "--listen=unix:{folder}/socket", "--unterminated-after=0", NULL);

	for (size_t i = 0; i < REQUEST_COUNT; i++) {
		struct test_client *client =
		    test_client_open_at(server->listen[1]);

		test_client_send_pieces(client, requests[i],
		    strlen(requests[i]), strlen(requests[i]) / 2 + 1);
		/* A first line without an end may go on. */
		if (!strchr(requests[i], '\n'))
			test_client_half_close(client);
		test_client_expect_end(client);
	}
	server_process_stop(server);
}

/* Nor a packet that is lost amid the first line, while silence would end it. */
FLOW_TEST(http_that_stops_in_its_first_line_is_no_line)
{
	struct server_process *server = server_process_start(engine, NULL);
	struct server_process *off = server_process_start(engine, OFF, NULL);
	struct test_client *client = test_client_open(server);
	struct test_client *closed = test_client_open(off);

	test_client_send(closed, "POST /register?a=");
	test_client_expect_end(closed);
	test_client_send(client, "POST /register?a=");
	test_client_expect_silence(client, SILENCE_MS);
	test_client_send(
	    client, "b HTTP/1.1\r\nHost: a\r\n\r\n/register eve secretpw\n");
	test_client_match(client, "HTTP/1.1 405 *");
	test_client_close(client);
	test_client_user(server, "eve");
	server_process_stop(off);
	server_process_stop(server);
}

/* A long address must not be the way around. It comes in pieces; silence that
 * ends a line may be between them on a slow machine. */
FLOW_TEST(http_with_a_long_target_is_closed_without_answer)
{
	struct server_process *server = server_process_start(engine, OFF,
	    "--listen=unix:{folder}/socket", "--unterminated-after=0", NULL);
	static char target[6000], request[7000];
	int len;

	memset(target, 'a', sizeof(target) - 1);
	len = snprintf(request, sizeof(request),
	    "POST /%s HTTP/1.1\r\nHost: a\r\n\r\n/whoami\n", target);
	for (size_t size = 1000; size <= 7000; size += 1000) {
		struct test_client *client =
		    test_client_open_at(server->listen[1]);

		for (size_t at = 0; at < (size_t)len; at += size) {
			/* It may have been closed by now. */
			send(client->in.fd, request + at,
			    (size_t)len - at < size ? (size_t)len - at : size,
			    MSG_NOSIGNAL);
			test_client_await_taken(client);
		}
		test_client_expect_end(client);
		test_client_close(client);
	}
	server_process_stop(server);
}

/* Nor a long method, the whole line of which may be dropped as too long. A page
 * of a site whose name leads here may send any. */
FLOW_TEST(http_with_a_long_method_is_closed_without_answer)
{
	static char method[6000], request[7000];
	const char *line;
	struct server_process *server = server_process_start(engine, OFF,
	    "--listen=unix:{folder}/socket", "--unterminated-after=0", NULL);

	memset(method, 'a', sizeof(method) - 1);
	for (size_t len = 20; len < sizeof(method); len += 1990) {
		struct test_client *client = test_client_open(server);
		struct test_client *slow =
		    test_client_open_at(server->listen[1]);
		int size = snprintf(request, sizeof(request),
		    "%.*s /%.*s HTTP/1.1\r\nHost: a\r\n\r\n/whoami\n", (int)len,
		    method, 900, method);

		send(client->in.fd, request, (size_t)size, MSG_NOSIGNAL);
		test_client_expect_end(client);
		send(slow->in.fd, request, len, MSG_NOSIGNAL);
		test_client_await_taken(slow);
		send(slow->in.fd, request + len, (size_t)size - len,
		    MSG_NOSIGNAL);
		/* Its first line was dropped before it had ended, where the
		 * pieces came one by one, as they nearly always do. */
		line = len > 4096 ? harness_stream_line(&slow->in) : NULL;
		cr_assert(
		    !line || !strncmp(line, "ERR too-long ", 13), "%s", line);
		test_client_expect_end(slow);
	}
	server_process_stop(server);
}

/* Nor bytes that are no text. */
FLOW_TEST(http_with_bad_text_is_closed_without_answer)
{
	struct server_process *server = server_process_start(engine, OFF, NULL);
	struct test_client *client = test_client_open(server);

	test_client_send(
	    client, "GET /\351 HTTP/1.1\r\nHost: a\r\n\r\n/whoami\n");
	test_client_expect_end(client);
	server_process_stop(server);
}

/* Nor is it done with it, whatever is answered. */
FLOW_TEST(http_is_answered_and_nothing_of_it_done)
{
	struct server_process *server = server_process_start(engine, NULL);

	for (size_t i = 0; i < REQUEST_COUNT; i++) {
		struct test_client *client = test_client_open(server);

		test_client_send(client,
		    "%s\r\nHost: a\r\nConnection: close\r\n\r\n"
		    "/register eve secretpw\n/whoami\n",
		    requests[i]);
		test_client_match(client, "HTTP/1.1 *");
		test_client_close(client);
	}
	test_client_user(server, "eve");
	server_process_stop(server);
}

FLOW_TEST(http_as_second_line_is_text)
{
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *client = test_client_open(server);

	test_client_send(client, "hello\nGET / HTTP/1.1\n");
	test_client_expect(client, "Echo: hello");
	test_client_expect(client, "Echo: GET / HTTP/1.1");
	server_process_stop(server);
}

FLOW_TEST(http_like_sentences_are_text)
{
	static const char *const sentences[] = {"GET well soon", "GET",
	    "we speak HTTP/1.1", "get / http/1.1", "GET  / HTTP/1.1"};
	struct server_process *server = server_process_start(engine, NULL);

	for (size_t i = 0; i < sizeof(sentences) / sizeof(*sentences); i++) {
		struct test_client *client = test_client_open(server);

		test_client_send(client, "%s\n", sentences[i]);
		test_client_expect(client, "Echo: %s", sentences[i]);
		test_client_fence(client);
	}
	server_process_stop(server);
}

/* Where one thing alone is spoken, the other is not. */
FLOW_TEST(http_and_lines_have_listeners_of_their_own)
{
	struct server_process *server = server_process_start(engine,
	    "--listen=line://127.0.0.1:0", "--listen=http://127.0.0.1:0", NULL);
	struct test_client *client = test_client_open_at(server->listen[1]);

	test_client_send(client, "hello\n");
	test_client_expect(client, "Echo: hello");
	client = test_client_open_at(server->listen[1]);
	test_client_send(client, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
	test_client_expect_end(client);
	client = test_client_open_at(server->listen[2]);
	test_client_send(client, "hello\n");
	test_client_expect_end(client);
	client = test_client_open_at(server->listen[2]);
	test_client_send(client, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
	test_client_match(client, "HTTP/1.1 200 *");
	server_process_stop(server);
}

/* And where lines are not spoken none is said, whatever there is to say. */
FLOW_TEST(http_listener_says_nothing_to_who_does_not_ask)
{
	static char line[8192];
	struct server_process *server = server_process_start(
	    engine, "--listen=http://127.0.0.1:0", "--max-clients=4", NULL);
	struct test_client *silent = test_client_open_at(server->listen[1]);
	struct test_client *telnet = test_client_open_at(server->listen[1]);
	struct test_client *wordy = test_client_open_at(server->listen[1]);
	struct test_client *last = test_client_open(server);

	for (int i = 0; i < 4; i++)
		server_process_expect(server, "[[]NEW CONNECTION] *");
	test_client_expect_end(test_client_open_at(server->listen[1]));
	test_client_match(test_client_open(server), "ERR busy *");
	memset(line, 'x', sizeof(line) - 1);
	test_client_send(wordy, "%s\n/ping\n", line);
	test_client_expect_end(wordy);
	test_client_send_bytes(telnet, "\xff\xfd\x01", 3);
	server_process_type(server, "broadcast hear, hear\n");
	server_process_expect(server, "sent to 1 client");
	test_client_expect(last, "*** hear, hear");
	server_process_type(server, "exit\n");
	test_client_expect(last, "*** server is going down");
	test_client_expect_end(telnet);
	test_client_expect_end(silent);
	cr_assert_eq(server_process_wait(server), 0);
}
