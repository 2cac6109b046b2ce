/*
 * The load generator ($THRONG_BENCH, build/throng-bench) as a child process of
 * a whole-server test, and a server that gives it wrong answers. The test's own
 * thread only.
 */
#ifndef TESTS_KIT_BENCH_RUN_H
#define TESTS_KIT_BENCH_RUN_H

#include <stdbool.h>
#include <stdio.h>

/*
 * What happens in a run is a matter of time, and a machine that stands still
 * leaves it none. So a story that waits for something to happen runs the bench
 * so many times at most until it has; each run must be right.
 */
#define BENCH_RUNS 5

/* Starts it with these words behind its name; bench_end waits for it, and
 * returns the exit status and in a static buffer what it has said. bench_run
 * is both. */
FILE *
bench_start(const char *format, ...) __attribute__((format(printf, 1, 2)));
int bench_end(FILE *bench, const char **said);
int bench_run(const char **said, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The number behind ` KEY=` in the scenario's own line, or in the line of one
 * step; it must be there. */
double bench_figure(const char *said, const char *key);
double bench_step(const char *said, const char *step, const char *key);

/*
 * A server that answers wrongly: child processes, one for each client. `answer`
 * is given a line that was sent, and writes what is sent back; false closes the
 * connection instead. The URL is in a static buffer. They die with the test.
 */
const char *bench_liar(bool (*answer)(const char *line, char out[256]));

#endif
