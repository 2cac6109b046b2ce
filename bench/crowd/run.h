/*
 * What all scenarios but lab, guess, mixed and soak share. A run is a crowd of
 * clients (crowd.h, client.h) of one peer, dealt out to threads, that passes
 * through stages (gate.h, march.h): the scenario sends its clients into each
 * and says what they do with what they hear. Stage 0 is for registering
 * accounts. One interval is measured. A scenario embeds struct run in its own
 * state, and struct run_thread and struct client at the front of its own
 * per-thread and per-client ones.
 */
#ifndef BENCH_CROWD_RUN_H
#define BENCH_CROWD_RUN_H

#include <stddef.h>
#include <stdint.h>

#include "bench/crowd/client.h"
#include "bench/crowd/crowd.h"

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
