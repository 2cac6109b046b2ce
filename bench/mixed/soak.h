/*
 * What `soak` tells while it runs: every interval a line of rates and of the
 * server's private memory and descriptors; and its verdict of these: that they
 * do not grow. Threads hand in their shares at each tick.
 */
#ifndef BENCH_MIXED_SOAK_H
#define BENCH_MIXED_SOAK_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "bench/report/histogram.h"

/* Less tell nothing of growth. */
#define SOAK_SAMPLES_MIN 8

struct mixed_server;

/* What was done since it was handed in last. */
struct soak_share {
	uint64_t messages;
	uint64_t deliveries;
	struct histogram latencies; /* of deliveries, in nanoseconds */
};

struct soak {
	pthread_mutex_t lock; /* for `sum` */
	struct soak_share sum;
	/* thread 0's alone, and the main thread's behind it */
	uint64_t interval_ns; /* 0: there is nothing to tell */
	uint64_t begin_ns;
	uint64_t told_ns;
	size_t count;
	size_t size;
	uint64_t *memory;      /* owned; `count` of `size` samples */
	uint64_t *descriptors; /* owned; the same */
};

/* Room for as many intervals as there are; `interval_ns` 0 for none. */
void soak_init(struct soak *soak, uint64_t interval_ns, uint64_t length_ns);
void soak_fini(struct soak *soak);

/* Adds a thread's share, which is empty then. Any thread. */
void soak_add(struct soak *soak, struct soak_share *share);

/* It begins; and from then on at each tick: tells `out`, if it is time to.
 * Thread 0. */
void soak_begin(struct soak *soak, uint64_t now_ns);
void soak_tick(
    struct soak *soak, struct mixed_server *server, uint64_t now_ns, FILE *out);

/*
 * Have samples grown, by more than `tolerance` per cent and `slack`? It
 * compares the medians of the second quarter and of the last, which are in
 * medians[] then. Of less than SOAK_SAMPLES_MIN it cannot tell, and the medians
 * are 0. Reorders the samples.
 */
bool soak_has_grown(uint64_t samples[], size_t count, unsigned tolerance,
    uint64_t slack, uint64_t medians[2]);

#endif
