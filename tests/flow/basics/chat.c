/* Talking: who hears what, in which order; tags, and what every client asks. */
#include "tests/kit/harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/limits.h"

/* What the operator says goes to all, and by way of the same mailboxes: after
 * it, whoever has not got a message will not get it. */
static void
fence_all(struct server_process *server, struct test_client *const clients[],
    int count)
{
	server_process_type(server, "broadcast fence\n");
	server_process_expect(server, "sent to * client*");
	for (int i = 0; i < count; i++)
		test_client_expect(clients[i], "*** fence");
}

FLOW_TEST(broadcast_reaches_all_users_and_no_guest)
{
	enum {
		USERS = 10,
		GUESTS = 4,
		ALL = USERS + GUESTS
	};
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *all[ALL];

	test_client_users(server, all, USERS);
	for (int i = USERS; i < ALL; i++)
		all[i] = test_client_open(server);
	/* One who has logged out is a guest like the others. */
	test_client_send(all[USERS - 1], "/logout\n");
	test_client_expect(all[USERS - 1], "OK logged out");
	for (int from = 0; from < USERS - 1; from++) {
		test_client_send(all[from], "/broadcast hello from %d\n", from);
		for (int to = 0; to < USERS - 1; to++)
			test_client_expect(all[to],
			    "[user%d#%lu] hello from %d", from, all[from]->id,
			    from);
	}
	fence_all(server, all, ALL);
	server_process_stop(server);
}

FLOW_TEST(broadcast_text_arrives_as_it_was_written)
{
	static const char *const texts[] = {"two  spaces ", "OK fake",
	    "*** server is going down", "[ben#1] hi", "tab\there", "/b nested",
	    "\303\251\342\202\254\360\237\230\200", "%s%n%d", "@t /ping"};
	static char longest[LINE_BYTES_MAX];
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *ann = test_client_user(server, "ann");
	struct test_client *ben = test_client_user(server, "ben");

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		test_client_send(
		    ann, i % 2 ? "/B  %s\r\n" : "/BroadCast %s\n", texts[i]);
		test_client_expect(ann, "[ann#%lu] %s", ann->id, texts[i]);
		test_client_expect(ben, "[ann#%lu] %s", ann->id, texts[i]);
	}
	memset(longest, 'x', LINE_BYTES_MAX - 3);
	test_client_send(ann, "/b %s\n", longest);
	test_client_expect(ann, "[ann#%lu] %s", ann->id, longest);
	test_client_expect(ben, "[ann#%lu] %s", ann->id, longest);
	server_process_stop(server);
}

/* Two sessions of one account are two clients. */
FLOW_TEST(broadcast_is_signed_with_the_name_as_registered)
{
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *one = test_client_user(server, "Ann");
	struct test_client *two = test_client_open(server);

	test_client_enter(two, "aNN");
	cr_assert_neq(one->id, two->id);
	test_client_send(two, "/b hello\n");
	test_client_expect(two, "[Ann#%lu] hello", two->id);
	test_client_expect(one, "[Ann#%lu] hello", two->id);
	server_process_stop(server);
}

enum {
	MEMBERS = 20,
	TALKERS = 5,
	SAYINGS = 200,
	ROUND = 10
};

/* What the first member has seen; all others must see the same. */
static char order[TALKERS * SAYINGS][64];

static void
check_order(struct test_client *const members[])
{
	int next[TALKERS] = {0};

	for (int i = 0; i < TALKERS * SAYINGS; i++) {
		int who, number;

		snprintf(order[i], sizeof(order[i]), "%s",
		    test_client_line(members[0]));
		cr_assert_eq(sscanf(order[i], "[user%d#%*u] %d", &who, &number),
		    2, "%s", order[i]);
		cr_assert_eq(number, next[who], "user%d's %d after %d: %s", who,
		    number, next[who] - 1, order[i]);
		next[who]++;
	}
	for (int m = 1; m < MEMBERS; m++)
		for (int i = 0; i < TALKERS * SAYINGS; i++)
			test_client_expect(members[m], "%s", order[i]);
}

FLOW_TEST(broadcast_order_is_the_same_for_all_members)
{
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *members[MEMBERS];

	test_client_users(server, members, MEMBERS);
	for (int i = 0; i < SAYINGS; i += ROUND) {
		for (int who = 0; who < TALKERS; who++) {
			char text[ROUND * 16];
			int len = 0;

			for (int n = i; n < i + ROUND; n++)
				len += sprintf(text + len, "/b %d\n", n);
			test_client_send(members[who], "%s", text);
		}
	}
	check_order(members);
	server_process_stop(server);
}

FLOW_TEST(tag_stands_before_every_answer_to_its_command)
{
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *ann = test_client_user(server, "ann");

	test_client_send(ann, "@a.B_9- /ping x\n@1 /who\n@2 /nope\n@3 /b\n"
			      "@4 /b said\n@5 /help ping\n"
			      "@6\t/whoami\n/whoami\n");
	test_client_expect(ann, "@a.B_9- OK pong x");
	test_client_expect(ann, "@1 - ann#%lu", ann->id);
	test_client_expect(ann, "@1 OK 1 online");
	test_client_match(ann, "@2 ERR unknown-command *");
	test_client_match(ann, "@3 ERR bad-arguments *");
	test_client_expect(ann, "[ann#%lu] said", ann->id);
	test_client_match(ann, "@5 - /ping*");
	test_client_expect(ann, "@5 OK");
	test_client_expect(ann, "@6 OK ann#%lu", ann->id);
	test_client_expect(ann, "OK ann#%lu", ann->id);
	test_client_send(ann, "@7 /passwd secretpw newpassword\n"
			      "@8 /logout\n@9 /login ann newpassword\n");
	test_client_expect(ann, "@7 OK password changed");
	test_client_expect(ann, "@8 OK logged out");
	test_client_expect(ann, "@9 OK logged in as ann#%lu", ann->id);
	server_process_stop(server);
}

