/*
 * Clients that are cut off and come back with `/join ROOM since=SEQ` while
 * others talk: each has every message once, in order. Two hundred of them, more
 * than a room tells of one by one, and in JSON, which is how they know SEQ.
 */
#include "tests/kit/harness.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	LISTENERS = 200,
	TALKERS = 10,
	SAYINGS = 100
};
enum {
	TOTAL = TALKERS * SAYINGS,
	CUTS = 8 /* while each talker says one */
};

struct listener {
	struct test_client *client;
	unsigned long next; /* the number that is due */
	/* The lobby's members hear it from their login on: what has come before
	 * the join brings what was missed, up to and without ahead_to; 0 for
	 * nothing. */
	unsigned long ahead_from, ahead_to;
	bool back;     /* the join is answered */
	bool replayed; /* something of what was missed has come */
};

struct talker {
	struct test_client *client;
	unsigned long heard;
};

struct crowd {
	struct server_process *server;
	const char *room;
	struct listener listeners[LISTENERS];
	struct talker talkers[TALKERS];
	/* What was said, by number; the first who hears one fills it in. */
	char said[TOTAL + 1][32];
	unsigned dice;
};

static unsigned
draw(struct crowd *crowd, unsigned below)
{
	return (unsigned)rand_r(&crowd->dice) % below;
}

/* All that it has to say in one packet: it wants what follows the last one. */
static void
listener_come(struct crowd *crowd, struct listener *listener)
{
	unsigned long next = listener->next;

	*listener = (struct listener){.next = next};
	listener->client = test_client_open(crowd->server);
	snprintf(listener->client->in.label, sizeof(listener->client->in.label),
	    "listener %d", (int)(listener - crowd->listeners));
	test_client_send(listener->client,
	    "/format json\n/login ann %s\n/join %s since=%lu\n",
	    HARNESS_PASSWORD, crowd->room, next - 1);
}

/* At any time, also in the middle of its answers. */
static void
listener_cut(struct crowd *crowd, struct listener *listener)
{
	if (draw(crowd, 2))
		test_client_close(listener->client);
	else
		test_client_reset(listener->client);
	listener_come(crowd, listener);
}

static _Noreturn void
listener_wrong(const struct listener *listener, const char *line)
{
	harness_fail("%s: %lu is due (%lu up to %lu are here), got `%s`",
	    listener->client->in.label, listener->next, listener->ahead_from,
	    listener->ahead_to, line);
}

/* Everyone hears the same under the same number; `text` up to a quote. */
static void
check_said(struct crowd *crowd, unsigned long seq, const char *text)
{
	char said[32];

	cr_assert_eq(sscanf(text, "%31[^\"]", said), 1);
	if (seq < 1 || seq > TOTAL)
		harness_fail("%lu is nobody's: %s", seq, text);
	if (!crowd->said[seq][0])
		strcpy(crowd->said[seq], said);
	if (strcmp(crowd->said[seq], said) != 0)
		harness_fail("%lu was `%s`, and is `%s` for others", seq,
		    crowd->said[seq], said);
}

/* The next one; or, in the lobby, those from the login to the join. */
static void
listener_message(
    struct crowd *crowd, struct listener *listener, const char *line)
{
	const char *text = strstr(line, ",\"text\":\"");
	unsigned long seq;
	char room[40];

	if (!text ||
	    sscanf(line,
		"{\"event\":\"message\",\"room\":\"%39[a-z]\",\"seq\":%lu,",
		room, &seq) != 2 ||
	    strcmp(room, crowd->room) != 0)
		listener_wrong(listener, line);
	check_said(crowd, seq, text + strlen(",\"text\":\""));
	if (seq == listener->next) {
		listener->replayed = true;
		if (++listener->next == listener->ahead_from) {
			listener->next = listener->ahead_to;
			listener->ahead_from = 0;
		}
		return;
	}
	if (strcmp(room, "lobby") != 0 || seq < listener->next ||
	    listener->back || listener->replayed)
		listener_wrong(listener, line);
	if (listener->ahead_from == 0)
		listener->ahead_from = listener->ahead_to = seq;
	if (seq != listener->ahead_to++)
		listener_wrong(listener, line);
}

/* It has all that was said until now. */
static void
listener_joined(struct listener *listener, const char *line)
{
	const char *at = strstr(line, ",\"seq\":");
	unsigned long seq;

	if (!at || sscanf(at, ",\"seq\":%lu", &seq) != 1 ||
	    seq != listener->next - 1 || listener->ahead_from > 0 ||
	    listener->back)
		listener_wrong(listener, line);
	listener->back = true;
}

