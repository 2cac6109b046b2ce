/*
 * Members that do not keep up: nobody waits for them, and they learn exactly
 * what they have missed. Unix sockets, for they hold little by themselves.
 */
#include "tests/kit/harness.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define LIMIT "--out-limit=65536"

enum {
	BATCH = 20, /* messages that are said at once */
	TEXT_BYTES = 1000,
	LINE_ROOM = TEXT_BYTES + 8
};

static struct server_process *
start(const char *engine, const char *option)
{
	return server_process_start(
	    engine, LIMIT, "--listen=unix:{folder}/socket", option, NULL);
}

static struct test_client *
open_slow(struct server_process *server)
{
	struct test_client *slow = test_client_open_at(server->listen[1]);

	test_client_enter(slow, "ann");
	snprintf(slow->in.label, sizeof(slow->in.label), "the slow one");
	return slow;
}

/* The lines that say the messages `from` to `to`, all of the same length: the
 * number of a message in the room is its text. Returns where they end. */
static char *
put_lines(char *lines, int from, int to)
{
	for (int i = from; i <= to; i++)
		lines += sprintf(lines, "/b %0*d\n", TEXT_BYTES, i);
	return lines;
}

/* In one piece: of many small ones a socket holds less. */
static void
say(struct test_client *ann, int from, int to)
{
	static char lines[BATCH * LINE_ROOM];
	const char *end = put_lines(lines, from, to);

	test_client_send_bytes(ann, lines, (size_t)(end - lines));
}

static void
hear(struct test_client *client, struct test_client *ann, int from, int to)
{
	for (int i = from; i <= to; i++)
		test_client_expect(
		    client, "[ann#%lu] %0*d", ann->id, TEXT_BYTES, i);
}

/* Talks at a speed that all but the slow one keep up with. */
static void
talk(struct test_client *ann, struct test_client *other, int from, int to)
{
	for (int at = from; at <= to; at += BATCH) {
		int end = at + BATCH - 1 < to ? at + BATCH - 1 : to;

		say(ann, at, end);
		hear(ann, ann, at, end);
		hear(other, ann, at, end);
	}
}

/* What a slow one has been told of. */
struct account_of {
	int last; /* number of the last message that it knows of */
	int gaps;
	int missed;
};

/* One more line must be the next message, or a gap that begins after the last
 * one; anything else is returned. */
static const char *
follow(struct test_client *slow, struct account_of *told)
{
	const char *line = test_client_line(slow);
	int number, after, len = 0;

	if (sscanf(line,
		"*** #lobby: %d messages skipped, /history lobby "
		"since=%d%n",
		&number, &after, &len) == 2 &&
	    !line[len]) {
		if (after != told->last || number <= 0)
			harness_fail("after message %d: %s", told->last, line);
		told->last += number;
		told->missed += number;
		told->gaps++;
		return NULL;
	}
	if (sscanf(line, "[ann#%*u] %d", &number) != 1)
		return line;
	if (number != told->last + 1)
		harness_fail("message %d follows %d and %d gaps", number,
		    told->last, told->gaps);
	told->last = number;
	return NULL;
}

static void
follow_to(struct test_client *slow, struct account_of *told, int last)
{
	while (told->last < last) {
		const char *line = follow(slow, told);

		if (line)
			harness_fail("after message %d: %s", told->last, line);
	}
}

FLOW_TEST(slow_member_is_told_what_it_missed_and_goes_on)
{
	struct server_process *server = start(engine, NULL);
	struct test_client *ann = test_client_user(server, "ann");
	struct test_client *ben = test_client_user(server, "ben");
	struct test_client *slow = open_slow(server);
	struct account_of told = {0};

	talk(ann, ben, 1, 1000);
	follow_to(slow, &told, 1000);
	cr_assert_eq(told.gaps, 1);
	cr_assert_gt(told.missed, 300);
	/* Live again, and in order with its own answers. */
	talk(ann, ben, 1001, 1020);
	follow_to(slow, &told, 1020);
	cr_assert_eq(told.gaps, 1);
	test_client_fence(slow);
	server_process_stop(server);
}

FLOW_TEST(slow_member_that_reads_now_and_then_hears_of_every_gap)
{
	struct server_process *server = start(engine, NULL);
	struct test_client *ann = test_client_user(server, "ann");
	struct test_client *ben = test_client_user(server, "ben");
	struct test_client *slow = open_slow(server);
	struct account_of told = {0};

	for (int i = 0; i < 10; i++) {
		int said = (i + 1) * 400;

		talk(ann, ben, said - 399, said);
		for (int n = 0; n < 150 && told.last < said; n++)
			cr_assert_null(follow(slow, &told));
	}
	follow_to(slow, &told, 4000);
	cr_assert_gt(told.gaps, 1);
	talk(ann, ben, 4001, 4001);
	follow_to(slow, &told, 4001);
	server_process_stop(server);
}

