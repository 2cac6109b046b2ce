/* Durations, counted by ranges. */
#include "reactor/timing.h"

const uint32_t timing_bounds_us[TIMING_BOUNDS] = {
    10, 32, 100, 316, 1000, 3200, 10000, 32000, 100000, 316000};

void
timing_add(struct timing *timing, uint64_t us)
{
	unsigned range = 0;

	while (range < TIMING_BOUNDS && us > timing_bounds_us[range])
		range++;
	counter_add(&timing->ranges[range], 1);
	counter_add(&timing->sum_us, us);
}

struct timing_count
timing_read(const struct timing *timing)
{
	struct timing_count count = {.sum_us = counter_read(&timing->sum_us)};

	for (unsigned i = 0; i < TIMING_BOUNDS; i++) {
		count.all += counter_read(&timing->ranges[i]);
		count.within[i] = count.all;
	}
	count.all += counter_read(&timing->ranges[TIMING_BOUNDS]);
	return count;
}
