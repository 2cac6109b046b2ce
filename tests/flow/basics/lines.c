/*
 * Framing, seen from outside: the same bytes give the same answers however
 * they arrive, and a broken line is answered once and harms nothing else.
 */
#include "tests/kit/harness.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/limits.h"

#define BYTES(literal) literal, sizeof(literal) - 1

/* An unterminated line would be taken after a silence, which a loaded machine
 * may put anywhere. */
#define NO_SILENCE "--unterminated-after=0"

/* Every kind of line, with every kind of ending; ann exists. */
static const char script[] = "/whoami\r\n"
			     "hello\n"
			     "@t1 /ping a  b\r\0"
			     "/login ann secretpw\n"
			     "/b hi there\r\n"
			     "caf\303\251\377\375\001!\n"
			     "/nope\r\0"
			     "bad\001\n"
			     "//slash\n"
			     "/logout\n"
			     "\n"
			     "last";

/* fnmatch patterns; ID stands for the client's number. */
static const char *const script_answers[] = {
    "OK guest#ID",
    "Echo: hello",
    "@t1 OK pong a  b",
    "OK logged in as ann#ID",
    "\\[ann#ID] hi there",
    "Echo: caf\303\251!",
    "ERR unknown-command *",
    "ERR bad-text *",
    "Echo: /slash",
    "OK logged out",
    "Echo: ",
    "Echo: last",
    NULL,
};

/* Takes the refusals of telnet's option out of a line; they may stand before
 * any line. */
static unsigned
cut_refusals(char *line)
{
	unsigned count = 0;
	char *at;

	while ((at = strstr(line, "\377\374\001")) != NULL) {
		memmove(at, at + 3, strlen(at + 3) + 1);
		count++;
	}
	return count;
}

static void
put_id(char *out, size_t size, const char *answer, const char *id)
{
	const char *at = strstr(answer, "ID");

	if (at)
		snprintf(out, size, "%.*s%s%s", (int)(at - answer), answer, id,
		    at + 2);
	else
		snprintf(out, size, "%s", answer);
}

static void
check_script(struct test_client *client, const char *what, size_t where)
{
	char id[32] = "";
	unsigned refusals = 0;

	for (int i = 0; script_answers[i]; i++) {
		char pattern[128], line[256];

		snprintf(line, sizeof(line), "%s", test_client_line(client));
		refusals += cut_refusals(line);
		if (i == 0 && sscanf(line, "OK guest#%31s", id) != 1)
			harness_fail(
			    "%s %zu: no client id: %s", what, where, line);
		put_id(pattern, sizeof(pattern), script_answers[i], id);
		if (fnmatch(pattern, line, 0) != 0)
			harness_fail("%s %zu: expected `%s`, got `%s`", what,
			    where, pattern, harness_quote(line, strlen(line)));
	}
	test_client_expect_end(client);
	cr_assert_eq(refusals, 1, "%s %zu: option refused %u times", what,
	    where, refusals);
}

static struct server_process *
start_with_socket(const char *engine)
{
	struct server_process *server = server_process_start(
	    engine, NO_SILENCE, "--listen=unix:{folder}/socket", NULL);
	struct test_client *ann = test_client_user(server, "ann");

	test_client_close(ann);
	return server;
}

/* Only a Unix socket tells when the first part has been read. */
FLOW_TEST(lines_split_at_every_position_answer_the_same)
{
	struct server_process *server = start_with_socket(engine);

	for (size_t at = 0; at <= sizeof(script) - 1; at++) {
		struct test_client *client =
		    test_client_open_at(server->listen[1]);

		test_client_send_bytes(client, script, at);
		test_client_await_taken(client);
		test_client_send_bytes(
		    client, script + at, sizeof(script) - 1 - at);
		test_client_half_close(client);
		check_script(client, "split at", at);
		test_client_close(client);
	}
	server_process_stop(server);
}

FLOW_TEST(lines_in_pieces_of_any_size_answer_the_same)
{
	struct server_process *server = start_with_socket(engine);

	for (size_t size = 1; size <= 16; size++) {
		for (unsigned i = 0; i < 2; i++) {
			struct test_client *client =
			    test_client_open_at(server->listen[i]);

			test_client_send_pieces(client, BYTES(script), size);
			test_client_half_close(client);
			check_script(client, "pieces of", size);
			test_client_close(client);
		}
	}
	server_process_stop(server);
}

/* `len` x and an ending; returns the bytes in all. */
static size_t
make_line(char *out, size_t len, const char *ending, size_t ending_len)
{
	memset(out, 'x', len);
	memcpy(out + len, ending, ending_len);
	return len + ending_len;
}

static void
expect_x(struct test_client *client, size_t len)
{
	char line[LINE_BYTES_MAX + 8] = "Echo: ";

	memset(line + 6, 'x', len);
	test_client_expect(client, "%s", line);
}

static const struct {
	size_t len;
	const char *ending;
	size_t ending_len;
} limit_cases[] = {
    {LINE_BYTES_MAX, BYTES("\n")},
    {LINE_BYTES_MAX, BYTES("\r\n")},
    {LINE_BYTES_MAX, BYTES("\r\0")},
    {LINE_BYTES_MAX + 1, BYTES("\n")},
    {LINE_BYTES_MAX + 1, BYTES("\r\n")},
    {LINE_BYTES_MAX + 1, BYTES("\r\0")},
    {LINE_BYTES_MAX + 2, BYTES("\n")},
    {3 * LINE_BYTES_MAX, BYTES("\r\n")},
    {100000, BYTES("\n")},
};

