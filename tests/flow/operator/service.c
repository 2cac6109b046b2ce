/*
 * As a service: what systemd is told (sd_notify(3)) and the sockets it passes
 * (sd_listen_fds(3)), with this test in its place. Then the units that `make
 * install` installs.
 */
#include "tests/kit/harness.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/kit/stall.h"

#define NOTICE_BYTES 256

/* The manager's socket, abstract: nothing to remove. */
static int manager = -1;
static char variable[128];

static void
manager_start(void)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	struct timeval wait = {.tv_sec = HARNESS_DEADLINE_MS / 1000};
	int len = snprintf(un.sun_path + 1, sizeof(un.sun_path) - 1,
	    "throng-test-%d", getpid());

	manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	cr_assert_eq(bind(manager, (void *)&un,
			 (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
				     1 + (size_t)len)),
	    0);
	cr_assert_eq(
	    setsockopt(manager, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)),
	    0);
	snprintf(
	    variable, sizeof(variable), "NOTIFY_SOCKET=@%s", un.sun_path + 1);
}

/* The next notice, whole. */
static const char *
notice(void)
{
	static char text[NOTICE_BYTES];
	ssize_t got;

	/* With a timeout a process that was stopped is told so. */
	do {
		got = recv(manager, text, sizeof(text) - 1, 0);
	} while (got < 0 && errno == EINTR);
	if (got < 0)
		harness_fail("no notice came: %s", strerror(errno));
	text[got] = '\0';
	return text;
}

/* Nobody reads any more: the kernel keeps few notices for who might, and lets
 * the server wait for him. */
static void
manager_end(void)
{
	cr_assert_eq(close(manager), 0);
	manager = -1;
}

FLOW_TEST(service_tells_when_it_is_ready_and_when_it_stops)
{
	struct server_setup setup = {.engine = engine, .variables = {variable}};
	struct server_process *server;
	char byte;

	manager_start();
	server = server_process_start_with(&setup);
	cr_assert_eq(strncmp(notice(), "READY=1\nSTATUS=", 15), 0);
	/* Whoever was told so can connect. */
	test_client_fence(test_client_open(server));
	cr_assert_lt(recv(manager, &byte, 1, MSG_DONTWAIT), 0,
	    "without a watchdog it need not say more");
	server_process_stop(server);
	cr_assert_str_eq(notice(), "STOPPING=1");
}

FLOW_TEST(service_that_cannot_start_is_never_ready)
{
	struct server_setup setup = {.engine = engine,
	    .variables = {variable},
	    .args = {"--accounts=/nonexistent/accounts"}};
	char byte;

	manager_start();
	cr_assert_eq(server_process_wait(server_process_launch(&setup)), 1);
	cr_assert_lt(recv(manager, &byte, 1, MSG_DONTWAIT), 0);
}

FLOW_TEST(service_with_a_watchdog_says_that_it_lives_and_how_many_are_there)
{
	struct server_setup setup = {
	    .engine = engine, .variables = {variable, "WATCHDOG_USEC=100000"}};
	struct server_process *server;

	manager_start();
	server = server_process_start_with(&setup);
	cr_assert_eq(strncmp(notice(), "READY=1\n", 8), 0);
	cr_assert_str_eq(notice(), "WATCHDOG=1\nSTATUS=0 clients");
	test_client_fence(test_client_open(server));
	test_client_fence(test_client_open(server));
	while (strcmp(notice(), "WATCHDOG=1\nSTATUS=2 clients") != 0)
		;
	/* Also when it has nothing else to do, and no input. */
	server_process_end_input(server);
	for (int i = 0; i < 5; i++)
		cr_assert_str_eq(notice(), "WATCHDOG=1\nSTATUS=2 clients");
	test_client_close_all();
	server_process_signal(server, SIGTERM);
	while (strcmp(notice(), "STOPPING=1") != 0)
		;
	manager_end();
	cr_assert_eq(server_process_wait(server), 0);
}

/* The notices that are there. */
static int
count_notices(void)
{
	char text[NOTICE_BYTES];
	int count = 0;

	while (recv(manager, text, sizeof(text), MSG_DONTWAIT) >= 0)
		count++;
	return count;
}

FLOW_TEST(service_with_a_reactor_that_hangs_does_not_say_that_it_lives)
{
	struct server_setup setup = {
	    .engine = engine, .variables = {variable, "WATCHDOG_USEC=2000"}};
	struct server_process *server;

	manager_start();
	server = server_process_start_with(&setup);
	cr_assert_eq(strncmp(notice(), "READY=1\n", 8), 0);
	stall_begin(server, "throng/r1");
	count_notices();
	for (int i = 0; i < 1000; i++) {
		server_process_type(server, "count\n");
		server_process_expect(server, "0 connected, *");
	}
	/* One may have been on its way. */
	cr_expect_leq(count_notices(), 1, "the console alone is no life");
	stall_end();
	for (int i = 0; i < 3; i++)
		cr_assert_str_eq(notice(), "WATCHDOG=1\nSTATUS=0 clients");
	manager_end();
	server_process_stop(server);
}

/* --- passed sockets --- */

