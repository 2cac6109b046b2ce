/* What strangers send, however they send it, and what it can cost. */
#include "tests/kit/harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "proto/limits.h"

#define BYTES(literal) literal, sizeof(literal) - 1

#define OUTPUT_BYTES (32 * 1024)

/* --- split anywhere --- */

/* Every kind of thing that can come, telnet first so that the peer is known to
 * speak it; ~ stands for a run of LINE_BYTES_MAX letters. ann exists. */
static const char script[] =
    "\377\375\003\377\373\030"
    "/ping one\r\n"
    "@t-1 /ping  two  words \r\0"
    "caf\303\251 \342\202\254 \360\237\230\200\n"
    "sub\377\372\030\001\n\377\377x\377\360negotiated\n"
    "\303(\n"
    "a\342\202\n"
    "a\377\377b\n"
    "a\377\n"
    "a\033[31mb\n"
    "a\302\233b\r\0"
    "a\0b\n"
    "a\rb\r\n"
    "~\n"
    "~\r\n"
    "~~\n"
    "~x\r\0"
    "/login ann\r\n"
    "secr\377\361etpw\r\0"
    "/b hi \303\274\n"
    "/FORMAT json\n"
    "@j /topic lobby\n"
    "@j /nope\n"
    "//slash\377\376\001\n"
    "/format text\n"
    "/login ann wrongword\n"
    "/logout\n"
    "@t /register ann secretpw\n"
    "\n"
    "last \303\251";

#define BAD  "ERR bad-text only UTF-8 text without control characters\n"
#define LONG "ERR too-long a line may have 4096 bytes\n"

/* Without the client's number. */
static const char answers[] =
    "OK pong one\n"
    "@t-1 OK pong two  words \n"
    "Echo: caf\303\251 \342\202\254 \360\237\230\200\n"
    "Echo: subnegotiated\n" BAD BAD BAD BAD BAD BAD BAD BAD "Echo: ~\n"
    "Echo: ~\n" LONG LONG "Password: OK logged in as ann#\n"
    "[ann#] hi \303\274\n"
    "{\"event\":\"reply\",\"re\":\"format\",\"ok\":true,"
    "\"text\":\"format json\"}\n"
    "{\"event\":\"reply\",\"re\":\"topic\",\"ok\":true,\"tag\":\"j\","
    "\"text\":\"#lobby has no topic\"}\n"
    "{\"event\":\"reply\",\"re\":\"unknown\",\"ok\":false,\"tag\":\"j\","
    "\"code\":\"unknown-command\",\"text\":\"no such command; try /help\"}\n"
    "{\"event\":\"echo\",\"text\":\"/slash\"}\n"
    "OK format text\n"
    "ERR already-logged-in you are logged in as ann; /logout first\n"
    "OK logged out\n"
    "@t ERR name-taken ann is taken\n"
    "Echo: \n"
    "Echo: last \303\251\n";

/* Refused, but for the echo that we offer while a password is typed. */
static const char telnet_answers[] = "\374\003\376\030\373\001";

struct bytes {
	char at[OUTPUT_BYTES];
	size_t len;
};

static void
put(struct bytes *out, char byte)
{
	cr_assert_lt(out->len, OUTPUT_BYTES);
	out->at[out->len++] = byte;
}

/* ~ is a run. */
static void
put_all(struct bytes *out, const char *text, size_t len)
{
	out->len = 0;
	for (size_t i = 0; i < len; i++)
		for (int n = text[i] == '~' ? LINE_BYTES_MAX : 1; n > 0; n--)
			put(out, text[i] == '~' ? 'r' : text[i]);
}

/* All that comes up to the end: what is telnet's by itself, for it answers at
 * once and not in the lines' order; the client's number left out. */
static void
take_all(struct test_client *client, struct bytes *text, struct bytes *telnet)
{
	struct harness_stream *in = &client->in;
	int64_t deadline_ms = harness_now_ms() + HARNESS_DEADLINE_MS;
	bool number = false;

	text->len = telnet->len = 0;
	while (harness_stream_fill(in, deadline_ms))
		;
	for (size_t i = in->start; i < in->len; i++) {
		char c = in->bytes[i];

		number = c == '#' || (number && c >= '0' && c <= '9');
		if (c == '\377' && i + 2 < in->len) {
			put(telnet, in->bytes[++i]);
			put(telnet, in->bytes[++i]);
		} else if (!number || c == '#') {
			put(text, c);
		}
	}
}

