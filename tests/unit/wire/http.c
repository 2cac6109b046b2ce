/* A browser's first line, and lines that people might well type. */
#include <criterion/criterion.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "proto/wire/http.h"

/* The line ends where its memory ends, so that a read beyond is seen. */
static bool
is_request(const char *text)
{
	size_t len = strlen(text);
	char *exact = malloc(len + (len == 0));

	memcpy(exact, text, len);
	bool result = http_is_request((struct span){exact, len});
	free(exact);
	return result;
}

Test(http, request_lines_are_seen)
{
	static const char *const requests[] = {
	    "GET / HTTP/1.1",
	    "GET / HTTP/1.0",
	    "GET /?a=b&c=%20d HTTP/0.9",
	    "POST /register HTTP/1.1",
	    "OPTIONS * HTTP/1.1",
	    "CONNECT chat.example:443 HTTP/1.1",
	    "GET http://chat.example/ HTTP/1.1",
	    "PRI * HTTP/2.0",
	    "X x HTTP/9.9",
	    "GET \xC3\xA9\tx HTTP/1.1",
	    "patch / HTTP/1.1",
	    "Get /x HTTP/1.1",
	    "x-1! / HTTP/1.1",
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ / HTTP/1.1",
	};

	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++)
		cr_assert(is_request(requests[i]), "%s", requests[i]);
}

Test(http, sentences_are_no_requests)
{
	static const char *const sentences[] = {
	    "",
	    " ",
	    "GET",
	    "GET well soon",
	    "GET / HTTP",
	    "GET / HTTP/1",
	    "GET / HTTP/1.",
	    "GET / HTTP/1.10",
	    "GET / HTTP/11",
	    "GET / HTTP/a.1",
	    "GET / HTTP/1.b",
	    "GET / HTTP/1:1",
	    "GET / HTTP/1.1 ",
	    "GET / HTTPS/1.1",
	    "GET / http/1.1",
	    "get x HTTP/1.1",
	    "we speak HTTP/1.1",
	    " GET / HTTP/1.1",
	    "GET HTTP/1.1",
	    "GET  HTTP/1.1",
	    "GET   HTTP/1.1",
	    "GET  / HTTP/1.1",
	    "GET /  HTTP/1.1",
	    "GET /a b HTTP/1.1",
	    "GET /HTTP/1.1",
	    "GET\t/ HTTP/1.1",
	    " HTTP/1.1",
	    "HTTP/1.1",
	    "/ HTTP/1.1",
	    "HTTP/1.1 HTTP/1.1",
	    "//GET / HTTP/1.1",
	    "I THINK HTTP/1.1 is old",
	};

	for (size_t i = 0; i < sizeof(sentences) / sizeof(sentences[0]); i++)
		cr_assert_not(is_request(sentences[i]), "%s", sentences[i]);
}

Test(http, every_byte_but_those_of_a_token_ends_a_method)
{
	for (int c = 1; c <= 0xFF; c++) {
		char line[] = "G?T / HTTP/1.1";
		line[1] = (char)c;
		cr_assert_eq(is_request(line),
		    c < 0x80 && (isalnum(c) || strchr("!#$%&'*+-.^_`|~", c)),
		    "%02x", c);
	}
}

Test(http, every_part_of_a_request_is_no_request)
{
	static const char request[] = "DELETE /x HTTP/1.1";
	char part[sizeof(request)];

	for (size_t len = 0; len < sizeof(request) - 1; len++) {
		memcpy(part, request, len);
		part[len] = '\0';
		cr_assert_not(is_request(part), "%s", part);
	}
	cr_assert(is_request(request));
}

Test(http, long_target_gives_a_request_away_before_its_end)
{
	static char line[8192] = "POST /";

	memset(line + 6, 'a', sizeof(line) - 6);
	cr_assert(http_is_long_request((struct span){line, sizeof(line)}));
	cr_assert(
	    http_is_long_request((struct span){line, 5 + HTTP_BYTES_LONG + 1}));
	cr_assert_not(
	    http_is_long_request((struct span){line, 5 + HTTP_BYTES_LONG}));
	line[1000] = ' ';
	cr_assert_not(http_is_long_request((struct span){line, sizeof(line)}));
	line[1000] = '\n';
	cr_assert_not(http_is_long_request((struct span){line, sizeof(line)}));
	cr_assert_not(http_is_long_request(span_of("POST")));
	cr_assert_not(http_is_long_request(span_of("")));
}

Test(http, long_method_does_so_too)
{
	static char line[8192];

	memset(line, 'a', sizeof(line));
	cr_assert_not(http_is_long_request((struct span){line, sizeof(line)}));
	memcpy(line + HTTP_BYTES_LONG, " /", 2);
	cr_assert(
	    http_is_long_request((struct span){line, HTTP_BYTES_LONG + 2}));
	cr_assert_not(
	    http_is_long_request((struct span){line, HTTP_BYTES_LONG + 1}));
	cr_assert_not(
	    http_is_long_request((struct span){line + 1, HTTP_BYTES_LONG + 1}));
	line[HTTP_BYTES_LONG + 1] = 'x';
	cr_assert_not(
	    http_is_long_request((struct span){line, HTTP_BYTES_LONG + 2}));
}

Test(http, what_may_become_a_request_is_told_from_a_sentence)
{
	static const char *const begun[] = {
	    "GET /",
	    "POST /path",
	    "PATCH /x?a=b",
	    "GET /x ",
	    "GET /x HTT",
	    "GET /x HTTP/",
	    "GET /x HTTP/1.",
	    "GET /x HTTP/1.1",
	};
	static const char *const sentences[] = {
	    "",
	    "GET",
	    "GET ",
	    "GET well",
	    "try /help",
	    "/join dev",
	    "@1 /who is",
	    "GET /x y",
	    "GET /x  HTTP",
	    "GET /x\nHTTP",
	    "GET /x HTTP/1.1 is",
	};

	for (size_t i = 0; i < sizeof(begun) / sizeof(begun[0]); i++)
		cr_assert(
		    http_is_begun_request(span_of(begun[i])), "%s", begun[i]);
	for (size_t i = 0; i < sizeof(sentences) / sizeof(sentences[0]); i++)
		cr_assert_not(http_is_begun_request(span_of(sentences[i])),
		    "%s", sentences[i]);
}

Test(http, host_is_seen_in_any_case)
{
	cr_assert(http_is_host(span_of("Host: chat.example")));
	cr_assert(http_is_host(span_of("host:")));
	cr_assert_not(http_is_host(span_of("Host")));
	cr_assert_not(http_is_host(span_of("Host chat")));
	cr_assert_not(http_is_host(span_of("My Host: x")));
	cr_assert_not(http_is_host(span_of("")));
}
