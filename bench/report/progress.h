/*
 * How far a run is, on standard error: a bar that is redrawn when that is a
 * terminal, else a line every ten seconds, so that a log of a long run shows
 * life and that of a short one stays empty. One thread.
 */
#ifndef BENCH_PROGRESS_H
#define BENCH_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
	const char *name; /* borrowed: the scenario */
	uint64_t total;   /* steps that make 100 % */
	uint64_t start_ns;
	uint64_t next_ns; /* nothing is printed before */
	bool terminal;
};

/* Starts the clock; `total` is at least 1. */
void progress_init(struct progress *progress, const char *name, uint64_t total);

/* Shows that `done` steps are done, if it is time to show anything. */
void progress_show(struct progress *progress, uint64_t done);

/* Takes the bar off the terminal again. */
void progress_end(struct progress *progress);

#endif
