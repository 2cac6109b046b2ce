/*
 * Characters that drive a terminal or break a line (C0, DEL, C1, as UTF-8 or
 * bare), sent by every way that a text can take: none of them comes out again
 * anywhere, be it at another client's, the console, the control socket, the
 * log or the metrics.
 */
#include "tests/kit/harness.h"

#include <stdio.h>
#include <string.h>

#define TEXT_BYTES 256

/* Where the character stands, X; never at the end, where CR ends a line. */
static const char *const ways[] = {
    "Xb",
    "aXb",
    "//Xb",
    "@tXg /ping",
    "/Xb",
    "/b aXb",
    "/say lobby aXb",
    "/say dXv hi",
    "/msg ben aXb",
    "/msg bXn hi",
    "/topic dev aXb",
    "/topic dXv news",
    "/join dXv",
    "/join dev since=X1",
    "/leave dXv",
    "/who dXv",
    "/history dXv 3",
    "/format teXt",
    "/ping aXb",
    "/help aXb",
    "/register eXe secretpw",
    "/register eve secXretpw",
    "/login eXe wrongword",
    "/login ben wrongXword",
    "/passwd secXretpw otherwise",
    "/unregister secXretpw",
    "/quit aXb",
};

#define WAYS (sizeof(ways) / sizeof(*ways))

/* What the operator may type. */
static const char *const orders[] = {
    "aXb",
    "help aXb",
    "list aXb",
    "accounts aXb",
    "broadcast aXb",
    "kick ben aXb",
    "kick bXn",
    "mute bXn",
    "unmute bXn",
    "ban bXn 1h",
    "ban ben 1Xh",
    "unban bXn",
    "passwd bXn",
    "log Xinfo",
};

#define ORDERS (sizeof(orders) / sizeof(*orders))

/* The n-th character; false when there are no more. */
static bool
bad_character(unsigned n, char out[4])
{
	memset(out, 0, 4);
	if (n < 0x20)
		out[0] = n == 0 || n == '\t' || n == '\n' ? '\177' : (char)n;
	else if (n < 0x40)
		snprintf(out, 4, "\302%c", (int)(n + 0x60));
	else if (n < 0x60)
		out[0] = (char)(n + 0x40);
	return n < 0x60;
}

static const char *
put_character(char out[TEXT_BYTES], const char *way, const char *character)
{
	const char *at = strchr(way, 'X');

	snprintf(out, TEXT_BYTES, "%.*s%s%s\n", (int)(at - way), way, character,
	    at + 1);
	return out;
}

/* No byte that is not text, but for line ends and tabs. */
static void
is_clean(const char *what, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)bytes[i];
		unsigned char next =
		    (unsigned char)(i + 1 < len ? bytes[i + 1] : 0);
		bool control = c < 0x20 && c != '\n' && c != '\t';
		bool c1 = c == 0xc2 && next >= 0x80 && next < 0xa0;

		if (control || c == 0x7f || c1 || (c >= 0x80 && c < 0xa0))
			harness_fail("%s: %s", what,
			    harness_quote(bytes + (i < 50 ? 0 : i - 50), 100));
	}
}

struct folk {
	struct server_process *server;
	struct test_client *ann, *ben, *cat, *guest; /* cat reads JSON */
	struct test_client *control;
	char metrics[80]; /* the console's line that tells where they are */
};

