/*
 * Under load: clients that do not read. What they cost is bounded, however
 * many there are and whatever they ask for; others go on. What each of them is
 * told afterwards is in flow/trouble/slow.c.
 */
#include "tests/kit/harness.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "tests/kit/observe.h"
#include "tests/kit/web_client.h"

enum {
	DEAF = 100,
	TEXT_BYTES = 1000,
	BATCH = 20,
	HISTORY = 400,
	MIB = 1024 * 1024
};

/* Unix sockets hold little by themselves, so that it is the server's to hold.
 * What AddressSanitizer keeps of freed memory is none of its. */
static struct server_process *
start(const char *engine, const char *option, const char *further)
{
	struct server_setup setup = {
	    .engine = engine,
	    .args = {"--listen=unix:{folder}/socket", option, further},
	    .variables = {"ASAN_OPTIONS=quarantine_size_mb=1"},
	};

	return server_process_start_with(&setup);
}

static void
open_deaf(struct server_process *server, struct test_client *deaf[])
{
	for (int i = 0; i < DEAF; i++) {
		deaf[i] = test_client_open_at(server->listen[1]);
		test_client_enter(deaf[i], "ann");
	}
}

/* Ann says the messages from `from` on, which she and ben hear, in order. */
static void
talk(struct test_client *ann, struct test_client *ben, int from)
{
	struct test_client *both[] = {ann, ben};

	for (int i = from; i < from + BATCH; i++)
		test_client_send(ann, "/b %0*d\n", TEXT_BYTES, i);
	for (int who = 0; who < 2; who++)
		for (int i = from; i < from + BATCH; i++)
			test_client_expect(both[who], "[ann#%lu] %0*d", ann->id,
			    TEXT_BYTES, i);
}

/* 20 MB are said, which the process would keep, for all of them or for each. */
FLOW_TEST(load_non_readers_cost_a_bounded_amount_and_delay_nobody)
{
	enum {
		SAID = 20000
	};
	struct server_process *server =
	    start(engine, "--out-limit=65536", "--stall-timeout=1000");
	struct test_client *ann = test_client_user(server, "ann");
	struct test_client *ben = test_client_user(server, "ben");
	struct test_client *deaf[DEAF];
	uint64_t before, after;

	open_deaf(server, deaf);
	talk(ann, ben, 0);
	before = observe_memory(server);
	for (int i = BATCH; i < SAID; i += BATCH)
		talk(ann, ben, i);
	after = observe_memory(server);
	cr_assert_lt(after, before + 8 * MIB, "%ju KiB more for %d",
	    (uintmax_t)(after - before) / 1024, DEAF);
	server_process_stop(server);
}

/* What a room says is there once for all of them, by WebSocket as in lines. */
FLOW_TEST(load_members_by_websocket_share_what_waits_for_them)
{
	enum {
		MEMBERS = 40,
		SAID = 700
	};
	struct server_process *server =
	    start(engine, "--stall-timeout=1000", NULL);
	struct test_client *ann = test_client_user(server, "ann");
	struct test_client *ben = test_client_user(server, "ben");
	uint64_t before, after;

	for (int i = 0; i < MEMBERS; i++)
		web_client_enter(web_client_open_at(server->listen[1]), "ann");
	talk(ann, ben, 0);
	before = observe_memory(server);
	for (int i = BATCH; i < SAID; i += BATCH)
		talk(ann, ben, i);
	after = observe_memory(server);
	cr_assert_lt(after, before + 5 * MIB, "%ju KiB more for %d",
	    (uintmax_t)(after - before) / 1024, MEMBERS);
	server_process_stop(server);
}

/* They are closed in the midst of it: whoever is told of a message may be gone
 * by the next. */
