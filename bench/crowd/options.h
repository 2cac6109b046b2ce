/*
 * The options that all scenarios share (--connect, --threads, --timeout, and
 * the report's form), as an argp child. Main thread, at start.
 */
#ifndef BENCH_CROWD_OPTIONS_H
#define BENCH_CROWD_OPTIONS_H

#include <argp.h>
#include <stdbool.h>

#include "bench/load/target.h"
#include "bench/report/report.h"

/* How the --help of a scenario ends. */
#define BENCH_STATUS_DOC                                                       \
	"Exit status: 0 when all saw exactly what they should, 1 when not, "   \
	"2 on bad usage."

struct bench_options {
	struct target target;
	unsigned threads;
	bool threads_given; /* by --threads */
	unsigned timeout_s; /* for one answer */
	struct report_form form;
};

/*
 * Its input is a struct bench_options, which it fills with the defaults first.
 * A scenario's parser hands it on at ARGP_KEY_INIT in child_inputs.
 */
extern const struct argp bench_options_argp;

/*
 * Settles how many threads there are for so many clients (at least 1): those
 * that were asked for, else as many as the limit of descriptors makes
 * necessary; never more than clients.
 */
void bench_options_fit_threads(struct bench_options *options, size_t clients);

#endif
