/*
 * How long something takes that happens often: a count for each range of
 * durations, two ranges to a power of ten, and the sum. One writer, any reader,
 * no lock, as with the counters that it consists of.
 */
#ifndef REACTOR_TIMING_H
#define REACTOR_TIMING_H

#include "reactor/counters.h"

#define TIMING_BOUNDS 10

/* Microseconds, the longest that each range takes in; one more has no bound. */
extern const uint32_t timing_bounds_us[TIMING_BOUNDS];

/* Zeroed: nothing has happened yet. Written by its owner only. */
struct timing {
	counter ranges[TIMING_BOUNDS + 1];
	counter sum_us;
};

/* A copy of one. */
struct timing_count {
	uint64_t within[TIMING_BOUNDS]; /* that took no longer than the bound */
	uint64_t all;                   /* never less than the last of those */
	uint64_t sum_us;
};

/* Counts one that took so long. The owner's thread. */
void timing_add(struct timing *timing, uint64_t us);

/* What was counted up to now; `sum_us` may be a little ahead or behind. Any
 * thread. */
struct timing_count timing_read(const struct timing *timing);

#endif
