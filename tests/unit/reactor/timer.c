/* The timer wheel, against a model that looks at every timer in every step. */
#include <criterion/criterion.h>

#include <stdlib.h>

#include "reactor/timer.h"

#define TIMERS   64
#define STEPS    100000
#define LONGEST  ((uint64_t)TIMER_TICK_MS << 24) /* what the wheel spans */
#define START_MS 123456789

struct alarm_clock {
	struct timer timer;
	uint64_t due_ms; /* model: not before this; 0: not set */
	unsigned fired;
	void (*then)(struct alarm_clock *self);
	struct alarm_clock *other;
};

static struct timer_wheel wheel;
static struct alarm_clock alarms[TIMERS];
static uint64_t now_ms;
static uint64_t last_ms; /* of the advance before this one */
static unsigned fired;   /* in all */
static unsigned seed = 1;

static unsigned
pick(unsigned below)
{
	seed = seed * 1103515245 + 12345;
	return (seed >> 8) % below;
}

/* Fired: it was set, its time is over, and it could not fire in the advance
 * before: that one was less than a tick after its time. */
static void
on_timer(struct timer *timer)
{
	struct alarm_clock *a = list_entry(timer, struct alarm_clock, timer);

	cr_assert_not(timer_is_set(timer));
	cr_assert_neq(a->due_ms, 0, "fired without being set");
	cr_assert_leq(a->due_ms, now_ms, "fired early");
	cr_assert_lt(last_ms, a->due_ms + TIMER_TICK_MS, "fired late");
	a->due_ms = 0;
	a->fired++;
	fired++;
	if (a->then)
		a->then(a);
}

static void
setup(void)
{
	now_ms = last_ms = START_MS;
	timer_wheel_init(&wheel, now_ms);
	for (int i = 0; i < TIMERS; i++) {
		alarms[i] = (struct alarm_clock){0};
		timer_init(&alarms[i].timer, on_timer);
	}
}

TestSuite(reactor_timer, .init = setup, .timeout = 60);

static void
set(struct alarm_clock *a, uint64_t delay_ms)
{
	timer_set(&wheel, &a->timer, now_ms, delay_ms);
	a->due_ms = now_ms + delay_ms;
	cr_assert(timer_is_set(&a->timer));
}

static void
stop(struct alarm_clock *a)
{
	timer_stop(&a->timer);
	a->due_ms = 0;
	cr_assert_not(timer_is_set(&a->timer));
}

/* After it nothing may be left that was due a tick ago. */
static void
advance(uint64_t ms)
{
	last_ms = now_ms;
	now_ms += ms;
	timer_wheel_advance(&wheel, now_ms);
	for (int i = 0; i < TIMERS; i++) {
		uint64_t due = alarms[i].due_ms;

		cr_assert_eq(timer_is_set(&alarms[i].timer), due != 0);
		if (due)
			cr_assert_lt(now_ms, due + TIMER_TICK_MS, "overdue");
	}
}

/* A caller that sleeps as long as it is told wakes for every timer in time. */
static void
wait_is_not_too_long(void)
{
	int wait = timer_wheel_wait_ms(&wheel, now_ms);

	for (int i = 0; i < TIMERS; i++) {
		uint64_t due = alarms[i].due_ms;

		if (!due)
			continue;
		cr_assert_geq(wait, 0, "a timer is set");
		cr_assert_leq(now_ms + (uint64_t)wait, due + TIMER_TICK_MS);
	}
}

Test(reactor_timer, no_timer_is_no_time_to_wait_for)
{
	cr_assert_eq(timer_wheel_wait_ms(&wheel, now_ms), -1);
	advance(1000 * 1000);
	cr_assert_eq(timer_wheel_wait_ms(&wheel, now_ms), -1);
	cr_assert_eq(fired, 0);
}

