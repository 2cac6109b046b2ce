/*
 * Options that are numbers, as a table, so that each is said once, and all are
 * read and refused alike. Main thread, at start.
 */
#ifndef BENCH_CROWD_NUMBER_OPTION_H
#define BENCH_CROWD_NUMBER_OPTION_H

#include <argp.h>
#include <stdbool.h>
#include <stddef.h>

struct number_option {
	int key; /* argp's; 0 ends the table */
	const char *name;
	unsigned range[2]; /* as it is written */
	size_t place;      /* of its unsigned in what state->input points at */
	bool is_seconds;   /* up to three decimals, and kept in milliseconds */
};

/* A row of the table: an unsigned `field` of `type`. */
#define NUMBER_OPTION(key, name, min, max, type, field)                        \
	{                                                                      \
		key, name, {min, max}, offsetof(type, field), false            \
	}
#define SECONDS_OPTION(key, name, min, max, type, field)                       \
	{                                                                      \
		key, name, {min, max}, offsetof(type, field), true             \
	}

/*
 * Reads the option `key` into its place: 0, or ARGP_ERR_UNKNOWN when it is none
 * of these. Ends the process with a clear line and status 2 when its argument
 * is not a number in its range.
 */
error_t number_option_parse(const struct number_option numbers[], int key,
    const char *argument, struct argp_state *state);

/* The same for a number that has no place of its own: returns it. */
unsigned number_option_read(struct argp_state *state, const char *name,
    const char *text, const unsigned range[2]);

#endif
