/*
 * Under load: out of descriptors while it runs, as after prlimit(1). Those who
 * are there are served, who comes waits without costing anything, and gets in
 * when there are some again.
 */
#include "tests/kit/harness.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "tests/kit/observe.h"

enum {
	WAITING = 30,
	TURNS = 6,
	OBSERVED_MS = 1000
};

#define UNIX_LISTEN "--listen=unix:{folder}/socket"

/* Connects and asks, and does not wait. */
static void
come(const char *url, struct test_client *clients[], int count)
{
	for (int i = 0; i < count; i++) {
		clients[i] = test_client_open_at(url);
		test_client_send(clients[i], "/ping %d\n", i);
	}
}

static bool
has_answer(const struct test_client *client)
{
	struct pollfd fd = {.fd = client->in.fd, .events = POLLIN};

	return poll(&fd, 1, 0) > 0;
}

static unsigned
lines_with(const char *text, const char *what)
{
	unsigned count = 0;

	for (; (text = strstr(text, what)) != NULL; text++)
		count++;
	return count;
}

/* Nothing else goes on for a second but that some wait. The log is told once a
 * second, at most, and not by each of four reactors; one line may be late. */
static void
waits_in_peace(struct server_process *server)
{
	int64_t start_ms = harness_now_ms();
	unsigned said = lines_with(server_process_errors(server), "paused");

	observe_rest(server, OBSERVED_MS);
	said = lines_with(server_process_errors(server), "paused") - said;
	cr_expect_leq(said, 2 + (harness_now_ms() - start_ms) / 1000);
}

/* Whoever has waited has an answer within a second, or ten times that, for all,
 * on a machine that has more to do or stands still. */
static void
all_are_let_in(struct test_client *clients[], int count)
{
	int64_t start_ms = harness_now_ms();

	for (int i = 0; i < count; i++)
		test_client_expect(clients[i], "OK pong %d", i);
	cr_expect_lt(harness_now_ms() - start_ms, HARNESS_DEADLINE_MS);
}

/* Whoever has come by now would have been let in, and answered: each reactor
 * accepts, reads, answers and sends, in a turn of its own at the slowest, and
 * the list has gone round all of them. */
static void
let_them_turn(struct server_process *server)
{
	for (int i = 0; i < TURNS; i++) {
		server_process_type(server, "list\n");
		server_process_expect(server, "* connected, * logged in");
	}
}

/* Others come until one is not let in: an accept that a ring has begun before
 * goes by the limit of then. */
static void
come_until_paused(struct server_process *server, const char *url)
{
	struct test_client *client;

	do {
		come(url, &client, 1);
		let_them_turn(server);
	} while (has_answer(client) ||
		 !strstr(server_process_errors(server), "accept-paused"));
}

static void
runs_out(struct server_process *server, const char *url)
{
	struct test_client *ann = test_client_user(server, "ann");
	struct test_client *ben = test_client_user(server, "ben");
	struct test_client *late[WAITING];
	uint64_t limit = observe_leave(server, 0);

	come_until_paused(server, url);
	come(url, late, WAITING);
	for (int i = 0; i < 20; i++) {
		test_client_send(ben, "/b %d\n", i);
		test_client_expect(ann, "[ben#%lu] %d", ben->id, i);
		test_client_expect(ben, "[ben#%lu] %d", ben->id, i);
	}
	waits_in_peace(server);
	for (int i = 0; i < WAITING; i++)
		cr_assert(!has_answer(late[i]), "client %d was served", i);
	test_client_fence(ben);
	observe_limit(server, limit);
	all_are_let_in(late, WAITING);
	for (int i = 0; i < WAITING; i++)
		test_client_send(late[i], "/quit\n");
	for (int i = 0; i < WAITING; i++)
		test_client_expect(late[i], "OK bye");
	test_client_fence(ann);
}

/* Of a Unix socket, whose clients need one on io_uring as well: they are asked
 * who they are. */
FLOW_TEST(load_out_of_descriptors_serves_the_served_and_lets_the_others_wait)
{
	struct server_process *server =
	    server_process_start(engine, UNIX_LISTEN, "--reactors=4", NULL);

	runs_out(server, server->listen[1]);
	server_process_exit(server);
}

Test(flow_epoll, load_out_of_descriptors_is_the_same_with_tcp,
    .fini = harness_fini, .timeout = 120)
{
	struct server_process *server =
	    server_process_start("epoll", "--reactors=4", NULL);

	runs_out(server, server->listen[0]);
	server_process_exit(server);
}

/* None is needed for a place in the ring's table. */
Test(flow_uring, load_out_of_descriptors_a_ring_lets_in_all_the_same,
    .fini = harness_fini, .timeout = 120)
{
	struct server_process *server = server_process_start("uring", NULL);
	struct test_client *ann = test_client_user(server, "ann");
	struct test_client *late[WAITING];

	observe_leave(server, 0);
	come(server->listen[0], late, WAITING);
	all_are_let_in(late, WAITING);
	test_client_fence(ann);
	server_process_stop(server);
}

/* What the operator has uses descriptors as well. */
FLOW_TEST(load_out_of_descriptors_the_operator_waits_too)
{
	struct server_process *server = server_process_start(engine,
	    "--control={folder}/control", "--metrics=tcp://127.0.0.1:0", NULL);
	struct test_client *ann = test_client_user(server, "ann");
	const char *line = server_process_expect(server, "\\[METRICS] *");
	struct test_client *scraper, *operator;
	uint64_t limit;
	char url[128];

	limit = observe_leave(server, 0);
	snprintf(url, sizeof(url), "tcp%.*s",
	    (int)strcspn(strstr(line, "://") + 3, "/") + 3,
	    strstr(line, "://"));
	scraper = test_client_open_at(url);
	test_client_send(scraper, "GET /metrics HTTP/1.0\r\n\r\n");
	snprintf(url, sizeof(url), "unix:%s/control", server->folder);
	operator= test_client_open_at(url);
	test_client_send(operator, "count\n");
	waits_in_peace(server);
	test_client_fence(ann);
	server_process_type(server, "count\n");
	server_process_expect(server, "1 connected, 1 logged in");
	observe_limit(server, limit);
	test_client_match(operator, " 1 connected, 1 logged in");
	test_client_match(scraper, "HTTP/1.[01] 200 OK*");
	/* That the scraper waited is a warning, where he needs one. */
	server_process_exit(server);
}
