/* The console's feed: a handful of lines a second, everybody else counted. */
#include <criterion/criterion.h>

#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "console/server/feed.h"
#include "proto/hub.h"
#include "reactor/conn.h"

#define STORM   5000
#define THREADS 4

static struct feed *feed;

static void
setup(void)
{
	feed = feed_new();
	cr_assert_not_null(feed);
}

static void
teardown(void)
{
	feed_free(&feed);
	cr_assert_null(feed);
}

TestSuite(console_feed, .init = setup, .fini = teardown, .timeout = 60);

static const struct conn somebody = {
    .id = 7,
    .peer = {.family = AF_INET, .ip = {127, 0, 0, 1}, .port = 4321},
    .reason = CLOSE_QUIT,
};

static void
tell(bool gone, const char *name)
{
	const struct client_event event = {&somebody, name, gone};

	feed_on_client(feed, &event);
}

static bool
is_readable(void)
{
	struct pollfd p = {.fd = feed_descriptor(feed), .events = POLLIN};

	return poll(&p, 1, 0) == 1;
}

/* What has come out so far, lines and counts together. */
static uint64_t came;
static uint64_t went;
static unsigned sums; /* times that there was a count */

/* Takes once; how long to wait for more, or -1. */
static int
take(void)
{
	int again_ms;
	struct feed_news news = feed_take(feed, &again_ms);

	for (unsigned i = 0; i < news.line_count; i++) {
		bool is_new = !strncmp(news.lines[i], "[NEW CONN", 9);

		came += is_new;
		went += !is_new;
	}
	came += news.came;
	went += news.went;
	sums += news.came + news.went > 0;
	cr_assert(again_ms == -1 || (again_ms > 0 && again_ms <= 1000));
	return again_ms;
}

/* As the console does, until nothing is held back any more. */
static void
take_all(void)
{
	for (int again_ms = take(); again_ms >= 0; again_ms = take())
		poll(NULL, 0, again_ms);
}

Test(console_feed, new_one_is_silent)
{
	int again_ms;
	struct feed_news news = feed_take(feed, &again_ms);

	cr_assert_eq(news.line_count, 0);
	cr_assert_eq(news.came + news.went, 0);
	cr_assert_eq(again_ms, -1);
	cr_assert_not(is_readable());
}

Test(console_feed, one_that_came_is_a_line)
{
	int again_ms;
	struct feed_news news;

	tell(false, NULL);
	cr_assert(is_readable());
	news = feed_take(feed, &again_ms);
	cr_assert_eq(news.line_count, 1);
	cr_assert_str_eq(news.lines[0], "[NEW CONNECTION] #7 127.0.0.1:4321");
	cr_assert(news.client_lines);
	cr_assert_eq(news.came, 0);
	cr_assert_eq(again_ms, -1);
	cr_assert_not(is_readable());
}

Test(console_feed, those_that_went_are_told_with_name_and_reason)
{
	int again_ms;
	struct feed_news news;

	tell(true, NULL);
	tell(true, "alice");
	news = feed_take(feed, &again_ms);
	cr_assert_eq(news.line_count, 2);
	cr_assert_str_eq(
	    news.lines[0], "[DISCONNECTED] #7 127.0.0.1:4321 (quit)");
	cr_assert_str_eq(
	    news.lines[1], "[DISCONNECTED] #7 127.0.0.1:4321 alice (quit)");
}

Test(console_feed, longest_line_fits)
{
	static const struct conn far = {
	    .id = UINT64_MAX,
	    .peer = {.family = AF_INET6,
		.port = 65535,
		.ip = {0x20, 1, 0x11, 0x11, 0x22, 0x22, 0x33, 0x33, 0x44, 0x44,
		    0x55, 0x55, 0x66, 0x66, 0x77, 0x77}},
	};
	char name[NAME_BYTES_MAX + 1];
	struct client_event event = {&far, name, true};
	int again_ms;

	memset(name, 'n', NAME_BYTES_MAX);
	name[NAME_BYTES_MAX] = '\0';
	for (int reason = 0; reason < CLOSE_COUNT; reason++) {
		struct conn conn = far;
		const char *line;

		conn.reason = (uint8_t)reason;
		event.conn = &conn;
		feed_on_client(feed, &event);
		line = feed_take(feed, &again_ms).lines[0];
		if (*line)
			cr_assert_eq(line[strlen(line) - 1], ')');
	}
}

