/* The words that all peers' readers share, and what each peer's makes of the
 * bytes that its server sends. */
#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

#include "bench/peer/peer.h"

#define TEXT "p0001 n00000001 hello"

struct sample {
	const char *bytes;
	enum peer_kind kind;
	const char *from; /* NULL: of no interest */
	const char *text; /* the same */
};

/* In a block of its own, so that a sanitizer sees every read past the end. */
static enum peer_kind
read_alone(const struct peer *peer, struct span bytes, struct peer_frame *frame)
{
	char *copy = malloc(bytes.len + 1);
	enum peer_kind kind;

	cr_assert_not_null(copy);
	memcpy(copy + 1, bytes.at, bytes.len);
	kind = peer->read((struct span){copy + 1, bytes.len}, frame);
	free(copy);
	return kind;
}

static void
expect_span(struct span got, const char *expected, const char *bytes)
{
	if (expected)
		cr_expect(span_equals(got, span_of(expected)),
		    "in %s: %.*s is not %s", bytes, (int)got.len, got.at,
		    expected);
}

/* Whole, cut anywhere, and with more behind it. */
static void
expect_sample(const struct peer *peer, const struct sample *sample)
{
	struct span bytes = span_of(sample->bytes);
	struct peer_frame frame = {0};
	char longer[512];

	for (size_t cut = 0; cut < bytes.len; cut++)
		cr_expect_eq(
		    read_alone(peer, (struct span){bytes.at, cut}, &frame),
		    PEER_MORE, "%zu of %s", cut, sample->bytes);
	cr_assert_lt(bytes.len, sizeof longer / 2);
	strcpy(longer, sample->bytes);
	strcat(longer, sample->bytes);
	cr_expect_eq(peer->read(span_of(longer), &frame), sample->kind, "%s",
	    sample->bytes);
	cr_expect_eq(frame.len, bytes.len, "%s", sample->bytes);
	expect_span(frame.from, sample->from, sample->bytes);
	expect_span(frame.text, sample->text, sample->bytes);
}

static void
expect_samples(
    const struct peer *peer, const struct sample samples[], size_t count)
{
	for (size_t i = 0; i < count; i++)
		expect_sample(peer, &samples[i]);
}

#define expect_all(peer, samples)                                              \
	expect_samples(peer, samples, sizeof samples / sizeof *samples)

Test(bench_peer, peers_are_found_by_name)
{
	cr_expect_eq(peer_find("throng"), &peer_throng);
	cr_expect_eq(peer_find("json"), &peer_json);
	cr_expect_eq(peer_find("web"), &peer_web);
	cr_expect_eq(peer_find("redis"), &peer_redis);
	cr_expect_eq(peer_find("nats"), &peer_nats);
	cr_expect_eq(peer_find("irc"), &peer_irc);
	cr_expect_null(peer_find("icq"));
}

Test(bench_peer, words_and_numbers_are_taken_off_the_front)
{
	struct span text = span_of("since=17 left");
	uint64_t number = 0;

	cr_expect_not(peer_skip(&text, "until="));
	cr_expect(peer_skip(&text, "since="));
	cr_expect(peer_skip_number(&text, &number));
	cr_expect_eq(number, 17);
	expect_span(text, " left", "the rest");
	cr_expect_not(peer_skip_number(&text, &number));
	text = span_of("12345678901234567890");
	cr_expect_not(peer_skip_number(&text, &number), "it may overflow");
}

Test(bench_peer, throng_lines_are_known)
{
	static const struct sample samples[] = {
	    {"[bench-x-1#17] " TEXT "\n", PEER_DELIVERY, "bench-x-1#17", TEXT},
	    {"Echo: " TEXT "\n", PEER_ANSWER, NULL, TEXT},
	    {"OK logged in as bob#2\n", PEER_READY, "bob#2", NULL},
	    {"OK registered bob\n", PEER_READY, "bob", NULL},
	    {"*** back in five minutes\n", PEER_NOTHING, NULL, NULL},
	    {"ERR busy try again\n", PEER_WRONG, NULL, "ERR busy try again"},
	    {"[bob#2 -> you] hi\n", PEER_WRONG, NULL, NULL},
	    {"[bob#2]hi\n", PEER_WRONG, NULL, NULL},
	    {"[] hi\n", PEER_WRONG, NULL, NULL},
	    {"[bob#2\n", PEER_WRONG, NULL, NULL},
	    {"*** #lobby: starts over\n", PEER_WRONG, NULL, NULL},
	    {"OK pong\n", PEER_WRONG, NULL, NULL},
	    {"\n", PEER_WRONG, NULL, NULL},
	};

	expect_all(&peer_throng, samples);
}

