/* Addresses that are banned, and names that are muted. */
#include <fnmatch.h>
#include <signal.h>

#include "tests/kit/harness.h"

#define REFUSED "ERR banned your address is banned here"

/* Gets in from there, as its answer to the next line shows. */
static void
expect_let_in(const struct server_process *server, const char *address)
{
	struct test_client *client = test_client_open_from(server, address);

	test_client_fence(client);
	test_client_close(client);
}

static void
expect_answer(const struct server_process *server, const char *address,
    const char *answer)
{
	struct test_client *client = test_client_open_from(server, address);

	test_client_match(client, "%s", answer);
	test_client_expect_end(client);
	test_client_close(client);
}

static void
expect_refused(const struct server_process *server, const char *address)
{
	expect_answer(server, address, REFUSED);
}

FLOW_TEST(address_ban_cuts_who_is_there_and_refuses_who_comes)
{
	enum {
		GUESTS = 6
	};
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *guests[GUESTS];
	struct test_client *ann = test_client_user(server, "ann");
	struct test_client *ben = test_client_open_from(server, "127.0.0.2");

	for (int i = 0; i < GUESTS; i++) {
		guests[i] = test_client_open_from(server, "127.0.0.2");
		test_client_fence(guests[i]);
	}
	test_client_enter(ben, "ann");
	server_process_type(server, "ban 127.0.0.2\n");
	server_process_expect(server, "127.0.0.2 is banned for ever");
	for (int i = 0; i < GUESTS; i++) {
		test_client_expect(guests[i], "*** you are banned: for ever");
		test_client_expect_end(guests[i]);
	}
	test_client_expect(ben, "*** you are banned: for ever");
	test_client_expect_end(ben);
	expect_refused(server, "127.0.0.2");
	expect_let_in(server, "127.0.0.3");
	/* Not the name. */
	test_client_fence(ann);
	server_process_type(server, "unban 127.0.0.2\n");
	server_process_expect(server, "127.0.0.2 may connect again");
	expect_let_in(server, "127.0.0.2");
	server_process_stop(server);
}

/* Before anything else: what it sends is not looked at. */
FLOW_TEST(address_ban_answers_before_it_listens)
{
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *client;

	server_process_type(server, "ban 127.0.0.2\n");
	server_process_expect(server, "127.0.0.2 is banned for ever");
	for (int i = 0; i < 20; i++) {
		client = test_client_open_from(server, "127.0.0.2");
		test_client_send(
		    client, "/register eve " HARNESS_PASSWORD "\nhello\n");
		test_client_expect(client, REFUSED);
		test_client_expect_end(client);
		test_client_close(client);
	}
	client = test_client_open(server);
	test_client_send(client, "/register eve " HARNESS_PASSWORD "\n");
	test_client_expect(client, "OK registered eve");
	server_process_stop(server);
}

FLOW_TEST(address_ban_of_a_network_covers_it_and_ends)
{
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *client;
	const char *line;

	server_process_type(server, "ban 127.0.0.5/30 1h\n");
	server_process_expect(server, "127.0.0.4/30 is banned until 20*");
	expect_let_in(server, "127.0.0.3");
	expect_answer(server, "127.0.0.4", REFUSED " until 20*Z");
	expect_answer(server, "127.0.0.7", REFUSED " until 20*Z");
	expect_let_in(server, "127.0.0.8");
	/* One address of it is another ban. */
	server_process_type(server, "unban 127.0.0.5\n");
	server_process_expect(server, "127.0.0.5 is not banned");
	server_process_type(server, "ban 127.0.0.4/30 1s\n");
	server_process_expect(server, "127.0.0.4/30 is banned until 20*");
	do {
		client = test_client_open_from(server, "127.0.0.5");
		test_client_send(client, "/ping\n");
		line = test_client_line(client);
	} while (!fnmatch("ERR banned *", line, 0));
	cr_assert_str_eq(line, "OK pong");
	server_process_stop(server);
}

