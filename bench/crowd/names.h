/*
 * Names of accounts that are new in each run, so that runs may follow one
 * another, or overlap, on one server. Main thread, at start.
 */
#ifndef BENCH_CROWD_NAMES_H
#define BENCH_CROWD_NAMES_H

#include <argp.h>

#include "proto/limits.h"

/*
 * Writes what the names of this run begin with; a number of up to six digits
 * goes behind it. It carries the microsecond and the process.
 */
void names_of_run(char out[NAME_BYTES_MAX + 1], const char *prefix);

/* Writes the name with that number, behind what names_of_run has written. */
void names_nth(char out[NAME_BYTES_MAX + 1], const char *names, unsigned nth);

/*
 * The argument of --names, if a name may begin with it and is not too long for
 * the rest; else ends the process with a clear line and status 2.
 */
const char *names_option(struct argp_state *state, const char *prefix);

#endif
