/* Rooms: who is told what, where the limits are, and what is kept. */
#include "tests/kit/harness.h"

#include <stdio.h>
#include <string.h>

/* Several rooms, so that some are at home on each of the two reactors. */
#define ROOMS 8

static void
join(struct test_client *client, const char *room, unsigned members)
{
	test_client_send(client, "/join %s\n", room);
	test_client_expect(client, "OK joined #%s (%u members)", room, members);
}

FLOW_TEST(rooms_are_joined_talked_in_and_left)
{
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *ann = test_client_user(server, "ann");
	struct test_client *ben = test_client_user(server, "ben");

	for (int i = 0; i < ROOMS; i++) {
		char room[16];

		snprintf(room, sizeof(room), "room%d", i);
		join(ann, room, 1);
		test_client_send(ben, "/join #ROOM%d\n", i);
		test_client_expect(ben, "OK joined #%s (2 members)", room);
		test_client_expect(
		    ann, "*** #%s: ben#%lu joined", room, ben->id);
		test_client_send(ben, "plain text\n/SAY %s two  words\n", room);
		for (int j = 0; j < 2; j++) {
			struct test_client *it = j ? ben : ann;

			test_client_expect(
			    it, "#%s [ben#%lu] plain text", room, ben->id);
			test_client_expect(
			    it, "#%s [ben#%lu] two  words", room, ben->id);
		}
		test_client_send(ben, "/leave\nan echo\n/leave\n");
		test_client_expect(ben, "OK left #%s", room);
		test_client_expect(ben, "Echo: an echo");
		test_client_match(ben, "ERR not-in-room *");
		test_client_expect(ann, "*** #%s: ben#%lu left", room, ben->id);
	}
	test_client_fence(ann);
	test_client_fence(ben);
	server_process_stop(server);
}

FLOW_TEST(rooms_answer_in_the_order_asked)
{
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *ann = test_client_user(server, "ann");

	for (int i = 0; i < ROOMS; i++)
		test_client_send(ann, "/join room%d\n", i);
	for (int i = 0; i < ROOMS; i++)
		test_client_match(ann, "OK joined #room%d *", i);
	/* Own copies come before the answer to what was sent after. */
	for (int i = 0; i < ROOMS; i++)
		test_client_send(ann,
		    "/say room%d x\n/say nowhere x\n"
		    "/say room%d y\n@t%d /ping\n",
		    i, i, i);
	for (int i = 0; i < ROOMS; i++) {
		test_client_expect(ann, "#room%d [ann#%lu] x", i, ann->id);
		test_client_match(ann, "ERR no-such-room *");
		test_client_expect(ann, "#room%d [ann#%lu] y", i, ann->id);
		test_client_expect(ann, "@t%d OK pong", i);
	}
	server_process_stop(server);
}

FLOW_TEST(rooms_refuse_strangers)
{
	static const char *const commands[] = {"/say %s x\n", "/leave %s\n",
	    "/topic %s\n", "/topic %s x\n", "/history %s\n", "/history %s 3\n"};
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *ann = test_client_user(server, "ann");
	struct test_client *ben = test_client_user(server, "ben");

	join(ann, "dev", 1);
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		test_client_send(ben, commands[i], "dev");
		test_client_match(ben, "ERR not-in-room *#dev*");
		test_client_send(ben, commands[i], "#none");
		test_client_match(ben, "ERR no-such-room *#none*");
		test_client_send(ben, commands[i], "-x");
		test_client_match(ben, "ERR bad-room *");
#pragma GCC diagnostic pop
	}
	test_client_send(ben, "/who none\n/who dev\n/leave lobby\n");
	test_client_match(ben, "ERR no-such-room *");
	test_client_expect(ben, "- ann#%lu", ann->id);
	test_client_expect(ben, "OK 1 in #dev");
	test_client_match(ben, "ERR forbidden *");
	test_client_fence(ann);
	server_process_stop(server);
}