/* What else there is to hear. */
static bool
is_about_others(const char *line)
{
	static const char *const begins[] = {
	    "{\"event\":\"reply\",\"re\":\"format\",\"ok\":true,",
	    "{\"event\":\"reply\",\"re\":\"login\",\"ok\":true,",
	    "{\"event\":\"join\",\"room\":\"dev\",",
	    "{\"event\":\"leave\",\"room\":\"dev\",",
	    "{\"event\":\"notice\",\"room\":\"dev\",\"text\":\"+",
	    "{\"event\":\"notice\",\"room\":\"dev\",\"text\":\"-",
	};

	for (size_t i = 0; i < sizeof(begins) / sizeof(*begins); i++)
		if (!strncmp(line, begins[i], strlen(begins[i])))
			return true;
	return false;
}

static void
listener_line(struct crowd *crowd, struct listener *listener, const char *line)
{
	static const char message[] = "{\"event\":\"message\",";
	static const char joined[] =
	    "{\"event\":\"reply\",\"re\":\"join\",\"ok\":true,";

	if (!strncmp(line, message, strlen(message)))
		listener_message(crowd, listener, line);
	else if (!strncmp(line, joined, strlen(joined)))
		listener_joined(listener, line);
	else if (!is_about_others(line))
		listener_wrong(listener, line);
}

/* Talkers were here before anything was said, and get text. */
static void
talker_line(struct crowd *crowd, struct talker *talker, const char *line)
{
	const char *text = strstr(line, "] ");

	if (!strncmp(line, "*** #dev: ", 10))
		return;
	if (!text)
		harness_fail("%s: got `%s`", talker->client->in.label, line);
	check_said(crowd, ++talker->heard, text + 2);
}

/* A whole line that has come; NULL for none yet. */
static const char *
next_line(struct harness_stream *in)
{
	if (in->len == in->start ||
	    !memchr(in->bytes + in->start, '\n', in->len - in->start))
		return NULL;
	return harness_stream_line(in);
}

static void
read_more(struct harness_stream *in)
{
	if (!harness_stream_fill(in, harness_now_ms() + HARNESS_DEADLINE_MS))
		harness_fail("%s: the connection ended", in->label);
}

/* Whatever has come for anyone; waits for something. */
static void
crowd_hear(struct crowd *crowd)
{
	struct pollfd fds[LISTENERS + TALKERS];
	const char *line;

	for (int i = 0; i < LISTENERS + TALKERS; i++)
		fds[i] = (struct pollfd){
		    .fd = i < LISTENERS
			      ? crowd->listeners[i].client->in.fd
			      : crowd->talkers[i - LISTENERS].client->in.fd,
		    .events = POLLIN,
		};
	if (poll(fds, LISTENERS + TALKERS, HARNESS_DEADLINE_MS) <= 0)
		harness_fail("nobody hears anything more");
	for (int i = 0; i < LISTENERS; i++) {
		struct listener *listener = &crowd->listeners[i];

		if (fds[i].revents)
			read_more(&listener->client->in);
		while ((line = next_line(&listener->client->in)))
			listener_line(crowd, listener, line);
	}
	for (int i = 0; i < TALKERS; i++) {
		struct talker *talker = &crowd->talkers[i];

		if (fds[LISTENERS + i].revents)
			read_more(&talker->client->in);
		while ((line = next_line(&talker->client->in)))
			talker_line(crowd, talker, line);
	}
}

static bool
talkers_have_heard(const struct crowd *crowd, unsigned long count)
{
	for (int i = 0; i < TALKERS; i++)
		if (crowd->talkers[i].heard < count)
			return false;
	return true;
}

static bool
listeners_have_all(const struct crowd *crowd)
{
	for (int i = 0; i < LISTENERS; i++)
		if (!crowd->listeners[i].back ||
		    crowd->listeners[i].next <= TOTAL)
			return false;
	return true;
}

