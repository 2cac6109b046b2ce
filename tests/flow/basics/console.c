/* The operator's console on a pipe, a file or nothing at all. */
#include "tests/kit/harness.h"

#include <ctype.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#define GOODBYE "*** server is going down"

static const char *const admin_names[] = {
#define ADMIN(name, min, max, flags, completes, usage, help) #name,
#include "console/admin/admin.def"
#undef ADMIN
};

#define ADMIN_COUNT (sizeof(admin_names) / sizeof(*admin_names))

/* `list` has this many rows that match, then the count. */
static void
expect_rows(struct server_process *server, int count)
{
	server_process_expect(
	    server, "ID *NAME *ADDRESS *SINCE *IN *OUT *ROOMS");
	for (int i = 0; i < count; i++)
		cr_assert_neq(*server_process_line(server), '[');
	cr_assert_not_null(strstr(server_process_line(server), " connected, "));
}

FLOW_TEST(console_rooms_and_stats_show_what_is_going_on)
{
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *ann = test_client_user(server, "ann");
	struct test_client *ben = test_client_user(server, "ben");

	test_client_send(ann, "/join dev\n/topic dev two  words\nhello\n");
	test_client_match(ann, "OK joined *");
	test_client_match(ann, "*two  words");
	test_client_match(ann, "OK topic *");
	test_client_match(ann, "#dev *hello");
	test_client_send(ben, "/join quiet\n");
	test_client_match(ben, "OK joined *");
	server_process_type(server, "rooms\n");
	server_process_expect(server, "ROOM *MEMBERS *KEPT *BYTES TOPIC");
	server_process_expect(server, "dev * 1 * 1 *[0-9] two  words");
	server_process_expect(server, "lobby * 2 * 0 *0 ");
	server_process_expect(server, "quiet * 1 * 0 *0 ");
	server_process_expect(server, "3 rooms");
	server_process_type(server, "rooms #D*\n");
	server_process_expect(server, "ROOM *");
	cr_assert_eq(strncmp(server_process_line(server), "dev ", 4), 0);
	cr_assert_str_eq(server_process_line(server), "3 rooms");
	server_process_type(server, "list ann\nstats\n");
	server_process_expect(server, "%lu *ann * 1", ann->id);
	server_process_expect(server, "logins * 2 sessions that logged in");
	server_process_expect(server, "messages * 1 *");
	server_process_expect(server, "deliveries * 1 *");
	server_process_stop(server);
}

FLOW_TEST(console_list_shows_clients_and_those_that_match)
{
	struct server_process *server = server_process_start(engine,
	    "--listen=tcp://[::1]:0", "--listen=unix:{folder}/socket", NULL);
	struct test_client *ann = test_client_user(server, "Ann");
	struct test_client *guest = test_client_open_at(server->listen[1]);
	struct test_client *local;
	static const struct {
		const char *pattern;
		int rows;
	} patterns[] = {{"", 3}, {"ann", 1}, {"A*", 1}, {"127.0.0.1:*", 1},
	    {"\\[::1]*", 1}, {"127.0.0.1", 1}, {"::1", 1}, {"127.0.0.1:", 0},
	    {"unix", 1}, {"ben", 0}, {"*", 3}, {"ann x", 0}};

	test_client_fence(guest);
	local = test_client_open_at(server->listen[2]);
	test_client_fence(local);
	server_process_type(server, "list\n");
	server_process_expect(
	    server, "ID *NAME *ADDRESS *SINCE *IN *OUT *ROOMS");
	server_process_expect(server,
	    "%lu *Ann *127.0.0.1:[0-9]* 20[0-9][0-9]-[01][0-9]-[0-3][0-9] "
	    "[0-2][0-9]:[0-5][0-9] *[0-9]*[0-9]",
	    ann->id);
	server_process_expect(server, "[0-9]* - *\\[::1]:[0-9]* 20* 12 *14 *0");
	server_process_expect(server, "[0-9]* - *unix * 20* 12 *14 *0");
	server_process_expect(server, "3 connected, 1 logged in");
	for (size_t i = 0; i < sizeof(patterns) / sizeof(*patterns); i++) {
		server_process_type(server, "list %s\n", patterns[i].pattern);
		expect_rows(server, patterns[i].rows);
	}
	server_process_stop(server);
}

/* The next lines, down to the one that begins so, on a terminal of 80 columns.
 */
static void
expect_narrow(struct server_process *server, const char *last)
{
	const char *line;

	do {
		line = server_process_line(server);
		cr_assert_not_null(line);
		cr_assert_leq(strlen(line), 80, "%s", line);
	} while (strncmp(line, last, strlen(last)) != 0);
}