#define JSON_MESSAGE                                                           \
	"{\"event\":\"message\",\"room\":\"lobby\",\"seq\":7,\"from\":"        \
	"\"bob\","                                                             \
	"\"client\":2,\"time\":\"2026-11-24T18:20:17.113Z\",\"text\":\"" TEXT  \
	"\"}"
#define JSON_REPLY "{\"event\":\"reply\",\"re\":"

Test(bench_peer, throng_objects_are_known)
{
	static const struct sample samples[] = {
	    {JSON_MESSAGE "\n", PEER_DELIVERY, "", TEXT},
	    {"{\"event\":\"echo\",\"text\":\"" TEXT "\"}\n", PEER_ANSWER, NULL,
		TEXT},
	    {JSON_REPLY "\"login\",\"ok\":true,\"name\":\"bob\",\"client\":2,"
			"\"text\":\"logged in as bob#2\"}\n",
		PEER_READY, "bob#2", NULL},
	    {JSON_REPLY "\"register\",\"ok\":true,\"text\":\"registered bob\"}"
			"\n",
		PEER_READY, "bob", NULL},
	    {JSON_REPLY "\"format\",\"ok\":true,\"text\":\"format json\"}\n",
		PEER_NOTHING, NULL, NULL},
	    {JSON_REPLY "\"ping\",\"ok\":true,\"text\":\"pong ready\"}\n",
		PEER_ANSWER, NULL, "ready"},
	    {"{\"event\":\"gap\",\"room\":\"lobby\",\"after\":3,\"missed\":2}"
	     "\n",
		PEER_GAP, NULL, NULL},
	    {JSON_REPLY "\"login\",\"ok\":false,\"code\":\"busy\","
			"\"text\":\"logged in as bob#2\"}\n",
		PEER_WRONG, NULL, NULL},
	    {"{\"event\":\"message\",\"room\":\"lobby\"}\n", PEER_WRONG, NULL,
		NULL},
	    {"[bob#2] " TEXT "\n", PEER_WRONG, NULL, NULL},
	};

	expect_all(&peer_json, samples);
}

Test(bench_peer, web_frames_are_known)
{
	static const struct sample samples[] = {
	    {"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n",
		PEER_NOTHING, NULL, NULL},
	    {"HTTP/1.1 403 Forbidden\r\n\r\n", PEER_WRONG, NULL, NULL},
	    {"\x82\x02hi", PEER_WRONG, NULL, NULL},
	    {"\x88\x02\x03\xe8", PEER_WRONG, NULL, NULL},
	};
	struct peer_frame frame = {0};
	char bytes[300] = "\x81\x7e";

	expect_all(&peer_web, samples);
	bytes[2] = 0;
	bytes[3] = (char)strlen(JSON_MESSAGE);
	strcpy(bytes + 4, JSON_MESSAGE);
	for (size_t cut = 0; cut < 4 + strlen(JSON_MESSAGE); cut++)
		cr_expect_eq(
		    read_alone(&peer_web, (struct span){bytes, cut}, &frame),
		    PEER_MORE, "%zu", cut);
	cr_assert_eq(peer_web.read((struct span){bytes, sizeof(bytes)}, &frame),
	    PEER_DELIVERY);
	cr_expect_eq(frame.len, 4 + strlen(JSON_MESSAGE));
	expect_span(frame.text, TEXT, "a frame");
}

Test(bench_peer, web_says_it_in_a_masked_frame)
{
	static const char said[] = "\x81\x88\0\0\0\0/b hello";
	char out[PEER_AROUND_BYTES + 200], text[200];

	cr_assert_eq(peer_web.publish(out, span_of("hello")), sizeof(said) - 1);
	cr_expect_eq(memcmp(out, said, sizeof(said) - 1), 0);
	memset(text, 'x', sizeof(text));
	cr_assert_eq(peer_web.request(out, (struct span){text, sizeof(text)}),
	    8 + sizeof(text));
	cr_expect_eq(memcmp(out, "\x81\xfe\x00\xc8\0\0\0\0x", 9), 0);
}

Test(bench_peer, throng_rooms_are_known_by_name)
{
	static const struct sample samples[] = {
	    {"#dev [bob#2] " TEXT "\n", PEER_SAID, "bob#2", TEXT},
	    {"#dev [bob#2 " TEXT "\n", PEER_WRONG, NULL, NULL},
	    {"#dev " TEXT "\n", PEER_WRONG, NULL, NULL},
	    {"#dev\n", PEER_WRONG, NULL, NULL},
	    {"# [bob#2] " TEXT "\n", PEER_WRONG, NULL, NULL},
	    {"OK joined #dev (12 members)\n", PEER_JOINED, NULL, NULL},
	    {"OK joined #dev (x members)\n", PEER_WRONG, NULL, NULL},
	    {"*** #dev: bob#2 joined\n", PEER_COMING, NULL, NULL},
	    {"*** #dev: bob#2 left\n", PEER_COMING, NULL, NULL},
	    {"*** #dev: +1,200 -3, 456 here\n", PEER_COMING, NULL, NULL},
	    {"*** #dev: 3 are here\n", PEER_WRONG, NULL, NULL},
	    {"*** #dev: starts over\n", PEER_WRONG, NULL, NULL},
	    {"*** #dev\n", PEER_WRONG, NULL, NULL},
	    {"OK pong ready\n", PEER_ANSWER, NULL, "ready"},
	};
	struct peer_frame frame = {0};

	expect_all(&peer_throng, samples);
	for (size_t i = 0; i < sizeof samples / sizeof *samples; i++)
		if (peer_throng.read(span_of(samples[i].bytes), &frame) !=
			PEER_WRONG &&
		    frame.room.len > 0)
			expect_span(frame.room, "dev", samples[i].bytes);
}

