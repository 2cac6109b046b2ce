/* Heads of HTTP requests: where they end, what is in them, what is wrong. */
#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

#include "proto/wire/request.h"

#define HOST "Host: a\r\n"

/* In a block of its own, so that a sanitizer sees every read past the end. */
static int
parse(const char *text, struct request *request)
{
	size_t len = strlen(text);
	char *copy = malloc(len);
	int status;

	memcpy(copy, text, len);
	status = request_parse(copy, len, request);
	free(copy);
	return status;
}

static void
expect_status(int status, const char *text)
{
	struct request request;

	cr_expect_eq(parse(text, &request), status, "%d, not %d: %s",
	    parse(text, &request), status, text);
}

static void
expect_span(struct span got, const char *text)
{
	cr_expect(span_equals(got, span_of(text)), "`%.*s` is not `%s`",
	    (int)got.len, got.at, text);
}

Test(wire_request, end_of_the_head_is_found_wherever_it_is_split)
{
	static const char *const heads[] = {"GET / HTTP/1.1\r\nA: b\r\n\r\n",
	    "GET / HTTP/1.1\nA: b\n\n", "GET / HTTP/1.1\r\nA: b\n\r\n"};

	for (size_t i = 0; i < 3; i++) {
		size_t len = strlen(heads[i]);

		for (size_t cut = 0; cut < len; cut++) {
			cr_expect_eq(request_head_bytes(heads[i], cut, 0), 0,
			    "%zu of %s", cut, heads[i]);
			cr_expect_eq(request_head_bytes(heads[i], len, cut),
			    len, "from %zu of %s", cut, heads[i]);
		}
	}
	cr_expect_eq(request_head_bytes("A\n\nB\n\n", 6, 0), 3);
}

Test(wire_request, what_it_asks_for_is_read)
{
	static const char head[] =
	    "GET /a/b?c=d HTTP/1.1\r\nhOST:  chat.example \r\n"
	    "Origin: https://chat.example\r\nIf-None-Match: \"x\"\r\n"
	    "Connection: keep-alive , UPGRADE\r\nUpgrade: h2c,WebSocket\r\n"
	    "Sec-WebSocket-Key: key\r\nSec-WebSocket-Version: 13\r\n"
	    "X-Other: \r\n\r\n";
	struct request request;

	cr_assert_eq(request_parse(head, sizeof(head) - 1, &request), 0);
	cr_expect_not(request.is_head);
	cr_expect(request.keeps);
	cr_expect(request.wants_upgrade);
	cr_expect(request.to_websocket);
	expect_span(request.path, "/a/b");
	expect_span(request.host, "chat.example");
	expect_span(request.origin, "https://chat.example");
	expect_span(request.if_none_match, "\"x\"");
	expect_span(request.key, "key");
	expect_span(request.version, "13");
}

Test(wire_request, connection_is_kept_unless_it_says_otherwise)
{
	static const struct {
		const char *head;
		bool keeps;
	} heads[] = {
	    {"HEAD / HTTP/1.1\r\n" HOST "\r\n", true},
	    {"HEAD / HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n", false},
	    {"HEAD / HTTP/1.0\r\n\r\n", false},
	    {"HEAD / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", false},
	};

	for (size_t i = 0; i < sizeof(heads) / sizeof(*heads); i++) {
		struct request request;

		cr_expect_eq(request_parse(heads[i].head, strlen(heads[i].head),
				 &request),
		    0, "%s", heads[i].head);
		cr_expect(request.is_head);
		cr_expect_eq(
		    request.keeps, heads[i].keeps, "%s", heads[i].head);
	}
}

Test(wire_request, words_are_whole_words)
{
	struct request request;

	cr_assert_eq(parse("GET / HTTP/1.1\r\n" HOST
			   "Connection: upgrades, no-upgrade\r\n"
			   "Upgrade: websockets\r\n\r\n",
			 &request),
	    0);
	cr_expect_not(request.wants_upgrade);
	cr_expect_not(request.to_websocket);
}