FLOW_TEST(console_listings_fit_80_columns)
{
	static const char network[] = "2001:db8:1234:5678:9abc:def0:1234:5600";
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *ann = test_client_user(server, "annabel-lee-14");

	server_process_type(server, "list\n");
	server_process_expect(
	    server, "ID *NAME *ADDRESS *SINCE *IN *OUT *ROOMS");
	expect_narrow(server, "1 connected");
	server_process_type(
	    server, "accounts\nban %s/120 1d\nmute ann\nbans\n", network);
	server_process_expect(server, "NAME *");
	expect_narrow(server, "1 account");
	server_process_expect(server, "ann is muted for ever");
	cr_assert_eq(
	    strncmp(server_process_line(server), "WHO ", strlen("WHO ")), 0);
	server_process_expect(server,
	    "%s/120 banned 20[0-9][0-9]-*:[0-5][0-9]:[0-5][0-9] command",
	    network);
	server_process_expect(server, "ann * muted  for ever *command");
	expect_narrow(server, "1 banned, 1 muted");
	server_process_type(server, "stats\nhelp\ncount\n");
	expect_narrow(server, "1 connected");
	test_client_fence(ann);
	server_process_stop(server);
}

/* Also those that Prometheus knows as one metric. */
FLOW_TEST(console_stats_tells_each_counter_in_words_of_its_own)
{
	struct server_process *server = server_process_start(engine, NULL);
	char words[64][128];
	const char *line;
	int count = 0;

	server_process_type(server, "stats\ncount\n");
	server_process_expect(server, "COUNTER *VALUE WHAT");
	while (isalpha(*(line = server_process_line(server)))) {
		line += strspn(line, "abcdefghijklmnopqrstuvwxyz_");
		line += strspn(line, " 0123456789");
		snprintf(words[count], sizeof(words[0]), "%s", line);
		for (int i = 0; i < count; i++)
			cr_assert_str_neq(words[i], words[count]);
		count++;
	}
	cr_assert_gt(count, 20);
	server_process_stop(server);
}

FLOW_TEST(console_count_follows_clients_that_come_and_go)
{
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *ann, *guest;

	server_process_type(server, "count\n");
	server_process_expect(server, "0 connected, 0 logged in");
	ann = test_client_user(server, "ann");
	guest = test_client_open(server);
	test_client_fence(guest);
	server_process_type(server, "count\n");
	server_process_expect(server, "2 connected, 1 logged in");
	test_client_send(ann, "/logout\n");
	test_client_expect(ann, "OK logged out");
	server_process_type(server, "  count  \r\n");
	server_process_expect(server, "2 connected, 0 logged in");
	test_client_send(ann, "/quit\n");
	test_client_expect(ann, "OK bye");
	test_client_expect_end(ann);
	test_client_close(ann);
	server_process_expect(server, "[[]DISCONNECTED] #%lu *", ann->id);
	test_client_close(guest);
	server_process_expect(server, "[[]DISCONNECTED] *");
	server_process_stop(server);
}

/* Few enough that none is summed up. */
FLOW_TEST(console_tells_who_comes_and_goes)
{
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *ann = test_client_user(server, "ann");
	struct test_client *guest;

	server_process_expect(
	    server, "[[]NEW CONNECTION] #%lu 127.0.0.1:[0-9]*", ann->id);
	server_process_expect(server, "[[]ACTIVE CONNECTIONS] 1");
	guest = test_client_open(server);
	server_process_expect(server, "[[]NEW CONNECTION] #* 127.0.0.1:*");
	server_process_expect(server, "[[]ACTIVE CONNECTIONS] 2");
	test_client_send(ann, "/quit\n");
	server_process_expect(
	    server, "[[]DISCONNECTED] #%lu 127.0.0.1:* ann (quit)", ann->id);
	test_client_reset(guest);
	server_process_expect(
	    server, "[[]DISCONNECTED] #* 127.0.0.1:* (connection lost)");
	server_process_stop(server);
}

FLOW_TEST(console_broadcast_reaches_guests_and_users)
{
	enum {
		ALL = 8
	};
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *all[ALL] = {test_client_user(server, "ann")};

	for (int i = 1; i < ALL; i++) {
		all[i] = test_client_open(server);
		test_client_fence(all[i]);
	}
	server_process_type(server, "broadcast  two  words caf\303\251 \n");
	for (int i = 0; i < ALL; i++)
		test_client_expect(all[i], "*** two  words caf\303\251");
	server_process_type(server, "broadcast\nbroadcast a\033[31mb\ncount\n");
	server_process_expect(server, "usage: broadcast TEXT");
	server_process_expect(server, "a line is UTF-8 *");
	server_process_expect(server, "8 connected, 1 logged in");
	for (int i = 0; i < ALL; i++)
		test_client_fence(all[i]);
	server_process_stop(server);
}

