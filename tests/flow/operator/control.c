/* The control socket, and `throng --ctl`. */
#include "tests/kit/harness.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define PATH_BYTES 108

static struct server_process *
start(const char *engine, char path[PATH_BYTES])
{
	struct server_process *server =
	    server_process_start(engine, "--control={folder}/control", NULL);

	snprintf(path, PATH_BYTES, "%s/control", server->folder);
	return server;
}

/* A peer of the control socket, for a test to talk to byte by byte. */
static struct harness_stream
open_control(const char *path)
{
	struct harness_stream stream = {.label = "control"};
	char url[PATH_BYTES + 8];

	snprintf(url, sizeof(url), "unix:%s", path);
	stream.fd = test_client_connect(url);
	cr_assert_geq(stream.fd, 0, "%s: %s", path, strerror(errno));
	return stream;
}

static void
put(struct harness_stream *stream, const char *text)
{
	cr_assert_eq(send(stream->fd, text, strlen(text), MSG_NOSIGNAL),
	    (ssize_t)strlen(text));
}

static void
expect(struct harness_stream *stream, const char *wanted)
{
	const char *line = harness_stream_line(stream);

	cr_assert_not_null(line, "the end, not: %s", wanted);
	cr_assert_str_eq(line, wanted);
}

/* Runs `throng --ctl PATH COMMAND` by the shell, with `input`; what it prints,
 * errors too, and its status. */
static int
ctl(const char *path, const char *command, const char *input, char out[4096])
{
	char line[1024];
	size_t len = 0, got;
	FILE *pipe;
	const char *bin = getenv("THRONG_BIN");

	snprintf(line, sizeof(line), "printf '%s' | %s --ctl %s %s 2>&1", input,
	    bin ? bin : "build/throng", path, command);
	pipe = popen(line, "re");
	cr_assert_not_null(pipe);
	while ((got = fread(out + len, 1, 4095 - len, pipe)) > 0)
		len += got;
	out[len] = '\0';
	return WEXITSTATUS(pclose(pipe));
}

FLOW_TEST(control_answers_end_in_ok_or_err)
{
	char path[PATH_BYTES];
	struct server_process *server = start(engine, path);
	struct test_client *ann = test_client_user(server, "ann");
	struct harness_stream peer = open_control(path);
	struct stat st;

	test_client_fence(ann);
	cr_assert_eq(stat(path, &st), 0);
	cr_expect_eq(st.st_mode & 0777, 0600);
	put(&peer, "count\nno-such\nbroadcast hi\r\n\nkick ben\nban\n");
	expect(&peer, " 1 connected, 1 logged in");
	expect(&peer, "OK");
	expect(&peer, "ERR no such command: no-such (try help)");
	expect(&peer, " sent to 1 client");
	expect(&peer, "OK");
	expect(&peer, "OK");
	expect(&peer, "ERR no such client: nobody was kicked");
	expect(&peer, "ERR usage: ban NAME|ADDRESS[/BITS] [TIME]");
	test_client_expect(ann, "*** hi");
	/* What is not ended by a newline counts at the end of input. */
	put(&peer, "count");
	shutdown(peer.fd, SHUT_WR);
	expect(&peer, " 1 connected, 1 logged in");
	expect(&peer, "OK");
	cr_expect_null(harness_stream_line(&peer));
	harness_stream_close(&peer);
	server_process_stop(server);
	cr_expect_neq(access(path, F_OK), 0, "the socket is left");
}

FLOW_TEST(control_peers_that_vanish_or_babble_do_no_harm)
{
	char path[PATH_BYTES];
	struct server_process *server = start(engine, path);
	struct harness_stream peer;
	char long_line[8192];

	for (int i = 0; i < 10; i++) {
		peer = open_control(path);
		put(&peer, "verify\ncompact\nlist\n");
		close(peer.fd);
	}
	memset(long_line, 'x', sizeof(long_line) - 1);
	long_line[sizeof(long_line) - 1] = '\0';
	peer = open_control(path);
	put(&peer, long_line);
	put(&peer, "\ncount\n");
	expect(&peer, "ERR the line is too long");
	expect(&peer, " 0 connected, 0 logged in");
	expect(&peer, "OK");
	/* A password that does not come. */
	put(&peer, "passwd ann\n");
	shutdown(peer.fd, SHUT_WR);
	expect(&peer, "ERR nothing was changed");
	cr_expect_null(harness_stream_line(&peer));
	harness_stream_close(&peer);
	server_process_type(server, "count\n");
	server_process_expect(server, "0 connected, 0 logged in");
	server_process_stop(server);
}

