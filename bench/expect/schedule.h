/*
 * The open loop: when each message is meant to be sent, whatever has become of
 * those before it. `rate` messages a second in all, evenly spaced from start_ns
 * on and dealt out to the publishers in turn. A latency that is taken from the
 * due time shows a stall in full, also to those messages that had to wait for
 * the generator. Pure; any thread.
 */
#ifndef BENCH_EXPECT_SCHEDULE_H
#define BENCH_EXPECT_SCHEDULE_H

#include <stdint.h>

struct schedule {
	uint64_t start_ns;
	uint64_t total;      /* messages of all publishers; then it ends */
	unsigned rate;       /* a second, of all publishers; at least 1 */
	unsigned publishers; /* at least 1 */
};

/* When the publisher's message `nth` (from 0) is due, past the end too. */
uint64_t schedule_due_ns(
    const struct schedule *schedule, unsigned publisher, uint64_t nth);

/* How many of the publisher's messages are due by now_ns. */
uint64_t schedule_ready(
    const struct schedule *schedule, unsigned publisher, uint64_t now_ns);

/* How many messages the publisher has in all. */
uint64_t schedule_share(const struct schedule *schedule, unsigned publisher);

#endif