Test(wire_request, what_is_wrong_has_its_status)
{
	expect_status(405, "POST / HTTP/1.1\r\n" HOST "\r\n");
	expect_status(405, "BREW / HTTP/1.1\r\n" HOST "\r\n");
	expect_status(
	    405, "POST / HTTP/1.1\r\n" HOST "Content-Length: 1\r\n\r\n");
	expect_status(505, "GET / HTTP/2.0\r\n" HOST "\r\n");
	expect_status(400, "GET / HTTP/1.1\r\n\r\n");
	expect_status(400, "GET / HTTP/1.1\r\n" HOST HOST "\r\n");
	expect_status(400, "GET / HTTP/1.1\r\n" HOST " more\r\n\r\n");
	expect_status(400, "GET / HTTP/1.1\r\n" HOST "A b: c\r\n\r\n");
	expect_status(400, "GET / HTTP/1.1\r\n" HOST "A\x01: c\r\n\r\n");
	expect_status(400, "GET / HTTP/1.1\r\n" HOST "A: b\x01\r\n\r\n");
	expect_status(400, "GET / HTTP/1.1\r\n" HOST "A: b\x7f"
			   "c\r\n\r\n");
	expect_status(0, "GET / HTTP/1.1\r\n" HOST "A: b\tc\r\n\r\n");
	expect_status(400, "GET / HTTP/1.1\r\nHost: a b\r\n\r\n");
	expect_status(400, "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n");
	expect_status(400, "GET / HTTP/1.1\r\nHost: me@a\r\n\r\n");
	expect_status(0, "GET / HTTP/1.1\r\nHost:\r\n\r\n");
	expect_status(400, "GET http://me@a/ HTTP/1.1\r\n" HOST "\r\n");
	expect_status(400, "GET http://a#b HTTP/1.1\r\n" HOST "\r\n");
	expect_status(400, "GET /#b HTTP/1.1\r\n" HOST "\r\n");
	expect_status(400, "GET nowhere HTTP/1.1\r\n" HOST "\r\n");
	expect_status(400, "GET / HTTP/1.1\r\n" HOST "Content-Length: 1\r\n"
			   "\r\n");
	expect_status(400,
	    "GET / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n");
	expect_status(400,
	    "GET / HTTP/1.1\r\n" HOST "Transfer-Encoding: identity\r\n\r\n");
	expect_status(0, "GET / HTTP/1.1\r\n" HOST "Content-Length: 0\r\n"
			 "\r\n");
}

Test(wire_request, nul_in_a_value_is_wrong)
{
	static const char head[] = "GET / HTTP/1.1\r\n" HOST "A: b\0c\r\n\r\n";
	struct request request;

	cr_expect_eq(request_parse(head, sizeof(head) - 1, &request), 400);
}

Test(wire_request, host_of_the_target_counts_more_than_the_other)
{
	static const char *const heads[][3] = {
	    {"GET http://b/c HTTP/1.1\r\n" HOST "\r\n", "b", "/c"},
	    {"GET HTTP://b:80/c?d HTTP/1.1\r\n" HOST "\r\n", "b:80", "/c"},
	    {"GET http://[::1]:80/ HTTP/1.1\r\n" HOST "\r\n", "[::1]:80", "/"},
	    {"GET http://b HTTP/1.1\r\n" HOST "\r\n", "b", "/"},
	    {"GET http://b?c/d HTTP/1.1\r\n" HOST "\r\n", "b", "/"},
	    {"GET http://b? HTTP/1.1\r\n" HOST "\r\n", "b", "/"},
	    {"GET //b/c HTTP/1.1\r\n" HOST "\r\n", "a", "//b/c"},
	};

	for (size_t i = 0; i < sizeof(heads) / sizeof(*heads); i++) {
		struct request request;

		cr_expect_eq(
		    request_parse(heads[i][0], strlen(heads[i][0]), &request),
		    0, "%s", heads[i][0]);
		expect_span(request.host, heads[i][1]);
		expect_span(request.path, heads[i][2]);
	}
}

Test(wire_request, there_is_no_upgrade_before_1_1)
{
	struct request request;

	cr_assert_eq(parse("GET / HTTP/1.0\r\n" HOST "Connection: upgrade\r\n"
			   "Upgrade: websocket\r\n\r\n",
			 &request),
	    0);
	cr_expect_not(request.to_websocket);
}
