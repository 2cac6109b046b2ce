/* The console on a terminal: keys, pages, secrets, and a storm of news. */
#include "tests/kit/harness.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/kit/observe.h"

#define STORM_KEYS    40
#define STORM_PER_KEY 100 /* connections between two keys */

static struct server_process *
start(const char *engine)
{
	struct server_setup setup = {
	    .engine = engine,
	    .args = {"--min-password=4"},
	    .input = HARNESS_INPUT_TERMINAL,
	};

	return server_process_start_with(&setup);
}

static void
stop(struct server_process *server)
{
	server_process_type(server, "exit\n");
	server_process_expect(server, "*all threads joined*");
	cr_assert_eq(server_process_wait(server), 0);
	cr_assert_str_eq(server_process_errors(server), "");
}

/* Comes and goes. */
static void
visit(const struct server_process *server)
{
	int fd = test_client_connect(server->listen[0]);

	cr_assert_geq(fd, 0);
	close(fd);
}

/* What the console has told so far: each that came or went is in one line of
 * its own, or in a sum. */
struct told {
	unsigned long came, went;
};

static void
tell(struct told *told, const char *line)
{
	const char *sum = strstr(line, " more came, ");
	unsigned long more;

	if (strstr(line, "[NEW CONNECTION]"))
		told->came++;
	if (strstr(line, "[DISCONNECTED]"))
		told->went++;
	if (!sum)
		return;
	cr_assert_eq(sscanf(sum, " more came, %lu more went", &more), 1);
	told->went += more;
	while (sum[-1] >= '0' && sum[-1] <= '9')
		sum--;
	told->came += strtoul(sum, NULL, 10);
}

FLOW_TEST(terminal_storm_of_news_loses_no_key_and_no_count)
{
	static const char text[] = "the quick brown fox jumps over lazy dogs";
	struct server_process *server = start(engine);
	struct test_client *ann = test_client_user(server, "ann");
	struct told told = {0};
	unsigned long visits = 0;

	_Static_assert(sizeof(text) - 1 == STORM_KEYS, "a key for each");
	server_process_type(server, "broadcast ");
	for (int key = 0; key < STORM_KEYS; key++) {
		for (int i = 0; i < STORM_PER_KEY; i++, visits++)
			visit(server);
		server_process_type(server, "%c", text[key]);
	}
	server_process_type(server, "\n");
	test_client_expect(ann, "*** %s", text);
	test_client_close(ann);
	/* Ann has come and gone, too. */
	while (told.came < visits + 1 || told.went < visits + 1) {
		const char *line = server_process_line(server);

		cr_assert_not_null(line);
		tell(&told, line);
	}
	cr_expect_eq(told.came, visits + 1);
	cr_expect_eq(told.went, visits + 1);
	stop(server);
}

FLOW_TEST(terminal_tab_completes_commands_and_names)
{
	struct server_process *server = start(engine);
	struct test_client *ann = test_client_user(server, "Annabel");

	test_client_fence(ann);
	/* One that begins so: the word, and a space. */
	server_process_type(server, "broad\thi all\n");
	test_client_expect(ann, "*** hi all");
	server_process_type(server, "kick ann\tbe nice\n");
	test_client_expect(ann, "*** you were kicked: be nice");
	/* Several: the first Tab goes as far as they agree, the next one
	 * shows them. */
	server_process_type(server, "un\t");
	server_process_expect(server, "*unban *unmute*");
	server_process_type(server, "m\tannabel\n");
	server_process_expect(server, "*annabel is not muted*");
	stop(server);
}

/* Also those that do nothing leave nothing in the line. */
FLOW_TEST(terminal_keys_move_about_the_line)
{
	static const char nothing[] =
	    "\033[2~\033[5~\033[6~\033[15~\033[17~\033[24~";
	struct server_process *server = start(engine);

	server_process_type(
	    server, "ount%s\033[1~c\033[4~%s\n", nothing, nothing);
	server_process_expect(server, "*0 connected, 0 logged in*");
	/* A word back, another one, and one on again. */
	server_process_type(
	    server, "nobody now\033[1;5D\033[1;5Dkick \033[1;5C all\n");
	server_process_expect(server, "*no such client*");
	server_process_type(server, "\033[A\025count\n");
	server_process_expect(server, "*0 connected, 0 logged in*");
	stop(server);
}