Test(reactor_timer, every_short_delay_is_met_within_a_tick)
{
	for (uint64_t delay = 0; delay < 3000; delay += delay < 99 ? 1 : 37) {
		fired = 0;
		set(&alarms[0], delay);
		for (uint64_t ms = 0; ms < delay; ms++)
			advance(1);
		cr_assert_eq(fired, 0, "fired early");
		for (int ms = 0; ms < TIMER_TICK_MS; ms++)
			advance(1);
		cr_assert_eq(fired, 1, "fired late");
	}
}

Test(reactor_timer, fires_once)
{
	set(&alarms[0], 10);
	advance(100);
	advance(100);
	advance(100000);
	cr_assert_eq(fired, 1);
}

Test(reactor_timer, set_again_counts_from_the_second_time)
{
	set(&alarms[0], 10);
	advance(5);
	set(&alarms[0], 1000);
	advance(500);
	cr_assert_eq(fired, 0);
	set(&alarms[0], 20);
	advance(28);
	cr_assert_eq(fired, 1);
}

Test(reactor_timer, stopped_never_fires)
{
	set(&alarms[0], 10);
	set(&alarms[1], 10);
	stop(&alarms[0]);
	stop(&alarms[0]);
	stop(&alarms[2]);
	advance(100);
	cr_assert_eq(alarms[0].fired, 0);
	cr_assert_eq(alarms[1].fired, 1);
}

static char order[TIMERS + 1];

static void
note_order(struct alarm_clock *self)
{
	order[fired - 1] = (char)('a' + (self - alarms));
}

Test(reactor_timer, due_in_one_advance_fire_in_the_order_of_their_ticks)
{
	static const unsigned delays[] = {90000, 20, 600, 8, 4200, 5000};

	for (int i = 0; i < 6; i++) {
		alarms[i].then = note_order;
		set(&alarms[i], delays[i]);
	}
	last_ms = now_ms += 100000;
	for (int i = 0; i < 6; i++)
		alarms[i].due_ms = now_ms;
	timer_wheel_advance(&wheel, now_ms);
	cr_assert_str_eq(order, "dbcefa");
}

static void
stop_other(struct alarm_clock *self)
{
	stop(self->other);
}

Test(reactor_timer, handler_may_stop_one_that_is_due_as_well)
{
	alarms[0].then = alarms[1].then = stop_other;
	alarms[0].other = &alarms[1];
	alarms[1].other = &alarms[0];
	set(&alarms[0], 10);
	set(&alarms[1], 10);
	advance(100);
	cr_assert_eq(fired, 1);
}

static void
set_again(struct alarm_clock *self)
{
	if (self->fired < 5)
		set(self, self->fired == 2 ? 0 : 40);
}

Test(reactor_timer, handler_may_set_its_own_timer)
{
	alarms[0].then = set_again;
	set(&alarms[0], 40);
	for (int ms = 0; ms < 5 * (40 + TIMER_TICK_MS); ms++)
		advance(1);
	cr_assert_eq(fired, 5);
}

static void
set_at_once(struct alarm_clock *self)
{
	set(self, 0);
}

Test(reactor_timer, handler_that_sets_no_delay_does_not_hold_up_the_wheel)
{
	alarms[0].then = set_at_once;
	set(&alarms[0], 0);
	for (unsigned i = 1; i <= 10; i++) {
		advance(TIMER_TICK_MS);
		cr_assert_eq(fired, i);
	}
}

static void
set_other(struct alarm_clock *self)
{
	set(self->other, 16);
}

Test(reactor_timer, handler_may_set_one_that_is_due_as_well)
{
	alarms[0].then = set_other;
	alarms[0].other = &alarms[1];
	set(&alarms[0], 10);
	set(&alarms[1], 11);
	advance(12 + TIMER_TICK_MS);
	advance(16 + TIMER_TICK_MS);
	cr_assert_eq(alarms[0].fired, 1);
	cr_assert_geq(alarms[1].fired, 1);
	cr_assert_not(timer_is_set(&alarms[1].timer));
}

