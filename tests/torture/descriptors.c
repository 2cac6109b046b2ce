/*
 * The limit of descriptors of a running server, lowered and raised over and
 * over while people talk and others come: those who are in are served all the
 * time, whoever has to wait is let in afterwards, and the server does not spin
 * meanwhile. Who comes by a Unix socket takes a descriptor on either engine.
 */
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "tests/kit/crash_loop.h"
#include "tests/torture/torture.h"

enum {
	ROUNDS = 2000,
	ROUNDS_LEAST = 50,
	PEOPLE = 4,
	COMERS = 24, /* half of them by the Unix socket */
	FREE_MAX = 8,
	QUIET_EVERY = 8,
	QUIET_MS = 250,
	SPIN_PERCENT = 20,
	LET_IN_MS = 5000
};

struct story {
	struct server_process *server;
	struct test_client *people[PEOPLE];
	struct test_client *comers[COMERS];
	unsigned dice;
	unsigned number; /* of what is said */
	unsigned waited; /* comers who were not served at once */
	uint64_t quiet_ms, quiet_cpu_ms; /* while some waited and none spoke */
	int64_t let_in_ms;               /* the longest of all rounds */
};

static void
limit_descriptors(const struct story *story, rlim_t soft)
{
	struct rlimit limit;

	cr_assert_eq(
	    prlimit(story->server->pid, RLIMIT_NOFILE, NULL, &limit), 0);
	limit.rlim_cur = soft < limit.rlim_max ? soft : limit.rlim_max;
	cr_assert_eq(
	    prlimit(story->server->pid, RLIMIT_NOFILE, &limit, NULL), 0);
}

static void
talk(struct story *story)
{
	struct test_client *speaker = story->people[story->number % PEOPLE];

	test_client_send(speaker, "/b number %u\n", story->number);
	for (int i = 0; i < PEOPLE; i++)
		test_client_match(story->people[i], "[[]*#%lu] number %u",
		    speaker->id, story->number);
	story->number++;
}

static bool
is_silent(const struct test_client *client)
{
	struct pollfd pollfd = {.fd = client->in.fd, .events = POLLIN};

	return poll(&pollfd, 1, 0) == 0;
}

/* More come than there are descriptors for, while people talk. */
static void
crowd_in(struct story *story)
{
	for (int i = 0; i < COMERS; i++) {
		const char *url = story->server->listen[i % 2];

		story->comers[i] = test_client_open_at(url);
		test_client_send(story->comers[i], "/ping %d\n", i);
		if (i % PEOPLE == 0)
			talk(story);
	}
}

/* Some lose patience. */
static void
give_up(struct story *story)
{
	for (int i = 0; i < COMERS; i += 5) {
		test_client_reset(story->comers[i]);
		story->comers[i] = NULL;
	}
}

static void
stay_quiet(struct story *story)
{
	int64_t begin_ms = harness_now_ms();
	uint64_t cpu_ms = torture_cpu_ms(story->server);

	poll(NULL, 0, QUIET_MS);
	story->quiet_cpu_ms += torture_cpu_ms(story->server) - cpu_ms;
	story->quiet_ms += (uint64_t)(harness_now_ms() - begin_ms);
}

/* All who have waited are served, and leave. */
static void
let_in(struct story *story)
{
	int64_t begin_ms = harness_now_ms();
	int64_t ms;

	for (int i = 0; i < COMERS; i++)
		if (story->comers[i])
			test_client_expect(story->comers[i], "OK pong %d", i);
	ms = harness_now_ms() - begin_ms;
	if (ms > story->let_in_ms)
		story->let_in_ms = ms;
	for (int i = 0; i < COMERS; i++)
		if (story->comers[i])
			test_client_close(story->comers[i]);
}

static void
one_round(struct story *story, unsigned round)
{
	struct torture_size size = torture_size_of(story->server);
	unsigned spare = (unsigned)rand_r(&story->dice) % FREE_MAX;

	limit_descriptors(story, size.descriptors + spare);
	crowd_in(story);
	talk(story);
	for (int i = 0; i < COMERS; i++)
		story->waited += is_silent(story->comers[i]);
	give_up(story);
	if (round % QUIET_EVERY == 0)
		stay_quiet(story);
	talk(story);
	limit_descriptors(story, RLIM_INFINITY);
	let_in(story);
	torture_await_count(story->server, "4 connected, 4 logged in");
}

static void
descriptors(const char *engine)
{
	struct story story = {
	    .dice = crash_loop_seed((unsigned)time(NULL)),
	    .server = server_process_start(engine,
		"--listen=unix:{folder}/socket", "--log-level=error", NULL),
	};
	unsigned rounds = torture_scaled(ROUNDS, ROUNDS_LEAST);
	unsigned seed = story.dice;
	struct torture_size before, after;

	for (int i = 0; i < PEOPLE; i++) {
		char name[20];

		snprintf(name, sizeof(name), "person%d", i);
		story.people[i] = test_client_user(story.server, name);
	}
	before = torture_size_of(story.server);
	for (unsigned i = 0; i < rounds; i++)
		one_round(&story, i);
	after = torture_size_of(story.server);
	printf("descriptors engine=%s rounds=%u seed=%u waited=%u "
	       "let_in_ms_max=%" PRId64 " quiet_cpu_percent=%.1f "
	       "descriptors=%" PRIu64 "/%" PRIu64 "\n",
	    engine, rounds, seed, story.waited, story.let_in_ms,
	    100.0 * (double)story.quiet_cpu_ms / (double)story.quiet_ms,
	    before.descriptors, after.descriptors);
	fflush(stdout);
	cr_expect_gt(story.waited, 0, "nobody had to wait");
	cr_expect_eq(after.descriptors, before.descriptors);
	cr_expect_leq(story.let_in_ms, LET_IN_MS);
	cr_expect_leq(story.quiet_cpu_ms * 100, story.quiet_ms * SPIN_PERCENT);
	server_process_stop(story.server);
}

TORTURE(descriptors)
