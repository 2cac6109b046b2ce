/* HTTP on the port that others speak lines on. */
#include "tests/kit/elsewhere.h"
#include "tests/kit/web_client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OK  "HTTP/1.1 200 OK"
#define GET "GET / HTTP/1.1\r\nHost: a\r\n"

/* A header's value, or NULL. */
static const char *
value_of(const char *head, const char *name)
{
	static char value[512];
	const char *at = strcasestr(head, name);

	if (!at)
		return NULL;
	snprintf(value, sizeof(value), "%s", at + strlen(name));
	value[strcspn(value, "\n")] = '\0';
	return value;
}

/* Takes a body of the length that the head says, and returns its beginning. */
static const char *
take_body(struct test_client *client, const char *head)
{
	static char body[65536];
	const char *length = value_of(head, "\nContent-Length: ");
	size_t len;

	cr_assert(length);
	len = (size_t)atol(length);
	cr_assert_lt(len, sizeof(body));
	while (client->in.len - client->in.start < len)
		cr_assert(harness_stream_fill(
		    &client->in, harness_now_ms() + HARNESS_DEADLINE_MS));
	memcpy(body, client->in.bytes + client->in.start, len);
	body[len] = '\0';
	client->in.start += len;
	return body;
}

/* A request on a connection of its own has this answer, and then the end. */
static void
expect_refusal(
    struct server_process *server, const char *request, const char *status)
{
	struct test_client *client = test_client_open(server);
	char text[128];

	test_client_send_bytes(client, request, strlen(request));
	snprintf(text, sizeof(text), "HTTP/1.1 %s", status);
	take_body(client, web_client_head(client, text));
	test_client_expect_end(client);
}

FLOW_TEST(web_page_is_served_with_what_keeps_it_safe)
{
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *client = test_client_open(server);
	const char *head;

	test_client_send(client, GET "\r\n");
	head = web_client_head(client, OK);
	cr_expect_str_eq(
	    value_of(head, "\nContent-Type: "), "text/html; charset=utf-8");
	cr_expect_str_eq(
	    value_of(head, "\nX-Content-Type-Options: "), "nosniff");
	cr_expect_str_eq(value_of(head, "\nReferrer-Policy: "), "no-referrer");
	cr_expect(strstr(value_of(head, "\nContent-Security-Policy: "),
	    "default-src 'none'; script-src 'self'"));
	cr_expect(strstr(take_body(client, head), "<title>throng</title>"));
	/* On the same connection. */
	test_client_send(client, "GET /app.js?v=1 HTTP/1.1\r\nHost: a\r\n\r\n");
	head = web_client_head(client, OK);
	cr_expect_str_eq(value_of(head, "\nContent-Type: "),
	    "text/javascript; charset=utf-8");
	take_body(client, head);
	test_client_send(client, "HEAD /style.css HTTP/1.1\r\nHost: a\r\n"
				 "Connection: close\r\n\r\n");
	head = web_client_head(client, OK);
	cr_expect_str_eq(
	    value_of(head, "\nContent-Type: "), "text/css; charset=utf-8");
	cr_expect_gt(atol(value_of(head, "\nContent-Length: ")), 0);
	test_client_expect_end(client);
	server_process_stop(server);
}

FLOW_TEST(web_file_that_is_known_is_not_sent_again)
{
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *client = test_client_open(server);
	char etag[64];
	const char *head;

	test_client_send(client, GET "\r\n");
	head = web_client_head(client, OK);
	snprintf(etag, sizeof(etag), "%s", value_of(head, "\nETag: "));
	take_body(client, head);
	test_client_send(
	    client, GET "If-None-Match: \"other\", %s\r\n\r\n", etag);
	head = web_client_head(client, "HTTP/1.1 304 Not Modified");
	cr_expect_str_eq(value_of(head, "\nETag: "), etag);
	cr_expect_null(value_of(head, "\nContent-Length: "));
	test_client_send(client, GET "If-None-Match: \"other\"\r\n\r\n");
	take_body(client, web_client_head(client, OK));
	server_process_stop(server);
}

FLOW_TEST(web_requests_in_one_packet_are_answered_in_order)
{
	static const char *const types[] = {
	    "text/css", "text/html", "image/svg+xml", "text/javascript"};
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *client = test_client_open(server);

	test_client_send(client,
	    "GET /style.css HTTP/1.1\r\nHost: a\r\n\r\n" GET "\r\n"
	    "GET /icon.svg HTTP/1.1\nHost: a\n\n\r\n"
	    "GET /app.js HTTP/1.1\r\nHost: a\r\n\r\n" WEB_CLIENT_REQUEST
	    "\r\n");
	for (size_t i = 0; i < 4; i++) {
		const char *head = web_client_head(client, OK);

		cr_expect_eq(strncmp(value_of(head, "\nContent-Type: "),
				 types[i], strlen(types[i])),
		    0);
		take_body(client, head);
	}
	web_client_head(client, "HTTP/1.1 101 Switching Protocols");
	web_client_send(client, "/whoami");
	web_client_match(client, "{*\"text\":\"guest#*\"}");
	server_process_stop(server);
}

