/*
 * Under load: a reactor that stands still, as one does that the scheduler has
 * forgotten. What others send it is bounded by what each client may have under
 * way; when it goes on, all of it arrives, in order.
 */
#include "tests/kit/harness.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "tests/kit/observe.h"
#include "tests/kit/stall.h"

enum {
	CLIENTS = 6,
	ROOMS = 3,
	TEXT_BYTES = 1000,
	LINES = 2000, /* of each: 2 MB, if it were all taken */
	KIB = 1024,
};

/* One that says numbered lines. */
struct talker {
	struct test_client *client;
	char *bytes; /* all its lines; owned */
	size_t len;
	size_t line; /* bytes of each */
	size_t sent;
};

static void
talker_open(struct talker *talker, struct server_process *server, int number)
{
	int room = number % ROOMS;

	talker->client = test_client_again(server, "ann");
	talker->bytes = malloc((size_t)LINES * (TEXT_BYTES + 16));
	for (int i = 0; i < LINES; i++)
		talker->len += (size_t)sprintf(talker->bytes + talker->len,
		    "/say room%d %0*d\n", room, TEXT_BYTES, i);
	talker->line = talker->len / LINES;
	for (int i = 0; i < ROOMS; i++) {
		test_client_send(talker->client, "/join room%d\n", i);
		test_client_match(talker->client, "OK joined #room%d *", i);
	}
}

/* All are in all rooms; which of the two reactors a room is at home on, and a
 * client, is chance: of so many, some are on each. */
static struct server_process *
start(const char *engine, struct talker talkers[])
{
	struct server_setup setup = {
	    .engine = engine,
	    .args = {"--out-limit=1073741824", "--stall-timeout=1000"},
	    .variables = {"ASAN_OPTIONS=quarantine_size_mb=1"},
	};
	struct server_process *server = server_process_start_with(&setup);

	test_client_close(test_client_user(server, "ann"));
	for (int i = 0; i < CLIENTS; i++)
		talker_open(&talkers[i], server, i);
	/* Whoever has joined hears of those who follow. */
	for (int i = 0; i < CLIENTS; i++) {
		for (int n = ROOMS * (CLIENTS - 1 - i); n > 0; n--)
			test_client_match(talkers[i].client, "* joined");
		test_client_fence(talkers[i].client);
	}
	return server;
}

/* Says on as far as it goes; returns how much that was. */
static size_t
say(struct talker *talker)
{
	ssize_t sent = send(talker->client->in.fd, talker->bytes + talker->sent,
	    talker->len - talker->sent, MSG_DONTWAIT | MSG_NOSIGNAL);

	cr_assert(sent > 0 || errno == EAGAIN || talker->sent == talker->len);
	if (sent > 0)
		talker->sent += (size_t)sent;
	return sent > 0 ? (size_t)sent : 0;
}

/* Reads what comes, so that no output waits; forgets it when `count` is NULL.
 */
static void
hear_what_is_there(struct talker *talker)
{
	struct pollfd fd = {.fd = talker->client->in.fd, .events = POLLIN};

	while (poll(&fd, 1, 0) > 0)
		harness_stream_fill(
		    &talker->client->in, harness_now_ms() + 1000);
}

/* Until nobody gets rid of anything, nor a while later. */
static void
say_while_taken(struct talker talkers[])
{
	for (int idle = 0; idle < 5;) {
		size_t now = 0;

		for (int i = 0; i < CLIENTS; i++) {
			now += say(&talkers[i]);
			hear_what_is_there(&talkers[i]);
		}
		idle = now ? 0 : idle + 1;
		if (!now)
			poll(NULL, 0, 20);
	}
}

/* Each line of each talker, once and in its order, for each of them. */
static void
hear_all(const struct talker talkers[], struct talker *hearer)
{
	int next[CLIENTS] = {0};
	size_t left = 0;

	for (int i = 0; i < CLIENTS; i++)
		left += talkers[i].sent / talkers[i].line;
	for (; left > 0; left--) {
		const char *line = test_client_line(hearer->client);
		unsigned long id;
		int number, i = 0;

		cr_assert_eq(sscanf(line, "#%*s [ann#%lu] %d", &id, &number), 2,
		    "%s", line);
		while (i < CLIENTS && talkers[i].client->id != id)
			i++;
		cr_assert_lt(i, CLIENTS);
		cr_assert_eq(number, next[i], "%d for %d of client %d", number,
		    next[i], i);
		next[i]++;
	}
	test_client_fence(hearer->client);
}

/* The rest of a line that was taken in part. */
static void
end_line(struct talker *talker)
{
	size_t rest =
	    (talker->line - talker->sent % talker->line) % talker->line;

	test_client_send_bytes(
	    talker->client, talker->bytes + talker->sent, rest);
	talker->sent += rest;
}

/* What a client may have under way is 64 KiB; it may be kept in two places,
 * with some bytes for each message and what was read ahead; and what is freed,
 * a sanitizer may keep. The rest of what it says stays in its socket. */
FLOW_TEST(load_stalled_reactor_bounds_what_waits_for_it)
{
	static struct talker talkers[CLIENTS];
	struct server_process *server = start(engine, talkers);
	uint64_t before = observe_memory(server), after;

	stall_begin(server, "throng/r1");
	say_while_taken(talkers);
	after = observe_memory(server);
	stall_end();
	cr_assert_lt(after, before + CLIENTS * 1024 * KIB, "%ju KiB for each",
	    (uintmax_t)(after - before) / KIB / CLIENTS);
	for (int i = 0; i < CLIENTS; i++)
		end_line(&talkers[i]);
	for (int i = 0; i < CLIENTS; i++)
		hear_all(talkers, &talkers[i]);
	for (int i = 0; i < CLIENTS; i++)
		free(talkers[i].bytes);
	server_process_stop(server);
}
