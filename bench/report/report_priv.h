/*
 * Between report.c and the forms of a report, a file each: they write the whole
 * report to a stream and change nothing. One thread.
 */
#ifndef BENCH_REPORT_REPORT_PRIV_H
#define BENCH_REPORT_REPORT_PRIV_H

#include <stdio.h>

#include "bench/report/report.h"

/* The percentiles that a row is told by; the last is the largest value. */
struct report_percentile {
	double percent;
	const char *name; /* in a table */
	const char *key;  /* of its value in microseconds */
};

#define REPORT_PERCENTILES 6
extern const struct report_percentile report_percentiles[REPORT_PERCENTILES];

/* A percentile of the row in microseconds, as a fact's text: "-" when the row
 * has no values. */
void report_us(char text[REPORT_FACT_BYTES], const struct report_row *row,
    const struct report_percentile *percentile);

/* A table for people, key=value lines for programs, failures and verdict. */
void report_text(const struct report *report, FILE *out);

/* One JSON object. */
void report_json(const struct report *report, FILE *out);

/* A script for gnuplot. False when there is nothing to draw. */
bool report_plot(const struct report *report, FILE *out);

#endif