Test(bench_peer, throng_speaks_in_rooms)
{
	const struct peer_rooms *rooms = peer_throng.rooms;
	char out[PEER_HELLO_BYTES];
	size_t len = rooms->join(out, span_of("dev"));

	expect_span((struct span){out, len}, "/join dev\n", "join");
	len = rooms->say(out, span_of("dev"), span_of(TEXT));
	expect_span((struct span){out, len}, "/say dev " TEXT "\n", "say");
	len = rooms->ask(out, span_of(PEER_TOKEN));
	expect_span((struct span){out, len}, "/ping ready\n", "ask");
	cr_expect_null(peer_redis.rooms);
	cr_expect_null(peer_nats.rooms);
	cr_expect_null(peer_irc.rooms);
}

Test(bench_peer, throng_gap_is_read_exactly)
{
	static const struct sample samples[] = {
	    {"*** #lobby: 12 messages skipped, /history lobby since=345\n",
		PEER_GAP, NULL, NULL},
	    {"*** #lobby: 0 messages skipped, /history lobby since=345\n",
		PEER_WRONG, NULL, NULL},
	    {"*** #lobby: 12 messages skipped, /history lobby since=345 \n",
		PEER_WRONG, NULL, NULL},
	    {"*** #lobby: 12 messages skipped, /history lobby since=\n",
		PEER_WRONG, NULL, NULL},
	    {"*** #hall: 12 messages skipped, /history hall since=345\n",
		PEER_WRONG, NULL, NULL},
	};
	struct peer_frame frame = {0};

	expect_all(&peer_throng, samples);
	cr_expect_eq(
	    peer_throng.read(span_of(samples[0].bytes), &frame), PEER_GAP);
	cr_expect_eq(frame.missed, 12);
	cr_expect_eq(frame.after, 345);
}

Test(bench_peer, redis_values_are_known)
{
	static const struct sample samples[] = {
	    {">3\r\n$7\r\nmessage\r\n$5\r\nlobby\r\n$21\r\n" TEXT "\r\n",
		PEER_DELIVERY, "", TEXT},
	    {">3\r\n$9\r\nsubscribe\r\n$5\r\nlobby\r\n:1\r\n", PEER_READY, "",
		NULL},
	    {"$21\r\n" TEXT "\r\n", PEER_ANSWER, "", TEXT},
	    {"$4\r\na\r\nb\r\n", PEER_ANSWER, "", "a\r\nb"},
	    {":1000\r\n", PEER_NOTHING, NULL, NULL},
	    {"%2\r\n$6\r\nserver\r\n$5\r\nredis\r\n$7\r\nmodules\r\n*0\r\n",
		PEER_NOTHING, NULL, NULL},
	    {"*2\r\n*1\r\n:1\r\n%1\r\n+a\r\n$-1\r\n", PEER_NOTHING, NULL, NULL},
	    {"-ERR unknown command\r\n", PEER_WRONG, NULL, NULL},
	};

	expect_all(&peer_redis, samples);
}

Test(bench_peer, redis_nonsense_is_wrong)
{
	static const char *const nonsense[] = {"hello\r\n", "\r\n", "$x\r\n",
	    "$\r\n", "$99999999999\r\n", ">3\r\n$7\r\nmessage\r\nx\r\n"};
	struct peer_frame frame = {0};

	for (size_t i = 0; i < sizeof nonsense / sizeof *nonsense; i++)
		cr_expect_eq(peer_redis.read(span_of(nonsense[i]), &frame),
		    PEER_WRONG, "%s", nonsense[i]);
}