Test(console_feed, what_is_said_is_a_line_also_in_a_storm)
{
	int again_ms;
	struct feed_news news;

	for (int i = 0; i < 50; i++)
		tell(false, NULL);
	feed_say(feed, "[DISK FULL] registration stopped");
	cr_assert(is_readable());
	news = feed_take(feed, &again_ms);
	cr_assert_gt(news.line_count, 1);
	cr_assert_str_eq(news.lines[news.line_count - 1],
	    "[DISK FULL] registration stopped");
	feed_say(feed, "again");
	cr_assert(is_readable(), "also while counts are held back");
	news = feed_take(feed, &again_ms);
	cr_assert_eq(news.line_count, 1);
	cr_assert_str_eq(news.lines[0], "again");
	cr_assert_not(news.client_lines);
}

Test(console_feed, what_is_said_is_cut_not_overrun)
{
	static char text[FEED_LINE_BYTES * 2];
	int again_ms;

	memset(text, 'x', sizeof(text) - 1);
	for (int i = 0; i < 1000; i++)
		feed_say(feed, text);
	cr_assert_eq(
	    strlen(feed_take(feed, &again_ms).lines[0]), FEED_LINE_BYTES - 1);
}

/* The descriptor is readable from the first news on until they are taken. */
Test(console_feed, descriptor_is_readable_while_there_is_news)
{
	for (int i = 0; i < 3; i++) {
		tell(false, NULL);
		tell(false, NULL);
		cr_assert(is_readable());
		take();
		cr_assert_not(is_readable());
	}
	take_all();
	cr_assert_eq(came, 6);
}

Test(console_feed, storm_is_summed_up_and_nobody_is_lost)
{
	int again_ms;
	struct feed_news news;

	for (int i = 0; i < STORM; i++)
		tell(i % 3 == 0, NULL);
	news = feed_take(feed, &again_ms);
	cr_assert_leq(news.line_count, 3 * 8, "a handful a second");
	cr_assert_geq(news.line_count, 8);
	for (unsigned i = 0; i < news.line_count; i++) {
		came += news.lines[i][1] == 'N';
		went += news.lines[i][1] == 'D';
	}
	came += news.came;
	went += news.went;
	if (again_ms >= 0)
		poll(NULL, 0, again_ms);
	take_all();
	cr_assert_eq(came + went, STORM);
	cr_assert_eq(went, (STORM + 2) / 3);
	cr_assert_leq(sums, 3);
}

/* A console that takes nothing: its lines are bounded, the rest is counted. */
Test(console_feed, console_that_never_takes_costs_no_more_and_loses_none)
{
	struct feed_news news;
	int again_ms;

	for (int i = 0; i < STORM * 20; i++)
		tell(false, NULL);
	news = feed_take(feed, &again_ms);
	cr_assert_leq(news.line_count, 64);
	came = news.line_count + news.came;
	if (again_ms >= 0)
		poll(NULL, 0, again_ms);
	take_all();
	cr_assert_eq(came, STORM * 20);
}

static atomic_bool over;
static atomic_uint stormed;

static void *
storm(void *argument)
{
	(void)argument;
	while (!atomic_load(&over)) {
		tell(false, NULL);
		atomic_fetch_add(&stormed, 1);
		sched_yield();
	}
	return NULL;
}

static uint64_t
second_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &ts);
	return (uint64_t)ts.tv_sec;
}

/* A storm that does not end: a sum a second, not one when all is over. */
Test(console_feed, lasting_storm_is_summed_up_while_it_lasts)
{
	uint64_t until = second_now() + 5;
	pthread_t thread;
	int again_ms = -1;

	cr_assert_eq(pthread_create(&thread, NULL, storm, NULL), 0);
	while (second_now() < until && sums < 2) {
		struct pollfd p = {
		    .fd = feed_descriptor(feed), .events = POLLIN};

		poll(&p, 1, again_ms < 0 ? 1000 : again_ms);
		again_ms = take();
	}
	atomic_store(&over, true);
	pthread_join(thread, NULL);
	cr_assert_geq(sums, 2, "no sum in 5 seconds of storm");
	take_all();
	cr_assert_eq(came, stormed);
}

static void *
come_and_go(void *argument)
{
	(void)argument;
	for (int i = 0; i < STORM; i++)
		tell(i % 2 == 1, "someone");
	return NULL;
}

Test(console_feed, many_threads_lose_no_count)
{
	pthread_t threads[THREADS];

	for (int t = 0; t < THREADS; t++)
		cr_assert_eq(
		    pthread_create(&threads[t], NULL, come_and_go, NULL), 0);
	for (int i = 0; i < 100; i++)
		take();
	for (int t = 0; t < THREADS; t++)
		pthread_join(threads[t], NULL);
	take_all();
	cr_assert_eq(came, THREADS * STORM / 2);
	cr_assert_eq(went, THREADS * STORM / 2);
}
