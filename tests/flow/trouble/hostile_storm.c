/*
 * Whatever many clients do at the same time, in whatever order, they reach no
 * check() of the server's: commands of every kind in every state, bytes that
 * are none, ends and resets at any moment, an operator who acts meanwhile. What
 * each is to be told is for other tests; here the server lives and ends well.
 * THRONG_SEED=N draws another one than the usual; the timing always differs.
 */
#include "tests/kit/harness.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CLIENTS 50
#define STEPS   15000

/* N is a name, R a room. */
static const char *const commands[] = {"/register N secretpw",
    "/login N secretpw", "/login N secretpw", "/login N", "secretpw",
    "/login N wrongword", "/logout", "/passwd secretpw secretpw",
    "/unregister secretpw", "/unregister secretpw", "/b hello", "/say R hello",
    "hello", "/msg N psst", "/join R", "/join R since=0", "/join R since=99999",
    "@t /join R since=3", "/leave R", "/leave", "/topic R", "/topic R news",
    "/topic R -", "/rooms", "/who", "@tag /who R", "/history", "/history R 3",
    "/history R since=1", "/format json", "/format text", "/ping", "/whoami",
    "/help", "/quit", "\001", "\377\375\001", "\377\372\030", "\377\360",
    "//hello"};

static const char *const endings[] = {"\n", "\n", "\n", "\r\n", ""};

static const char *const orders[] = {"kick N", "ban N 1s", "unban N",
    "mute N 1s", "unmute N", "broadcast hello", "list", "rooms", "accounts",
    "compact", "verify", "stats"};

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static unsigned
below(unsigned bound)
{
	return (unsigned)random() % bound;
}

/* With what its letters stand for; returns the end. */
static char *
put_words(char *out, const char *words)
{
	for (; *words; words++) {
		if ((*words == 'N' || *words == 'R') &&
		    (!words[1] || words[1] == ' '))
			out += sprintf(
			    out, "%c%u", *words == 'N' ? 'n' : 'r', below(2));
		else
			*out++ = *words;
	}
	return out;
}

/* Several lines, one now and then too long; what is not taken is lost. */
static void
say_something(int fd)
{
	static char text[32 * 1024];
	char *at = text;

	for (unsigned lines = 1 + below(10); lines > 0; lines--) {
		at = put_words(at, commands[below(COUNT(commands))]);
		if (below(20) == 0) {
			memset(at, 'x', 2500);
			at += 2500;
		}
		at = put_words(at, endings[below(COUNT(endings))]);
	}
	send(fd, text, (size_t)(at - text), MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* They are more than a test_client is for. */
static void
act(struct server_process *server, int *fd)
{
	struct linger at_once = {.l_onoff = 1};
	char bytes[16 * 1024], order[32];
	unsigned what = below(100);

	if (*fd < 0) {
		*fd = test_client_connect(server->listen[what % 2]);
		cr_assert_geq(*fd, 0, "%s", strerror(errno));
	}
	if (what < 60) {
		say_something(*fd);
	} else if (what < 85) {
		recv(*fd, bytes, sizeof(bytes), MSG_DONTWAIT);
	} else if (what < 88) {
		shutdown(*fd, SHUT_WR);
	} else if (what < 97) {
		if (what % 2)
			setsockopt(*fd, SOL_SOCKET, SO_LINGER, &at_once,
			    sizeof(at_once));
		close(*fd);
		*fd = -1;
	} else {
		*put_words(order, orders[below(COUNT(orders))]) = '\0';
		server_process_type(server, "%s\n", order);
	}
}

FLOW_TEST(hostile_storm_of_everything_ends_no_server)
{
	struct server_process *server =
	    server_process_start(engine, "--log-level=error",
		"--listen=unix:{folder}/socket", "--out-limit=20000",
		"--history=20", "--unterminated-after=1", NULL);
	const char *seed = getenv("THRONG_SEED");
	int fds[CLIENTS];

	srandom(seed ? (unsigned)strtoul(seed, NULL, 10) : 1);
	memset(fds, -1, sizeof(fds));
	for (int i = 0; i < STEPS; i++) {
		act(server, &fds[below(CLIENTS)]);
		if (i % 100 == 99) {
			server_process_type(server, "count\n");
			server_process_expect(server, "* connected, *");
		}
	}
	for (int i = 0; i < CLIENTS; i++)
		if (fds[i] >= 0)
			close(fds[i]);
	test_client_fence(test_client_open(server));
	server_process_stop(server);
}
