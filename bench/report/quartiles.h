/*
 * What cuts values into quarters, exactly: a histogram is too coarse to compare
 * medians that differ by little. Pure.
 */
#ifndef BENCH_REPORT_QUARTILES_H
#define BENCH_REPORT_QUARTILES_H

#include <stddef.h>
#include <stdint.h>

struct quartiles {
	double first;
	double median;
	double third;
};

/* Sorts the values, of which there is at least one, and finds their quartiles;
 * one that falls between two values is interpolated. */
struct quartiles quartiles_of(uint64_t values[], size_t count);

#endif