#define LIMIT_CASE_COUNT (sizeof(limit_cases) / sizeof(*limit_cases))

FLOW_TEST(lines_at_the_limit_are_taken_and_over_it_refused)
{
	static char bytes[100002];
	struct server_process *server = start_with_socket(engine);
	struct test_client *client = test_client_open_at(server->listen[1]);

	for (size_t i = 0; i < LIMIT_CASE_COUNT; i++) {
		size_t len = limit_cases[i].len;
		size_t all = make_line(bytes, len, limit_cases[i].ending,
		    limit_cases[i].ending_len);

		for (size_t at = LINE_BYTES_MAX - 2;
		     at < all && at < LINE_BYTES_MAX + 5; at++) {
			test_client_send_bytes(client, bytes, at);
			test_client_await_taken(client);
			test_client_send_bytes(client, bytes + at, all - at);
			if (len <= LINE_BYTES_MAX)
				expect_x(client, len);
			else
				test_client_match(client, "ERR too-long *");
			test_client_fence(client);
		}
	}
	server_process_stop(server);
}

FLOW_TEST(lines_over_the_limit_at_end_of_input_are_refused)
{
	static char bytes[2 * LINE_BYTES_MAX];
	struct server_process *server = server_process_start(engine, NULL);

	for (size_t len = LINE_BYTES_MAX - 1; len < LINE_BYTES_MAX + 4; len++) {
		struct test_client *client = test_client_open(server);

		make_line(bytes, len, "", 0);
		test_client_send_bytes(client, bytes, len);
		test_client_half_close(client);
		if (len <= LINE_BYTES_MAX)
			expect_x(client, len);
		else
			test_client_match(client, "ERR too-long *");
		test_client_expect_end(client);
	}
	server_process_stop(server);
}

static const struct {
	const char *bytes;
	size_t len;
} bad_texts[] = {
    {BYTES("a\0b\n")}, /* NUL */
    {BYTES("\0\n")},
    {BYTES("a\rb\n")}, /* CR inside */
    {BYTES("\r\r\n")},
    {BYTES("a\033[31mb\n")}, /* escape */
    {BYTES("\b\n")},
    {BYTES("a\177\n")},      /* DEL */
    {BYTES("a\302\205b\n")}, /* C1 */
    {BYTES("\302\237\n")},
    {BYTES("a\200b\n")}, /* stray continuation */
    {BYTES("a\303\n")},  /* cut short */
    {BYTES("a\342\202\n")},
    {BYTES("\300\257\n")}, /* overlong */
    {BYTES("\340\200\257\n")},
    {BYTES("\355\240\200\n")},     /* surrogate */
    {BYTES("\364\220\200\200\n")}, /* above U+10FFFF */
    {BYTES("a\377\377b\n")},       /* telnet's way to say 0xFF */
    {BYTES("a\377zb\n")},          /* no telnet command */
    {BYTES("a\377\n")},
    {BYTES("/whoami\001\n")},
    {BYTES("@t /ping \v\r\n")},
};

FLOW_TEST(lines_with_bad_text_are_refused_once)
{
	struct server_process *server = start_with_socket(engine);
	struct test_client *client = test_client_open_at(server->listen[1]);

	for (size_t i = 0; i < sizeof(bad_texts) / sizeof(*bad_texts); i++) {
		for (size_t at = 0; at < bad_texts[i].len; at++) {
			test_client_send_bytes(client, bad_texts[i].bytes, at);
			test_client_await_taken(client);
			test_client_send_bytes(client, bad_texts[i].bytes + at,
			    bad_texts[i].len - at);
			test_client_match(client, "ERR bad-text *");
			test_client_fence(client);
		}
	}
	test_client_send(client, "a\tb\n");
	test_client_expect(client, "Echo: a\tb");
	server_process_stop(server);
}

/* Every control character by itself, of C0 and of C1. */
FLOW_TEST(lines_with_any_control_character_are_refused)
{
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *client = test_client_open(server);

	for (int c = 1; c < 0x20; c++) {
		if (c == '\t' || c == '\n')
			continue;
		test_client_send(client, "a%cb\n", c);
		test_client_match(client, "ERR bad-text *");
	}
	for (int c = 0x80; c < 0xa0; c++) {
		test_client_send(client, "a\302%cb\n", c);
		test_client_match(client, "ERR bad-text *");
	}
	test_client_send(client, "\302\240\n");
	test_client_expect(client, "Echo: \302\240");
	test_client_fence(client);
	server_process_stop(server);
}

FLOW_TEST(lines_that_are_broken_reach_nobody)
{
	static char bytes[LINE_BYTES_MAX + 16] = "/b ";
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *ann = test_client_user(server, "ann");
	struct test_client *ben = test_client_user(server, "ben");

	memset(bytes + 3, 'x', LINE_BYTES_MAX - 2);
	strcpy(bytes + LINE_BYTES_MAX + 1, "\n");
	test_client_send_bytes(
	    ann, BYTES("/b a\001b\n/b a\0b\n/b a\377\377\n"));
	test_client_send(ann, "%s", bytes);
	test_client_send(ann, "/b whole\n");
	for (int i = 0; i < 3; i++)
		test_client_match(ann, "ERR bad-text *");
	test_client_match(ann, "ERR too-long *");
	test_client_expect(ann, "[ann#%lu] whole", ann->id);
	test_client_expect(ben, "[ann#%lu] whole", ann->id);
	server_process_stop(server);
}