static void
crowd_gather(struct crowd *crowd)
{
	struct test_client *ann = test_client_user(crowd->server, "ann");

	test_client_close(ann);
	for (int i = 0; i < TALKERS; i++) {
		struct talker *talker = &crowd->talkers[i];
		char name[16];

		snprintf(name, sizeof(name), "t%d", i);
		talker->client = test_client_user(crowd->server, name);
		test_client_send(talker->client, "/join %s\n", crowd->room);
		while (strncmp(test_client_line(talker->client), "OK joined ",
			   10) != 0)
			;
	}
	for (int i = 0; i < LISTENERS; i++) {
		crowd->listeners[i].next = 1;
		listener_come(crowd, &crowd->listeners[i]);
	}
}

/* Each talker says one more, and meanwhile some are cut. */
static void
crowd_talk(struct crowd *crowd, unsigned long number)
{
	int cuts = CUTS;

	for (int i = 0; i < TALKERS; i++)
		test_client_send(crowd->talkers[i].client, "/say %s t%d %lu\n",
		    crowd->room, i, number);
	while (!talkers_have_heard(crowd, number * TALKERS)) {
		for (; cuts > 0 && draw(crowd, 3); cuts--)
			listener_cut(
			    crowd, &crowd->listeners[draw(crowd, LISTENERS)]);
		crowd_hear(crowd);
	}
}

/* Nobody is told anything twice, and each talker's are in its order. */
static void
crowd_check(struct crowd *crowd)
{
	int last[TALKERS] = {0};

	for (int i = 0; i < LISTENERS; i++) {
		struct listener *listener = &crowd->listeners[i];
		const char *line;

		test_client_send(listener->client, "@end /ping\n");
		while (!strstr(line = test_client_line(listener->client),
		    "\"tag\":\"end\""))
			listener_line(crowd, listener, line);
	}
	for (int seq = 1; seq <= TOTAL; seq++) {
		int talker, number;

		cr_assert_eq(
		    sscanf(crowd->said[seq], "t%d %d", &talker, &number), 2,
		    "%s", crowd->said[seq]);
		cr_assert_eq(number, ++last[talker]);
	}
}

static void
resume(const char *engine, const char *room)
{
	struct crowd *crowd = calloc(1, sizeof(*crowd));
	const char *seed = getenv("THRONG_SEED");

	cr_assert_not_null(crowd);
	crowd->dice = seed && *seed ? (unsigned)strtoul(seed, NULL, 10) : 1;
	crowd->room = room;
	crowd->server = server_process_start(engine, "--history=1000", NULL);
	crowd_gather(crowd);
	for (unsigned long number = 1; number <= SAYINGS; number++)
		crowd_talk(crowd, number);
	while (!listeners_have_all(crowd))
		crowd_hear(crowd);
	crowd_check(crowd);
	server_process_stop(crowd->server);
	free(crowd);
}

FLOW_TEST(resume_in_a_room_loses_and_repeats_nothing)
{
	resume(engine, "dev");
}

FLOW_TEST(resume_in_the_lobby_loses_and_repeats_nothing)
{
	resume(engine, "lobby");
}

enum {
	AGAIN = 200
};

static void
check_number(const char *text, int expected)
{
	if (atoi(text) != expected)
		harness_fail("%d is due, got `%s`", expected, text);
}

/* Who is in a room may ask again, and is told of the others meanwhile, too. */
FLOW_TEST(resume_by_a_member_loses_and_repeats_nothing)
{
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *ann = test_client_user(server, "ann");
	struct test_client *ben = test_client_user(server, "ben");
	int answers = 0, said = 0, joins = 0, leaves = 0;
	const char *line;

	test_client_send(ann, "/join dev\n");
	test_client_expect(ann, "OK joined #dev (1 members)");
	for (int i = 0; i < AGAIN; i++) {
		test_client_send(ann, "/join dev since=0\n");
		test_client_send(
		    ben, "/join dev\n/say dev %d\n/leave dev\n", i);
	}
	test_client_send(ben, "/join dev\n/say dev %d\n", AGAIN);
	while (answers < AGAIN || said <= AGAIN) {
		line = test_client_line(ann);
		if (!strncmp(line, "OK joined #dev (", 16))
			answers++;
		else if (strstr(line, "] "))
			check_number(strstr(line, "] ") + 2, said++);
		else if (!strcmp(line + strlen(line) - 7, " joined"))
			joins++;
		else if (!strcmp(line + strlen(line) - 5, " left"))
			leaves++;
		else
			harness_fail("got `%s`", line);
	}
	test_client_fence(ann);
	if (joins != AGAIN + 1 || leaves != AGAIN)
		harness_fail("told of %d joins and %d leaves of %d", joins,
		    leaves, AGAIN);
	server_process_stop(server);
}
