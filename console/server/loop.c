/* The main thread's loop. */
#include "console/server/loop.h"

#include <errno.h>
#include <poll.h>

#include "reactor/check.h"
#include "reactor/clock.h"

void
loop_init(struct loop *loop)
{
	*loop = (struct loop){0};
	list_init(&loop->watches);
	timer_wheel_init(&loop->wheel, clock_monotonic_ms());
}

void
loop_add(struct loop *loop, struct watch *watch, int fd, short events,
    watch_handler *ready)
{
	check(loop->watch_count < LOOP_WATCHES_MAX);
	*watch = (struct watch){.fd = fd, .events = events, .ready = ready};
	list_init(&watch->link);
	list_append(&loop->watches, &watch->link);
	loop->watch_count++;
}

void
loop_remove(struct loop *loop, struct watch *watch)
{
	check(!list_is_empty(&watch->link));
	list_remove(&watch->link);
	loop->watch_count--;
	for (unsigned i = 0; i < loop->polled_count; i++)
		if (loop->polled[i] == watch)
			loop->polled[i] = NULL;
}

void
loop_set_timer(struct loop *loop, struct timer *timer, uint64_t delay_ms)
{
	timer_set(&loop->wheel, timer, clock_monotonic_ms(), delay_ms);
}

void
loop_turn(struct loop *loop)
{
	struct pollfd fds[LOOP_WATCHES_MAX];
	struct list *link;
	int wait_ms = timer_wheel_wait_ms(&loop->wheel, clock_monotonic_ms());
	int ready;

	loop->polled_count = 0;
	list_for_each (link, &loop->watches) {
		struct watch *watch = list_entry(link, struct watch, link);

		fds[loop->polled_count] =
		    (struct pollfd){.fd = watch->fd, .events = watch->events};
		loop->polled[loop->polled_count++] = watch;
	}
	ready = poll(fds, loop->polled_count, wait_ms);
	check(ready >= 0 || errno == EINTR);
	for (unsigned i = 0; ready > 0 && i < loop->polled_count; i++)
		if (fds[i].revents && loop->polled[i])
			loop->polled[i]->ready(loop->polled[i], fds[i].revents);
	loop->polled_count = 0;
	timer_wheel_advance(&loop->wheel, clock_monotonic_ms());
}