static void
free_self(struct alarm_clock *self)
{
	free(self);
}

Test(reactor_timer, handler_may_free_its_timer)
{
	struct alarm_clock *a = calloc(1, sizeof(*a));

	timer_init(&a->timer, on_timer);
	a->then = free_self;
	set(a, 10);
	advance(100);
	cr_assert_eq(fired, 1);
}

/* At, before and after each level's edge, and over the whole span. */
Test(reactor_timer, long_delays_are_met_within_a_tick)
{
	for (unsigned level = 1; level <= TIMER_LEVELS; level++) {
		uint64_t edge = (uint64_t)TIMER_TICK_MS << (6 * level);

		for (int off = -17; off <= 17; off++) {
			uint64_t delay = edge + (uint64_t)(int64_t)off;

			if (delay + 2 * TIMER_TICK_MS > LONGEST)
				continue;
			advance(pick(5000));
			fired = 0;
			set(&alarms[0], delay);
			advance(delay - 1);
			cr_assert_eq(fired, 0);
			advance(1 + TIMER_TICK_MS);
			cr_assert_eq(fired, 1, "%ju", (uintmax_t)delay);
		}
	}
}

Test(reactor_timer, delay_past_the_span_is_cut)
{
	set(&alarms[0], LONGEST * 100);
	alarms[0].due_ms = now_ms + LONGEST - 2 * TIMER_TICK_MS;
	advance(LONGEST - 2 * TIMER_TICK_MS - 1);
	cr_assert_eq(fired, 0);
	advance(4 * TIMER_TICK_MS);
	cr_assert_eq(fired, 1);
}

/* The owner sleeps as it is told and does nothing else: each timer is met, and
 * the turns that only move timers down a level are few. */
Test(reactor_timer, sleeper_that_obeys_meets_each_timer)
{
	unsigned turns = 0;

	for (int i = 0; i < TIMERS; i++)
		set(&alarms[i], ((uint64_t)1 << (i % 26)) + (uint64_t)i * 3);
	while (fired < TIMERS) {
		int wait;

		wait_is_not_too_long();
		wait = timer_wheel_wait_ms(&wheel, now_ms);
		cr_assert_geq(wait, 0);
		advance((uint64_t)wait);
		cr_assert_lt(turns++, 10000);
	}
	cr_assert_eq(timer_wheel_wait_ms(&wheel, now_ms), -1);
}

static uint64_t
some_delay(void)
{
	return pick(1u << pick(24)) +
	       (pick(20) ? 0 : (uint64_t)pick(1 << 24) * 8);
}

/* An owner takes the time once a turn and sets timers by it before it
 * advances; some of these turns are long. */
static void
random_step(void)
{
	struct alarm_clock *a = &alarms[pick(TIMERS)];

	switch (pick(8)) {
	case 0:
		stop(a);
		break;
	case 1:
	case 2:
	case 3:
		set(a, some_delay());
		break;
	case 4:
		advance(pick(100) ? pick(100) : some_delay());
		break;
	case 5:
		advance((uint64_t)(timer_wheel_wait_ms(&wheel, now_ms) + 1));
		break;
	default:
		advance(pick(20));
	}
}

static void
set_at_random(struct alarm_clock *self)
{
	switch (pick(4)) {
	case 0:
		set(self, some_delay());
		break;
	case 1:
		set(&alarms[pick(TIMERS)], some_delay());
		break;
	case 2:
		stop(&alarms[pick(TIMERS)]);
		break;
	}
}

Test(reactor_timer, random_steps_agree_with_the_model)
{
	for (int i = 0; i < TIMERS; i++)
		alarms[i].then = set_at_random;
	for (int step = 0; step < STEPS; step++) {
		random_step();
		wait_is_not_too_long();
	}
	cr_assert_gt(fired, STEPS / 20);
}