FLOW_TEST(rooms_end_with_the_last_member_unless_something_was_said)
{
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *ann = test_client_user(server, "ann");
	struct test_client *ben;

	join(ann, "quiet", 1);
	test_client_send(ann, "/topic quiet hush\n/leave\n/join quiet\n"
			      "/topic quiet\n/leave\n");
	test_client_expect(
	    ann, "*** #quiet: ann#%lu set the topic: hush", ann->id);
	test_client_expect(ann, "OK topic set");
	test_client_expect(ann, "OK left #quiet");
	test_client_expect(ann, "OK joined #quiet (1 members)");
	test_client_expect(ann, "OK #quiet has no topic");
	test_client_expect(ann, "OK left #quiet");
	join(ann, "talk", 1);
	test_client_send(ann, "/topic talk words\nhello\n");
	test_client_match(ann, "*** #talk: *");
	test_client_expect(ann, "OK topic set");
	test_client_match(ann, "#talk [[]ann#*] hello");
	test_client_send(ann, "/leave\n");
	test_client_expect(ann, "OK left #talk");
	ben = test_client_user(server, "ben");
	test_client_send(ben, "/join talk since=0\n/topic talk\n");
	test_client_match(ben, "#talk [[]ann#*] hello");
	test_client_expect(ben, "OK joined #talk (1 members)");
	test_client_expect(ben, "OK #talk: words");
	server_process_stop(server);
}

FLOW_TEST(rooms_a_session_may_be_in_are_limited)
{
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *ann = test_client_user(server, "ann");

	for (int i = 0; i < 64; i++)
		test_client_send(ann, "/join r%d\n", i);
	for (int i = 0; i < 64; i++)
		test_client_match(ann, "OK joined #r%d *", i);
	test_client_send(
	    ann, "/join one-more\n/join r7\n/leave\n/join other\n");
	test_client_match(ann, "ERR too-many-rooms *");
	test_client_expect(ann, "OK joined #r7 (1 members)");
	test_client_expect(ann, "OK left #r7");
	test_client_expect(ann, "OK joined #other (1 members)");
	test_client_send(ann, "/logout\n");
	test_client_expect(ann, "OK logged out");
	server_process_stop(server);
}

FLOW_TEST(rooms_with_many_members_sum_up_who_comes_and_goes)
{
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *members[203];
	char name[16];

	for (int i = 0; i < 203; i++) {
		snprintf(name, sizeof(name), "u%d", i % 8);
		if (i < 8) {
			members[i] = test_client_user(server, name);
		} else {
			members[i] = test_client_again(server, name);
		}
		join(members[i], "hall", (unsigned)i + 1);
	}
	/* The first one heard of each of the next 200 (the last of them found
	 * 200 members there), and then of the rest together, or nearly. */
	for (int i = 1; i <= 200; i++)
		test_client_expect(members[0], "*** #hall: u%d#%lu joined",
		    i % 8, members[i]->id);
	for (int heard = 0; heard < 2;) {
		unsigned joined, here;
		const char *line = test_client_line(members[0]);

		cr_assert_eq(
		    sscanf(line, "*** #hall: +%u, %u here", &joined, &here), 2,
		    "%s", line);
		heard += (int)joined;
		cr_assert_eq(here, 201u + (unsigned)heard, "%s", line);
	}
	test_client_close(members[1]);
	test_client_expect(members[0], "*** #hall: -1, 202 here");
	server_process_stop(server);
}

FLOW_TEST(rooms_keep_what_fits_into_the_servers_memory)
{
	/* A mebibyte in all, half of it for the rooms of each reactor. */
	struct server_process *server = server_process_start(
	    engine, "--history-total", "1", "--history", "100000", NULL);
	struct test_client *ann = test_client_user(server, "ann");
	unsigned long kept = 0;
	char text[1001];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	for (int room = 0; room < ROOMS; room++) {
		join(ann, (char[]){'r', (char)('0' + room), '\0'}, 1);
		for (int i = 0; i < 300; i++) {
			test_client_send(ann, "%s\n", text);
			test_client_match(ann, "#r%d [[]ann#*] x*", room);
		}
	}
	for (int room = 0; room < ROOMS; room++) {
		unsigned long count;
		const char *line;

		test_client_send(ann, "/history r%d\n", room);
		while (strncmp(line = test_client_line(ann), "OK ", 3) != 0)
			cr_assert_eq(*line, '#');
		cr_assert_eq(sscanf(line, "OK %lu messages", &count), 1);
		kept += count;
		/* The last one said something is remembered best. */
		if (room == ROOMS - 1)
			cr_assert_eq(count, 300, "%lu", count);
	}
	cr_assert_leq(kept * 1000, 1024 * 1024);
	cr_assert_geq(kept, 500, "%lu", kept);
	server_process_stop(server);
}

