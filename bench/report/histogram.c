/*
 * Values below 64 have a bucket each. Above, a value's bucket is its highest
 * set bit and the six bits that follow it.
 */
#include "bench/report/histogram.h"

#include <stddef.h>

#include "reactor/check.h"

static size_t
bucket_of(uint64_t value)
{
	int shift;

	if (value < HISTOGRAM_CUTS)
		return value;
	shift = 63 - __builtin_clzll(value) - HISTOGRAM_CUT_BITS;
	return (size_t)shift * HISTOGRAM_CUTS + (size_t)(value >> shift);
}

/* The largest value that falls into the bucket. */
static uint64_t
bucket_end(size_t bucket)
{
	size_t shift;
	uint64_t first;

	if (bucket < HISTOGRAM_CUTS)
		return bucket;
	shift = bucket / HISTOGRAM_CUTS - 1;
	first = bucket - shift * HISTOGRAM_CUTS;
	return (first << shift) + (((uint64_t)1 << shift) - 1);
}

void
histogram_add(struct histogram *histogram, uint64_t value)
{
	histogram_add_times(histogram, value, 1);
}

void
histogram_add_times(struct histogram *histogram, uint64_t value, uint64_t times)
{
	if (times == 0)
		return;
	histogram->buckets[bucket_of(value)] += times;
	histogram->count += times;
	if (value > histogram->max)
		histogram->max = value;
}

void
histogram_merge(struct histogram *into, const struct histogram *from)
{
	for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++)
		into->buckets[i] += from->buckets[i];
	into->count += from->count;
	if (from->max > into->max)
		into->max = from->max;
}

uint64_t
histogram_percentile(const struct histogram *histogram, double percent)
{
	double wanted = (double)histogram->count * percent / 100;
	uint64_t seen = 0;
	uint64_t end;

	check(percent > 0);
	check(percent <= 100);
	for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
		seen += histogram->buckets[i];
		if (seen == 0 || (double)seen < wanted)
			continue;
		end = bucket_end(i);
		return end < histogram->max ? end : histogram->max;
	}
	return histogram->max;
}
