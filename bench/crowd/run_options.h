/*
 * The options that the scenarios on struct run have in common: each offers
 * those that it uses. Main thread, at start.
 */
#ifndef BENCH_CROWD_RUN_OPTIONS_H
#define BENCH_CROWD_RUN_OPTIONS_H

#include <argp.h>
#include <stdbool.h>

#include "bench/crowd/options.h"
#include "bench/peer/peer.h"

struct run_options {
	struct bench_options common;
	const struct peer *peer;
	const char *prefix; /* of accounts' names */
	unsigned accounts;
	unsigned at_once; /* clients on their way in */
	unsigned seconds_ms;
	unsigned warmup_ms;
	unsigned pid;     /* the server's; 0: it is looked for */
	unsigned sources; /* addresses to come from; 0: as many as needed */
	bool seconds_given;
	bool names_given;
	bool accounts_given;
};

/*
 * With bench_options_argp as a child; the input is a struct run_options. A
 * scenario takes the one that has all that it uses, and nothing else:
 *
 *   run_load_argp     how many at once, how long, names
 *   run_options_argp  also throng's peers, and accounts made before and shared
 *   run_guest_argp    without names and accounts
 *   run_visit_argp    and where all are on their way at once
 *   run_stay_argp     with these, but it lasts as long as it takes
 */
extern const struct argp run_load_argp;
extern const struct argp run_options_argp;
extern const struct argp run_guest_argp;
extern const struct argp run_visit_argp;
extern const struct argp run_stay_argp;

#endif
