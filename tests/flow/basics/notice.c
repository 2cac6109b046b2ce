/*
 * The operator's words to who has said nothing yet: he may be somebody who
 * listens, or a program that is about to begin TLS or HTTP, which a line in
 * clear would spoil. Neither knows how long the test takes between: what took
 * too long is tried again.
 */
#include <fcntl.h>
#include <string.h>

#include "tests/kit/tls_kit.h"

#define SOON_MS 700 /* within the second that notices wait for */

/* A client that has said nothing, and a notice that it has not been told. */
static struct test_client *
open_and_notify(struct server_process *server)
{
	struct test_client *client = test_client_open(server);

	server_process_expect(server, "[[]NEW CONNECTION] *");
	server_process_type(server, "broadcast hear, hear\n");
	server_process_expect(server, "sent to 1 client*");
	return client;
}

static bool
was_soon(int64_t start_ms)
{
	return harness_now_ms() - start_ms < SOON_MS;
}

FLOW_TEST(notice_is_heard_by_who_only_listens)
{
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *client = open_and_notify(server);

	server_process_type(server, "broadcast again\n");
	test_client_expect(client, "*** hear, hear");
	test_client_expect(client, "*** again");
	/* Then he is known to listen, and more is said. */
	server_process_type(server, "broadcast once more\n");
	test_client_expect(client, "*** once more");
	test_client_fence(client);
	server_process_stop(server);
}

FLOW_TEST(notice_comes_before_the_first_answer)
{
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *client = open_and_notify(server);

	test_client_send(client, "\x01\nhello\n");
	test_client_expect(client, "*** hear, hear");
	test_client_match(client, "ERR bad-text *");
	test_client_expect(client, "Echo: hello");
	server_process_stop(server);
}

FLOW_TEST(notice_comes_before_the_goodbye)
{
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *client = open_and_notify(server);

	server_process_type(server, "exit\n");
	test_client_expect(client, "*** hear, hear");
	test_client_expect(client, "*** server is going down");
	test_client_expect_end(client);
	cr_assert_eq(server_process_wait(server), 0);
}

FLOW_TEST(notice_is_not_in_the_way_of_a_request)
{
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *client;
	bool is_answered;
	int64_t start_ms;

	do {
		start_ms = harness_now_ms();
		client = open_and_notify(server);
		test_client_send(
		    client, "GET /icon.svg HTTP/1.1\r\nHost: a\r\n\r\n");
		is_answered =
		    !strcmp(test_client_line(client), "HTTP/1.1 200 OK\r");
		test_client_close(client);
		server_process_expect(server, "[[]DISCONNECTED] *");
	} while (!is_answered && !was_soon(start_ms));
	cr_assert(is_answered);
	server_process_stop(server);
}

FLOW_TEST(notice_is_not_in_the_way_of_tls)
{
	struct server_process *server = tls_kit_start(engine, NULL);
	struct test_client *client;
	int64_t start_ms;
	SSL *ssl;

	for (;;) {
		start_ms = harness_now_ms();
		client = open_and_notify(server);
		ssl = tls_kit_connect(client->in.fd, NULL);
		if (ssl || was_soon(start_ms))
			break;
		test_client_close(client);
		server_process_expect(server, "[[]DISCONNECTED] *");
	}
	cr_assert_not_null(ssl);
	client->in.tls = ssl;
	cr_assert_eq(fcntl(client->in.fd, F_SETFL, O_NONBLOCK), 0);
	test_client_send(client, "/ping\n");
	test_client_expect(client, "*** hear, hear");
	test_client_expect(client, "OK pong");
	server_process_stop(server);
}
