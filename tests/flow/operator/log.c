/* The log of a server: what its operator can find out afterwards. */
#include <fnmatch.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "auth/throttle.h"
#include "tests/kit/harness.h"

#define STAMP "20[0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:*.[0-9][0-9][0-9]Z"

static struct server_process *
start(const char *engine)
{
	return server_process_start(engine, "--log-level=debug", NULL);
}

/* Ends the server; returns the log. */
static const char *
stop(struct server_process *server)
{
	test_client_close_all();
	server_process_type(server, "exit\n");
	server_process_expect(server, "all threads joined");
	cr_assert_eq(server_process_wait(server), 0);
	return server_process_errors(server);
}

/* The line that begins at `*log`, copied, which moves on; NULL at the end. */
static const char *
next_line(const char **log)
{
	static char line[1200];
	size_t len = strcspn(*log, "\n");

	if (!**log)
		return NULL;
	snprintf(line, sizeof(line), "%.*s", (int)len, *log);
	*log += len + ((*log)[len] == '\n');
	return line;
}

/* Moves on behind the line that matches, which has to come, and to be the first
 * with its event. */
static void
follow(const char **log, const char *pattern)
{
	char expected[512], event[64];
	const char *line;

	snprintf(expected, sizeof(expected), STAMP " %s", pattern);
	sscanf(pattern, "%*s %40s", event + 1);
	event[0] = ' ';
	strcat(event, " ");
	while ((line = next_line(log)) != NULL) {
		if (!strstr(line, event))
			continue;
		if (!fnmatch(expected, line, FNM_EXTMATCH))
			return;
		break;
	}
	harness_fail("expected `%s`, got %s", expected, line ? line : "end");
}

static void
say(struct test_client *client, const char *command, const char *answer)
{
	test_client_send(client, "%s\n", command);
	test_client_match(client, "%s", answer);
}

#define WHO "client=1 address=127.0.0.1:+([0-9])"

FLOW_TEST(log_tells_the_life_of_an_account)
{
	struct server_process *server = start(engine);
	struct test_client *client = test_client_open(server);
	const char *log;

	say(client, "/register Ann secretpw", "OK registered *");
	say(client, "/login ann secretpw", "OK logged in *");
	say(client, "/passwd secretpw otherwise", "OK password *");
	say(client, "/logout", "OK logged out");
	say(client, "/login ANN otherwise", "OK logged in *");
	say(client, "/unregister otherwise", "OK account removed");
	say(client, "/quit", "OK *");
	test_client_expect_end(client);
	log = stop(server);
	cr_expect_null(strstr(log, "secretpw"), "%s", log);
	cr_expect_null(strstr(log, "otherwise"), "%s", log);
	follow(&log, "debug connected " WHO);
	follow(&log, "info registered " WHO " name=Ann");
	follow(&log, "info login " WHO " name=Ann");
	follow(&log, "info password-changed " WHO " name=Ann");
	follow(&log, "debug logout " WHO " name=Ann");
	follow(&log, "info login " WHO " name=Ann");
	follow(&log, "info unregistered " WHO " name=Ann");
	follow(&log, "info disconnected " WHO " reason=quit seconds=+([0-9]) "
		     "bytes_in=+([1-9])*([0-9]) bytes_out=+([1-9])*([0-9])");
}

#define FAILED "warn login-failed " WHO " name="

FLOW_TEST(log_tells_why_a_login_failed)
{
	struct server_process *server = start(engine);
	struct test_client *client = test_client_open(server);
	const char *log;

	say(client, "/register ann secretpw", "OK registered *");
	server_process_type(server, "ban ann\n");
	server_process_expect(server, "ann is banned *");
	say(client, "/login Ann secretpw", "ERR banned *");
	/* As it was typed, whether there is such a name or not. */
	say(client, "/login ANN wrongword", "ERR bad-credentials *");
	say(client, "/login nobody\n", "Password: ERR bad-credentials *");
	for (int i = 0; i < THROTTLE_PAIR_FREE; i++)
		say(client, "/login ben wrongword", "ERR bad-credentials *");
	say(client, "/login ben wrongword", "ERR too-many-attempts *");
	say(client, "/login a/b wrongword", "ERR bad-name *");
	log = stop(server);
	cr_expect_null(strstr(log, "wrongword"), "%s", log);
	follow(&log, FAILED "ann reason=banned");
	follow(&log, FAILED "ANN reason=bad-credentials");
	follow(&log, FAILED "nobody reason=bad-credentials");
	for (int i = 0; i < THROTTLE_PAIR_FREE; i++)
		follow(&log, FAILED "ben reason=bad-credentials");
	follow(&log, FAILED "ben reason=throttled");
	cr_expect_null(strstr(log, "login-failed"), "%s", log);
}

