/*
 * A thread's clients on their way through the stages of a run: they are sent
 * into a stage one after the other, a few in a turn, so that answers are read
 * in between, and into the next one when its gate has opened. Who connects is
 * on its way in until it has arrived, and no more are than may be at once. One
 * thread, but for the gate.
 */
#ifndef BENCH_CROWD_MARCH_H
#define BENCH_CROWD_MARCH_H

#include <stdbool.h>
#include <stddef.h>

struct gate;
struct load;
struct march;

struct march_ops {
	/* The thread's client `nth`, from 0, is to begin march->stage. */
	void (*begin)(struct march *march, size_t nth);
	/* march->stage has begun, and the clients follow; or, when it is the
	 * number of stages, all is over. */
	void (*on_stage)(struct march *march);
};

struct march {
	const struct march_ops *ops;
	struct gate *gate;   /* borrowed */
	struct load *load;   /* borrowed; its on_wake calls march_go_on */
	size_t count;        /* of the thread's clients */
	size_t entering_max; /* as many may be on their way in */
	unsigned stage;      /* that the clients are being sent into */
	size_t cursor;       /* how many of them are in it */
	size_t entering;     /* how many are on their way in */
	bool held;           /* the next one waits for one of these */
};

/* Sends a few clients into the stage; has the load woken for the rest. */
void march_go_on(struct march *march);

/* One more is on its way in; and one of these is in, or will never be. */
void march_enter(struct march *march);
void march_arrive(struct march *march);

/* How many may be on their way in of each of the threads, if all of them may
 * have `at_once`. */
size_t march_share(unsigned at_once, unsigned threads);

#endif
