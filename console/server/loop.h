/*
 * What the main thread waits for: descriptors and timers, by poll(2). There are
 * a few of them and nothing is in a hurry; clients are the reactors' business.
 * The main thread only.
 */
#ifndef CONSOLE_SERVER_LOOP_H
#define CONSOLE_SERVER_LOOP_H

#include "reactor/list.h"
#include "reactor/timer.h"

#define LOOP_WATCHES_MAX 64

struct watch;

/* `revents` as poll(2) has them. It may remove any watch, also its own. */
typedef void watch_handler(struct watch *watch, short revents);

struct watch {
	struct list link; /* in the loop's watches */
	int fd;           /* borrowed; -1: not looked at for now */
	short events;     /* of poll(2) */
	watch_handler *ready;
};

struct loop {
	struct list watches;
	unsigned watch_count;
	struct watch *polled[LOOP_WATCHES_MAX]; /* in this turn; NULL: gone */
	unsigned polled_count;
	struct timer_wheel wheel;
};

/* Empties it: no watch, no timer. */
void loop_init(struct loop *loop);

/* Begins and ends to look at a descriptor. The watch is the caller's. There is
 * room for LOOP_WATCHES_MAX. */
void loop_add(struct loop *loop, struct watch *watch, int fd, short events,
    watch_handler *ready);
void loop_remove(struct loop *loop, struct watch *watch);

/* (Re)starts a timer; timer_stop stops it. */
void loop_set_timer(struct loop *loop, struct timer *timer, uint64_t delay_ms);

/* Waits for the next thing to happen, and calls who waits for it. */
void loop_turn(struct loop *loop);

#endif
