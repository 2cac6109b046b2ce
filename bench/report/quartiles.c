#include "bench/report/quartiles.h"

#include <stdlib.h>

#include "reactor/check.h"

static int
compare(const void *left, const void *right)
{
	const uint64_t *a = left, *b = right;

	return (*a > *b) - (*a < *b);
}

/* The value that lies `quarters` of the way through the sorted ones. */
static double
value_at(const uint64_t values[], size_t count, unsigned quarters)
{
	size_t steps = (count - 1) * quarters;
	size_t below = steps / 4;
	double past = (double)(steps % 4) / 4;

	if (past == 0)
		return (double)values[below];
	return (double)values[below] * (1 - past) +
	       (double)values[below + 1] * past;
}

struct quartiles
quartiles_of(uint64_t values[], size_t count)
{
	check(count > 0);
	qsort(values, count, sizeof *values, compare);
	return (struct quartiles){
	    .first = value_at(values, count, 1),
	    .median = value_at(values, count, 2),
	    .third = value_at(values, count, 3),
	};
}