/* It says something while it is behind: that is not read until it has read. */
FLOW_TEST(slow_member_is_not_read_while_its_output_waits)
{
	struct server_process *server = start(engine, NULL);
	struct test_client *ann = test_client_user(server, "ann");
	struct test_client *ben = test_client_user(server, "ben");
	struct test_client *slow = open_slow(server);
	struct account_of told = {0};
	const char *line;

	talk(ann, ben, 1, 600);
	/* The first is read: its output is over the limit only then. */
	test_client_send(slow, "/ping first\n");
	test_client_await_taken(slow);
	test_client_send(slow, "/b from the slow one\n/ping last\n");
	/* It would be heard before this. */
	talk(ann, ben, 601, 601);
	while ((line = follow(slow, &told)) == NULL)
		;
	cr_assert_str_eq(line, "OK pong first");
	follow_to(slow, &told, 601);
	test_client_expect(slow, "[ann#%lu] from the slow one", slow->id);
	test_client_expect(slow, "OK pong last");
	test_client_expect(ben, "[ann#%lu] from the slow one", slow->id);
	server_process_stop(server);
}

/* Says so many messages and a last line, and reads no more than is needed to
 * get rid of them. */
static void
say_reading_little(
    struct test_client *slow, struct account_of *told, int messages)
{
	char *lines = malloc((size_t)(messages + 1) * LINE_ROOM);
	char *end = stpcpy(put_lines(lines, 1, messages), "/ping end\n");
	const char *at = lines;

	while (at < end) {
		ssize_t sent = send(slow->in.fd, at, (size_t)(end - at),
		    MSG_DONTWAIT | MSG_NOSIGNAL);

		if (sent > 0)
			at += sent;
		else
			cr_assert_null(follow(slow, told));
	}
	free(lines);
}

/* The sender is a member as well: what it skips is not waited for. */
FLOW_TEST(slow_sender_is_told_what_it_missed_of_its_own)
{
	struct server_process *server = start(engine, NULL);
	struct test_client *ben = test_client_user(server, "ben");
	struct test_client *slow;
	struct account_of told = {0};

	test_client_close(test_client_user(server, "ann"));
	slow = open_slow(server);
	say_reading_little(slow, &told, 300);
	follow_to(slow, &told, 300);
	test_client_expect(slow, "OK pong end");
	hear(ben, slow, 1, 300);
	server_process_stop(server);
}

/* Follows the talk to another line, which must be `line`; by then it must know
 * of all messages up to `last`, missed or not. */
static void
follow_to_line(struct test_client *slow, struct account_of *told, int last,
    const char *expected)
{
	const char *line;

	while ((line = follow(slow, told)) == NULL)
		;
	if (strcmp(line, expected) != 0)
		harness_fail("after message %d: expected `%s`, got `%s`",
		    told->last, expected, line);
	if (told->last != last)
		harness_fail("before `%s` nothing was said of the messages "
			     "%d to %d",
		    expected, told->last + 1, last);
}

enum {
	GOING = 22,
	GONE_AT = 1000
};

/* So many slow ones that are behind; each has read a little more than the one
 * before, so that some are in the middle of catching up: when they go then, no
 * gap is silent either. */
static struct server_process *
start_with_slow_ones(
    const char *engine, struct test_client *slow[], struct account_of told[])
{
	struct server_process *server = start(engine, "--out-limit=400000");
	struct test_client *ann = test_client_user(server, "ann");
	struct test_client *ben = test_client_user(server, "ben");

	for (int i = 0; i < GOING; i++)
		slow[i] = open_slow(server);
	talk(ann, ben, 1, GONE_AT);
	for (int i = 0; i < GOING; i++) {
		told[i] = (struct account_of){0};
		for (int n = 0; n < i * 25 && told[i].gaps == 0; n++)
			cr_assert_null(follow(slow[i], &told[i]));
	}
	return server;
}

FLOW_TEST(slow_member_that_ends_its_input_hears_of_its_gap)
{
	struct test_client *slow[GOING];
	struct account_of told[GOING];
	struct server_process *server =
	    start_with_slow_ones(engine, slow, told);

	for (int i = 0; i < GOING; i++)
		test_client_send(slow[i], "/ping last");
	for (int i = 0; i < GOING; i++)
		test_client_half_close(slow[i]);
	for (int i = 0; i < GOING; i++) {
		const char *line;

		/* The answer may come before the gap is told, or after. */
		while ((line = follow(slow[i], &told[i])) == NULL)
			;
		cr_assert_str_eq(line, "OK pong last");
		follow_to(slow[i], &told[i], GONE_AT);
		test_client_expect_end(slow[i]);
	}
	server_process_stop(server);
}