static void
is_same(const struct bytes *got, const struct bytes *wanted, size_t where)
{
	size_t i = 0;

	while (i < got->len && i < wanted->len && got->at[i] == wanted->at[i])
		i++;
	if (i < got->len || i < wanted->len)
		harness_fail("split at %zu: byte %zu: `%s`, not `%s`", where, i,
		    harness_quote(got->at + i, got->len - i),
		    harness_quote(wanted->at + i, wanted->len - i));
}

/* Nothing but more of the same, on both sides? */
static bool
is_amid_a_run(const struct bytes *all, size_t at)
{
	size_t from = at < 3 ? 0 : at - 3;

	return at + 3 < all->len && !memcmp(all->at + from, "rrrrrr", 6) &&
	       at % 512 != 0;
}

FLOW_TEST(hostile_input_split_anywhere_is_answered_the_same)
{
	static struct bytes all, text, telnet, wanted, telnet_wanted;
	struct server_setup setup = {.engine = engine,
	    .no_reactors = true,
	    .args = {"--reactors=1", "--unterminated-after=0",
		"--listen=unix:{folder}/socket"}};
	struct server_process *server = server_process_start_with(&setup);
	struct test_client *client = test_client_user(server, "ann");

	test_client_close(client);
	put_all(&all, BYTES(script));
	put_all(&wanted, BYTES(answers));
	put_all(&telnet_wanted, BYTES(telnet_answers));
	for (size_t at = 0; at <= all.len; at++) {
		if (is_amid_a_run(&all, at))
			continue;
		client = test_client_open_at(server->listen[1]);
		if (at == all.len) { /* once byte by byte */
			test_client_send_pieces(client, all.at, all.len, 1);
		} else {
			test_client_send_bytes(client, all.at, at);
			test_client_await_taken(client);
			test_client_send_bytes(
			    client, all.at + at, all.len - at);
		}
		test_client_half_close(client);
		take_all(client, &text, &telnet);
		is_same(&text, &wanted, at);
		is_same(&telnet, &telnet_wanted, at);
		test_client_close(client);
	}
	server_process_stop(server);
}

/* --- web clients --- */

static const char *const methods[] = {"GET", "HEAD", "POST", "PUT", "DELETE",
    "CONNECT", "OPTIONS", "TRACE", "PATCH", "PRI", "PROPFIND", "BREW"};

/* Whatever of it comes first. */
FLOW_TEST(hostile_http_verb_split_anywhere_is_closed_without_answer)
{
	struct server_process *server =
	    server_process_start(engine, "--web=off", "--unterminated-after=0",
		"--listen=unix:{folder}/socket", NULL);

	for (size_t i = 0; i < sizeof(methods) / sizeof(*methods); i++) {
		char request[64];
		size_t len = (size_t)snprintf(request, sizeof(request),
		    "%s / HTTP/1.1\r\n/whoami\n", methods[i]);

		for (size_t at = 1; request[at - 1] != '\n'; at++) {
			struct test_client *client =
			    test_client_open_at(server->listen[1]);

			test_client_send_bytes(client, request, at);
			test_client_await_taken(client);
			/* It may have been closed by now. */
			send(client->in.fd, request + at, len - at,
			    MSG_NOSIGNAL);
			test_client_expect_end(client);
			test_client_close(client);
		}
	}
	server_process_stop(server);
}

/* --- names --- */

/* As in ASCII, whatever the operator's language: a Turkish i is no i, and the
 * sign for Kelvin is no k. */