FLOW_TEST(rooms_tell_who_did_not_read_what_it_missed)
{
	struct server_process *server = server_process_start(
	    engine, "--out-limit", "65536", "--history", "100000", NULL);
	struct test_client *ann = test_client_user(server, "ann");
	struct test_client *ben = test_client_user(server, "ben");
	unsigned long next = 0, missed, since;
	char text[1001];
	const char *line;

	join(ann, "dev", 1);
	join(ben, "dev", 2);
	test_client_match(ann, "*** #dev: ben#* joined");
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	/* More than the kernel and the limit take for him. */
	for (unsigned i = 0; i < 20000; i++) {
		test_client_send(ann, "%u %s\n", i, text);
		if (i % 100 == 99)
			for (int j = 0; j < 100; j++)
				test_client_match(ann, "#dev [[]ann#*]*");
	}
	while (strncmp(line = test_client_line(ben), "*** ", 4) != 0) {
		unsigned long number;

		cr_assert_eq(sscanf(line, "#dev [ann#%*u] %lu", &number), 1);
		cr_assert_eq(number, next);
		next++;
	}
	cr_assert_eq(sscanf(line,
			 "*** #dev: %lu messages skipped, "
			 "/history dev since=%lu",
			 &missed, &since),
	    2, "%s", line);
	cr_assert_eq(since, next);
	test_client_send(ann, "the end\n");
	for (next += missed; next < 20000; next++)
		test_client_match(ben, "#dev [[]ann#*] %lu x*", next);
	test_client_match(ben, "#dev [[]ann#*] the end");
	server_process_stop(server);
}

FLOW_TEST(rooms_direct_messages_reach_every_session_of_a_person)
{
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *ann = test_client_user(server, "Ann");
	struct test_client *ben[5];

	for (int i = 0; i < 5; i++) {
		if (i == 0) {
			ben[i] = test_client_user(server, "Ben");
			continue;
		}
		ben[i] = test_client_again(server, "ben");
	}
	test_client_send(ben[4], "/format json\n");
	test_client_match(ben[4], "{*}");
	test_client_send(ann, "/msg BEN two  words\n");
	test_client_expect(ann, "OK sent to Ben (5 sessions)");
	for (int i = 0; i < 4; i++)
		test_client_expect(
		    ben[i], "[Ann#%lu -> you] two  words", ann->id);
	test_client_match(ben[4],
	    "{\"event\":\"direct\",\"from\":\"Ann\",\"client\":%lu,\"time\":"
	    "\"[0-9]*T[0-9]*.[0-9]*Z\",\"text\":\"two  words\"}",
	    ann->id);
	test_client_send(ann, "/msg nobody x\n/msg -x x\n/msg ann me\n");
	test_client_match(ann, "ERR no-such-user *");
	test_client_match(ann, "ERR bad-name *");
	test_client_expect(ann, "[Ann#%lu -> you] me", ann->id);
	test_client_expect(ann, "OK sent to Ann (1 sessions)");
	server_process_stop(server);
}