FLOW_TEST(control_refuses_other_users)
{
	char path[PATH_BYTES];
	struct server_process *server = start(engine, path);
	pid_t child;
	int status;

	/* The mode would keep them out already: let them try. */
	cr_assert_eq(chmod(server->folder, 0755), 0);
	cr_assert_eq(chmod(path, 0666), 0);
	child = fork();
	if (child == 0) {
		struct sockaddr_un address = {.sun_family = AF_UNIX};
		char got[64] = "";
		int fd = socket(AF_UNIX, SOCK_STREAM, 0);

		snprintf(
		    address.sun_path, sizeof(address.sun_path), "%s", path);
		if (setuid(65534) < 0 ||
		    connect(fd, (const void *)&address, sizeof(address)) < 0 ||
		    recv(fd, got, sizeof(got) - 1, MSG_WAITALL) < 0)
			_exit(1);
		_exit(strcmp(got, "ERR forbidden to this user\n") ? 2 : 0);
	}
	cr_assert_eq(waitpid(child, &status, 0), child);
	cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%x", status);
	server_process_stop(server);
}

FLOW_TEST(ctl_gives_one_command_or_many_and_its_status_tells)
{
	char path[PATH_BYTES], out[4096];
	struct server_process *server = start(engine, path);
	struct test_client *ann = test_client_user(server, "ann");

	cr_expect_eq(ctl(path, "count", "", out), 0);
	cr_expect_str_eq(out, "1 connected, 1 logged in\n");
	cr_expect_eq(ctl(path, "kick nobody", "", out), 1);
	cr_expect_str_eq(out, "throng: no such client: nobody was kicked\n");
	cr_expect_eq(ctl(path, "", "count\\nbroadcast hi there", out), 0);
	cr_expect_str_eq(out, "1 connected, 1 logged in\nsent to 1 client\n");
	test_client_expect(ann, "*** hi there");
	cr_expect_eq(ctl(path, "", "nonsense\\ncount\\n", out), 1);
	cr_expect_eq(ctl(path, "list --json ann", "", out), 0);
	cr_expect(strstr(out, "{\"id\":") == out &&
		      strstr(out, ",\"name\":\"ann\",\"address\":\"127.0.0.1:"),
	    "%s", out);
	cr_expect_eq(ctl("/nowhere/socket", "count", "", out), 1);
	cr_expect_str_eq(out,
	    "throng: /nowhere/socket: No such file or directory (is the "
	    "server running?)\n");
	server_process_stop(server);
}

FLOW_TEST(ctl_passwd_takes_the_password_from_its_input)
{
	char path[PATH_BYTES], out[4096];
	struct server_process *server = start(engine, path);
	struct test_client *ann = test_client_user(server, "ann");

	test_client_send(ann, "/logout\n");
	test_client_expect(ann, "OK logged out");
	cr_expect_eq(ctl(path, "passwd ann", "open-sesame\\n", out), 0);
	cr_expect_str_eq(out, "ann has a new password\n");
	test_client_send(ann, "/login ann open-sesame\n");
	test_client_match(ann, "OK logged in as ann#*");
	cr_expect_eq(ctl(path, "passwd ann", "short\\n", out), 1);
	cr_expect_str_eq(out,
	    "throng: a password is text of 8 to 128 bytes without spaces\n");
	cr_expect_eq(ctl(path, "passwd nobody", "long-enough\\n", out), 1);
	cr_expect_str_eq(out, "throng: there is no account nobody\n");
	server_process_stop(server);
}

/* Without the newline that ends a line of text, too long, or in a place where
 * it cannot be: it is never taken for a command, and never logged. */