static void
folk_open(struct folk *folk, const char *engine, const char *format)
{
	char url[160];

	folk->server = server_process_start(engine, "--log={folder}/log",
	    "--log-level=debug", "--log-format", format,
	    "--control={folder}/control", "--metrics=tcp://127.0.0.1:0",
	    "--listen=unix:{folder}/socket", NULL);
	snprintf(folk->metrics, sizeof(folk->metrics), "%s",
	    server_process_expect(folk->server, "\\[METRICS] *"));
	folk->ann = test_client_user(folk->server, "ann");
	folk->ben = test_client_user(folk->server, "ben");
	folk->cat = test_client_user(folk->server, "cat");
	folk->guest = test_client_open(folk->server);
	test_client_send(folk->cat, "/format json\n/join dev\n");
	test_client_match(folk->cat, "*format json*");
	test_client_match(folk->cat, "*joined #dev (1 members)*");
	test_client_send(folk->ben, "/join dev\n");
	test_client_match(folk->ben, "OK joined #dev (2 *");
	test_client_match(folk->cat, "{\"event\":\"join\",*");
	test_client_send(folk->ann, "/join dev\n");
	test_client_match(folk->ann, "OK joined #dev (3 *");
	test_client_match(folk->ben, "*ann#* joined");
	test_client_match(folk->cat, "{\"event\":\"join\",*");
	snprintf(url, sizeof(url), "unix:%s/control", folk->server->folder);
	folk->control = test_client_open_at(url);
}

/* Each by each way: refused, and the connection in sync. */
static void
says_all(struct test_client *client)
{
	char text[TEXT_BYTES], character[4];

	for (size_t way = 0; way < WAYS; way++) {
		for (unsigned n = 0; bad_character(n, character); n++)
			test_client_send(client, "%s",
			    put_character(text, ways[way], character));
		for (unsigned n = 0; bad_character(n, character); n++)
			test_client_match(client, "ERR bad-text *");
	}
	test_client_fence(client);
}

/* The same as a password that was asked for. */
static void
answers_prompt(struct test_client *client)
{
	char text[TEXT_BYTES], character[4];

	for (unsigned n = 0; bad_character(n, character); n++) {
		test_client_send(client, "/login ben\n%s",
		    put_character(text, "aXb", character));
		test_client_match(client, "Password: ERR bad-text *");
	}
	test_client_fence(client);
}

static void
orders_all(struct folk *folk)
{
	char text[TEXT_BYTES], character[4];

	for (size_t i = 0; i < ORDERS; i++)
		for (unsigned n = 0; bad_character(n, character); n++) {
			put_character(text, orders[i], character);
			server_process_type(folk->server, "%s", text);
			test_client_send(folk->control, "%s", text);
			test_client_match(folk->control, "ERR a line is *");
		}
	test_client_send_bytes(folk->control, "kick ben\0ny\n", 12);
	test_client_match(folk->control, "ERR a line is *");
	test_client_send(folk->control, "kick ben good bye\n");
	test_client_match(folk->control, "?kicked 1 *");
	test_client_match(folk->control, "OK");
	server_process_type(folk->server, "broadcast that is all\n");
	server_process_expect(folk->server, "sent to * clients");
}

/* Nothing of it has come to these, and they go on. */
static void
heard_nothing(struct folk *folk)
{
	test_client_fence(folk->ben);
	test_client_send(folk->cat, "/ping fence\n");
	test_client_match(folk->cat, "{*\"re\":\"ping\",*");
}

/* One event is one line, in either form. */
static void
log_is_clean(const struct server_process *server, bool json)
{
	char path[96], line[2048];
	unsigned lines = 0;
	FILE *log;

	snprintf(path, sizeof(path), "%s/log", server->folder);
	log = fopen(path, "re");
	cr_assert_not_null(log);
	while (fgets(line, sizeof(line), log)) {
		size_t len = strlen(line);

		is_clean("the log", line, len);
		cr_assert_eq(line[len - 1], '\n');
		if (json)
			cr_assert(strncmp(line, "{\"time\":\"20", 11) == 0 &&
				      line[len - 2] == '}',
			    "%s", line);
		else
			cr_assert(strncmp(line, "20", 2) == 0 &&
				      strstr(line, "Z ") == line + 23,
			    "%s", line);
		lines++;
	}
	fclose(log);
	cr_assert_gt(lines, 10);
}