FLOW_TEST(console_kick_by_id_closes_that_client)
{
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *one = test_client_user(server, "ann");
	struct test_client *two = test_client_open(server);
	struct test_client *three = test_client_open(server);

	test_client_enter(two, "ann");
	test_client_enter(three, "ann");
	server_process_type(server, "kick %lu\n", one->id);
	server_process_expect(server, "kicked 1 client");
	test_client_match(one, "[*][*][*] *kicked*");
	test_client_expect_end(one);
	server_process_type(server, "kick #%lu  too  loud\n", two->id);
	server_process_expect(server, "kicked 1 client");
	test_client_match(two, "[*][*][*] *kicked*too  loud");
	test_client_expect_end(two);
	test_client_fence(three);
	server_process_type(server, "kick %lu\n", one->id);
	server_process_expect(server, "no such client*");
	server_process_stop(server);
}

FLOW_TEST(console_kick_by_name_closes_all_of_the_account)
{
	enum {
		SESSIONS = 6
	};
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *ben = test_client_user(server, "ben");
	struct test_client *all[SESSIONS] = {test_client_user(server, "Ann")};

	for (int i = 1; i < SESSIONS; i++)
		all[i] = test_client_again(server, "ann");
	server_process_type(server, "kick aNN caf\303\251\n");
	server_process_expect(server, "kicked %d clients", SESSIONS);
	for (int i = 0; i < SESSIONS; i++) {
		test_client_match(all[i], "[*][*][*] *kicked*caf\303\251");
		test_client_expect_end(all[i]);
	}
	server_process_type(server, "kick ann\nkick\nkick a/b\ncount\n");
	server_process_expect(server, "no such client*");
	server_process_expect(server, "usage: kick *");
	server_process_expect(server, "a/b is neither *");
	test_client_fence(ben);
	/* It is no ban. */
	test_client_again(server, "ann");
	server_process_stop(server);
}

/* The name is only what the client says, until the password is right. */
FLOW_TEST(console_kick_or_ban_spares_who_is_at_the_password_prompt)
{
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *ann = test_client_user(server, "ann");
	struct test_client *client = test_client_open(server);

	test_client_send(client, "/login ann\n");
	test_client_expect_bytes(client, "Password: ", 10);
	server_process_type(server, "kick ann\n");
	server_process_expect(server, "kicked 1 client");
	test_client_match(ann, "[*][*][*] *kicked*");
	test_client_send(client, HARNESS_PASSWORD "\n/logout\n");
	test_client_match(client, "OK logged in as ann#*");
	test_client_expect(client, "OK logged out");
	ann = test_client_again(server, "ann");
	test_client_send(client, "/login ann\n");
	test_client_expect_bytes(client, "Password: ", 10);
	server_process_type(server, "ban ann\n");
	server_process_expect(server, "kicked 1 client");
	test_client_match(ann, "[*][*][*] *banned*");
	test_client_send(client, HARNESS_PASSWORD "\n");
	test_client_match(client, "ERR banned *");
	test_client_fence(client);
	server_process_stop(server);
}

FLOW_TEST(console_help_explains_every_command)
{
	struct server_process *server = server_process_start(engine, NULL);

	server_process_type(server, "help\n");
	for (size_t i = 0; i < ADMIN_COUNT; i++)
		server_process_expect(server, "*%s *", admin_names[i]);
	for (size_t i = 0; i < ADMIN_COUNT; i++) {
		server_process_type(server, "help %s\n", admin_names[i]);
		server_process_expect(server, "*%s *", admin_names[i]);
	}
	server_process_type(server, "help nope\nnope\nlisten\n/list\n\n \n");
	server_process_expect(server, "no such command: nope *");
	server_process_expect(server, "no such command: nope *");
	server_process_expect(server, "no such command: listen *");
	server_process_expect(server, "no such command: /list *");
	server_process_type(server, "exit now\ncount 1\ncount\n");
	server_process_expect(server, "now is no number of seconds*");
	server_process_expect(server, "usage: count");
	server_process_expect(server, "0 connected, 0 logged in");
	server_process_stop(server);
}

