/*
 * Under load: a guest from another machine has so long to log in, whatever he
 * does meanwhile; time is what he has, not patience with each of his bytes.
 */
#include "tests/kit/stall.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/kit/harness.h"
#include "tests/kit/observe.h"

#define IN_TIME "*** you did not log in in time"
#define BETWEEN 20 /* ms, from one byte to the next */

/* An address of this machine's that is not 127.0.0.1, if it has one. */
static bool
find_address(char text[INET_ADDRSTRLEN])
{
	struct ifaddrs *all, *each;
	bool found = false;

	cr_assert_eq(getifaddrs(&all), 0);
	for (each = all; each && !found; each = each->ifa_next) {
		const struct sockaddr_in *in = (const void *)each->ifa_addr;

		found =
		    in && in->sin_family == AF_INET &&
		    (each->ifa_flags & IFF_UP) &&
		    !(each->ifa_flags & IFF_LOOPBACK) &&
		    inet_ntop(AF_INET, &in->sin_addr, text, INET_ADDRSTRLEN);
	}
	freeifaddrs(all);
	return found;
}

/* A network of this test's own, with one address that means another machine. */
static void
make_address(char text[INET_ADDRSTRLEN])
{
	struct ifreq request = {.ifr_name = "lo"};
	struct sockaddr_in *in = (void *)&request.ifr_addr;
	int fd;

	strcpy(text, "192.0.2.1");
	if (unshare(CLONE_NEWNET) < 0 &&
	    unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
		cr_skip_test("only the loopback, and no other network allowed");
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	in->sin_family = AF_INET;
	cr_assert_eq(inet_pton(AF_INET, text, &in->sin_addr), 1);
	cr_assert_eq(ioctl(fd, SIOCSIFADDR, &request), 0);
	request.ifr_flags = IFF_UP | IFF_RUNNING;
	cr_assert_eq(ioctl(fd, SIOCSIFFLAGS, &request), 0);
	close(fd);
}

/* Listens where clients are of another machine, then on the loopback. */
static struct server_process *
start(const char *engine)
{
	char address[INET_ADDRSTRLEN], url[64];
	struct server_setup setup = {
	    .engine = engine,
	    .args = {"--listen", url, "--listen=unix:{folder}/socket",
		"--login-timeout=1"},
	    .no_listen = true,
	};

	if (!find_address(address))
		make_address(address);
	snprintf(url, sizeof(url), "tcp://%s:0", address);
	return server_process_start_with(&setup);
}

/* What a guest says, bit by bit, again and again. */
static const char *const habits[][4] = {
    {"x"},            /* no line, and no end */
    {"h", "i", "\n"}, /* lines, byte by byte */
    {"/ping\n"}, {"/login ann\n", "wrong-password\n"},
    {"/login ann\n"}, /* a name for each other password */
    {"\xff\xfd\x01"}, /* telnet, and no text */
};

enum {
	HABITS = sizeof(habits) / sizeof(habits[0])
};

static bool
is_cut(const struct test_client *client)
{
	struct pollfd fd = {.fd = client->in.fd, .events = POLLRDHUP};

	return poll(&fd, 1, 0) > 0;
}

/* One bit more of each that is still there; returns how many are. */
static int
say_a_bit(struct test_client *guests[], int round)
{
	int left = 0;

	for (int i = 0; i < HABITS; i++) {
		int bits = 0;
		const char *bit;

		if (is_cut(guests[i]))
			continue;
		while (bits < 4 && habits[i][bits])
			bits++;
		bit = habits[i][round % bits];
		send(guests[i]->in.fd, bit, strlen(bit), MSG_NOSIGNAL);
		left++;
	}
	return left;
}

/* Ann, from this machine: she has all the time that it takes. */
static void
register_ann(const struct server_process *server)
{
	struct test_client *local = test_client_open_at(server->listen[1]);

	test_client_send(local, "/register ann %s\n", HARNESS_PASSWORD);
	test_client_expect(local, "OK registered ann");
	test_client_close(local);
}

/* From another machine, in time: where that was slow, once more. */
static struct test_client *
login_ann(struct server_process *server)
{
	struct test_client *ann;
	const char *line;

	for (;;) {
		ann = test_client_open(server);
		test_client_send(ann, "/login ann %s\n", HARNESS_PASSWORD);
		line = test_client_line(ann);
		if (strcmp(line, IN_TIME) != 0)
			break;
		test_client_close(ann);
	}
	cr_assert_eq(strncmp(line, "OK logged in as ann#", 20), 0, "%s", line);
	return ann;
}

FLOW_TEST(load_login_timeout_is_a_total_whatever_comes_meanwhile)
{
	struct server_process *server = start(engine);
	struct test_client *guests[HABITS];
	int64_t start_ms;
	const char *line;
	int round = 0, left;

	register_ann(server);
	start_ms = harness_now_ms();
	/* They come in a turn that has begun since, whoever takes them. */
	server_process_type(server, "list\n");
	server_process_expect(server, "* connected, 0 logged in");
	for (int i = 0; i < HABITS; i++)
		guests[i] = test_client_open(server);
	do {
		int64_t past_ms;

		poll(NULL, 0, BETWEEN);
		left = say_a_bit(guests, round++);
		past_ms = harness_now_ms() - start_ms;
		cr_assert(left == HABITS || past_ms >= 900, "%jd ms",
		    (intmax_t)past_ms);
		cr_assert_lt(past_ms, HARNESS_DEADLINE_MS, "%d stay", left);
	} while (left > 0);
	for (int i = 0; i < HABITS; i++) {
		/* A prompt does not end its line. */
		do
			line = test_client_line(guests[i]);
		while (!strstr(line, IN_TIME));
		server_process_expect(
		    server, "[[]DISCONNECTED] * (did not log in in time)");
	}
	server_process_stop(server);
}

FLOW_TEST(load_login_timeout_is_for_silent_guests_of_other_machines)
{
	struct server_process *server = start(engine);
	struct test_client *local = test_client_open_at(server->listen[1]);
	struct test_client *ann, *guest;

	test_client_fence(local);
	register_ann(server);
	ann = login_ann(server);
	guest = test_client_open(server);
	test_client_expect(guest, IN_TIME);
	test_client_expect_end(guest);
	test_client_fence(ann);
	/* A guest again, and for a second again. */
	test_client_send(ann, "/logout\n");
	test_client_expect(ann, "OK logged out");
	test_client_expect(ann, IN_TIME);
	test_client_expect_end(ann);
	test_client_fence(local);
	server_process_stop(server);
}

/* The time of the one guest is over: another's, who came after him, is, and
 * all reactors have turned since. */
static void
let_time_pass(struct server_process *server)
{
	struct test_client *other;

	observe_open(server, 1);
	other = test_client_open(server);
	test_client_expect(other, IN_TIME);
	test_client_expect_end(other);
	server_process_type(server, "list\n");
	server_process_expect(server, "1 connected, 0 logged in");
}

/* He asks and asks, and each takes its time: he is always in the middle of
 * something. What he was at is answered, the rest is not. */
FLOW_TEST(load_login_timeout_is_for_those_who_always_wait_for_an_answer)
{
	struct server_process *server = start(engine);
	struct test_client *guest = test_client_open(server);

	stall_begin(server, "throng/hash0");
	for (int i = 0; i < 100; i++)
		test_client_send(guest, "/register user%d secretpw\n", i);
	let_time_pass(server);
	stall_end();
	test_client_expect(guest, "OK registered user0");
	test_client_expect(guest, IN_TIME);
	test_client_expect_end(guest);
	server_process_stop(server);
}

/* Who has asked in time is let in, late as the answer is; and has his time
 * again when he has logged out. */
FLOW_TEST(load_login_timeout_lets_a_login_under_way_be_answered)
{
	struct server_process *server = start(engine);
	struct test_client *ann;

	register_ann(server);
	observe_open(server, 0);
	stall_begin(server, "throng/hash0");
	ann = test_client_open(server);
	test_client_send(ann, "/login ann %s\n", HARNESS_PASSWORD);
	let_time_pass(server);
	stall_end();
	test_client_match(ann, "OK logged in as ann#*");
	test_client_send(ann, "/logout\n/register ben secretpw\n");
	test_client_expect(ann, "OK logged out");
	test_client_expect(ann, "OK registered ben");
	server_process_stop(server);
}
