#include <criterion/criterion.h>

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "console/server/loop.h"

/* A watch on an eventfd that counts its calls, and may remove another. */
struct bell {
	struct watch watch;
	int fd;
	int rung;
	struct bell *removes;
};

static struct loop loop;

static void
on_bell(struct watch *watch, short revents)
{
	struct bell *bell = list_entry(watch, struct bell, watch);

	cr_assert(revents & POLLIN);
	bell->rung++;
	if (bell->removes)
		loop_remove(&loop, &bell->removes->watch);
	bell->removes = NULL;
}

static void
bell_init(struct bell *bell)
{
	*bell = (struct bell){.fd = eventfd(1, EFD_CLOEXEC)};
	cr_assert_geq(bell->fd, 0);
	loop_add(&loop, &bell->watch, bell->fd, POLLIN, on_bell);
}

TestSuite(console_loop, .timeout = 20);

Test(console_loop, watches_that_are_ready_are_called_and_others_not)
{
	struct bell one, other;

	loop_init(&loop);
	bell_init(&one);
	bell_init(&other);
	loop_turn(&loop);
	cr_assert_eq(one.rung + other.rung, 2);
	other.watch.fd = -1;
	loop_turn(&loop);
	cr_assert_eq(one.rung, 2);
	cr_assert_eq(other.rung, 1);
	close(one.fd);
	close(other.fd);
}

Test(console_loop, a_watch_that_another_one_removes_is_not_called)
{
	struct bell one, other;

	loop_init(&loop);
	bell_init(&one);
	bell_init(&other);
	one.removes = &other;
	loop_turn(&loop);
	cr_assert_eq(one.rung, 1);
	cr_assert_eq(other.rung, 0);
	cr_assert_eq(loop.watch_count, 1);
	/* Itself as well. */
	one.removes = &one;
	loop_turn(&loop);
	cr_assert_eq(loop.watch_count, 0);
	close(one.fd);
	close(other.fd);
}

static int fired;

static void
on_timer(struct timer *timer)
{
	fired++;
	if (fired == 1)
		loop_set_timer(&loop, timer, 1);
}

Test(console_loop, timers_fire_and_may_be_set_again)
{
	struct timer timer;

	loop_init(&loop);
	timer_init(&timer, on_timer);
	loop_set_timer(&loop, &timer, 1);
	while (fired < 2)
		loop_turn(&loop);
	cr_assert_not(timer_is_set(&timer));
}
