/* The programs that people have: the real telnet and the real nc, each on a
 * terminal of its own. */
#include "tests/kit/harness.h"

#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

struct program {
	struct harness_stream terminal;
	pid_t pid;
};

/* Runs `name -- HOST PORT` on a new terminal, with `sign` before the port. */
static struct program
program_start(
    const struct server_process *server, const char *name, const char *sign)
{
	struct program program = {.terminal.fd = -1};
	const char *url = strstr(server->listen[0], "127.0.0.1:");
	char port[16];

	cr_assert(url);
	snprintf(port, sizeof(port), "%s%d", sign, atoi(strchr(url, ':') + 1));
	program.pid = forkpty(&program.terminal.fd, NULL, NULL, NULL);
	if (program.pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		execlp(name, name, "--", "127.0.0.1", port, NULL);
		_exit(127);
	}
	cr_assert_gt(program.pid, 0);
	cr_assert_eq(fcntl(program.terminal.fd, F_SETFL, O_NONBLOCK), 0);
	snprintf(
	    program.terminal.label, sizeof(program.terminal.label), "%s", name);
	return program;
}

static void
program_end(struct program *program)
{
	kill(program->pid, SIGKILL);
	cr_assert_eq(waitpid(program->pid, NULL, 0), program->pid);
	harness_stream_close(&program->terminal);
}

static void
program_type(struct program *program, const char *keys)
{
	ssize_t len = (ssize_t)strlen(keys);

	cr_assert_eq(write(program->terminal.fd, keys, (size_t)len), len);
}

/* Reads the screen up to and with `text`; returns what was before it. */
static const char *
program_see(struct program *program, const char *text)
{
	static char before[4096];
	struct harness_stream *terminal = &program->terminal;
	int64_t deadline = harness_now_ms() + HARNESS_DEADLINE_MS;

	for (;;) {
		size_t len = terminal->len - terminal->start;
		char *at = terminal->bytes + terminal->start;
		char *found = len ? memmem(at, len, text, strlen(text)) : NULL;

		if (found) {
			size_t skipped = (size_t)(found - at);

			cr_assert_lt(skipped, sizeof(before));
			memcpy(before, at, skipped);
			before[skipped] = '\0';
			terminal->start += skipped + strlen(text);
			return before;
		}
		if (!harness_stream_fill(terminal, deadline))
			harness_fail("%s ended before it showed \"%s\": %s",
			    terminal->label, text, harness_quote(at, len));
	}
}

FLOW_TEST(programs_telnet_hides_the_password_and_nothing_else)
{
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *ann = test_client_user(server, "ann");
	/* Off its own port it says what it is only when there is a minus. */
	struct program telnet = program_start(server, "telnet", "-");
	const char *shown;

	test_client_close(ann);
	program_see(&telnet, "Escape character is");
	program_type(&telnet, "hello\r");
	program_see(&telnet, "Echo: hello"); /* now it reads keys */
	program_type(&telnet, "/login ann\r");
	program_see(&telnet, "/login ann");
	program_see(&telnet, "Password: ");
	program_type(&telnet, HARNESS_PASSWORD "\r");
	shown = program_see(&telnet, "OK logged in as ann#");
	cr_assert_null(strstr(shown, HARNESS_PASSWORD), "%s", shown);
	program_type(&telnet, "/join dev\r");
	program_see(&telnet, "/join dev");
	program_see(&telnet, "OK joined #dev (1 members)");
	program_type(&telnet, "gr\303\274\303\237e\r");
	program_see(&telnet, "#dev [ann#");
	program_see(&telnet, "] gr\303\274\303\237e\r\n");
	program_type(&telnet, "/quit\r");
	program_see(&telnet, "OK bye");
	program_see(&telnet, "Connection closed");
	program_end(&telnet);
	server_process_stop(server);
}

FLOW_TEST(programs_telnet_talks_to_nc)
{
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *ann = test_client_user(server, "ann");
	struct test_client *ben = test_client_user(server, "ben");
	struct program telnet = program_start(server, "telnet", "");
	struct program nc = program_start(server, "nc", "");

	test_client_close(ann);
	test_client_close(ben);
	program_type(&nc, "/login ann " HARNESS_PASSWORD "\n/join dev\n");
	program_see(&nc, "OK joined #dev (1 members)");
	program_see(&telnet, "Escape character is");
	program_type(&telnet, "/login ben " HARNESS_PASSWORD "\r/join dev\r");
	program_see(&telnet, "OK joined #dev (2 members)");
	program_see(&nc, "*** #dev: ben#");
	program_see(&nc, " joined\r\n");
	program_type(&nc, "from nc\n");
	program_see(&telnet, "] from nc\r\n");
	program_type(&telnet, "from telnet\r");
	program_see(&nc, "] from telnet\r\n");
	program_end(&telnet);
	program_see(&nc, " left\r\n");
	program_end(&nc);
	server_process_stop(server);
}
