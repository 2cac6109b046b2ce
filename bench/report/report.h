/*
 * What a run has found: a row per step with its latencies and failures, the
 * first few failures word by word, and the verdict. Filled while the run goes
 * on (report_fail, any thread) and after it (all others, one thread); printed
 * on standard output, as a table for people and key=value lines for programs.
 */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

#include "bench/report/histogram.h"
#include "proto/wire/span.h"

#define REPORT_ROWS_MAX       12
#define REPORT_FAILURES_SHOWN 10

struct report_row {
	const char *step;           /* borrowed, a constant */
	uint64_t failures;          /* under the report's lock */
	struct histogram latencies; /* of what went well, in nanoseconds */
};

struct report {
	const char *scenario; /* borrowed, a constant */
	size_t row_count;
	pthread_mutex_t lock; /* for failures and their texts */
	uint64_t failures;
	char *shown[REPORT_FAILURES_SHOWN]; /* owned; the first ones */
	struct report_row rows[REPORT_ROWS_MAX];
};

/* One wrong thing that a client has seen. */
struct report_failure {
	const char *who;      /* the client's name */
	struct span expected; /* a line, or words for one */
	struct span got;
};

/* An empty report with these rows; the texts must outlive it. */
void report_init(struct report *report, const char *scenario,
    const char *const steps[], size_t count);
void report_fini(struct report *report);

/* Counts a failure of the row; copies what it keeps. Any thread. */
void report_fail(
    struct report *report, size_t row, const struct report_failure *failure);

/* Adds one thread's latencies to the row. */
void report_merge(
    struct report *report, size_t row, const struct histogram *latencies);

/* The machine this runs on: one key=value line. */
void report_print_machine(void);

/* The table, then a key=value line per row. */
void report_print(const struct report *report);

/* A row's latencies as key=value pairs, with a space before each. */
void report_print_latencies(const struct report *report, size_t row);

/* The first failures and the verdict. The exit status: 0 when all is well. */
int report_verdict(const struct report *report);

#endif