FLOW_TEST(web_request_split_anywhere_is_the_same)
{
	static const char request[] =
	    "GET /style.css HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
	struct server_process *server = server_process_start(engine,
	    "--unterminated-after=0", "--listen=unix:{folder}/socket", NULL);

	for (size_t size = 1; size < sizeof(request); size++) {
		struct test_client *client =
		    test_client_open_at(server->listen[1]);

		test_client_send_pieces(
		    client, request, sizeof(request) - 1, size);
		take_body(client, web_client_head(client, OK));
		test_client_expect_end(client);
		test_client_close(client);
	}
	server_process_stop(server);
}

FLOW_TEST(web_what_is_not_there_or_not_right_is_refused)
{
	static const struct {
		const char *request, *status;
	} refusals[] = {
	    {"GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n", "404 Not Found"},
	    {"GET /picture.png HTTP/1.1\r\nHost: a\r\n\r\n", "404 Not Found"},
	    {"GET /../etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n", "404 Not Found"},
	    {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
		"405 Method Not Allowed"},
	    {"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "405 Method Not Allowed"},
	    {"NONSENSE / HTTP/1.1\r\nHost: a\r\n\r\n",
		"405 Method Not Allowed"},
	    {"GET / HTTP/1.1\r\n\r\n", "400 Bad Request"},
	    {"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "400 Bad Request"},
	    {"GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n", "400 Bad Request"},
	    {"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
		"400 Bad Request"},
	    {"GET / HTTP/1.1\r\nHost: a\r\n"
	     "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"400 Bad Request"},
	    {"GET / HTTP/1.1\r\nno colon\r\n\r\n", "400 Bad Request"},
	    {"GET / HTTP/2.0\r\nHost: a\r\n\r\n",
		"505 HTTP Version Not Supported"},
	    {"GET /ws HTTP/1.1\r\nHost: a\r\n\r\n", "426 Upgrade Required"},
	};
	struct server_process *server = server_process_start(engine, NULL);

	for (size_t i = 0; i < sizeof(refusals) / sizeof(*refusals); i++)
		expect_refusal(server, refusals[i].request, refusals[i].status);
	server_process_stop(server);
}

FLOW_TEST(web_head_over_8_kib_is_refused)
{
	struct server_process *server = server_process_start(engine, NULL);
	static char request[9000];
	struct test_client *client;
	int len;

	len = snprintf(request, sizeof(request), GET "X: ");
	memset(request + len, 'x', 8192);
	expect_refusal(server, request, "431 Request Header Fields Too Large");
	len = snprintf(request, sizeof(request), "GET /");
	memset(request + len, 'x', 8192);
	request[len + 8192] = '\0';
	expect_refusal(server, request, "431 Request Header Fields Too Large");
	/* And one of just as many is not. */
	client = test_client_open(server);
	len = snprintf(request, sizeof(request), GET "X: ");
	memset(request + len, 'x', sizeof(request) - (size_t)len);
	memcpy(request + 8192 - 4, "\r\n\r\n", 5);
	test_client_send_bytes(client, request, 8192);
	take_body(client, web_client_head(client, OK));
	server_process_stop(server);
}

FLOW_TEST(web_connection_has_a_hundred_requests)
{
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *client = test_client_open(server);

	for (int i = 1; i <= 100; i++) {
		const char *head;

		test_client_send(client, "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
		head = web_client_head(client, OK);
		cr_expect_eq(strstr(head, "\nConnection: close\n") != NULL,
		    i == 100, "at %d: %s", i, head);
	}
	test_client_expect_end(client);
	server_process_stop(server);
}

FLOW_TEST(web_head_that_does_not_come_is_waited_for_a_while)
{
	struct server_process *server =
	    server_process_start(engine, "--web-timeout=1", NULL);
	struct test_client *half = test_client_open(server);
	struct test_client *quiet = test_client_open(server);

	test_client_send(half, "GET / HTTP/1.1\r\nHost:");
	test_client_send(quiet, GET "\r\n");
	take_body(quiet, web_client_head(quiet, OK));
	take_body(half, web_client_head(half, "HTTP/1.1 408 Request Timeout"));
	test_client_expect_end(half);
	test_client_expect_end(quiet);
	server_process_stop(server);
}

/* What the chat says is not for who only asks for the page. */
FLOW_TEST(web_answers_have_nothing_of_the_chat_in_them)
{
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *ann = test_client_user(server, "ann");
	struct test_client *client = test_client_open(server);

	test_client_send(client, "GET /app.js HTTP/1.1\r\nHost: a\r\n\r\n");
	take_body(client, web_client_head(client, OK));
	server_process_type(server, "broadcast nobody's notice\n");
	test_client_expect(ann, "*** nobody's notice");
	test_client_send(client, GET "\r\n");
	take_body(client, web_client_head(client, OK));
	server_process_type(server, "exit\n");
	test_client_expect_end(client);
	cr_assert_eq(server_process_wait(server), 0);
}

/* What is asked for is not the log's business, a password least of all. */
FLOW_TEST(web_requests_are_not_logged)
{
	static const char key[] =
	    "Upgrade: websocket\r\nConnection: Upgrade\r\n"
	    "Sec-WebSocket-Version: 13\r\n"
	    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
	struct server_process *server =
	    server_process_start(engine, "--log-level=debug", NULL);
	char request[512];

	expect_refusal(server,
	    "GET /secretpath?password=secretpw HTTP/1.1\r\nHost: secret\r\n"
	    "Referer: http://secret/?secretpw\r\nCookie: secret\r\n"
	    "Authorization: Basic secret\r\nUser-Agent: secret\r\n\r\n",
	    "404 Not Found");
	expect_refusal(server, "SECRET /secret HTTP/1.1\r\nHost: a\r\n\r\n",
	    "405 Method Not Allowed");
	expect_refusal(server, "GET secret HTTP/1.1\r\nSecret: \x01\r\n\r\n",
	    "400 Bad Request");
	snprintf(request, sizeof(request),
	    "GET /ws?secret HTTP/1.1\r\nHost: secret.example\r\n"
	    "Origin: http://other.example\r\n%s",
	    key);
	expect_refusal(server, request, "403 Forbidden");
	server_process_stop(server);
	cr_expect(strstr(server_process_errors(server), "reason=http"));
	cr_expect(strstr(server_process_errors(server),
	    "reason=origin origin=http://other.example\n"));
	cr_expect_null(strcasestr(server_process_errors(server), "secret"));
}

FLOW_TEST(web_is_read_by_another_program)
{
	struct server_process *server = server_process_start(engine, NULL);
	char command[512];

	if (system("python3 -c 0 2>/dev/null") != 0)
		cr_skip_test("there is no python3 on this machine");
	snprintf(command, sizeof(command),
	    "python3 -c 'import sys, urllib.request as u\n"
	    "page = u.urlopen(sys.argv[1], timeout=10)\n"
	    "sys.exit(b\"<title>throng\" not in page.read())' http://%s/",
	    strstr(server->listen[0], "127.0.0.1:"));
	cr_assert_eq(system(command), 0);
	server_process_stop(server);
}

static void
expect_counts(struct test_client *client, const char *metric)
{
	const char *head;

	test_client_send(client, "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n"
				 "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
	head = web_client_head(client, OK);
	cr_expect_str_eq(
	    value_of(head, "\nContent-Type: "), "text/plain; version=0.0.4");
	cr_expect(strstr(take_body(client, head), metric));
	cr_expect_str_eq(
	    take_body(client, web_client_head(client, OK)), "ok\n");
}

FLOW_TEST(web_counts_are_told_to_this_machine)
{
	struct server_process *server =
	    server_process_start(engine, "--web-metrics=local", NULL);

	test_client_user(server, "ann");
	for (int i = 0; i < 3; i++)
		expect_counts(
		    test_client_open(server), "\nthrong_connections ");
	server_process_stop(server);
}

FLOW_TEST(web_counts_are_not_for_strangers)
{
	struct server_process *server;
	struct test_client *stranger;
	const char *head;

	elsewhere_begin();
	server = elsewhere_start(engine, "--web-metrics=local", NULL);
	expect_counts(elsewhere_open_local(server), "\nthrong_connections ");
	stranger = elsewhere_open(server, 7);
	test_client_send(stranger, "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n");
	head = web_client_head(stranger, "HTTP/1.1 404 Not Found");
	take_body(stranger, head);
	test_client_expect_end(stranger);
	server_process_stop(server);
}

/* Nor for a page of another site, whose name leads here. */
FLOW_TEST(web_counts_are_not_for_other_sites)
{
	struct server_process *server =
	    server_process_start(engine, "--web-metrics=local", NULL);

	expect_refusal(server,
	    "GET /metrics HTTP/1.1\r\nHost: evil.example:5000\r\n\r\n",
	    "404 Not Found");
	server_process_stop(server);
}

FLOW_TEST(web_counts_are_not_told_by_default)
{
	struct server_process *server = server_process_start(engine, NULL);

	expect_refusal(server, "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n",
	    "404 Not Found");
	expect_refusal(server, "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n",
	    "404 Not Found");
	server_process_stop(server);
}