/* Nobody is said to be free who is not. */
FLOW_TEST(address_ban_that_is_lifted_may_leave_another)
{
	struct server_process *server = server_process_start(engine, NULL);

	server_process_type(server, "ban 127.0.0.2 1h\nban 127.0.0.0/30\n");
	server_process_expect(server, "127.0.0.0/30 is banned for ever");
	server_process_type(server, "unban 127.0.0.2\n");
	server_process_expect(server,
	    "127.0.0.2 is still banned: 127.0.0.0/30 for ever, by a command");
	expect_refused(server, "127.0.0.2");
	/* A part of it is another matter. */
	server_process_type(server, "ban 127.0.0.2\nunban 127.0.0.0/30\n");
	server_process_expect(server, "127.0.0.0/30 may connect again");
	expect_refused(server, "127.0.0.2");
	expect_let_in(server, "127.0.0.3");
	server_process_type(server, "unban 127.0.0.2\n");
	server_process_expect(server, "127.0.0.2 may connect again");
	server_process_stop(server);
}

FLOW_TEST(address_ban_is_not_for_unix_sockets)
{
	struct server_setup setup = {.engine = engine,
	    .no_listen = true,
	    .args = {"--listen", "tcp://127.0.0.1:0", "--listen",
		"unix:{folder}/chat"}};
	struct server_process *server = server_process_start_with(&setup);
	struct test_client *local = test_client_open_at(server->listen[1]);

	test_client_fence(local);
	server_process_type(server, "ban 0.0.0.0/0\nban ::/0\n");
	server_process_expect(server, "0.0.0.0/0 is banned for ever");
	server_process_expect(server, "::/0 is banned for ever");
	expect_refused(server, "127.0.0.1");
	test_client_fence(local);
	local = test_client_open_at(server->listen[1]);
	test_client_fence(local);
	server_process_stop(server);
}

/* On disk before it is said, both of them. */
FLOW_TEST(address_ban_and_mute_outlive_a_crash_and_a_compaction)
{
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *client = test_client_user(server, "ann");

	server_process_type(server, "ban 127.0.0.2\nmute ann\n");
	server_process_expect(server, "127.0.0.2 is banned for ever");
	server_process_expect(server, "ann is muted for ever");
	for (int i = 0; i < 2; i++) {
		server_process_signal(server, SIGKILL);
		cr_assert_eq(server_process_wait(server), 128 + SIGKILL);
		server = server_process_restart(server);
		expect_refused(server, "127.0.0.2");
		client = test_client_again(server, "ann");
		test_client_send(client, "/broadcast hi\n");
		test_client_expect(client, "ERR muted you are muted");
		server_process_type(server, "compact\n");
		server_process_expect(server, "compacted: *");
	}
	server_process_stop(server);
}

static void
expect_muted(struct test_client *client, const char *pattern)
{
	static const char *const lines[] = {"/broadcast hi", "/b hi",
	    "/say dev hi", "/say lobby hi", "/say nowhere hi", "/msg ben hi",
	    "/msg ann hi", "/topic dev hi", "/topic dev -", "hi", "//hi"};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		test_client_send(client, "%s\n", lines[i]);
		test_client_match(client, "%s", pattern);
	}
}

FLOW_TEST(mute_keeps_the_user_from_talking_and_from_nothing_else)
{
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *ann = test_client_user(server, "ann");
	struct test_client *ben = test_client_user(server, "ben");

	test_client_send(ben, "/join dev\n/topic dev news\n");
	test_client_match(ben, "OK joined #dev *");
	test_client_match(ben, "[*][*][*] #dev: ben#* set the topic: news");
	test_client_expect(ben, "OK topic set");
	test_client_send(ann, "/join dev\n");
	test_client_match(ann, "OK joined #dev *");
	test_client_match(ben, "[*][*][*] #dev: ann#* joined");
	server_process_type(server, "mute ANN\n");
	server_process_expect(server, "ANN is muted for ever");
	test_client_expect(ann, "*** you are muted");
	expect_muted(ann, "ERR muted you are muted");
	test_client_send(ann, "@t /say dev hi\n/format json\nhi\n");
	test_client_expect(ann, "@t ERR muted you are muted");
	test_client_match(ann, "*\"ok\":true*");
	test_client_match(ann, "*\"ok\":false,\"code\":\"muted\"*");
	test_client_send(ann, "/format text\n/topic dev\n/who dev\n");
	test_client_expect(ann, "OK format text");
	test_client_expect(ann, "OK #dev: news");
	test_client_match(ann, "- *");
	test_client_match(ann, "- *");
	test_client_match(ann, "OK 2 in #dev");
	/* The others talk, to her too, and have heard nothing of hers. */
	test_client_send(ben, "hello\n");
	test_client_match(ben, "#dev [[]ben#*[]] hello");
	test_client_match(ann, "#dev [[]ben#*[]] hello");
	test_client_send(ben, "/msg ann psst\n");
	test_client_expect(ben, "OK sent to ann (1 sessions)");
	test_client_match(ann, "[[]ben#* -> you[]] psst");
	/* Rooms come and go; text that nobody else sees is echoed. */
	test_client_send(ann, "/leave dev\nhi\n/join dev\n/passwd x y\n");
	test_client_match(ann, "OK left #dev");
	test_client_expect(ann, "Echo: hi");
	test_client_match(ann, "OK joined #dev *");
	test_client_match(ann, "ERR weak-password *");
	server_process_type(server, "unmute ann\n");
	server_process_expect(server, "ann may talk again");
	test_client_expect(ann, "*** you may talk again");
	test_client_send(ann, "/broadcast hi\n");
	test_client_match(ann, "[[]ann#*[]] hi");
	server_process_stop(server);
}

