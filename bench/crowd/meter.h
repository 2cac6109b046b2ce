/*
 * What a measured interval has cost: time, and the processor time of the server
 * and of the generator itself, each the whole process's, user and system. It
 * reads /proc twice; nothing in between. One thread.
 */
#ifndef BENCH_CROWD_METER_H
#define BENCH_CROWD_METER_H

#include <stdbool.h>
#include <stdint.h>

#include "bench/crowd/process.h"

struct report;

struct meter_reading {
	bool server_known;
	struct process_cpu server;
	uint64_t own_ns;
	uint64_t wall_ns; /* on clock_ns() */
};

struct meter {
	int pid; /* the server's, or 0 when it is not known */
	struct meter_reading begin;
	struct meter_reading end;
};

/* Takes the readings at both ends of the interval. */
void meter_begin(struct meter *meter);
void meter_end(struct meter *meter);

/* The interval's length. */
double meter_seconds(const struct meter *meter);

/*
 * Reports what it has cost, in all (s) and for each of `operations` (us), as
 * facts; "-" where it is not known.
 */
void meter_report(
    const struct meter *meter, struct report *report, uint64_t operations);

#endif
