/*
 * Worker pools: threads for what would block a reactor (password hashing, the
 * disk). A pool runs jobs in the order they came; how an answer travels back
 * is the job's own business (a mailbox). Lock and condition variable: a job
 * costs milliseconds, and the lock is held for a few instructions.
 */
#ifndef REACTOR_WORKER_H
#define REACTOR_WORKER_H

#include <stdbool.h>
#include <stdint.h>

#include "reactor/list.h"

struct worker_pool;

/* Embedded in what is to be done. */
struct job {
	struct list link; /* in the pool's queue, or in the list being run */
};

struct worker_config {
	const char *name;     /* threads are "throng/<name>" and a number */
	unsigned threads;     /* 1 or more */
	int nice;             /* added to the threads' priority; 0 to 19 */
	unsigned batch_max;   /* most jobs that one call of `run` gets */
	unsigned queue_max;   /* most jobs that wait */
	unsigned wait_ms_max; /* longest that a new job may have to wait, as far
			       * as the time of those before tells; 0: any */
	/* On a worker thread: does the jobs in the list, one at least. They
	 * are the handler's from then on. */
	void (*run)(struct list *jobs, void *context);
	/* On a worker thread, after worker_pool_stop: a job that was never
	 * begun and now never will be. */
	void (*drop)(struct job *job, void *context);
	/* On a worker thread that has had nothing to do for so long: it may
	 * give back what it keeps for the next job. NULL: nothing. */
	void (*rest)(void *context);
	unsigned rest_ms;
	void *context;
};

/* Starts the threads. NULL with errno set when that fails. */
struct worker_pool *worker_pool_new(const struct worker_config *config);

/*
 * Queues a job; it is the pool's until run or drop gets it. False, and the job
 * stays the caller's, when the queue is full, the wait would be too long, or
 * the pool is stopping. Any thread.
 */
bool worker_submit(struct worker_pool *pool, struct job *job);

/* What a pool has to do and has done. */
struct worker_count {
	uint64_t waiting; /* jobs that are queued */
	uint64_t refused; /* that were not taken */
	uint64_t done;    /* since the start */
	uint64_t busy_us; /* that those took, of all threads together */
};

/* Short lock, any thread. */
struct worker_count worker_pool_count(struct worker_pool *pool);

/*
 * No new job is taken; jobs under way end, those that wait are dropped, the
 * threads then end. Does not wait. Any thread.
 */
void worker_pool_stop(struct worker_pool *pool);

/* Short lock, any thread. */
bool worker_pool_is_stopped(struct worker_pool *pool);

/*
 * Waits for the threads to end, after running all that still waits unless the
 * pool was stopped before; frees the pool, nulls the pointer. One thread.
 */
void worker_pool_free(struct worker_pool **pool);

#endif