FLOW_TEST(terminal_long_answer_comes_a_page_at_a_time)
{
	struct server_process *server = start(engine);
	struct test_client *client;
	int count = 40;

	for (int i = 0; i < count; i++) {
		client = test_client_open(server);
		test_client_send(client, "/register u%02d secretpw\n", i);
		test_client_match(client, "OK registered *");
		test_client_close(client);
	}
	/* A terminal of 24 rows: the header, 22 accounts, the keys. */
	server_process_type(server, "accounts\n");
	server_process_expect(server, "*NAME *CREATED *STATE*");
	for (int i = 0; i < 22; i++)
		server_process_expect(server, "u%02d *", i);
	/* Enter: one more; space: the rest. */
	server_process_type(server, "\n");
	server_process_expect(server, "*19 more: space*u22 *");
	server_process_type(server, " ");
	server_process_expect(server, "*18 more: space*u23 *");
	server_process_expect(server, "*40 accounts*");
	/* q ends it, and the prompt is there again. The last of those who came
	 * may not have gone yet. */
	server_process_type(server, "accounts\n");
	server_process_expect(server, "*u21 *");
	server_process_type(server, "q");
	server_process_type(server, "count\n");
	server_process_expect(server, "* connected, 0 logged in*");
	server_process_type(server, "accounts u3?\n");
	server_process_expect(server, "*u39 *");
	server_process_expect(server, "*40 accounts*");
	stop(server);
}

FLOW_TEST(terminal_passwd_is_typed_twice_and_never_shown)
{
	struct server_process *server = start(engine);
	struct test_client *ann = test_client_user(server, "ann");
	const char *line;

	test_client_send(ann, "/logout\n");
	test_client_expect(ann, "OK logged out");
	/* What is typed before the console is there, the kernel shows. */
	server_process_type(server, "count\n");
	server_process_expect(server, "*1 connected, 0 logged in*");
	server_process_type(server, "passwd ann\n");
	/* Ctrl-U forgets, backspace takes back. */
	server_process_type(server, "wrong\025open-sesamx\be\r");
	server_process_type(server, "open-sesame\r");
	do {
		line = server_process_line(server);
		cr_assert_not_null(line);
		cr_assert(!strstr(line, "sesam"), "%s", line);
	} while (!strstr(line, "ann has a new password"));
	test_client_send(ann, "/login ann open-sesame\n");
	test_client_match(ann, "OK logged in as ann#*");
	/* Two that differ, and none at all. */
	server_process_type(server, "passwd ann\none-thing\nother-thing\n");
	server_process_expect(server, "*the two are not the same*");
	server_process_expect(server, "*nothing was changed*");
	server_process_type(server, "passwd ann\n\004");
	server_process_expect(server, "*nothing was changed*");
	server_process_type(server, "passwd nobody\nsecret\nsecret\n");
	server_process_expect(server, "*there is no account nobody*");
	stop(server);
}

/* One that cannot draw a line anew, where the kernel shows what is typed: the
 * lines are plain, and a password is not shown either. */
FLOW_TEST(terminal_without_editing_has_plain_lines_and_unseen_passwords)
{
	struct server_setup setup = {
	    .engine = engine,
	    .args = {"--min-password=4"},
	    .input = HARNESS_INPUT_TERMINAL,
	    .variables = {"TERM=dumb"},
	};
	struct server_process *server = server_process_start_with(&setup);
	struct test_client *ann = test_client_user(server, "ann");
	const char *line;

	server_process_type(server, "count\n");
	do {
		line = server_process_line(server);
		cr_assert_not_null(line);
		cr_assert_null(strchr(line, '\033'), "%s", line);
	} while (!strstr(line, "1 connected, 1 logged in"));
	server_process_type(server, "passwd ann\n");
	server_process_expect(server, "New password for ann (unseen):*");
	server_process_type(server, "open-sesame\n");
	line = server_process_line(server);
	cr_assert_eq(strncmp(line, "ann has a new", 13), 0, "%s", line);
	server_process_type(server, "count\n");
	server_process_expect(server, "count*");
	test_client_send(ann, "/logout\n/login ann open-sesame\n");
	test_client_expect(ann, "OK logged out");
	test_client_match(ann, "OK logged in as ann#*");
	stop(server);
}

/* Control-S: a key that does nothing, also to the server. */
FLOW_TEST(terminal_cannot_be_stopped_from_its_keyboard)
{
	struct server_process *server = start(engine);
	struct test_client *ann = test_client_user(server, "ann");

	server_process_type(server, "count\n");
	server_process_expect(server, "*1 connected, 1 logged in*");
	server_process_type(server, "\023broadcast now\023\n");
	test_client_expect(ann, "*** now");
	server_process_type(server, "\023bro");
	server_process_signal(server, SIGTERM);
	test_client_expect(ann, "*** server is going down");
	server_process_expect(server, "*all threads joined*");
	cr_assert_eq(server_process_wait(server), 0);
}

/* The window is closed: the server goes on, and does not turn for nothing. */
FLOW_TEST(terminal_that_hangs_up_leaves_the_server_at_rest)
{
	struct server_process *server = start(engine);
	struct test_client *ann = test_client_user(server, "ann");

	test_client_fence(ann);
	server_process_end_input(server);
	harness_stream_close(&server->output);
	test_client_send(ann, "hello\n");
	test_client_expect(ann, "Echo: hello");
	observe_rest(server, 500);
	test_client_expect_silence(ann, 0);
	server_process_signal(server, SIGTERM);
	test_client_expect(ann, "*** server is going down");
	cr_assert_eq(server_process_wait(server), 0);
}
