/* What the operator sees: the server in a real terminal, tmux, whose screen is
 * read. */
#include "tests/kit/harness.h"
#include "tests/kit/scratch.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SCREEN_BYTES 8192
#define VISITS       200

/* Runs the shell's line; what it prints, valid until the next one. */
static const char *
run(const char *line)
{
	static char out[SCREEN_BYTES];
	FILE *pipe = popen(line, "re");
	size_t len;

	cr_assert_not_null(pipe);
	len = fread(out, 1, sizeof(out) - 1, pipe);
	out[len] = '\0';
	pclose(pipe);
	return out;
}

/* Runs tmux, with a server of our own. */
static const char *
tmux(const char *command)
{
	char line[1024];

	snprintf(line, sizeof(line), "tmux -u -S %s/tmux -f /dev/null %s 2>&1",
	    scratch, command);
	return run(line);
}

/* What the server on the screen answers on its other socket. */
static const char *
ctl(const char *words)
{
	const char *bin = getenv("THRONG_BIN");
	char line[256];

	snprintf(line, sizeof(line), "%s --ctl %s/control %s 2>&1",
	    bin ? bin : "build/throng", scratch, words);
	return run(line);
}

static const char *
screen(void)
{
	return tmux("capture-pane -p");
}

/* Waits until this stands on the screen, which it returns. */
static const char *
await(const char *text)
{
	int64_t deadline_ms = harness_now_ms() + HARNESS_DEADLINE_MS;
	const char *shown = screen();

	while (!strstr(shown, text)) {
		if (harness_now_ms() > deadline_ms)
			harness_fail(
			    "no \"%s\" on the screen:\n%s", text, shown);
		shown = screen();
	}
	return shown;
}

/* What starts the server is in a file, and `command` is run in the terminal. */
static void
screen_open(const char *engine, const char *command)
{
	const char *bin = getenv("THRONG_BIN");
	char line[768], folder[256];

	scratch_make();
	cr_assert_not_null(getcwd(folder, sizeof(folder)));
	/* What is typed is UTF-8 in any locale. */
	snprintf(line, sizeof(line),
	    "export LC_ALL=C HOME=%s PS1='$ '\n"
	    "cd %s\n"
	    "throng='%s --io %s --accounts %s/accounts --listen "
	    "unix:%s/socket --control %s/control --argon2 t=1,m=8'\n",
	    scratch, folder, bin ? bin : "build/throng", engine, scratch,
	    scratch, scratch);
	scratch_write("start", line, strlen(line));
	snprintf(
	    line, sizeof(line), "new-session -d -x 60 -y 20 '%s'", command);
	setenv("THRONG_SCREEN", scratch, 1);
	tmux(line);
}

static void
screen_start(const char *engine)
{
	screen_open(engine, ". $THRONG_SCREEN/start; $throng; "
			    "echo status $?; read -r end");
	await("Type 'exit' to stop the server");
	/* What is typed earlier is not the editor's. */
	await("\n>");
}

static void
screen_fini(void)
{
	/* After a failure the server is there still: it outlives its terminal.
	 */
	ctl("exit");
	tmux("kill-server");
	scratch_remove();
	harness_fini();
}

static int
come(void)
{
	char url[96];
	int fd;

	snprintf(url, sizeof(url), "unix:%s/socket", scratch);
	fd = test_client_connect(url);
	cr_assert_geq(fd, 0);
	return fd;
}

/* Waits until as many have come and gone. */
static void
await_closed(unsigned count)
{
	int64_t deadline_ms = harness_now_ms() + HARNESS_DEADLINE_MS;
	const char *stats;
	char wanted[32];

	snprintf(wanted, sizeof(wanted), "\"closed\":%u,", count);
	while (!strstr(stats = ctl("stats --json"), wanted))
		if (harness_now_ms() > deadline_ms)
			harness_fail("no %s in %s", wanted, stats);
}

static pid_t
server_pid(void)
{
	struct ucred server;
	socklen_t len = sizeof(server);
	char url[96];
	int fd;

	snprintf(url, sizeof(url), "unix:%s/control", scratch);
	fd = test_client_connect(url);
	cr_assert_geq(fd, 0);
	cr_assert_eq(getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &server, &len), 0);
	close(fd);
	return server.pid;
}

#define SCREEN_TEST(name)                                                      \
	static void name(const char *engine);                                  \
	SCREEN_TEST_ON(epoll, name)                                            \
	SCREEN_TEST_ON(uring, name) static void name(const char *engine)