FLOW_TEST(ctl_passwd_says_what_is_wrong_with_its_input)
{
	char path[PATH_BYTES], out[4096], command[256];
	struct server_process *server =
	    server_process_start(engine, "--control={folder}/control",
		"--log={folder}/log", "--log-level=info", NULL);
	struct test_client *ann = test_client_user(server, "ann");

	snprintf(path, sizeof(path), "%s/control", server->folder);
	cr_expect_eq(ctl(path, "passwd ann", "open-sesame", out), 0);
	cr_expect_str_eq(out, "ann has a new password\n");
	cr_expect_eq(ctl(path, "passwd ann", "%05000d\\n", out), 1);
	cr_expect_str_eq(
	    out, "throng: nothing was changed: the line is too long\n");
	cr_expect_eq(ctl(path, "passwd ann my-secret", "", out), 1, "%s", out);
	cr_expect_str_eq(out, "throng: usage: passwd NAME\n");
	cr_expect_eq(ctl(path, "", "passwd\\ncount\\n", out), 1);
	cr_expect_str_eq(
	    out, "throng: usage: passwd NAME\n1 connected, 1 logged in\n");
	server_process_type(server, "passwd ann my-secret\n");
	server_process_expect(server, "usage: passwd NAME");
	test_client_close(ann);
	server_process_stop(server);
	snprintf(command, sizeof(command),
	    "! grep my-secret %s/log && "
	    "grep -q 'command=\"passwd ann\" outcome=failed' %s/log",
	    server->folder, server->folder);
	cr_expect_eq(system(command), 0);
}

/* `throng --ctl PATH passwd ann` on a terminal, whose other end it returns. */
static int
ask_on_a_terminal(const char *path, pid_t *child)
{
	const char *bin = getenv("THRONG_BIN");
	int fd;

	bin = bin ? bin : "build/throng";
	*child = forkpty(&fd, NULL, NULL, NULL);
	cr_assert_geq(*child, 0);
	if (*child == 0) {
		execl(bin, bin, "--ctl", path, "passwd", "ann", NULL);
		_exit(127);
	}
	return fd;
}

/* What is on the terminal until this is there, or to the end. */
static const char *
read_until(int fd, const char *wanted)
{
	static char text[4096];
	size_t len = 0;
	ssize_t got;

	text[0] = '\0';
	while (len + 1 < sizeof(text) && !(wanted && strstr(text, wanted)) &&
	       (got = read(fd, text + len, sizeof(text) - 1 - len)) > 0) {
		len += (size_t)got;
		text[len] = '\0';
	}
	return text;
}

/* It does not show what is typed from the moment on that it asks, and forgets
 * nothing of it. */
static void
answer(int fd, const char *question, const char *text)
{
	struct termios modes;

	cr_assert_not_null(strstr(read_until(fd, question), question));
	cr_assert_eq(tcgetattr(fd, &modes), 0);
	cr_expect_eq(modes.c_lflag & ECHO, 0, "%s", question);
	cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
}

FLOW_TEST(ctl_passwd_asks_on_a_terminal_and_shows_nothing)
{
	static const struct {
		const char *again, *said;
		int status;
	} cases[] = {
	    {"open-sesame\n", "ann has a new password", 0},
	    {"open-window\n", "the two are not the same", 1},
	    {"\x04", "no password was given", 1},
	};
	char path[PATH_BYTES];
	struct server_process *server = start(engine, path);
	struct test_client *ann = test_client_user(server, "ann");

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *text;
		pid_t child;
		int status, fd = ask_on_a_terminal(path, &child);

		answer(fd, "New password (unseen): ", "open-sesame\n");
		answer(fd, "Once more (unseen): ", cases[i].again);
		text = read_until(fd, NULL);
		cr_expect(strstr(text, cases[i].said), "%s", text);
		cr_expect_null(strstr(text, "open-"));
		close(fd);
		cr_assert_eq(waitpid(child, &status, 0), child);
		cr_expect_eq(WEXITSTATUS(status), cases[i].status);
	}
	test_client_send(ann, "/logout\n/login ann open-sesame\n");
	test_client_expect(ann, "OK logged out");
	test_client_match(ann, "OK logged in as ann#*");
	server_process_stop(server);
}

/* One that was closed is nothing, and not the socket. */
FLOW_TEST(ctl_without_standard_input_waits_for_none)
{
	char path[PATH_BYTES], out[4096];
	struct server_process *server = start(engine, path);

	cr_expect_eq(ctl(path, "count <&-", "", out), 0);
	cr_expect_str_eq(out, "0 connected, 0 logged in\n");
	cr_expect_eq(ctl(path, "<&-", "", out), 0);
	cr_expect_str_eq(out, "");
	cr_expect_eq(ctl(path, "passwd ann <&-", "", out), 1);
	cr_expect_str_eq(
	    out, "throng: nothing was changed: no password was given\n");
	server_process_stop(server);
}

