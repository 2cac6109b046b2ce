/*
 * What a run is made of, which run.c takes through its stages and client.c acts
 * in: a crowd of clients of one peer, dealt out to threads, and what the
 * scenario has to say about them. Types alone; run.h says how they are used.
 */
#ifndef BENCH_CROWD_CROWD_H
#define BENCH_CROWD_CROWD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench/crowd/gate.h"
#include "bench/crowd/march.h"
#include "bench/crowd/meter.h"
#include "bench/crowd/run_options.h"
#include "bench/load/load.h"
#include "bench/report/histogram.h"
#include "bench/report/report.h"
#include "proto/limits.h"

struct client;

#define RUN_REGISTER 0 /* the stage in which accounts are registered */

/* Rows of the report. */
enum run_row {
	RUN_ROW_CONNECT,
	RUN_ROW_REGISTER,
	RUN_ROW_LOGIN,
	RUN_ROW_WORK, /* and those behind it are the scenario's */
	RUN_ROWS_MAX = REPORT_ROWS_MAX,
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

#endif
