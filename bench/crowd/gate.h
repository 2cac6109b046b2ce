/*
 * Keeps the threads of a run in step. A run is a sequence of stages; each ends
 * when all that it waits for have arrived at its gate, and then every load is
 * woken (on_wake) to begin the next. Whoever fails must arrive at all the gates
 * that it has still before it, so that the others are not left waiting.
 * Any thread may call; the lock is held for a moment only.
 */
#ifndef BENCH_CROWD_GATE_H
#define BENCH_CROWD_GATE_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

#define GATE_STAGES_MAX 24

struct load;

struct gate {
	pthread_mutex_t lock; /* for all that changes below */
	unsigned stage;       /* the one that runs; `stages` when all is over */
	uint64_t awaited[GATE_STAGES_MAX];   /* arrivals still to come */
	uint64_t opened_ns[GATE_STAGES_MAX]; /* when the stage's gate opened */
	unsigned stages;
	size_t load_count;
	struct load *const *loads; /* borrowed for the run */
};

/* Stage 0 runs; none is waited for until gate_await has said so. */
void gate_init(struct gate *gate, unsigned stages, struct load *const *loads,
    size_t load_count);
void gate_fini(struct gate *gate);

/* One more arrival is needed to end `stage`. Before the run. */
void gate_await(struct gate *gate, unsigned stage);

/* One of those awaited by `stage` is there, or will never be. */
void gate_arrive(struct gate *gate, unsigned stage);

/* The stage that runs now; the number of stages when the last is over. */
unsigned gate_stage(struct gate *gate);

#endif
