/*
 * A log-linear histogram of latencies: every power of two is cut into 64
 * buckets, so that a value is known to 1.6 % from nanoseconds to centuries in
 * a fixed 30 KiB. All zero is the empty histogram. No locks: one thread adds;
 * histograms of several threads are merged when those are done.
 */
#ifndef BENCH_REPORT_HISTOGRAM_H
#define BENCH_REPORT_HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_CUT_BITS 6
#define HISTOGRAM_CUTS     (1u << HISTOGRAM_CUT_BITS)
#define HISTOGRAM_BUCKETS  ((64 - HISTOGRAM_CUT_BITS + 1) * HISTOGRAM_CUTS)

struct histogram {
	uint64_t count;
	uint64_t max;
	uint64_t buckets[HISTOGRAM_BUCKETS];
};

/* Counts one value, or the same value several times. */
void histogram_add(struct histogram *histogram, uint64_t value);
void histogram_add_times(
    struct histogram *histogram, uint64_t value, uint64_t times);

/* Counts in `into` all that `from` has counted; `from` is left as it is. */
void histogram_merge(struct histogram *into, const struct histogram *from);

/*
 * The smallest bucket's upper end that `percent` (above 0, at most 100) of all
 * values do not exceed, and never more than the largest value; 0 when empty.
 */
uint64_t
histogram_percentile(const struct histogram *histogram, double percent);

#endif
