/* Clocks, as numbers. A leaf; any thread. */
#ifndef REACTOR_CLOCK_H
#define REACTOR_CLOCK_H

#include <stdint.h>
#include <time.h>

/* What a clock shows, in microseconds. */
static inline uint64_t
clock_read_us(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts); /* cannot fail for a clock that exists */
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

/* Time that only goes forward, for deadlines and durations. */
static inline uint64_t
clock_monotonic_us(void)
{
	return clock_read_us(CLOCK_MONOTONIC);
}

/* The same in milliseconds. */
static inline uint64_t
clock_monotonic_ms(void)
{
	return clock_monotonic_us() / 1000;
}

/* Milliseconds since 1970, good to a few of them and cheap: for messages. */
static inline int64_t
clock_date_ms(void)
{
	return (int64_t)(clock_read_us(CLOCK_REALTIME_COARSE) / 1000);
}

#endif