FLOW_TEST(hostile_names_are_folded_as_ascii_and_no_further)
{
	static const char *const others[] = {"\304\261nk", "\304\260NK",
	    "in\342\204\252", "\357\274\251NK", "\303\215nk", "i\314\207nk"};
	struct server_setup setup = {.engine = engine,
	    .variables = {"LC_ALL=tr_TR.UTF-8", "LANG=tr_TR.UTF-8"}};
	struct server_process *server = server_process_start_with(&setup);
	struct test_client *ink = test_client_user(server, "Ink");
	struct test_client *guest = test_client_open(server);

	test_client_send(guest, "/register INK secretpw\n");
	test_client_expect(guest, "ERR name-taken INK is taken");
	test_client_send(guest, "/register iNk secretpw\n");
	test_client_expect(guest, "ERR name-taken iNk is taken");
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		test_client_send(guest, "/register %s secretpw\n", others[i]);
		test_client_match(guest, "ERR bad-name *");
		test_client_send(guest, "/login %s secretpw\n", others[i]);
		test_client_match(guest, "ERR bad-name *");
		test_client_send(ink, "/msg %s hi\n", others[i]);
		test_client_match(ink, "ERR bad-name *");
		test_client_send(ink, "/join %s\n", others[i]);
		test_client_match(ink, "ERR bad-room *");
	}
	test_client_send(guest, "/PING\n/P\304\260NG\n/p\304\261ng\n");
	test_client_expect(guest, "OK pong");
	test_client_match(guest, "ERR unknown-command *");
	test_client_match(guest, "ERR unknown-command *");
	test_client_send(ink, "/join INK\n/join ink\n");
	test_client_match(ink, "OK joined #ink (1 members)");
	test_client_match(ink, "OK joined #ink (1 members)");
	test_client_enter(guest, "INK");
	server_process_stop(server);
}

/* --- formats --- */

#define FORMATS "%n%s%p%1$n%999999d%%"

FLOW_TEST(hostile_formats_are_text)
{
	struct server_process *server =
	    server_process_start(engine, "--log-level=debug", NULL);
	struct test_client *ann = test_client_user(server, "ann");
	struct test_client *ben = test_client_user(server, "ben");

	test_client_send(ann, "%s\n", FORMATS);
	test_client_expect(ann, "Echo: %s", FORMATS);
	test_client_send(ann, "/ping %s\n/msg ben %s\n", FORMATS, FORMATS);
	test_client_expect(ann, "OK pong %s", FORMATS);
	test_client_expect(ann, "OK sent to ben (1 sessions)");
	test_client_expect(ben, "[ann#%lu -> you] %s", ann->id, FORMATS);
	test_client_send(ann, "/join a\n/topic a %s\n/topic a\n", FORMATS);
	test_client_match(ann, "OK joined *");
	test_client_expect(
	    ann, "*** #a: ann#%lu set the topic: %s", ann->id, FORMATS);
	test_client_expect(ann, "OK topic set");
	test_client_expect(ann, "OK #a: %s", FORMATS);
	test_client_send(ann, "/%s\n/help %s\n/login %s x\n/join %s\n", FORMATS,
	    FORMATS, FORMATS, FORMATS);
	for (int i = 0; i < 4; i++)
		test_client_match(ann, "ERR *");
	test_client_send(ann, "/format json\n%s\n/format text\n", FORMATS);
	test_client_match(ann, "{*");
	test_client_match(ann, "{*\"text\":\"%s\"}", FORMATS);
	test_client_expect(ann, "OK format text");
	server_process_type(server, "%s\nhelp %s\nlist %s\nbroadcast %s\n",
	    FORMATS, FORMATS, FORMATS, FORMATS);
	server_process_expect(server, "no such command: %s *", FORMATS);
	test_client_expect(ben, "*** %s", FORMATS);
	server_process_type(server, "kick ben %s\n", FORMATS);
	test_client_expect(ben, "*** you were kicked: %s", FORMATS);
	server_process_stop(server);
}

/* --- memory --- */

#define GUESTS       1000
#define SENT_BYTES   (64 * 1024) /* by each, if it is taken */
#define GUEST_BYTES  (20 * 1024) /* what one may cost, on the average */
#define KINDS        4           /* of them */
#define SILENT       40
#define SILENT_BYTES (256 * 1024) /* that one may cost that does not read */