FLOW_TEST(rooms_are_left_with_the_account)
{
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *ann = test_client_user(server, "ann");
	struct test_client *ben = test_client_user(server, "ben");
	struct test_client *other = test_client_open(server);

	test_client_enter(other, "ben");
	join(ann, "dev", 1);
	join(ben, "dev", 2);
	test_client_match(ann, "*** #dev: ben#* joined");
	test_client_send(other, "/unregister " HARNESS_PASSWORD "\n");
	test_client_expect(other, "OK account removed");
	test_client_match(ben, "*** your account has been removed*");
	test_client_expect(ann, "*** #dev: ben#%lu left", ben->id);
	test_client_send(ben, "hello\n/say dev hello\n");
	test_client_expect(ben, "Echo: hello");
	test_client_match(ben, "ERR not-logged-in *");
	test_client_fence(ann);
	server_process_stop(server);
}

FLOW_TEST(rooms_topics_are_short_and_can_be_cleared)
{
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *ann = test_client_user(server, "ann");
	char text[402];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	join(ann, "dev", 1);
	test_client_send(ann,
	    "/topic dev %s\n/topic dev %s\n/topic dev\n"
	    "/topic dev -\n/topic dev\n",
	    text, text + 1);
	test_client_match(ann, "ERR too-long *");
	test_client_match(ann, "*** #dev: ann#* set the topic: x*");
	test_client_expect(ann, "OK topic set");
	test_client_expect(ann, "OK #dev: %s", text + 1);
	test_client_match(ann, "*** #dev: ann#* cleared the topic");
	test_client_expect(ann, "OK topic cleared");
	test_client_expect(ann, "OK #dev has no topic");
	server_process_stop(server);
}

FLOW_TEST(rooms_joined_with_since_replay_and_say_what_is_gone)
{
	struct server_process *server =
	    server_process_start(engine, "--history", "3", NULL);
	struct test_client *ann = test_client_user(server, "ann");
	struct test_client *ben = test_client_user(server, "ben");

	join(ann, "dev", 1);
	test_client_send(ann, "m1\nm2\nm3\nm4\nm5\n");
	for (int i = 1; i <= 5; i++)
		test_client_match(ann, "#dev * m%d", i);
	test_client_send(ben, "/join dev since=1\n/leave\n/join dev since=4\n"
			      "/leave\n/join dev since=9\n/join dev since=0\n"
			      "/join dev\n/join dev 3\n/join dev since=x\n");
	test_client_expect(ben, "*** #dev: 1 messages are no longer kept");
	for (int i = 3; i <= 5; i++)
		test_client_match(ben, "#dev * m%d", i);
	test_client_expect(ben, "OK joined #dev (2 members)");
	test_client_expect(ben, "OK left #dev");
	test_client_match(ben, "#dev * m5");
	test_client_expect(ben, "OK joined #dev (2 members)");
	test_client_expect(ben, "OK left #dev");
	test_client_expect(ben, "*** #dev: starts over");
	for (int i = 3; i <= 5; i++)
		test_client_match(ben, "#dev * m%d", i);
	test_client_expect(ben, "OK joined #dev (2 members)");
	/* It was told the others just before. */
	test_client_expect(ben, "*** #dev: 2 messages are no longer kept");
	for (int i = 0; i < 2; i++)
		test_client_expect(ben, "OK joined #dev (2 members)");
	for (int i = 0; i < 2; i++)
		test_client_match(ben, "ERR bad-arguments *");
	server_process_stop(server);
}

/* What was said before it came it has never been sent; what it was sent live
 * does not come again. */
FLOW_TEST(rooms_joined_again_with_since_replay_what_was_before)
{
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *ann = test_client_user(server, "ann");
	struct test_client *ben = test_client_user(server, "ben");

	join(ann, "dev", 1);
	test_client_send(ann, "m1\nm2\nm3\n");
	for (int i = 1; i <= 3; i++)
		test_client_match(ann, "#dev * m%d", i);
	join(ben, "dev", 2);
	test_client_send(ben, "m4\n");
	test_client_match(ben, "#dev * m4");
	test_client_send(ben, "/join dev since=1\n");
	for (int i = 2; i <= 3; i++)
		test_client_match(ben, "#dev * m%d", i);
	test_client_expect(ben, "OK joined #dev (2 members)");
	test_client_fence(ben);
	server_process_stop(server);
}
