/*
 * What a run has found: a row per step with its latencies and failures, the
 * first few failures word by word, facts, and the verdict. Filled while the run
 * goes on (report_fail, any thread) and after it (all others, one thread);
 * printed on standard output, as a table for people and key=value lines for
 * programs or as JSON, and drawn.
 */
#ifndef BENCH_REPORT_REPORT_H
#define BENCH_REPORT_REPORT_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include "bench/report/histogram.h"
#include "proto/wire/span.h"

#define REPORT_ROWS_MAX       24
#define REPORT_FAILURES_SHOWN 10
#define REPORT_FACTS_MAX      48
#define REPORT_FACT_BYTES     32
#define REPORT_TITLE_BYTES    96

/* The form that is asked for. */
struct report_form {
	bool json;        /* one JSON object, and nothing else */
	const char *plot; /* borrowed; where a picture goes, NULL for none */
};

struct report_row {
	const char *step;           /* borrowed, a constant */
	uint64_t failures;          /* under the report's lock */
	struct histogram latencies; /* of what went well, in nanoseconds */
};

/* Something that is told of the whole run. */
struct report_fact {
	const char *key;               /* borrowed, a constant */
	char value[REPORT_FACT_BYTES]; /* a number, a word, or - for unknown */
};

struct report {
	const char *scenario;           /* borrowed, a constant */
	const struct report_form *form; /* borrowed */
	const char *url;                /* borrowed; the server's */
	char title[REPORT_TITLE_BYTES]; /* what the run consists of */
	time_t begun;
	size_t row_count;
	pthread_mutex_t lock; /* for failures and their texts */
	uint64_t failures;
	char *shown[REPORT_FAILURES_SHOWN]; /* owned; the first ones */
	struct report_row rows[REPORT_ROWS_MAX];
	size_t fact_count;
	struct report_fact facts[REPORT_FACTS_MAX];
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

/*
 * The run begins: its form, which server it goes against, and a few words on
 * what it consists of ("100 clients"). The text form says so at once, with the
 * machine. `form` and `url` must outlive the report.
 */
__attribute__((format(printf, 4, 5))) void report_begin(struct report *report,
    const struct report_form *form, const char *url, const char *format, ...);

/* Where lines go that are told while the run goes on: standard output, or
 * standard error if that is for the one JSON object. Any thread. */
FILE *report_news(const struct report *report);

/* Counts a failure of the row; copies what it keeps. Any thread. */
void report_fail(
    struct report *report, size_t row, const struct report_failure *failure);

/* Adds one thread's latencies to the row. */
void report_merge(
    struct report *report, size_t row, const struct histogram *latencies);

/* Adds a fact, after those there are. Its text is cut at REPORT_FACT_BYTES;
 * what is no finite number (x / 0) becomes unknown. */
__attribute__((format(printf, 3, 4))) void
report_fact(struct report *report, const char *key, const char *format, ...);

/* Adds a row's latencies as facts. */
void report_latencies(struct report *report, size_t row);

/* All there is, once, in the form that report_begin was told. The exit status:
 * 0 when all is well, and the picture drawn. */
int report_print(struct report *report);

#endif
