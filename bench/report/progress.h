/*
 * How far a run is, and how fast, on standard error: a bar that is redrawn in
 * place and fits the width when that is a terminal, else a line every ten
 * seconds, so that a log of a long run shows life and that of a short one stays
 * empty. One thread, between progress_init and progress_end; a signal that ends
 * the process takes the bar off the terminal first, if other threads have that
 * signal blocked.
 */
#ifndef BENCH_REPORT_PROGRESS_H
#define BENCH_REPORT_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PROGRESS_TEXT_BYTES 288

/* Where a run is. The texts are borrowed, constants. */
struct progress_state {
	uint64_t done;       /* of the steps that make 100 % */
	uint64_t operations; /* what a rate is told of */
	const char *unit;    /* several of them; NULL: no rate is told */
	const char *stage;   /* NULL: it has no name */
};

/* Adds where another thread of the run is. While they count different things
 * no rate is told. */
void progress_add(struct progress_state *all, const struct progress_state *one);

struct progress {
	const char *name; /* borrowed: the scenario */
	uint64_t total;   /* steps that make 100 % */
	uint64_t start_ns;
	uint64_t next_ns; /* nothing is printed before */
	bool terminal;
	/* The rate, and since when it is counted anew. */
	bool rate_known;
	double rate; /* a second */
	uint64_t since_ns;
	struct progress_state since;
};

/* Starts the clock; `total` is at least 1. */
void progress_init(struct progress *progress, const char *name, uint64_t total);

/* Shows where the run is, if it is time to show anything. */
void
progress_show(struct progress *progress, const struct progress_state *state);

/* Takes the bar off the terminal again. */
void progress_end(struct progress *progress);

/*
 * For progress_show: what is said after so many seconds, without a line's end.
 * With a bar and for that many columns; or, when there are none, in words.
 */
void progress_text(const struct progress *progress,
    const struct progress_state *state, double seconds, int columns,
    char text[PROGRESS_TEXT_BYTES]);

#endif
