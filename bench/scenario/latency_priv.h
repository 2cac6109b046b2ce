/*
 * What the scenario `latency` is made of: latency.c sets it up, goes from rate
 * to rate; latency_asker.c is a client that asks; latency_report.c is what is
 * told. The members and publishers are those of `fanout`, whose steps are the
 * rates.
 */
#ifndef BENCH_SCENARIO_LATENCY_PRIV_H
#define BENCH_SCENARIO_LATENCY_PRIV_H

#include "bench/scenario/fanout_priv.h"

#define LATENCY_ROW_BYTES 24
#define LATENCY_ASK_BYTES 64 /* of a request's text */

struct latency_options {
	struct fanout_options fanout;
	unsigned askers;
	unsigned
	    rates[FANOUT_STEPS_MAX]; /* of the steps; each above the last */
};

/* Who asks, as often as all publishers say something, and at the same times
 * whatever has become of the answers. Not a member. */
struct asker {
	struct client client;
	uint32_t asked; /* in all */
	uint32_t answered;
	uint32_t before; /* asked before this stage */
};

union latency_client {
	struct fanout_member member;
	struct asker asker;
};

struct latency_thread {
	struct fanout_thread fanout;
	struct schedule asks; /* of this stage */
};

struct latency {
	struct fanout fanout;
	const struct latency_options *options;
	struct run_ops ops;                    /* with the rows of its rates */
	unsigned first;                        /* asker's number */
	struct meter meters[FANOUT_STEPS_MAX]; /* of each step */
	char rows[2 * FANOUT_STEPS_MAX][LATENCY_ROW_BYTES];
	const char *more[2 * FANOUT_STEPS_MAX]; /* of these, all but one */
	char keys[FANOUT_STEPS_MAX][LATENCY_ROW_BYTES]; /* of facts */
	const char *stages[GATE_STAGES_MAX];            /* their names */
};

/* Whose it is. */
struct latency *latency_of(const struct client *client);
struct latency_thread *latency_thread_of(const struct client *client);

/* The first step that somebody fell behind in, of the first `steps`, which are
 * over; else `steps`. All threads find the same. */
unsigned latency_first_behind(const struct latency *latency, unsigned steps);

/* All that there is to report. The exit status. */
int latency_report(struct latency *latency);

/* Where an answer to it is counted now, and a failure. */
unsigned asker_row(const struct asker *asker);

/* A stage begins in which it asks. */
void asker_start(struct asker *asker);

/* Asks what is due by now; passes the stage when that is all. Returns when it
 * is to go on, 0 for never. */
uint64_t asker_go_on(struct asker *asker);

/* In a stage that ends when all is answered: passes it if that is so. */
void asker_check_done(struct asker *asker);

/* on_bytes: checks what it has received. */
size_t asker_hear(struct asker *asker, struct span bytes);

#endif
