/*
 * The event loop. epoll is edge-triggered and asked once per connection for
 * everything, so that a connection costs no system calls but its own reads and
 * writes.
 */
#include "bench/load/load.h"

#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "bench/clock.h"
#include "bench/load/target.h"
#include "reactor/check.h"

#define EVENTS_PER_TURN   256
#define CONNECTS_PER_TURN 256 /* so that answers are read between them */
#define TICK_MS           100 /* also how exact timeouts are */
#define BACKLOG_MS        1   /* pause before a full backlog is tried again */

_Static_assert(LOAD_READ_BYTES >= 2 * SPLITTER_KEEP_MAX,
    "behind a kept tail there must be room for a large read");

/* Returns how many milliseconds there is nothing more to do. */
static unsigned
load_dial_some(struct load *load)
{
	for (int i = 0; i < CONNECTS_PER_TURN; i++) {
		if (list_is_empty(&load->connecting))
			return TICK_MS;
		if (!bot_dial(
			list_entry(load->connecting.next, struct bot, link))) {
			load->backlog_waits++;
			return BACKLOG_MS;
		}
	}
	return 0;
}

/* Waits that long, or until the alarm, for events. */
static int
load_wait(
    struct load *load, struct epoll_event events[EVENTS_PER_TURN], unsigned ms)
{
	uint64_t ns = (uint64_t)ms * NS_PER_MS;
	struct timespec most;

	if (load->alarm_ns && load->alarm_ns < load->now_ns + ns)
		ns = load->alarm_ns > load->now_ns
			 ? load->alarm_ns - load->now_ns
			 : 0;
	most = (struct timespec){0, (long)ns};
	return epoll_pwait2(
	    load->epoll_fd, events, EVENTS_PER_TURN, &most, NULL);
}

static void
load_hear_wake(struct load *load)
{
	uint64_t count;

	if (read(load->wake_fd, &count, sizeof count) < 0)
		return;
	load->now_ns = clock_ns();
	load->ops->on_wake(load);
}

static void
load_serve(struct load *load, const struct epoll_event *event)
{
	struct bot *bot = event->data.ptr;

	if (!bot)
		load_hear_wake(load);
	else if (bot->state != BOT_CLOSED)
		bot_serve(bot, event->events);
}

static void
load_expire(struct load *load)
{
	struct bot *bot;

	while (!list_is_empty(&load->deadlines)) {
		bot = list_entry(load->deadlines.next, struct bot, link);
		if (bot->deadline_ns > load->now_ns)
			break;
		bot_disarm(bot);
		if (bot->state == BOT_OPEN) {
			load->ops->on_timeout(bot);
			continue;
		}
		bot_close(bot);
		load->ops->on_closed(bot, ETIMEDOUT);
	}
}

static void
load_ring(struct load *load)
{
	if (load->alarm_ns == 0 || load->alarm_ns > load->now_ns)
		return;
	load->alarm_ns = 0;
	load->ops->on_alarm(load);
}

static void
load_publish(struct load *load)
{
	check_zero(pthread_mutex_lock(&load->lock));
	load->published = load->progress;
	check_zero(pthread_mutex_unlock(&load->lock));
	load->published_ns = load->now_ns;
}

static void
load_tick(struct load *load)
{
	if (load->now_ns - load->published_ns < TICK_MS * NS_PER_MS)
		return;
	if (load->ops->on_tick)
		load->ops->on_tick(load);
	load_publish(load);
}

void
load_init(struct load *load, const struct load_options *options)
{
	struct epoll_event event = {.events = EPOLLIN | EPOLLET};

	*load = (struct load){
	    .ops = options->ops,
	    .target = options->target,
	    .timeout_ns = options->timeout_ns,
	    .sources = options->sources,
	    .now_ns = clock_ns(),
	};
	list_init(&load->connecting);
	list_init(&load->deadlines);
	check_zero(pthread_mutex_init(&load->lock, NULL));
	load->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	load->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (load->epoll_fd < 0 || load->wake_fd < 0)
		err(EXIT_FAILURE, "an event loop");
	if (epoll_ctl(load->epoll_fd, EPOLL_CTL_ADD, load->wake_fd, &event) < 0)
		err(EXIT_FAILURE, "an event loop");
}

void
load_fini(struct load *load)
{
	check(list_is_empty(&load->connecting));
	check(list_is_empty(&load->deadlines));
	close(load->epoll_fd);
	close(load->wake_fd);
	check_zero(pthread_mutex_destroy(&load->lock));
}

void
load_run(struct load *load)
{
	struct epoll_event events[EVENTS_PER_TURN];
	int count;

	while (!load->stopping) {
		load->now_ns = clock_ns();
		count = load_wait(load, events, load_dial_some(load));
		check(count >= 0 || errno == EINTR);
		for (int i = 0; i < count; i++)
			load_serve(load, &events[i]);
		load->now_ns = clock_ns();
		load_expire(load);
		load_ring(load);
		load_tick(load);
	}
	load_publish(load);
}

void
load_stop(struct load *load)
{
	load->stopping = true;
}

void
load_alarm(struct load *load, uint64_t at_ns)
{
	load->alarm_ns = at_ns;
}

void
load_wake(struct load *load)
{
	uint64_t one = 1;

	/* It can only fail when it is full of wakes already. */
	if (write(load->wake_fd, &one, sizeof one) < 0)
		check(errno == EAGAIN);
}

struct progress_state
load_progress(struct load *load)
{
	struct progress_state state;

	check_zero(pthread_mutex_lock(&load->lock));
	state = load->published;
	check_zero(pthread_mutex_unlock(&load->lock));
	return state;
}