#define SCREEN_TEST_ON(io, name)                                               \
	Test(flow_##io, name, .fini = screen_fini, .timeout = 120)             \
	{                                                                      \
		name(#io);                                                     \
	}

/* The line wraps, has letters of two bytes, and the cursor is not at its end:
 * it stands there once and whole, whatever comes above it. */
SCREEN_TEST(screen_shows_the_line_being_typed_once_under_news)
{
	static const char typed[] = "> broadcast a line that is longer than "
				    "the screen is wide, w\n"
				    "ith ünïcode in it";
	const char *shown, *again;

	screen_start(engine);
	tmux("send-keys -l 'broadcast a line that is longer than the screen "
	     "is wide, with ünïcode in it'");
	tmux("send-keys Left Left Left");
	await(typed);
	for (int i = 0; i < VISITS; i++)
		close(come());
	await_closed(VISITS);
	await("[ACTIVE CONNECTIONS] 0");
	shown = await(typed);
	again = strstr(shown, "> broadcast");
	cr_assert_not_null(again);
	cr_assert_null(strstr(again + 1, "> broadcast"), "%s", shown);
	cr_assert_null(strstr(again + 1, "[ACTIVE"), "%s", shown);
	/* Typing goes on where the cursor was. */
	tmux("send-keys -l 'X'");
	await("ith ünïcode inX it");
	tmux("send-keys Enter");
	await("sent to 0 clients\n");
	tmux("send-keys exit");
	await("\n> exit\n");
	tmux("send-keys Enter");
	await("all threads joined\nstatus 0");
}

/* A key that came together with news, which are told first. */
SCREEN_TEST(screen_has_a_key_in_the_line_also_among_news)
{
	pid_t server;

	screen_start(engine);
	server = server_pid();
	tmux("send-keys C-l broad");
	await("> broad\n");
	cr_assert_eq(kill(server, SIGSTOP), 0);
	tmux("send-keys cast");
	close(come());
	cr_assert_eq(kill(server, SIGCONT), 0);
	await("[ACTIVE CONNECTIONS] 0\n> broadcast\n");
	tmux("send-keys C-u exit Enter");
	await("all threads joined\nstatus 0");
}

SCREEN_TEST(screen_of_another_width_has_the_line_whole)
{
	screen_start(engine);
	tmux("send-keys C-l");
	tmux("send-keys -l 'broadcast one line that is longer than the screen "
	     "is wide and has more than two rows when it is narrow'");
	await("when it is narrow\n");
	tmux("send-keys C-a");
	/* tmux tells of the second size a while after the key. */
	tmux("resize-window -x 41 -y 20");
	tmux("resize-window -x 132 -y 20");
	tmux("send-keys -l 'X'");
	await("> Xbroadcast one line that is longer than the screen is wide "
	      "and has more than two rows when it is narrow\n");
	tmux("resize-window -x 41 -y 20");
	tmux("send-keys -l 'Y'");
	await("> XYbroadcast one line that is longer tha\n"
	      "n the screen is wide and has more than tw\n"
	      "o rows when it is narrow\n");
	close(come());
	await("[ACTIVE CONNECTIONS] 0\n"
	      "> XYbroadcast one line that is longer tha\n"
	      "n the screen is wide and has more than tw\n"
	      "o rows when it is narrow\n");
	tmux("send-keys C-u exit Enter");
	await("all threads joined\nstatus 0");
}

SCREEN_TEST(screen_has_the_prompt_back_after_tab_page_and_secret)
{
	screen_start(engine);
	tmux("send-keys un Tab Tab");
	await("unban   unmute\n> un\n");
	tmux("send-keys C-u help Enter");
	await("-- ");
	tmux("send-keys q");
	tmux("send-keys passwd Space nobody Enter");
	await("New password for nobody (unseen):");
	tmux("send-keys geheim123 Enter");
	await("Once more for nobody (unseen):");
	tmux("send-keys geheim123 Enter");
	await("there is no account nobody\n>");
	cr_assert_null(strstr(screen(), "geheim"), "%s", screen());
	tmux("send-keys exit Enter");
	await("all threads joined\nstatus 0");
}

/* What is told meanwhile stands above it. */
SCREEN_TEST(screen_has_a_question_below_what_is_told)
{
	screen_start(engine);
	tmux("send-keys help Enter");
	await("more: space, Enter or q --\n");
	cr_assert_eq(kill(server_pid(), SIGHUP), 0);
	await("the log\n-- ");
	tmux("send-keys q passwd Space nobody Enter");
	await("> passwd nobody\nNew password for nobody (unseen):\n");
	cr_assert_eq(kill(server_pid(), SIGHUP), 0);
	await("> passwd nobody\n[RELOADED] read again");
	await("the log\nNew password for nobody (unseen):\n");
	tmux("send-keys C-d exit Enter");
	await("nothing was changed\n> exit\n[STOPPING] ");
	await("all threads joined\nstatus 0");
}

/* All lines of a page can be read, also where they have two rows each. */
SCREEN_TEST(screen_has_a_page_from_its_first_line_on)
{
	screen_start(engine);
	for (int columns = 36; columns < 44; columns++) {
		char resize[64];

		snprintf(resize, sizeof(resize), "resize-window -x %d -y 12",
		    columns);
		tmux(resize);
		tmux("send-keys C-l help Enter");
		await("-- ");
		cr_assert(strstr(screen(), "  help [COMMAND]"), "%d: %s",
		    columns, screen());
		tmux("send-keys q");
		await("\n>");
	}
	tmux("send-keys exit Enter");
	await("all threads joined\nstatus 0");
}

SCREEN_TEST(screen_with_a_page_does_not_hold_up_a_drain)
{
	int fd;

	screen_start(engine);
	fd = come();
	await("[ACTIVE CONNECTIONS] 1");
	tmux("send-keys exit Space 1000 Enter");
	await("[DRAINING] 1 client has 1000 seconds to go");
	tmux("send-keys help Enter");
	await("-- ");
	close(fd);
	await("all threads joined\nstatus 0");
}

SCREEN_TEST(screen_counts_clients_where_they_have_come_or_gone)
{
	screen_start(engine);
	tmux("send-keys log Space info Enter broadcast Space hi Enter");
	await("dcast hi\" outcome=done\n>");
	tmux("send-keys count Enter");
	await("0 connected");
	cr_assert_null(strstr(screen(), "[ACTIVE"), "%s", screen());
	close(come());
	await("[ACTIVE CONNECTIONS] 0");
	tmux("send-keys exit Enter");
	await("all threads joined\nstatus 0");
}

/* A key that begins a longer one, or that would ask for another. */
SCREEN_TEST(screen_waits_for_no_second_key)
{
	static const char *const keys[] = {
	    "Escape", "C-x", "C-r", "C-v", "M-x", "-H c3"};
	char command[64];

	screen_start(engine);
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		snprintf(command, sizeof(command), "send-keys %s", keys[i]);
		tmux(command);
		come();
		snprintf(command, sizeof(command), "[ACTIVE CONNECTIONS] %zu",
		    i + 1);
		await(command);
	}
	tmux("send-keys C-u exit Enter");
	await("all threads joined\nstatus 0");
}

/* A shell's job control: who is stopped goes on where he was, and what runs in
 * the background leaves the terminal to the shell. */
SCREEN_TEST(screen_is_the_shells_while_the_server_is_in_the_background)
{
	screen_open(engine, "exec bash --rcfile $THRONG_SCREEN/start");
	tmux("send-keys -l '$throng &'");
	tmux("send-keys Enter");
	await("Type 'exit' to stop the server");
	close(come());
	await("[ACTIVE CONNECTIONS] 0");
	tmux("send-keys -l 'echo shell $((20 + 3))'");
	tmux("send-keys Enter");
	await("shell 23\n");
	tmux("send-keys fg Enter");
	await("\n>\n");
	tmux("send-keys broad");
	await("\n> broad\n");
	tmux("send-keys C-z");
	await("Stopped");
	tmux("send-keys bg Enter");
	close(come());
	await("[ACTIVE CONNECTIONS] 0");
	tmux("send-keys C-l fg Enter");
	await("\n> broad\n");
	tmux("send-keys C-z");
	await("Stopped");
	tmux("send-keys C-l fg Enter");
	await("\n> broad\n");
	tmux("send-keys -l 'cast'");
	tmux("send-keys Space again Enter");
	await("> broadcast again\nsent to 0 clients\n>");
	tmux("send-keys exit Enter");
	await("> exit\n[STOPPING] ");
	await("all threads joined\n$");
}

/* The same on a terminal where the kernel shows what is typed, amid a password:
 * it is not shown after that either, and the server can be stopped. */
SCREEN_TEST(screen_without_editing_is_the_shells_amid_a_password)
{
	screen_open(engine, "exec bash --rcfile $THRONG_SCREEN/start");
	tmux("send-keys -l 'TERM=dumb $throng'");
	tmux("send-keys Enter");
	await("Type 'exit' to stop the server");
	tmux("send-keys passwd Space nobody Enter");
	await("New password for nobody (unseen):");
	tmux("send-keys C-z");
	await("Stopped");
	tmux("send-keys -l 'clear; fg'");
	tmux("send-keys Enter");
	await("$throng\nNew password for nobody (unseen):");
	tmux("send-keys open-sesame Enter");
	await("there is no account nobody");
	cr_assert_null(strstr(screen(), "open-sesame"), "%s", screen());
	tmux("send-keys passwd Space somebody Enter");
	await("New password for somebody (unseen):");
	tmux("send-keys C-z");
	await("Stopped");
	tmux("send-keys -l 'bg; kill %1'");
	tmux("send-keys Enter");
	await("all threads joined");
}
