/*
 * Message k of all is due at start + k / rate, rounded up to a nanosecond, so
 * that counting by rounding down finds exactly those that are due.
 */
#include "bench/expect/schedule.h"

#include "bench/clock.h"
#include "reactor/check.h"

/* How many of the first `all` messages are the publisher's. */
static uint64_t
share_of(const struct schedule *schedule, unsigned publisher, uint64_t all)
{
	if (all <= publisher)
		return 0;
	return (all - publisher - 1) / schedule->publishers + 1;
}

uint64_t
schedule_due_ns(
    const struct schedule *schedule, unsigned publisher, uint64_t nth)
{
	uint64_t k = nth * schedule->publishers + publisher;
	uint64_t rate = schedule->rate;

	check(publisher < schedule->publishers);
	/* In two parts, which cannot overflow. */
	return schedule->start_ns + k / rate * NS_PER_S +
	       (k % rate * NS_PER_S + rate - 1) / rate;
}

uint64_t
schedule_ready(
    const struct schedule *schedule, unsigned publisher, uint64_t now_ns)
{
	uint64_t rate = schedule->rate;
	uint64_t since, due;

	check(publisher < schedule->publishers);
	if (now_ns < schedule->start_ns)
		return 0;
	since = now_ns - schedule->start_ns;
	due = since / NS_PER_S * rate + since % NS_PER_S * rate / NS_PER_S + 1;
	return share_of(
	    schedule, publisher, due < schedule->total ? due : schedule->total);
}

uint64_t
schedule_share(const struct schedule *schedule, unsigned publisher)
{
	check(publisher < schedule->publishers);
	return share_of(schedule, publisher, schedule->total);
}