FLOW_TEST(tag_that_is_none_is_text)
{
	static const char *const texts[] = {"@bob hi", "@", "@bob",
	    "@b:b /ping", "@ /ping", "@bob //ping", "@\303\251 /ping",
	    "@0123456789abcdef0123456789abcdef0 /ping"};
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *client = test_client_open(server);

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		test_client_send(client, "%s\n", texts[i]);
		test_client_expect(client, "Echo: %s", texts[i]);
	}
	test_client_send(client, "@0123456789abcdef0123456789abcdef /ping\n");
	test_client_expect(client, "@0123456789abcdef0123456789abcdef OK pong");
	server_process_stop(server);
}

FLOW_TEST(text_of_guests_and_users_is_echoed)
{
	static const struct {
		const char *text;
		const char *echo;
	} texts[] = {
	    {"hello", "hello"},
	    {"", ""},
	    {" ", " "},
	    {"//text", "/text"},
	    {"///", "//"},
	    {"a /ping", "a /ping"},
	    {" /ping", " /ping"},
	    {"*** hi", "*** hi"},
	};
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *clients[] = {
	    test_client_open(server), test_client_user(server, "ann")};

	for (size_t i = 0; i < 2 * sizeof(texts) / sizeof(*texts); i++) {
		test_client_send(clients[i % 2], "%s\n", texts[i / 2].text);
		test_client_expect(
		    clients[i % 2], "Echo: %s", texts[i / 2].echo);
	}
	server_process_stop(server);
}

FLOW_TEST(text_of_guests_where_login_is_required_is_refused)
{
	struct server_process *server =
	    server_process_start(engine, "--require-login", NULL);
	struct test_client *client = test_client_open(server);

	test_client_send(client, "hello\n//hello\n/ping\n");
	test_client_match(client, "ERR not-logged-in *");
	test_client_match(client, "ERR not-logged-in *");
	test_client_expect(client, "OK pong");
	client = test_client_user(server, "ann");
	test_client_send(client, "hello\n");
	test_client_expect(client, "Echo: hello");
	server_process_stop(server);
}

FLOW_TEST(who_lists_everyone_who_is_logged_in)
{
	enum {
		USERS = 10
	};
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *users[USERS];
	bool seen[USERS] = {false};
	unsigned long id;
	int who;

	test_client_open(server);
	test_client_users(server, users, USERS);
	test_client_send(users[0], "/who\n");
	for (int i = 0; i < USERS; i++) {
		const char *line = test_client_line(users[0]);

		cr_assert_eq(
		    sscanf(line, "- user%d#%lu", &who, &id), 2, "%s", line);
		cr_assert(who < USERS && !seen[who], "%s", line);
		cr_assert_eq(id, users[who]->id, "%s", line);
		seen[who] = true;
	}
	test_client_expect(users[0], "OK %d online", USERS);
	test_client_send(users[1], "/logout\n");
	test_client_expect(users[1], "OK logged out");
	test_client_send(users[2], "/quit\n");
	test_client_expect(users[2], "OK bye");
	test_client_expect_end(users[2]);
	test_client_send(users[0], "/who\n");
	for (int i = 0; i < USERS - 2; i++)
		test_client_match(users[0], "- user[!12]#*");
	test_client_expect(users[0], "OK %d online", USERS - 2);
	server_process_stop(server);
}

FLOW_TEST(ping_and_whoami_answer_what_they_were_asked)
{
	static char token[LINE_BYTES_MAX];
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *client = test_client_open(server);
	unsigned long first, second;

	test_client_send(client, "/ping\n/ping  a b \n/PING %%d\n/whoami\n");
	test_client_expect(client, "OK pong");
	test_client_expect(client, "OK pong a b ");
	test_client_expect(client, "OK pong %%d");
	cr_assert_eq(
	    sscanf(test_client_line(client), "OK guest#%lu", &first), 1);
	memset(token, 't', LINE_BYTES_MAX - 6);
	test_client_send(client, "/ping %s\n", token);
	test_client_expect(client, "OK pong %s", token);
	test_client_close(client);
	client = test_client_open(server);
	test_client_send(client, "/whoami\n");
	cr_assert_eq(
	    sscanf(test_client_line(client), "OK guest#%lu", &second), 1);
	cr_assert_gt(second, first, "an id is never used again");
	server_process_stop(server);
}

FLOW_TEST(quit_says_bye_and_closes)
{
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *guest = test_client_open(server);
	struct test_client *user = test_client_user(server, "ann");

	test_client_send(guest, "@x /quit\n");
	test_client_expect(guest, "@x OK bye");
	test_client_expect_end(guest);
	test_client_send(user, "/quit see you\n");
	test_client_expect(user, "OK bye");
	test_client_expect_end(user);
	server_process_stop(server);
}