FLOW_TEST(slow_member_that_logs_out_hears_of_its_gap)
{
	struct test_client *slow[GOING];
	struct account_of told[GOING];
	struct server_process *server =
	    start_with_slow_ones(engine, slow, told);

	for (int i = 0; i < GOING; i++)
		test_client_send(slow[i], i % 2 ? "/logout\n" : "/quit\n");
	for (int i = 0; i < GOING; i++)
		follow_to_line(slow[i], &told[i], GONE_AT,
		    i % 2 ? "OK logged out" : "OK bye");
	server_process_stop(server);
}

/* All of them are ann's sessions; who has room for it is in the middle of
 * catching up, and the others get none. */
FLOW_TEST(slow_member_hears_of_its_gap_before_a_direct_message)
{
	struct test_client *slow[GOING], *other;
	struct account_of told[GOING];
	struct server_process *server =
	    start_with_slow_ones(engine, slow, told);
	char direct[64];

	other = test_client_user(server, "eve");
	snprintf(direct, sizeof(direct), "[eve#%lu -> you] psst", other->id);
	test_client_send(other, "/msg ann psst\n");
	test_client_match(other, "OK sent to ann (* sessions)");
	for (int i = 0; i < GOING; i++) {
		const char *line;

		test_client_send(slow[i], "/ping last\n");
		while ((line = follow(slow[i], &told[i])) == NULL)
			;
		if (strcmp(line, "OK pong last") == 0)
			continue;
		cr_assert_str_eq(line, direct);
		cr_assert_eq(told[i].last, GONE_AT, "nothing was said of %d",
		    GONE_AT - told[i].last);
		test_client_expect(slow[i], "OK pong last");
	}
	server_process_stop(server);
}

FLOW_TEST(slow_member_at_exit_hears_of_its_gap)
{
	struct test_client *slow[GOING];
	struct account_of told[GOING];
	struct server_process *server =
	    start_with_slow_ones(engine, slow, told);

	server_process_type(server, "exit\n");
	for (int i = 0; i < GOING; i++) {
		follow_to_line(
		    slow[i], &told[i], GONE_AT, "*** server is going down");
		test_client_expect_end(slow[i]);
		test_client_close(slow[i]);
	}
	test_client_close_all();
	cr_assert_eq(server_process_wait(server), 0);
}

FLOW_TEST(slow_member_that_reads_nothing_is_closed_after_a_while)
{
	struct server_process *server = start(engine, "--stall-timeout=1");
	struct test_client *ann = test_client_user(server, "ann");
	struct test_client *ben = test_client_user(server, "ben");
	struct test_client *slow = open_slow(server);
	struct test_client *quiet = test_client_open(server);
	int64_t start_ms = harness_now_ms();

	talk(ann, ben, 1, 600);
	server_process_expect(
	    server, "[[]DISCONNECTED] #%lu unix ann (did not read)", slow->id);
	cr_assert_geq(harness_now_ms() - start_ms, 1000);
	/* Others are not, who have nothing to read. */
	test_client_fence(quiet);
	talk(ann, ben, 601, 601);
	server_process_stop(server);
}

/* Bytes that a non-blocking sender gets rid of, until nobody takes any more. */
static size_t
send_while_taken(struct test_client *client, const char *bytes, size_t len)
{
	size_t done = 0;

	while (done < len) {
		struct pollfd pollfd = {.fd = client->in.fd, .events = POLLOUT};
		ssize_t sent = send(client->in.fd, bytes + done, len - done,
		    MSG_DONTWAIT | MSG_NOSIGNAL);

		if (sent > 0)
			done += (size_t)sent;
		else if (errno != EAGAIN || poll(&pollfd, 1, 300) == 0)
			break;
	}
	return done;
}

/* A guest who asks and does not read costs little, and loses nothing. */
FLOW_TEST(slow_guest_is_not_read_beyond_its_bound)
{
	enum {
		LINES = 8000
	};
	char *bytes = malloc(LINES * (TEXT_BYTES + 8));
	struct server_process *server = start(engine, NULL);
	struct test_client *guest = test_client_open_at(server->listen[1]);
	size_t len = 0, taken;

	for (int i = 0; i < LINES; i++)
		len +=
		    (size_t)sprintf(bytes + len, "/ping %0*d\n", TEXT_BYTES, i);
	taken = send_while_taken(guest, bytes, len);
	cr_assert_lt(taken, 2u * 1024 * 1024);
	/* Up to the end of the last whole line. */
	for (int i = 0; i < (int)(taken / (TEXT_BYTES + 7)); i++)
		test_client_expect(guest, "OK pong %0*d", TEXT_BYTES, i);
	free(bytes);
	server_process_stop(server);
}
