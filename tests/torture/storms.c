/*
 * A million visitors who come and go as fast as they can, half on each engine:
 * they close or reset at once, in half a line, in much text, behind a login
 * that is being hashed. Beside them people talk and are served all the time.
 * When the storm is over nothing is left of it.
 */
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/torture/torture.h"

enum {
	VISITS = 500000,
	VISITS_LEAST = 20000,
	STORMERS = 8,
	PEOPLE = 4,
	FREE_EVERY = 256, /* visits */
	SETTLE_MS = 3000, /* memory that was free for a second is given back */
	SERVED_MS = 5000, /* whoever waits longer is not served */
	PAUSE_MS = 5,     /* of people who talk */
	GROWN_PERCENT = 10
};

/* What the longest queue of logins has taken stays with the allocator. */
#define GROWN_BYTES ((uint64_t)16 << 20)

/* One of the ways to come and go. The addresses are many, so that their ports,
 * which rest for a minute after a close, are not used up. */
static void
visit(const struct server_process *server, unsigned stormer, unsigned number)
{
	static const char much[8192] = {[0 ... 8190] = 'x'};
	struct test_client *client;
	char address[32];

	snprintf(address, sizeof(address), "127.%u.%u.%u", 1 + stormer,
	    number / 250 % 250, 1 + number % 250);
	client = test_client_open_from(server, address);
	switch (number % 5) {
	case 0:
		break;
	case 1:
		test_client_send(client, "half a li");
		break;
	case 2:
		test_client_send(client, "/login eve " HARNESS_PASSWORD "\n");
		break;
	case 3:
		send(client->in.fd, much, sizeof(much) - 1, MSG_NOSIGNAL);
		break;
	case 4:
		test_client_send(client, "/join storm\nhello\n/who\n/ping\n");
		break;
	}
	if (number / 5 % 4 == 0)
		test_client_close(client);
	else
		test_client_reset(client);
}

/* A process of its own, which dies with the test. */
static pid_t
start_stormer(
    const struct server_process *server, unsigned stormer, unsigned visits)
{
	pid_t pid = fork();

	cr_assert_geq(pid, 0);
	if (pid > 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	test_client_free_all(); /* the people's, whose sockets these are */
	for (unsigned i = 0; i < visits; i++) {
		visit(server, stormer, i);
		if (i % FREE_EVERY == 0)
			test_client_free_all();
	}
	_exit(EXIT_SUCCESS);
}

/* One says something and all hear it. Milliseconds. */
static int64_t
talk(struct test_client *people[PEOPLE], unsigned number)
{
	struct test_client *speaker = people[number % PEOPLE];
	int64_t begin_ms = harness_now_ms();

	test_client_send(speaker, "/say people number %u\n", number);
	for (int i = 0; i < PEOPLE; i++)
		test_client_match(people[i], "#people [[]*#%lu] number %u",
		    speaker->id, number);
	return harness_now_ms() - begin_ms;
}

/* Talks until all visitors have gone; the longest that somebody waited. */
static int64_t
storm(const struct server_process *server, struct test_client *people[PEOPLE],
    unsigned visits)
{
	static unsigned number;
	pid_t stormers[STORMERS];
	int64_t worst_ms = 0;
	unsigned left = STORMERS;
	int status;

	for (unsigned i = 0; i < STORMERS; i++)
		stormers[i] = start_stormer(server, i, visits / STORMERS);
	while (left > 0) {
		int64_t ms = talk(people, number++);

		if (ms > worst_ms)
			worst_ms = ms;
		poll(NULL, 0, PAUSE_MS);
		for (unsigned i = 0; i < STORMERS; i++) {
			if (stormers[i] == 0 ||
			    waitpid(stormers[i], &status, WNOHANG) == 0)
				continue;
			cr_assert_eq(status, 0, "a stormer has failed");
			stormers[i] = 0;
			left--;
		}
	}
	return worst_ms;
}

/* People who hear each other alone. */
static void
gather(const struct server_process *server, struct test_client *people[PEOPLE])
{
	for (int i = 0; i < PEOPLE; i++) {
		char name[20];

		snprintf(name, sizeof(name), "person%d", i);
		people[i] = test_client_user(server, name);
		test_client_send(people[i], "/join people\n");
		test_client_expect(
		    people[i], "OK joined #people (%d members)", i + 1);
		for (int j = 0; j < i; j++)
			test_client_expect(people[j],
			    "*** #people: %s#%lu "
			    "joined",
			    name, people[i]->id);
	}
}

/* What the server holds once it has given back what it can; a while longer,
 * if that is more than `bytes`. */
static struct torture_size
settle(struct server_process *server, uint64_t bytes)
{
	int64_t deadline_ms = harness_now_ms() + HARNESS_DEADLINE_MS;
	struct torture_size size;

	torture_await_count(server, "4 connected, 4 logged in");
	do {
		poll(NULL, 0, SETTLE_MS);
		size = torture_size_of(server);
	} while (size.bytes > bytes && harness_now_ms() < deadline_ms);
	return size;
}

static void
storms(const char *engine)
{
	unsigned visits = torture_scaled(VISITS, VISITS_LEAST);
	struct server_process *server =
	    server_process_start(engine, "--argon2=t=1,m=256", NULL);
	struct test_client *people[PEOPLE];
	struct torture_size before, after;
	int64_t begin_ms = harness_now_ms(), worst_ms, second_ms;
	uint64_t bytes_max;

	test_client_close(test_client_user(server, "eve"));
	gather(server, people);
	/* The first half have all memory taken that such visits take. */
	worst_ms = storm(server, people, visits / 2);
	before = settle(server, UINT64_MAX);
	bytes_max =
	    before.bytes + before.bytes * GROWN_PERCENT / 100 + GROWN_BYTES;
	second_ms = storm(server, people, visits / 2);
	after = settle(server, bytes_max);
	if (second_ms > worst_ms)
		worst_ms = second_ms;
	printf("storms engine=%s visits=%u seconds=%.0f worst_ms=%" PRId64
	       " descriptors=%" PRIu64 "/%" PRIu64 " bytes=%" PRIu64 "/%" PRIu64
	       "\n",
	    engine, visits, (double)(harness_now_ms() - begin_ms) / 1000,
	    worst_ms, before.descriptors, after.descriptors, before.bytes,
	    after.bytes);
	fflush(stdout);
	cr_expect_eq(after.descriptors, before.descriptors);
	cr_expect_leq(after.bytes, bytes_max);
	cr_expect_leq(worst_ms, SERVED_MS);
	server_process_stop(server);
}

TORTURE(storms)
