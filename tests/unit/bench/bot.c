/*
 * A bot against a TCP listener of the test's own: which address it comes from,
 * and how it goes. What it is told is in unit/bench/load.c.
 */
#include <criterion/criterion.h>

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/load/load.h"
#include "bench/load/loopback.h"
#include "bench/load/target.h"

#define SECOND_NS 1000000000u
#define VISITS    3

struct story {
	struct load load;
	struct bot bot;
	struct target target;
	char url[64];
	int listener;
	int peers[VISITS]; /* the accepted ends */
	uint32_t from[VISITS];
	unsigned visits;
	void (*leave)(struct bot *bot);
};

static struct story *
story_of(struct load *load)
{
	return list_entry(load, struct story, load);
}

static void
on_open(struct bot *bot)
{
	struct story *story = story_of(bot->load);
	struct sockaddr_in from;
	socklen_t len = sizeof from;
	int peer = accept(story->listener, (void *)&from, &len);

	cr_assert_geq(peer, 0);
	cr_expect(loopback_is((void *)&from));
	story->from[story->visits] = ntohl(from.sin_addr.s_addr);
	story->peers[story->visits++] = peer;
	story->leave(bot);
	if (story->visits < VISITS)
		bot_connect(bot);
	else
		load_stop(bot->load);
}

static void
on_closed(struct bot *bot, int error)
{
	(void)bot;
	cr_assert_fail("closed: %d", error);
}

static void
on_wake(struct load *load)
{
	bot_connect(&story_of(load)->bot);
}

static const struct load_ops ops = {
    .on_open = on_open, .on_closed = on_closed, .on_wake = on_wake};

static void
story_run(struct story *story, uint32_t sources, void (*leave)(struct bot *))
{
	struct sockaddr_in address = {
	    .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct load_options options = {.ops = &ops,
	    .target = &story->target,
	    .timeout_ns = SECOND_NS,
	    .sources = {.start = 7, .count = sources}};
	socklen_t len = sizeof address;

	*story = (struct story){.leave = leave};
	story->listener = socket(AF_INET, SOCK_STREAM, 0);
	cr_assert_eq(bind(story->listener, (void *)&address, len), 0);
	cr_assert_eq(listen(story->listener, VISITS), 0);
	cr_assert_eq(getsockname(story->listener, (void *)&address, &len), 0);
	snprintf(story->url, sizeof story->url, "tcp://127.0.0.1:%u",
	    ntohs(address.sin_port));
	cr_assert_null(target_parse(&story->target, story->url));
	load_init(&story->load, &options);
	bot_init(&story->bot, &story->load);
	load_wake(&story->load);
	load_run(&story->load);
	load_fini(&story->load);
	cr_assert_eq(story->visits, VISITS);
}

/* How each peer sees the connection end: 0, or errno. */
static void
expect_ends(struct story *story, int expected)
{
	char byte;

	for (int i = 0; i < VISITS; i++) {
		errno = 0;
		cr_expect_leq(recv(story->peers[i], &byte, 1, 0), 0);
		cr_expect_eq(errno, expected);
		close(story->peers[i]);
	}
	close(story->listener);
}

Test(bench_bot, comes_from_where_the_kernel_has_it_come)
{
	struct story story;

	story_run(&story, 0, bot_close);
	for (int i = 0; i < VISITS; i++)
		cr_expect_eq(story.from[i], INADDR_LOOPBACK);
	expect_ends(&story, 0);
}

Test(bench_bot, comes_from_so_many_addresses_in_turn)
{
	struct story story;

	story_run(&story, 2, bot_close);
	cr_expect_neq(story.from[0], story.from[1]);
	cr_expect_eq(story.from[0], story.from[2]);
	cr_expect_neq(story.from[0], INADDR_LOOPBACK);
	cr_expect_neq(story.from[1], INADDR_LOOPBACK);
	expect_ends(&story, 0);
}

Test(bench_bot, reset_is_no_orderly_end)
{
	struct story story;

	story_run(&story, 0, bot_reset);
	expect_ends(&story, ECONNRESET);
}
