/*
 * What all scenarios but lab, guess, mixed and soak share. A run is a crowd of
 * clients (client.h) of one peer, dealt out to threads, that passes through
 * stages (gate.h): the scenario sends its clients into each and says what they
 * do with what they hear. Stage 0 is for registering accounts. One interval is
 * measured. A scenario embeds struct run in its own state, and struct
 * run_thread and struct client at the front of its own per-thread and
 * per-client ones.
 */
#ifndef BENCH_CROWD_RUN_H
#define BENCH_CROWD_RUN_H

#include <argp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench/crowd/client.h"
#include "bench/crowd/gate.h"
#include "bench/crowd/march.h"
#include "bench/crowd/meter.h"
#include "bench/crowd/options.h"
#include "bench/report/histogram.h"
#include "bench/report/report.h"
#include "proto/limits.h"

#define RUN_REGISTER 0 /* the stage in which accounts are registered */

/* Rows of the report. */
enum run_row {
	RUN_ROW_CONNECT,
	RUN_ROW_REGISTER,
	RUN_ROW_LOGIN,
	RUN_ROW_WORK, /* and those behind it are the scenario's */
	RUN_ROWS_MAX = REPORT_ROWS_MAX,
};

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

struct run_thread {
	struct load load;
	struct run *run; /* borrowed, shared */
	unsigned index;
	size_t first; /* its slice of the clients */
	size_t count;
	struct march march;
	uint64_t entered; /* clients */
	struct histogram latencies[RUN_ROWS_MAX];
};

struct run_ops {
	const char *scenario;
	const char *work;        /* the row RUN_ROW_WORK */
	const char *const *more; /* rows behind it; NULL ends; may be NULL */
	/* For the progress bar: several of what that row counts (NULL when the
	 * measured interval is not about it), and the stages (NULL: none). */
	const char *unit;
	const char *const *stage_names;
	size_t client_bytes; /* of the scenario's own */
	size_t thread_bytes; /* of the scenario's own */
	unsigned stages;
	unsigned measured; /* the interval begins with this stage */
	unsigned rest;     /* and ends where this one begins */
	/* Does the stage wait for this client? Only client->number is set. At
	 * least one is awaited in the first stage. */
	bool (*is_awaited)(const struct client *client, unsigned stage);
	/* A thread enters a stage; its clients follow, one by one. */
	void (*on_stage)(struct run_thread *thread, unsigned stage);
	void (*begin)(struct client *client, unsigned stage);
	/* client_enter is done; `name` is empty where there are none. */
	void (*on_entered)(struct client *client, struct span name);
	/* As in load_ops, of a client that has entered. */
	size_t (*on_bytes)(struct client *client, struct span bytes);
	/* Is it all right that its connection has ended, by an error or 0?
	 * NULL: never. It is over then, unless client_leave was called in
	 * there. */
	bool (*may_lose)(struct client *client, int error);
	/* Where a failure of one that has entered is counted; NULL: as work. */
	unsigned (*row_of)(const struct client *client);
	void (*on_alarm)(struct run_thread *thread); /* may be NULL */
	void (*on_tick)(struct run_thread *thread);  /* may be NULL */
};

struct run {
	const struct run_ops *ops;
	const struct run_options *options; /* borrowed */
	char names[NAME_BYTES_MAX + 1];    /* what accounts' names begin with */
	char *clients;                     /* owned, client_count of them */
	size_t client_count;
	char *threads;       /* owned, options->common.threads of them */
	struct load **loads; /* owned; the threads' */
	uint64_t length_ns[GATE_STAGES_MAX]; /* of stages that last */
	uint64_t start_ns;
	struct sources sources;
	struct gate gate;
	struct report report;
	struct meter meter;
};

/*
 * Options that these scenarios have in common, with bench_options_argp as a
 * child. The input is a struct run_options. A scenario takes the one that has
 * all that it uses, and nothing else:
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

/* Makes a run of `clients`, all out. Ends the process when there is no room.
 * The length of stages may be set then. */
void run_init(struct run *run, const struct run_ops *ops,
    const struct run_options *options, size_t clients);
void run_fini(struct run *run);

/* Passes through all stages, with a progress bar; merges the latencies. */
void run_go(struct run *run);

/* A client or a thread, of the scenario's own type at this address. */
struct client *run_client(const struct run *run, size_t number);
struct run_thread *run_thread(const struct run *run, size_t index);

/* When a stage that has begun did so, and when one that lasts is to end. */
uint64_t run_begin_ns(const struct run *run, unsigned stage);
uint64_t run_end_ns(const struct run *run, unsigned stage);

/*
 * Reports what all runs have, before the scenario's own facts: whom it was
 * with, how long it took, and what. `operations` is what the measured
 * interval's cost is divided by. report_print ends it.
 */
void run_report(struct run *run, uint64_t operations);

#endif