Test(bench_peer, nats_messages_are_known)
{
	static const struct sample samples[] = {
	    {"MSG lobby 1 21\r\n" TEXT "\r\n", PEER_DELIVERY, "", TEXT},
	    {"MSG lobby 1 2\r\n\r\n\r\n", PEER_DELIVERY, "", "\r\n"},
	    {"PONG\r\n", PEER_ANSWER, NULL, NULL},
	    {"PING\r\n", PEER_CALL, NULL, ""},
	    {"INFO {\"max_payload\":1048576}\r\n", PEER_NOTHING, NULL, NULL},
	    {"+OK\r\n", PEER_NOTHING, NULL, NULL},
	    {"-ERR 'Slow Consumer'\r\n", PEER_WRONG, NULL, NULL},
	    {"MSG lobby 1 reply 21\r\n", PEER_WRONG, NULL, NULL},
	    {"MSG lobby 2 1\r\n", PEER_WRONG, NULL, NULL},
	    {"MSG lobby 1 1\r\nabc", PEER_WRONG, NULL, NULL},
	};

	expect_samples(&peer_nats, samples, 9);
	cr_expect_eq(
	    peer_nats.read(span_of(samples[9].bytes), &(struct peer_frame){0}),
	    PEER_WRONG, "a size that does not fit");
}

Test(bench_peer, irc_lines_are_known)
{
	static const struct sample samples[] = {
	    {":b7!~b7@127.0.0.1 PRIVMSG #lobby :" TEXT "\r\n", PEER_DELIVERY,
		"b7", TEXT},
	    {":irc.bench PONG irc.bench :" TEXT "\r\n", PEER_ANSWER, NULL,
		TEXT},
	    {"PING :irc.bench\r\n", PEER_CALL, NULL, ":irc.bench"},
	    {":irc.bench 001 b7 :Welcome b7\r\n", PEER_NOTHING, NULL, NULL},
	    {":irc.bench 422 b7 :MOTD file is missing\r\n", PEER_NOTHING, NULL,
		NULL},
	    {":irc.bench 433 * b7 :Nickname already in use\r\n", PEER_WRONG,
		NULL, NULL},
	    {"ERROR :Server full\r\n", PEER_WRONG, NULL, NULL},
	    {":b8!~b8@127.0.0.1 JOIN :#lobby\r\n", PEER_NOTHING, "b8", NULL},
	    {":b8!~b8@127.0.0.1 PRIVMSG b7 :psst\r\n", PEER_NOTHING, NULL,
		NULL},
	};

	expect_all(&peer_irc, samples);
}

/* What a peer writes for a text. */
static void
expect_written(
    const struct peer *peer, const char *request, const char *publish)
{
	char out[PEER_AROUND_BYTES + sizeof TEXT];
	size_t len = peer->request(out, span_of(TEXT));

	expect_span((struct span){out, len}, request, peer->name);
	len = peer->publish(out, span_of(TEXT));
	expect_span((struct span){out, len}, publish, peer->name);
}

Test(bench_peer, requests_and_messages_are_written)
{
	expect_written(&peer_throng, TEXT "\n", "/b " TEXT "\n");
	expect_written(&peer_redis, "*2\r\n$4\r\nPING\r\n$21\r\n" TEXT "\r\n",
	    "*3\r\n$7\r\nPUBLISH\r\n$5\r\nlobby\r\n$21\r\n" TEXT "\r\n");
	expect_written(&peer_nats, "PING\r\n", "PUB lobby 21\r\n" TEXT "\r\n");
	expect_written(
	    &peer_irc, "PING :" TEXT "\r\n", "PRIVMSG #lobby :" TEXT "\r\n");
}

static void
expect_hello(const struct peer *peer, enum peer_role role, const char *hello)
{
	const struct peer_login who = {"bench-x-1", 7};
	char out[PEER_HELLO_BYTES];

	expect_span((struct span){out, peer->hello(out, role, &who)}, hello,
	    peer->name);
}

Test(bench_peer, hellos_are_written)
{
	expect_hello(&peer_throng, PEER_GUEST, "");
	expect_hello(
	    &peer_throng, PEER_NEW, "/register bench-x-1 secret-bench-x-1\n");
	expect_hello(
	    &peer_throng, PEER_MEMBER, "/login bench-x-1 secret-bench-x-1\n");
	expect_hello(&peer_redis, PEER_GUEST, "");
	expect_hello(
	    &peer_redis, PEER_MEMBER, "HELLO 3\r\nSUBSCRIBE lobby\r\n");
	expect_hello(&peer_irc, PEER_USER,
	    "NICK b7\r\nUSER b7 0 * :b\r\nPING :ready\r\n");
	expect_hello(&peer_irc, PEER_MEMBER,
	    "NICK b7\r\nUSER b7 0 * :b\r\nPING :ready\r\n");
}

Test(bench_peer, only_irc_has_a_step_to_join)
{
	char out[PEER_HELLO_BYTES];
	size_t len = peer_irc.join(out);

	expect_span(
	    (struct span){out, len}, "JOIN #lobby\r\nPING :ready\r\n", "irc");
	cr_expect_null(peer_throng.join);
	cr_expect_null(peer_redis.join);
	cr_expect_null(peer_nats.join);
}
