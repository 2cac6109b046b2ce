/*
 * Timer wheel: levels of 64 slots, each level 64 times coarser than the one
 * below (Varghese and Lauck, 1987). Setting and stopping cost a few stores; a
 * timer fires within one tick after its time, never before it. Timers are
 * embedded in what they wake. Owner thread only.
 */
#ifndef REACTOR_TIMER_H
#define REACTOR_TIMER_H

#include <stdbool.h>
#include <stdint.h>

#include "reactor/list.h"

#define TIMER_TICK_MS 8
#define TIMER_SLOTS   64
#define TIMER_LEVELS  4 /* 64^4 ticks of 8 ms: 37 hours; longer is cut */

struct timer;

/* The timer is stopped before the call; it may be set again or freed in it. */
typedef void timer_handler(struct timer *timer);

struct timer {
	struct list link; /* in a slot of the wheel while set */
	uint64_t tick;    /* when it is due */
	timer_handler *handle;
};

struct timer_wheel {
	struct list slots[TIMER_LEVELS][TIMER_SLOTS];
	uint64_t used[TIMER_LEVELS]; /* a bit per slot that may hold timers */
	uint64_t tick;               /* all timers up to here have fired */
};

/* `now_ms` is the caller's monotonic clock, here and below. */
void timer_wheel_init(struct timer_wheel *wheel, uint64_t now_ms);

/* Fires what is due. */
void timer_wheel_advance(struct timer_wheel *wheel, uint64_t now_ms);

/*
 * Milliseconds until advance has something to do (that may be no more than
 * moving timers down a level); -1 when no timer is set.
 */
int timer_wheel_wait_ms(const struct timer_wheel *wheel, uint64_t now_ms);

/* Not set yet; `handle` is what it calls. */
void timer_init(struct timer *timer, timer_handler *handle);

/* (Re)starts the timer to fire `delay_ms` after `now_ms`. */
void timer_set(struct timer_wheel *wheel, struct timer *timer, uint64_t now_ms,
    uint64_t delay_ms);

/* Stops it; nothing happens when it is not set. */
void timer_stop(struct timer *timer);

/* Has it still to fire? */
static inline bool
timer_is_set(const struct timer *timer)
{
	return !list_is_empty(&timer->link);
}

#endif
