/*
 * The bots of bench/examples: they answer in their room, and the one in Python
 * comes back to it whatever happens, and misses and repeats nothing.
 */
#include "tests/kit/harness.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROOM "bots"
/* No other story takes a port there while its server is down. */
#define HOST "127.0.0.10"

/* After fork: the bot, which dies with the test; why it reconnects is its own
 * business. */
static void
bot_exec(const char *language, const char *script, const char *port)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (freopen("/dev/null", "w", stderr) &&
	    setenv("BOT_PASSWORD", HARNESS_PASSWORD, 1) == 0)
		execlp(language, language, script, HOST, port, "Robo", ROOM,
		    (char *)NULL);
	_exit(127);
}

static struct server_process *
start(const char *engine)
{
	const struct server_setup setup = {
	    .engine = engine,
	    .no_listen = true,
	    .args = {"--listen=tcp://" HOST ":0"},
	};

	return server_process_start_with(&setup);
}

static pid_t
bot_start(
    struct server_process *server, const char *language, const char *script)
{
	const char *port = strrchr(server->listen[0], ':') + 1;
	pid_t pid = fork();

	if (pid == 0)
		bot_exec(language, script, port);
	cr_assert_gt(pid, 0);
	return pid;
}

static void
bot_end(pid_t bot)
{
	cr_assert_eq(kill(bot, SIGKILL), 0);
	cr_assert_eq(waitpid(bot, NULL, 0), bot);
}

static void
enter_room(struct test_client *ann)
{
	test_client_send(ann, "/join " ROOM "\n");
	test_client_expect(ann, "OK joined #" ROOM " (1 members)");
}

/* Asks it something, and it answers once: what follows is the next answer. */
static void
converse(struct test_client *ann)
{
	test_client_send(ann, "!ping\n");
	test_client_match(ann, "#" ROOM " [[]ann#*] !ping");
	test_client_match(ann, "#" ROOM " [[]Robo#*] pong");
	test_client_send(ann, "something else\n!time\n");
	test_client_match(ann, "#" ROOM " [[]ann#*] something else");
	test_client_match(ann, "#" ROOM " [[]ann#*] !time");
	test_client_match(ann, "#" ROOM " [[]Robo#*] 20*-*T*:*Z");
}

FLOW_TEST(bot_in_bash_answers)
{
	struct server_process *server = start(engine);
	struct test_client *ann = test_client_user(server, "ann");
	pid_t bot;

	enter_room(ann);
	bot = bot_start(server, "bash", "bench/examples/bot.sh");
	test_client_match(ann, "[*][*][*] #" ROOM ": Robo#* joined");
	converse(ann);
	converse(ann);
	bot_end(bot);
	test_client_match(ann, "[*][*][*] #" ROOM ": Robo#* left");
	server_process_stop(server);
}

/* The bot comes to where ann is, and answers her. */
static pid_t
python_comes(struct server_process *server, struct test_client *ann)
{
	pid_t bot;

	if (system("python3 -c 0 2>/dev/null") != 0)
		cr_skip_test("there is no python3 on this machine");
	enter_room(ann);
	bot = bot_start(server, "python3", "bench/examples/bot.py");
	test_client_match(ann, "[*][*][*] #" ROOM ": Robo#* joined");
	converse(ann);
	return bot;
}

/* Says what the bot shall find when it is back, and lets it go on: it answers
 * once, and the next thing is the next answer. */
static void
await_back(struct test_client *ann, pid_t bot, int lines)
{
	test_client_send(ann, "!ping\n");
	test_client_match(ann, "#" ROOM " [[]ann#*] !ping");
	for (int i = 0; i < lines; i++) {
		test_client_send(ann, "line %d\n", i);
		test_client_match(ann, "#" ROOM " [[]ann#*] line %d", i);
	}
	cr_assert_eq(kill(bot, SIGCONT), 0);
	while (!strstr(test_client_line(ann), "] pong"))
		;
	converse(ann);
}

FLOW_TEST(bot_in_python_misses_nothing_when_it_is_cut_off)
{
	struct server_process *server = start(engine);
	struct test_client *ann = test_client_user(server, "ann");
	pid_t bot = python_comes(server, ann);

	for (int round = 0; round < 2; round++) {
		cr_assert_eq(kill(bot, SIGSTOP), 0);
		server_process_type(server, "kick Robo\n");
		server_process_expect(server, "kicked 1 client");
		test_client_match(ann, "[*][*][*] #" ROOM ": Robo#* left");
		await_back(ann, bot, 3);
	}
	bot_end(bot);
	server_process_stop(server);
}

/* Killed, and started again on the same address. */
static struct server_process *
start_again(struct server_process *server)
{
	static char listen[192];

	server_process_signal(server, SIGKILL);
	server_process_wait(server);
	test_client_close_all();
	snprintf(listen, sizeof(listen), "--listen=%s", server->listen[0]);
	server->setup.args[0] = listen;
	return server_process_restart(server);
}

/* The room counts from 1 again. The bot finds it behind the number that it has
 * seen, and then beyond that, where only a look at the messages can tell. */
FLOW_TEST(bot_in_python_misses_nothing_when_the_server_is_killed)
{
	struct server_process *server = start(engine);
	struct test_client *ann = test_client_user(server, "ann");
	pid_t bot = python_comes(server, ann);

	for (int round = 0; round < 2; round++) {
		cr_assert_eq(kill(bot, SIGSTOP), 0);
		server = start_again(server);
		ann = test_client_again(server, "ann");
		enter_room(ann);
		await_back(ann, bot, round == 0 ? 1 : 30);
	}
	bot_end(bot);
	server_process_stop(server);
}
