/*
 * Options of a scenario that are numbers, as a table, so that a scenario with
 * many of them says each once. Main thread, at start.
 */
#ifndef BENCH_CROWD_NUMBER_OPTION_H
#define BENCH_CROWD_NUMBER_OPTION_H

#include <argp.h>
#include <stdbool.h>
#include <stddef.h>

struct number_option {
	int key; /* argp's */
	const char *name;
	unsigned range[2];
	size_t place; /* of its unsigned in what state->input points at */
};

/*
 * Reads the option `key`, if it is one of these; false when it is not. Ends the
 * process with a clear line and status 2 when its argument is not a number in
 * its range.
 */
bool number_option_parse(const struct number_option numbers[], size_t count,
    int key, const char *argument, struct argp_state *state);

#endif