static void
metrics_are_clean(const char *line)
{
	const char *at = strstr(line, "://");
	struct test_client *client;
	char url[64];

	snprintf(
	    url, sizeof(url), "tcp%.*s", (int)strcspn(at + 3, "/") + 3, at);
	client = test_client_open_at(url);
	test_client_send(client, "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n");
	test_client_expect(client, "HTTP/1.1 200 OK\r");
	while ((line = harness_stream_line(&client->in)) != NULL)
		is_clean("the metrics", line, strcspn(line, "\r"));
}

static void
console_is_clean(struct server_process *server)
{
	const char *line;

	test_client_close_all();
	server_process_type(server, "exit\n");
	while ((line = server_process_line(server)) != NULL)
		is_clean("the console", line, strlen(line));
	cr_assert_eq(server_process_wait(server), 0);
	line = server_process_errors(server);
	is_clean("standard error", line, strlen(line));
}

static void
goes_nowhere(const char *engine, const char *format)
{
	struct folk folk;

	folk_open(&folk, engine, format);
	says_all(folk.ann);
	says_all(folk.guest);
	answers_prompt(folk.guest);
	heard_nothing(&folk);
	orders_all(&folk);
	test_client_expect(folk.ben, "*** you were kicked: good bye");
	test_client_expect_end(folk.ben);
	metrics_are_clean(folk.metrics);
	console_is_clean(folk.server);
	log_is_clean(folk.server, strcmp(format, "json") == 0);
}

FLOW_TEST(hostile_characters_come_out_nowhere)
{
	goes_nowhere(engine, "text");
}

FLOW_TEST(hostile_characters_come_out_nowhere_of_json)
{
	goes_nowhere(engine, "json");
}

/* The terminal's own sequences are in its output: none that was sent is. */
static void
terminal_is_clean(const char *bytes, size_t len)
{
	static const char *const around[] = {"aXb", "eXe", "dXv", "bXn"};
	char text[TEXT_BYTES], character[4];

	for (int i = 0; i < 4; i++)
		for (unsigned n = 0; bad_character(n, character); n++) {
			put_character(text, around[i], character);
			if (memmem(bytes, len, text, strlen(text) - 1))
				harness_fail("the terminal: %s",
				    harness_quote(text, strlen(text)));
		}
}

FLOW_TEST(hostile_characters_do_not_reach_the_terminal)
{
	struct server_setup setup = {.engine = engine,
	    .input = HARNESS_INPUT_TERMINAL,
	    .variables = {"TERM=xterm"}};
	struct server_process *server = server_process_start_with(&setup);
	struct test_client *ann = test_client_user(server, "ann");
	const char *line;

	says_all(ann);
	says_all(test_client_open(server));
	server_process_type(server, "list\nrooms\naccounts\n");
	test_client_close_all();
	server_process_type(server, "exit\n");
	while ((line = server_process_line(server)) != NULL)
		terminal_is_clean(line, strlen(line));
	cr_assert_eq(server_process_wait(server), 0);
}

/* Files that are shown to users, or quoted where they are wrong. */
FLOW_TEST(hostile_characters_in_a_file_are_not_quoted)
{
	static const char *const options[] = {"--motd={folder}/file",
	    "--bans={folder}/file", "--config={folder}/file"};
	struct server_process *first = server_process_start(engine, NULL);
	char path[96], text[TEXT_BYTES], character[4];

	snprintf(path, sizeof(path), "%s/file", first->folder);
	server_process_stop(first);
	for (size_t i = 0; i < 3; i++)
		for (unsigned n = 1; bad_character(n, character); n += 40) {
			struct server_process *server;
			const char *errors;
			FILE *file = fopen(path, "we");

			put_character(text, "aXb = c", character);
			cr_assert_geq(fputs(text, file), 0);
			cr_assert_eq(fclose(file), 0);
			server = server_process_launch(
			    &(struct server_setup){.engine = engine,
				.folder = first->folder,
				.args = {options[i]}});
			cr_assert_neq(server_process_wait(server), 0);
			errors = server_process_errors(server);
			is_clean("standard error", errors, strlen(errors));
			cr_assert(strstr(errors, "file:1: "), "%s", errors);
		}
}
