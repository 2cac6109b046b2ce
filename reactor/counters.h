/*
 * Counters: one writer each, any reader, no lock. And the numbers that every
 * reactor writes: the next client id, the clients that are open, and when the
 * log was told that there is no room for more.
 */
#ifndef REACTOR_COUNTERS_H
#define REACTOR_COUNTERS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

typedef _Atomic uint64_t counter;

/* One per reactor, on cache lines of its own. Written by its owner only. */
struct counters {
#define COUNTER(name, metric, label, help) counter name;
#include "reactor/counters.def"
#undef COUNTER
} __attribute__((aligned(64)));

/* Adds to a counter of one's own thread. */
static inline void
counter_add(counter *c, uint64_t n)
{
	/* One writer, so load and store need no bus lock. Relaxed: publishes
	 * nothing but itself; pairs with the relaxed load in counter_read. */
	uint64_t was = atomic_load_explicit(c, memory_order_relaxed);

	/* As above: pairs with counter_read. */
	atomic_store_explicit(c, was + n, memory_order_relaxed);
}

/* One of one's own thread that goes down, too. */
static inline void
counter_set(counter *c, uint64_t value)
{
	/* As above: pairs with counter_read. */
	atomic_store_explicit(c, value, memory_order_relaxed);
}

/* Adds where several threads do. */
static inline void
counter_add_shared(counter *c, uint64_t n)
{
	/* Relaxed: publishes nothing but itself; pairs with counter_read. */
	atomic_fetch_add_explicit(c, n, memory_order_relaxed);
}

/* A recent value, from any thread; different counters may disagree. */
static inline uint64_t
counter_read(const counter *c)
{
	/* Relaxed: pairs with the store in counter_add, orders nothing. */
	return atomic_load_explicit(c, memory_order_relaxed);
}

/* Shared by all reactors; written at each accept and close. */
struct census {
	counter next_id;   /* client ids: never used again in this process */
	counter open;      /* connections now */
	counter warned_ms; /* monotonic, of the last warning; 0: none */
	counter missing;   /* the log has it that TLS has no certificate */
} __attribute__((aligned(64)));

/* A new client id, from 1 up. Any thread. */
static inline uint64_t
census_next_id(struct census *c)
{
	/* Relaxed: unique is all that it must be; pairs with itself. */
	return 1 +
	       atomic_fetch_add_explicit(&c->next_id, 1, memory_order_relaxed);
}

/* Counts one connection in. False, and nothing changed, when full. */
static inline bool
census_enter(struct census *c, uint64_t limit)
{
	/* Relaxed: a bound on a number, nothing is published by it; pairs
	 * with the subtractions here and in census_leave. */
	if (atomic_fetch_add_explicit(&c->open, 1, memory_order_relaxed) <
	    limit)
		return true;
	/* Takes back the addition above; pairs with it. */
	atomic_fetch_sub_explicit(&c->open, 1, memory_order_relaxed);
	return false;
}

/* Would one more be refused, as far as can be told? */
static inline bool
census_is_full(const struct census *c, uint64_t limit)
{
	return counter_read(&c->open) >= limit;
}

/* May the log be warned, at this monotonic time? Once a second, of all reactors
 * one. Any thread. */
static inline bool
census_may_warn(struct census *c, uint64_t now_ms)
{
	uint64_t last = counter_read(&c->warned_ms);

	/* Another's clock may be ahead of ours. Relaxed: whoever changes it is
	 * the one, nothing is published by it; pairs with itself. */
	return now_ms >= last + 1000 &&
	       atomic_compare_exchange_strong_explicit(&c->warned_ms, &last,
		   now_ms, memory_order_relaxed, memory_order_relaxed);
}

/* Is this the first to find that TLS has no certificate? Any thread. */
static inline bool
census_tells_missing(struct census *c)
{
	/* Relaxed: whoever changes it is the one; pairs with itself. */
	return atomic_exchange_explicit(&c->missing, 1, memory_order_relaxed) ==
	       0;
}

/* Counts one connection out. */
static inline void
census_leave(struct census *c)
{
	/* Relaxed: pairs with the addition in census_enter. */
	atomic_fetch_sub_explicit(&c->open, 1, memory_order_relaxed);
}

#endif