FLOW_TEST(mute_is_of_the_account_in_all_its_sessions)
{
	enum {
		SESSIONS = 6
	};
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *ben = test_client_user(server, "ben");
	struct test_client *all[SESSIONS] = {test_client_user(server, "ann")};

	for (int i = 1; i < SESSIONS; i++)
		all[i] = test_client_again(server, "ann");
	server_process_type(server, "mute ann 7d\n");
	for (int i = 0; i < SESSIONS; i++) {
		test_client_match(
		    all[i], "[*][*][*] you are muted until 20*T*Z");
		test_client_send(all[i], "/broadcast hi\n");
		test_client_match(
		    all[i], "ERR muted you are muted until 20*T*Z");
	}
	/* Not to be got rid of, and not to be caught from her. */
	test_client_send(all[0], "/logout\n");
	test_client_expect(all[0], "OK logged out");
	test_client_enter(all[0], "ANN");
	test_client_send(all[0], "/broadcast hi\n");
	test_client_match(all[0], "ERR muted you are muted until 20*");
	test_client_send(all[0], "/logout\n");
	test_client_expect(all[0], "OK logged out");
	test_client_enter(all[0], "ben");
	test_client_send(all[0], "/msg ben hi\n");
	test_client_match(all[0], "[[]ben#* -> you[]] hi");
	test_client_match(all[0], "OK sent to ben (2 sessions)");
	test_client_match(ben, "[[]ben#* -> you[]] hi");
	server_process_stop(server);
}

FLOW_TEST(mute_ends_by_itself)
{
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *ann = test_client_user(server, "ann");
	const char *line;

	/* Until a full second: that of a mute may be over at once. */
	do {
		server_process_type(server, "mute ann 1s\n");
		line = test_client_line(ann);
	} while (!strcmp(line, "*** you may talk again"));
	cr_assert_eq(fnmatch("[*][*][*] you are muted until 20*", line, 0), 0,
	    "%s", line);
	do {
		test_client_send(ann, "/broadcast hi\n");
		line = test_client_line(ann);
	} while (!fnmatch("ERR muted *", line, 0));
	cr_assert_eq(fnmatch("[[]ann#*[]] hi", line, 0), 0, "%s", line);
	server_process_type(server, "unmute ann\n");
	server_process_expect(server, "ann is not *");
	server_process_stop(server);
}

/* What was said before the mute is out, and what comes after is not. */
FLOW_TEST(mute_comes_between_two_messages)
{
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *ann = test_client_user(server, "ann");
	struct test_client *ben = test_client_user(server, "ben");

	for (int i = 0; i < 50; i++)
		test_client_send(ann, "/broadcast before\n");
	for (int i = 0; i < 50; i++)
		test_client_match(ann, "[[]ann#*[]] before");
	server_process_type(server, "mute ann\n");
	test_client_expect(ann, "*** you are muted");
	for (int i = 0; i < 50; i++)
		test_client_send(ann, "/broadcast after\n");
	for (int i = 0; i < 50; i++)
		test_client_expect(ann, "ERR muted you are muted");
	for (int i = 0; i < 50; i++)
		test_client_match(ben, "[[]ann#*[]] before");
	test_client_fence(ben);
	server_process_stop(server);
}