/* No half of it is meant. */
FLOW_TEST(ctl_takes_no_line_with_a_nul)
{
	static const char wrong[] =
	    "a line is UTF-8 without control characters\n";
	char path[PATH_BYTES], out[4096], wanted[256];
	struct server_process *server = start(engine, path);
	struct test_client *ann = test_client_user(server, "ann");

	cr_expect_eq(
	    ctl(path, "", "mute an\\000n\\nban\\000 ann\\ncount", out), 1);
	snprintf(wanted, sizeof(wanted),
	    "throng: the command: %sthrong: the command: %s"
	    "1 connected, 1 logged in\n",
	    wrong, wrong);
	cr_expect_str_eq(out, wanted);
	cr_expect_eq(ctl(path, "passwd ann", "longer-\\000than-8\\n", out), 1);
	snprintf(
	    wanted, sizeof(wanted), "throng: nothing was changed: %s", wrong);
	cr_expect_str_eq(out, wanted);
	cr_expect_eq(ctl(path, "bans --json", "", out), 0);
	cr_expect_str_eq(out, "");
	test_client_fence(ann);
	server_process_stop(server);
}

/* News are dropped rather than waited with: a full pipe holds up nobody. */
FLOW_TEST(control_goes_on_while_nobody_reads_the_console)
{
	char path[PATH_BYTES];
	struct server_process *server = start(engine, path);
	struct harness_stream peer = open_control(path);

	cr_assert_geq(fcntl(server->output.fd, F_SETPIPE_SZ, 4096), 0);
	for (int i = 0; i < 200; i++) {
		server_process_signal(server, SIGHUP);
		put(&peer, "reload\n");
		expect(
		    &peer, " read again: no greeting, 0 listed bans, the log");
		expect(&peer, "OK");
	}
	harness_stream_close(&peer);
	server_process_signal(server, SIGTERM);
	cr_assert_eq(server_process_wait(server), 0);
}

/* Who reads a little now and then does not hold up the server's end, and who
 * reads hears of it all the same. */
FLOW_TEST(control_peers_have_a_moment_for_their_last_answers)
{
	enum {
		COMMANDS = 800
	};
	char path[PATH_BYTES], bytes[4096] = "";
	struct server_process *server = start(engine, path);
	struct pollfd ended = {.fd = server->pidfd, .events = POLLIN};
	struct harness_stream slow = open_control(path);
	struct harness_stream peer = open_control(path);
	size_t answer = 0, len = 0;
	const char *line;
	ssize_t got;

	for (int i = 0; i < COMMANDS; i++)
		strcat(bytes, "help\n");
	put(&slow, bytes);
	/* They are all done before the first answer is sent. */
	cr_assert_eq(recv(slow.fd, bytes, 1, 0), 1);
	put(&peer, "help\n");
	do {
		line = harness_stream_line(&peer);
		cr_assert_not_null(line);
		answer += strlen(line) + 1;
	} while (strcmp(line, "OK") != 0);
	put(&peer, "exit\n");
	do {
		got = recv(slow.fd, bytes, sizeof(bytes), MSG_DONTWAIT);
		len += got > 0 ? (size_t)got : 0;
	} while (len < COMMANDS * answer && poll(&ended, 1, 20) == 0);
	cr_expect_lt(len, COMMANDS * answer / 2);
	expect(&peer, "OK");
	harness_stream_close(&slow);
	harness_stream_close(&peer);
	server_process_expect(server, "all threads joined");
	cr_assert_eq(server_process_wait(server), 0);
}

FLOW_TEST(ctl_exit_returns_when_the_server_has_stopped)
{
	char path[PATH_BYTES], out[4096];
	struct server_process *server = start(engine, path);
	struct test_client *ann = test_client_user(server, "ann");

	cr_expect_eq(ctl(path, "exit", "", out), 0);
	cr_expect_str_eq(out, "");
	test_client_expect(ann, "*** server is going down");
	test_client_expect_end(ann);
	server_process_expect(server, "all threads joined");
	cr_assert_eq(server_process_wait(server), 0);
}