static int
open_tcp(bool listens)
{
	struct sockaddr_in in = {.sin_family = AF_INET};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	cr_assert_eq(bind(fd, (void *)&in, sizeof(in)), 0);
	if (listens)
		cr_assert_eq(listen(fd, 16), 0);
	return fd;
}

static char directory[] = "/tmp/throng-service-XXXXXX";

static int
open_unix(char path[sizeof(directory) + 8])
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	cr_assert_not_null(mkdtemp(directory));
	sprintf(path, "%s/socket", directory);
	strcpy(un.sun_path, path);
	cr_assert_eq(bind(fd, (void *)&un, sizeof(un)), 0);
	cr_assert_eq(listen(fd, 16), 0);
	return fd;
}

static unsigned
port_of(int fd)
{
	struct sockaddr_in in;
	socklen_t length = sizeof(in);

	cr_assert_eq(getsockname(fd, (void *)&in, &length), 0);
	return ntohs(in.sin_port);
}

FLOW_TEST(service_serves_passed_sockets_and_no_other)
{
	char path[sizeof(directory) + 8], expected[160];
	struct server_setup setup = {.engine = engine,
	    .args = {"--listen=unix:{folder}/other", "--reactors=3"},
	    .passed = {open_tcp(true), open_unix(path)},
	    .passed_count = 2};
	struct server_process *server = server_process_start_with(&setup);
	struct test_client *ann = test_client_user(server, "ann");

	snprintf(expected, sizeof(expected), "tcp://127.0.0.1:%u",
	    port_of(setup.passed[0]));
	cr_assert_str_eq(server->listen[0], expected);
	snprintf(expected, sizeof(expected), "unix:%s", path);
	cr_assert_str_eq(server->listen[1], expected);
	for (int i = 0; i < 20; i++) {
		struct test_client *other =
		    test_client_open_at(server->listen[i % 2]);

		test_client_enter(other, "ann");
		test_client_send(ann, "/b hello\n");
		test_client_expect(ann, "[ann#%lu] hello", ann->id);
		test_client_expect(other, "[ann#%lu] hello", ann->id);
		test_client_close(other);
	}
	snprintf(expected, sizeof(expected), "%s/other", server->folder);
	cr_assert_lt(access(expected, F_OK), 0);
	server_process_stop(server);
	/* They are the manager's: still open, and still there. */
	cr_assert_eq(access(path, F_OK), 0);
	test_client_open_at(server->listen[1]);
	unlink(path);
	rmdir(directory);
}

/* With the manager's hold on the socket a restart leaves no gap: whoever
 * connects meanwhile waits. */
FLOW_TEST(service_started_anew_serves_who_has_waited_meanwhile)
{
	struct server_setup setup = {
	    .engine = engine, .passed = {open_tcp(true)}, .passed_count = 1};
	struct server_process *server = server_process_start_with(&setup);
	struct test_client *client;

	server_process_stop(server);
	client = test_client_open(server);
	test_client_send(client, "/ping early\n");
	server = server_process_restart(server);
	test_client_expect(client, "OK pong early");
	server_process_stop(server);
}

static void
check_refused(const char *engine, int fd, const char *why)
{
	struct server_setup setup = {
	    .engine = engine, .passed = {fd}, .passed_count = 1};
	struct server_process *server = server_process_launch(&setup);

	cr_expect_eq(server_process_wait(server), 1);
	cr_expect_not_null(strstr(server_process_errors(server), why),
	    "expected %s in: %s", why, server_process_errors(server));
	close(fd);
}

FLOW_TEST(service_with_a_passed_socket_of_another_kind_does_not_start)
{
	int pair[2];

	check_refused(engine, open_tcp(false), "not listening");
	check_refused(engine, socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0),
	    "not a stream socket");
	check_refused(
	    engine, open("/dev/null", O_RDONLY | O_CLOEXEC), "on-socket");
	/* As inetd does, and Accept=yes. */
	cr_assert_eq(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	check_refused(engine, pair[0], "not listening");
}

/* --- the units --- */

#define MAKE "env -u MAKEFLAGS -u MAKELEVEL -u MODE make -s PREFIX=$WHERE "

/* Succeeds, and has nothing to say. */
static void
run(const char *command)
{
	static char text[4096];
	FILE *pipe = popen(command, "re");
	size_t len;

	cr_assert_not_null(pipe);
	len = fread(text, 1, sizeof(text) - 1, pipe);
	text[len] = '\0';
	cr_assert_eq(pclose(pipe), 0, "%s: %s", command, text);
	cr_assert_str_empty(text, "%s: %s", command, text);
}

Test(flow_service, installed_units_are_what_systemd_takes, .timeout = 120)
{
	bool verified;

	cr_assert_not_null(mkdtemp(directory));
	setenv("WHERE", directory, 1);
	run(MAKE "install 2>&1 >/dev/null");
	verified = system("command -v systemd-analyze >/dev/null") == 0;
	if (verified)
		run("systemd-analyze verify --man=no "
		    "$WHERE/lib/systemd/system/* 2>&1");
	run(MAKE "uninstall 2>&1 >/dev/null");
	/* All but what the operator may have written. */
	run("find $WHERE -type f ! -name throng.conf");
	run("rm -r $WHERE");
	if (!verified)
		cr_skip_test("there is no systemd-analyze on this machine");
}
