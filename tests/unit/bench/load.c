/*
 * A load with one bot against a listener of the test's own, on a unix socket in
 * a directory of its own: what the bot is told, in order.
 */
#include <criterion/criterion.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/clock.h"
#include "bench/load/load.h"
#include "bench/load/target.h"

#define SECOND_NS   1000000000u
#define LARGE_BYTES (4u * 1024 * 1024) /* more than a socket takes at once */

struct story {
	struct load load;
	struct bot bot;
	struct target target;
	char directory[32];
	char url[64];
	int listener;
	int peer; /* the accepted end, or -1 */
	void (*opened)(struct story *story);
	char told[256];
};

static struct story *
story_of(struct load *load)
{
	return list_entry(load, struct story, load);
}

static void
tell(struct story *story, const char *what, struct span text)
{
	size_t len = strlen(story->told);

	snprintf(story->told + len, sizeof story->told - len, "%s%.*s|", what,
	    (int)text.len, text.at);
}

static void
on_open(struct bot *bot)
{
	struct story *story = story_of(bot->load);

	tell(story, "open", span_of(""));
	story->peer = accept(story->listener, NULL, NULL);
	cr_assert_geq(story->peer, 0);
	story->opened(story);
}

static void
on_line(struct bot *bot, struct span line)
{
	struct story *story = story_of(bot->load);

	tell(story, "line ", line);
	if (span_equals(line, span_of("hang up"))) {
		bot_close(bot);
		load_stop(&story->load);
	}
}

static void
on_timeout(struct bot *bot)
{
	struct story *story = story_of(bot->load);

	tell(story, "timeout", span_of(""));
	bot_close(bot);
	load_stop(&story->load);
}

static void
on_closed(struct bot *bot, int error)
{
	struct story *story = story_of(bot->load);

	cr_expect_eq(bot->state, BOT_CLOSED);
	tell(story, "closed ", span_of(error ? strerrorname_np(error) : "0"));
	load_stop(&story->load);
}

static void
on_wake(struct load *load)
{
	struct story *story = story_of(load);

	tell(story, "wake", span_of(""));
	bot_connect(&story->bot);
}

static const struct load_ops ops = {.on_open = on_open,
    .on_line = on_line,
    .on_timeout = on_timeout,
    .on_closed = on_closed,
    .on_wake = on_wake};

static void
story_init(struct story *story, void (*opened)(struct story *))
{
	*story = (struct story){.peer = -1, .opened = opened};
	strcpy(story->directory, "/tmp/bench_load.XXXXXX");
	cr_assert_not_null(mkdtemp(story->directory));
	snprintf(
	    story->url, sizeof story->url, "unix:%s/socket", story->directory);
	cr_assert_null(target_parse(&story->target, story->url));
	story->listener = socket(AF_UNIX, SOCK_STREAM, 0);
	cr_assert_geq(story->listener, 0);
	cr_assert_eq(bind(story->listener, &story->target.address.any,
			 story->target.length),
	    0);
}

static void
story_run_with(
    struct story *story, const struct load_ops *with, uint64_t timeout_ns)
{
	const struct load_options options = {
	    .ops = with, .target = &story->target, .timeout_ns = timeout_ns};

	load_init(&story->load, &options);
	bot_init(&story->bot, &story->load);
	load_wake(&story->load);
	load_run(&story->load);
	load_fini(&story->load);
	close(story->listener);
	if (story->peer >= 0)
		close(story->peer);
	unlink(story->target.address.un.sun_path);
	rmdir(story->directory);
}

static void
story_run(struct story *story, uint64_t timeout_ns)
{
	story_run_with(story, &ops, timeout_ns);
}

static void
peer_write(struct story *story, const char *text)
{
	cr_assert_eq(
	    write(story->peer, text, strlen(text)), (ssize_t)strlen(text));
}

static void
on_alarm(struct load *load)
{
	struct story *story = story_of(load);

	tell(story, "alarm", span_of(""));
	load->alarm_ns = 0;
	if (story->bot.paused)
		bot_resume(&story->bot);
}

/* Takes threes of bytes. */
static size_t
on_bytes(struct bot *bot, struct span bytes)
{
	struct story *story = story_of(bot->load);
	size_t used = 0;

	for (; bytes.len - used >= 3; used += 3)
		tell(story, "bytes ", (struct span){bytes.at + used, 3});
	return used;
}

static const struct load_ops byte_ops = {.on_open = on_open,
    .on_bytes = on_bytes,
    .on_timeout = on_timeout,
    .on_closed = on_closed,
    .on_wake = on_wake,
    .on_alarm = on_alarm};

static void
say_two_lines_and_half(struct story *story)
{
	peer_write(story, "one\n\nhal");
	close(story->peer);
	story->peer = -1;
}