FLOW_TEST(load_non_readers_are_closed_while_the_others_talk)
{
	struct server_process *server =
	    start(engine, "--out-limit=65536", "--stall-timeout=1");
	struct test_client *ann = test_client_user(server, "ann");
	struct test_client *ben = test_client_user(server, "ben");
	struct test_client *deaf[DEAF];
	int64_t deadline_ms;
	int said = 0;

	open_deaf(server, deaf);
	deadline_ms = harness_now_ms() + HARNESS_DEADLINE_MS;
	do {
		cr_assert_lt(harness_now_ms(), deadline_ms, "they stay");
		for (int i = 0; i < 20; i++, said += BATCH)
			talk(ann, ben, said);
		server_process_type(server, "count\n");
	} while (strcmp(server_process_expect(server, "* connected, *"),
		     "2 connected, 2 logged in") != 0);
	talk(ann, ben, said);
	server_process_stop(server);
}

/* Asks once more, many times; returns how many bytes were taken. */
static size_t
ask(const struct test_client *guest, const char *question)
{
	char bytes[6000];
	size_t len = 0;
	ssize_t taken;

	while (len + strlen(question) <= sizeof(bytes)) {
		memcpy(bytes + len, question, strlen(question));
		len += strlen(question);
	}
	taken = send(guest->in.fd, bytes, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	return taken > 0 ? (size_t)taken : 0;
}

/* Until no socket takes any more, nor a while later. */
static void
ask_without_reading(struct test_client *guests[], unsigned count)
{
	static const char *const questions[] = {"/help\n",
	    "text that is echoed\n", "/nonsense\n", "/help history\n"};
	size_t sent = 0;

	for (int idle = 0; idle < 5;) {
		size_t now = 0;

		for (unsigned i = 0; i < count; i++)
			now += ask(guests[i], questions[i % 4]);
		sent += now;
		cr_assert_lt(sent, 2u * MIB * count, "they are read for ever");
		idle = now ? 0 : idle + 1;
		if (!now)
			poll(NULL, 0, 20);
	}
}

/* A word of his makes a screen of ours: 16 KiB of that may wait, then he is not
 * read. A megabyte, a user's bound, would be too much. */
FLOW_TEST(load_guests_that_ask_and_do_not_read_cost_little)
{
	enum {
		GUESTS = 40
	};
	struct server_process *server = start(engine, NULL, NULL);
	struct test_client *ben = test_client_user(server, "ben");
	struct test_client *guests[GUESTS];
	uint64_t before, after;

	for (int i = 0; i < GUESTS; i++) {
		guests[i] = test_client_open_at(server->listen[1]);
		test_client_fence(guests[i]);
	}
	before = observe_memory(server);
	ask_without_reading(guests, GUESTS);
	test_client_fence(ben);
	after = observe_memory(server);
	cr_assert_lt(after, before + GUESTS * 400 * 1024, "%ju KiB for each",
	    (uintmax_t)(after - before) / 1024 / GUESTS);
	server_process_stop(server);
}

/* Each may have a megabyte, but not all: four, and then what a guest may. */
FLOW_TEST(load_users_that_do_not_read_share_what_may_wait)
{
	enum {
		USERS = 40
	};
	struct server_process *server =
	    start(engine, "--out-total=4", "--stall-timeout=1000");
	struct test_client *ben = test_client_user(server, "ben");
	struct test_client *users[USERS];
	uint64_t before, after;

	for (int i = 0; i < USERS; i++) {
		users[i] = test_client_open_at(server->listen[1]);
		test_client_enter(users[i], "ben");
	}
	before = observe_memory(server);
	ask_without_reading(users, USERS);
	test_client_fence(ben);
	after = observe_memory(server);
	cr_assert_lt(after, before + 4 * MIB + USERS * 400 * 1024,
	    "%ju KiB for each", (uintmax_t)(after - before) / 1024 / USERS);
	server_process_stop(server);
}

/* ben looks back at so many of ann's messages. */
static void
look_back(
    struct test_client *ben, const struct test_client *ann, int count, int said)
{
	test_client_send(ben, "/history lobby %d\n", count);
	for (int i = said - count; i < said; i++)
		test_client_expect(
		    ben, "[ann#%lu] %0*d", ann->id, TEXT_BYTES, i);
	test_client_expect(ben, "OK %d messages", count);
}

/* What a room keeps is the longest of answers. While too much waits for those
 * who do not read, a long one is refused, and nothing else. */
FLOW_TEST(load_users_that_look_back_and_do_not_read_share_it_as_well)
{
	enum {
		USERS = 40
	};
	static const char busy[] =
	    "ERR busy #lobby is busy, try again in a moment";
	struct server_setup setup = {
	    .engine = engine,
	    .no_reactors = true,
	    .args = {"--listen=unix:{folder}/socket", "--out-total=4",
		"--reactors=1"},
	    .variables = {"ASAN_OPTIONS=quarantine_size_mb=1"},
	};
	struct server_process *server = server_process_start_with(&setup);
	struct test_client *ann = test_client_user(server, "ann");
	struct test_client *ben = test_client_user(server, "ben");
	struct test_client *users[USERS];
	uint64_t before, after;

	for (int i = 0; i < HISTORY; i += BATCH)
		talk(ann, ben, i);
	for (int i = 0; i < USERS; i++) {
		users[i] = test_client_open_at(server->listen[1]);
		test_client_enter(users[i], "ann");
	}
	before = observe_memory(server);
	/* All in one turn, before the first is answered. */
	kill(server->pid, SIGSTOP);
	for (int i = 0; i < USERS; i++)
		test_client_send(users[i], "/history lobby\n"
					   "/join lobby since=0\n");
	kill(server->pid, SIGCONT);
	/* And one by one. */
	for (int i = 0; i < USERS; i++) {
		test_client_fence(ben);
		test_client_send(users[i], "/history lobby\n");
	}
	test_client_fence(ben);
	after = observe_memory(server);
	cr_assert_lt(after, before + 8 * MIB, "%ju KiB for each",
	    (uintmax_t)(after - before) / 1024 / USERS);
	test_client_send(ben, "/history lobby 30\n");
	test_client_expect(ben, busy);
	test_client_send(ben, "/join lobby since=1\n");
	test_client_expect(ben, busy);
	look_back(ben, ann, 5, HISTORY);
	talk(ann, ben, HISTORY);
	for (int i = 0; i < USERS; i++)
		test_client_close(users[i]);
	do
		server_process_type(server, "count\n");
	while (strcmp(server_process_expect(server, "* connected, *"),
		   "2 connected, 2 logged in") != 0);
	look_back(ben, ann, 30, HISTORY + BATCH);
	server_process_stop(server);
}

/* Reads up to the answer, which begins so. */
static const char *
answer(struct test_client *client, const char *beginning)
{
	const char *line;

	do
		line = test_client_line(client);
	while (strncmp(line, beginning, strlen(beginning)) != 0);
	return line;
}

static bool
is_listed_whole(struct test_client *client)
{
	return !strstr(answer(client, "OK "), "of them listed");
}

/* How many are listed all rooms, who ask while the server stands still. */
static int
list_at_once(const struct server_process *server, struct test_client *both[2])
{
	int whole = 0;

	kill(server->pid, SIGSTOP);
	for (int i = 0; i < 2; i++)
		test_client_send(both[i], "/rooms\n");
	kill(server->pid, SIGCONT);
	for (int i = 0; i < 2; i++)
		whole += is_listed_whole(both[i]);
	return whole;
}

/* Who asks at the same time is not let because nothing waits yet. Nearly always
 * it is the same turn that reads them. */
FLOW_TEST(load_users_that_list_at_once_share_it_as_well)
{
	enum {
		ROOMS = 60,
		TOPIC = 400
	};
	struct server_setup setup = {
	    .engine = engine,
	    .no_reactors = true,
	    .args = {"--out-total=1", "--out-limit=2097152", "--reactors=1"},
	};
	struct server_process *server = server_process_start_with(&setup);
	struct test_client *ann = test_client_user(server, "ann");
	struct test_client *ben = test_client_user(server, "ben");
	struct test_client *both[] = {ann, ben};
	int whole = 2;

	for (int i = 0; i < ROOMS; i++) {
		test_client_send(
		    ann, "/join r%d\n/topic r%d %0*d\n", i, i, TOPIC, i);
		answer(ann, "OK topic set");
	}
	for (int i = 0; i < 20 && whole == 2; i++)
		whole = list_at_once(server, both);
	cr_assert_eq(whole, 1);
	test_client_send(ben, "/rooms\n");
	cr_assert(is_listed_whole(ben));
	server_process_stop(server);
}