static long
memory_kib(const struct server_process *server)
{
	char path[64], line[128];
	long kib = -1;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", server->pid);
	file = fopen(path, "re");
	cr_assert_not_null(file);
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "RssAnon: %ld kB", &kib) == 1)
			break;
	fclose(file);
	cr_assert_geq(kib, 0);
	return kib;
}

/* A line without end; questions whose answers are not read; telnet options, the
 * same; and what telnet has no end of. */
static size_t
make_flood(int kind, char out[SENT_BYTES])
{
	static const char *const rests[] = {
	    "x", "", "\377\375\003\377\373\030", "more and more"};
	char rest[2048];
	size_t len, piece;

	snprintf(rest, sizeof(rest), "/ping %02000d\n", 0);
	if (*rests[kind])
		snprintf(rest, sizeof(rest), "%s", rests[kind]);
	piece = strlen(rest);
	memcpy(out, "\377\372\030", 3);
	for (len = kind == 3 ? 3 : 0; len + piece < SENT_BYTES; len += piece)
		memcpy(out + len, rest, piece);
	return len;
}

/* Sends until nothing more is taken, or all is sent. */
static size_t
pour(struct test_client *guest, const char *bytes, size_t len)
{
	size_t at = 0;
	ssize_t sent;

	while (at < len && (sent = send(guest->in.fd, bytes + at, len - at,
				MSG_DONTWAIT | MSG_NOSIGNAL)) > 0)
		at += (size_t)sent;
	return at;
}

/* How much it has grown, once it has nothing more to take. */
static long
grown_kib(const struct server_process *server, struct test_client *honest,
    long before)
{
	long most = before;

	for (int still = 0; still < 50; still++) {
		long now = memory_kib(server);

		test_client_fence(honest);
		if (now > most)
			still = 0;
		most = now > most ? now : most;
	}
	return most - before;
}

/* The sanitizer would keep what was freed. With one reactor, who is answered
 * knows that the others have had their turn. */
static struct server_process *
start_without_quarantine(const char *engine)
{
	struct server_setup setup = {.engine = engine,
	    .no_reactors = true,
	    .args = {"--reactors=1", "--unterminated-after=0",
		"--listen=unix:{folder}/socket"},
	    .variables = {"ASAN_OPTIONS=quarantine_size_mb=0:"
			  "thread_local_quarantine_size_kb=0"}};

	return server_process_start_with(&setup);
}

/* Before it logs in a client costs a line, however much it sends. */
FLOW_TEST(hostile_guests_by_the_thousand_cost_a_bounded_memory)
{
	static char floods[KINDS][SENT_BYTES];
	struct server_process *server = start_without_quarantine(engine);
	struct test_client *honest = test_client_user(server, "ann");
	long before = memory_kib(server);
	size_t lens[KINDS];

	for (int kind = 0; kind < KINDS; kind++)
		lens[kind] = make_flood(kind, floods[kind]);
	for (int i = 0; i < GUESTS; i++) {
		int kind = i % 10 < 2 ? 1 + i % 10 : i % 2 ? 3 : 0;

		pour(test_client_open(server), floods[kind], lens[kind]);
	}
	cr_expect_lt(
	    grown_kib(server, honest, before), GUESTS * GUEST_BYTES / 1024);
	server_process_stop(server);
}

/* And a few buffers if it asks and does not read. */
FLOW_TEST(hostile_guests_that_do_not_read_cost_a_bounded_memory)
{
	static char flood[SENT_BYTES];
	struct server_process *server = start_without_quarantine(engine);
	struct test_client *honest = test_client_user(server, "ann");
	long before = memory_kib(server);
	size_t len = make_flood(1, flood), taken;
	struct test_client *guests[SILENT];

	for (int i = 0; i < SILENT; i++)
		guests[i] = test_client_open_at(server->listen[1]);
	do {
		taken = 0;
		for (int i = 0; i < SILENT; i++)
			taken += pour(guests[i], flood, len);
		for (int i = 0; i < 20; i++)
			test_client_fence(honest);
	} while (taken > 0);
	cr_expect_lt(
	    grown_kib(server, honest, before), SILENT * SILENT_BYTES / 1024);
	server_process_stop(server);
}