Test(bench_load, lines_come_whole_and_then_the_end)
{
	struct story story;

	story_init(&story, say_two_lines_and_half);
	cr_assert_eq(listen(story.listener, 1), 0);
	story_run(&story, SECOND_NS);
	cr_expect_str_eq(story.told, "wake|open|line one|line |closed 0|");
}

static void
say_hang_up(struct story *story)
{
	peer_write(story, "hang up\nnot heard\n");
}

Test(bench_load, bot_closed_in_a_line_hears_no_more)
{
	struct story story;

	story_init(&story, say_hang_up);
	cr_assert_eq(listen(story.listener, 1), 0);
	story_run(&story, SECOND_NS);
	cr_expect_str_eq(story.told, "wake|open|line hang up|");
}

static void
wait_in_vain(struct story *story)
{
	bot_arm(&story->bot);
}

Test(bench_load, armed_bot_times_out)
{
	struct story story;

	story_init(&story, wait_in_vain);
	cr_assert_eq(listen(story.listener, 1), 0);
	story_run(&story, SECOND_NS / 100);
	cr_expect_str_eq(story.told, "wake|open|timeout|");
}

static void
never(struct story *story)
{
	(void)story;
	cr_assert_fail("nobody listens");
}

Test(bench_load, refused_connect_is_told)
{
	struct story story;

	story_init(&story, never);
	story_run(&story, SECOND_NS);
	cr_expect_str_eq(story.told, "wake|closed ECONNREFUSED|");
}

/* The other end, on a thread: all must arrive, also what had to wait. */
static void *
drain_and_hang_up(void *argument)
{
	struct story *story = argument;
	static char bytes[64 * 1024];
	size_t left = 2 * LARGE_BYTES;
	ssize_t got;

	while (left > 0) {
		got = read(story->peer, bytes, sizeof bytes);
		if (got <= 0)
			return NULL;
		for (ssize_t i = 0; i < got; i++, left--)
			if (bytes[i] != (left > LARGE_BYTES ? 'a' : 'b'))
				return NULL;
	}
	peer_write(story, "hang up\n");
	return NULL;
}

static pthread_t drainer;

static void
send_much(struct story *story)
{
	char *large = malloc(LARGE_BYTES);

	cr_assert_not_null(large);
	memset(large, 'a', LARGE_BYTES);
	bot_send(&story->bot, (struct span){large, LARGE_BYTES});
	memset(large, 'b', LARGE_BYTES);
	bot_send(&story->bot, (struct span){large, LARGE_BYTES});
	free(large);
	cr_assert_gt(story->bot.out_len, 0);
	cr_assert_eq(
	    pthread_create(&drainer, NULL, drain_and_hang_up, story), 0);
	bot_arm(&story->bot);
}

Test(bench_load, what_the_socket_does_not_take_follows_in_order)
{
	struct story story;

	story_init(&story, send_much);
	cr_assert_eq(listen(story.listener, 1), 0);
	story_run(&story, (uint64_t)20 * SECOND_NS);
	cr_assert_eq(pthread_join(drainer, NULL), 0);
	cr_expect_str_eq(story.told, "wake|open|line hang up|");
}

static void
say_seven_and_one(struct story *story)
{
	peer_write(story, "abcdefg");
	load_alarm(&story->load, clock_ns() + SECOND_NS / 100);
}

static void
say_the_rest(struct load *load)
{
	struct story *story = story_of(load);

	tell(story, "alarm", span_of(""));
	peer_write(story, "hi");
	close(story->peer);
	story->peer = -1;
}

Test(bench_load, bytes_that_are_not_used_come_again)
{
	struct load_ops two_parts = byte_ops;
	struct story story;

	two_parts.on_alarm = say_the_rest;
	story_init(&story, say_seven_and_one);
	cr_assert_eq(listen(story.listener, 1), 0);
	story_run_with(&story, &two_parts, SECOND_NS);
	cr_expect_str_eq(story.told,
	    "wake|open|bytes abc|bytes def|alarm|bytes ghi|closed 0|");
}

static void
say_something_to_the_deaf(struct story *story)
{
	bot_pause(&story->bot);
	say_seven_and_one(story);
	close(story->peer);
	story->peer = -1;
}

Test(bench_load, paused_bot_is_read_when_it_is_resumed)
{
	struct story story;

	story_init(&story, say_something_to_the_deaf);
	cr_assert_eq(listen(story.listener, 1), 0);
	story_run_with(&story, &byte_ops, SECOND_NS);
	cr_expect_str_eq(
	    story.told, "wake|open|alarm|bytes abc|bytes def|closed 0|");
}