FLOW_TEST(console_line_that_is_too_long_is_refused_once)
{
	static char line[20000];
	struct server_process *server = server_process_start(engine, NULL);

	memset(line, 'x', sizeof(line) - 1);
	server_process_type(server, "broadcast %s\ncount\n", line);
	server_process_expect(server, "*too long*");
	cr_assert_str_eq(
	    server_process_line(server), "0 connected, 0 logged in");
	server_process_stop(server);
}

/* `printf 'list\nexit\n' | throng` */
FLOW_TEST(console_script_on_a_pipe_is_done_to_the_end)
{
	static const char *const scripts[] = {
	    "list\nexit\n", "list\nexit", "list\ncount\nexit\nlist\n"};

	for (int i = 0; i < 3; i++) {
		struct server_process *server =
		    server_process_start(engine, NULL);

		server_process_type(server, "%s", scripts[i]);
		server_process_end_input(server);
		server_process_expect(server, "ID *");
		server_process_expect(server, "0 connected, 0 logged in");
		server_process_expect(server, "all threads joined");
		cr_assert_eq(server_process_wait(server), 0);
		cr_assert_str_eq(server_process_errors(server), "");
	}
}

FLOW_TEST(console_script_in_a_file_is_done_to_the_end)
{
	struct server_setup setup = {
	    .engine = engine,
	    .input = HARNESS_INPUT_FILE,
	    .input_text = "list\ncount\nexit\n",
	};
	struct server_process *server = server_process_start_with(&setup);

	server_process_expect(server, "ID *");
	server_process_expect(server, "0 connected, 0 logged in");
	server_process_expect(server, "0 connected, 0 logged in");
	server_process_expect(server, "all threads joined");
	cr_assert_eq(server_process_wait(server), 0);
	cr_assert_str_eq(server_process_errors(server), "");
}

/* Chat goes on, and a signal still ends the server. */
static void
check_serves_until(struct server_process *server, int signal)
{
	struct test_client *ann = test_client_user(server, "ann");
	struct test_client *guest = test_client_open(server);

	test_client_fence(guest);
	server_process_signal(server, signal);
	test_client_expect(ann, GOODBYE);
	test_client_expect_end(ann);
	test_client_expect(guest, GOODBYE);
	test_client_expect_end(guest);
	test_client_close(ann);
	test_client_close(guest);
	server_process_expect(server, "all threads joined");
	cr_assert_eq(server_process_wait(server), 0);
	cr_assert_str_eq(server_process_errors(server), "");
}

FLOW_TEST(console_end_of_input_leaves_the_server_running)
{
	static const int signals[] = {SIGINT, SIGTERM};

	for (int i = 0; i < 2; i++) {
		struct server_process *server =
		    server_process_start(engine, NULL);

		server_process_type(server, "count\n");
		server_process_end_input(server);
		server_process_expect(server, "0 connected, 0 logged in");
		check_serves_until(server, signals[i]);
	}
}

FLOW_TEST(console_without_input_leaves_the_server_running)
{
	static const enum harness_input inputs[] = {
	    HARNESS_INPUT_CLOSED, HARNESS_INPUT_NULL, HARNESS_INPUT_FILE};

	for (int i = 0; i < 3; i++) {
		struct server_setup setup = {
		    .engine = engine,
		    .input = inputs[i],
		    .input_text = "count\n",
		};

		check_serves_until(server_process_start_with(&setup),
		    i % 2 ? SIGINT : SIGTERM);
	}
}

/* A terminal echoes, prompts, and ends its lines with CR LF. */
FLOW_TEST(console_on_a_terminal_edits_lines_and_remembers_them)
{
	struct server_setup setup = {
	    .engine = engine,
	    .input = HARNESS_INPUT_TERMINAL,
	};
	struct server_process *server = server_process_start_with(&setup);
	struct test_client *ann = test_client_user(server, "ann");

	server_process_type(server, "cuont\b\b\b\bount\n");
	server_process_expect(server, "*1 connected, 1 logged in*");
	test_client_send(ann, "/logout\n");
	test_client_expect(ann, "OK logged out");
	/* Up: the line before. */
	server_process_type(server, "\033[A\n");
	server_process_expect(server, "*1 connected, 0 logged in*");
	server_process_type(server, "ban ann\n");
	server_process_expect(server, "*ann is banned for ever*");
	server_process_type(server, "exit\n");
	server_process_expect(server, "*all threads joined*");
	cr_assert_eq(server_process_wait(server), 0);
	cr_assert_str_eq(server_process_errors(server), "");
}