/* Who does not wait for the answer is in the log all the same. */
FLOW_TEST(log_has_a_guess_whose_client_is_gone)
{
	struct server_process *server =
	    server_process_start(engine, "--listen=unix:{folder}/sock",
		"--log-level=info", "--argon2=t=8,m=65536", NULL);
	struct test_client *guesser = test_client_open_at(server->listen[1]);
	const char *log;

	test_client_send(guesser, "/login ann wrongword\n");
	test_client_await_taken(guesser);
	server_process_type(server, "kick 1\n");
	server_process_expect(server, "kicked 1 client*");
	/* One thread hashes: when this is answered, the guess has been. */
	test_client_user(server, "ben");
	log = stop(server);
	follow(&log, "warn login-failed client=1 address=unix name=ann "
		     "reason=bad-credentials");
}

FLOW_TEST(log_tells_why_a_client_was_cut)
{
	struct server_process *server = start(engine);
	struct test_client *ann = test_client_user(server, "ann");
	struct test_client *guest = test_client_open(server);
	const char *log;

	server_process_type(server, "kick ann\n");
	test_client_match(ann, "[*][*][*] you were kicked");
	test_client_expect_end(ann);
	test_client_send(guest, "GET / HTTP/1.1\r\n\r\n");
	test_client_match(guest, "HTTP/1.1 400 *");
	while (harness_stream_line(&guest->in))
		; /* what else the answer has, until its end */
	ann = test_client_open(server);
	test_client_fence(ann);
	server_process_type(server, "exit\n");
	test_client_match(ann, "[*][*][*] server is going down");
	log = stop(server);
	follow(&log, "info disconnected client=1 address=127.0.0.1:+([0-9]) "
		     "name=ann reason=kicked *");
	follow(&log, "info disconnected client=2 address=127.0.0.1:+([0-9]) "
		     "reason=http *");
	follow(&log, "info disconnected client=3 address=127.0.0.1:+([0-9]) "
		     "reason=going-down *");
}

FLOW_TEST(log_tells_of_a_client_that_did_not_read)
{
	struct server_process *server =
	    server_process_start(engine, "--listen=unix:{folder}/sock",
		"--log-level=info", "--stall-timeout=1", NULL);
	struct test_client *slow = test_client_open_at(server->listen[1]);
	struct pollfd fd = {.fd = slow->in.fd, .events = POLLOUT};
	const char *log;
	char line[2001];

	/* Each is answered with itself, until the server has had enough. */
	memset(line, 'x', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\n';
	do {
		cr_assert_eq(poll(&fd, 1, HARNESS_DEADLINE_MS), 1);
		send(fd.fd, line, sizeof(line), MSG_DONTWAIT | MSG_NOSIGNAL);
	} while (!(fd.revents & POLLHUP));
	server_process_expect(server, "[[]DISCONNECTED] #1 unix *");
	log = stop(server);
	follow(&log, "info disconnected client=1 address=unix reason=stalled "
		     "seconds=+([1-9])*([0-9]) bytes_in=*");
}

FLOW_TEST(log_tells_who_was_refused)
{
	struct server_process *server = server_process_start(
	    engine, "--max-clients=1", "--log-level=warn", NULL);
	struct test_client *first = test_client_open(server);
	struct test_client *second;
	const char *log;

	test_client_fence(first);
	second = test_client_open(server);
	test_client_match(second, "ERR busy *");
	log = stop(server);
	follow(&log, "warn refused address=127.0.0.1:+([0-9]) reason=full");
	follow(&log, "info audit by=console command=exit outcome=done");
	cr_expect_null(next_line(&log));
}

FLOW_TEST(log_that_cannot_be_written_is_told_on_the_console)
{
	struct server_process *server = server_process_start(
	    engine, "--log=/dev/full", "--log-level=info", NULL);

	server_process_expect(server,
	    "[[]LOG] cannot be written: No space left on device; its lines "
	    "are lost");
	server_process_type(server, "count\n");
	server_process_expect(server, "0 connected, 0 logged in");
	server_process_stop(server);
}
