/* Worker pools. */
#include "reactor/worker.h"

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "reactor/check.h"
#include "reactor/clock.h"
#include "reactor/memory.h"

#define OUTLIER_TIMES 4    /* what is usual */
#define OUTLIER_US    1000 /* and a little, where that is next to nothing */

enum pool_state {
	POOL_OPEN,
	POOL_ENDING,  /* takes nothing new, runs what waits */
	POOL_STOPPED, /* takes nothing new, drops what waits */
};

struct worker_pool {
	struct worker_config config;
	pthread_t *threads; /* owned */
	unsigned started;
	/* Under the lock. */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct list queue;
	unsigned queued;
	unsigned job_us;           /* what a job takes, a moving average */
	struct worker_count count; /* but for `waiting` */
	enum pool_state state;
	unsigned named; /* threads that have a name */
};

static struct timespec
in_ms(unsigned ms)
{
	uint64_t at_ms = clock_monotonic_ms() + ms;

	return (struct timespec){
	    .tv_sec = (time_t)(at_ms / 1000),
	    .tv_nsec = (long)(at_ms % 1000) * 1000000,
	};
}

/* Under the lock: waits for a job or the end. */
static void
pool_wait(struct worker_pool *pool)
{
	bool rested = pool->config.rest == NULL;
	struct timespec until = in_ms(pool->config.rest_ms);

	while (pool->queued == 0 && pool->state == POOL_OPEN) {
		int error = rested
				? pthread_cond_wait(&pool->changed, &pool->lock)
				: pthread_cond_timedwait(
				      &pool->changed, &pool->lock, &until);

		check(error == 0 || error == ETIMEDOUT);
		if (error != ETIMEDOUT)
			continue;
		check_zero(pthread_mutex_unlock(&pool->lock));
		pool->config.rest(pool->config.context);
		check_zero(pthread_mutex_lock(&pool->lock));
		rested = true;
	}
}

/* Moves up to batch_max jobs over, waits for one, and returns how many. 0: time
 * to end. */
static unsigned
pool_take(struct worker_pool *pool, struct list *jobs)
{
	unsigned taken = 0;
	struct list *job;

	check_zero(pthread_mutex_lock(&pool->lock));
	pool_wait(pool);
	while (taken < pool->config.batch_max &&
	       (job = list_take_first(&pool->queue))) {
		list_append(jobs, job);
		taken++;
	}
	pool->queued -= taken;
	if (taken > 0 && pool->state == POOL_STOPPED) {
		list_move_all(jobs, &pool->queue);
		pool->queued = 0;
	}
	check_zero(pthread_mutex_unlock(&pool->lock));
	return taken;
}

/* How long a job takes, when one more has taken so long. The first one is all
 * that is known; later one that the scheduler has held up tells little of the
 * next: it counts for a few usual ones. */
static unsigned
learn(unsigned usual_us, uint64_t took_us)
{
	uint64_t most_us = usual_us * (uint64_t)OUTLIER_TIMES + OUTLIER_US;

	if (usual_us == 0)
		return (unsigned)took_us;
	if (took_us > most_us)
		took_us = most_us;
	return (unsigned)((usual_us * (uint64_t)7 + took_us) / 8);
}

/* Runs the jobs and learns from it how long one takes. */
static void
pool_run(struct worker_pool *pool, struct list *jobs, unsigned count)
{
	uint64_t start = clock_monotonic_us();
	uint64_t took;

	pool->config.run(jobs, pool->config.context);
	took = clock_monotonic_us() - start;
	check_zero(pthread_mutex_lock(&pool->lock));
	pool->job_us = learn(pool->job_us, took);
	pool->count.done += count;
	pool->count.busy_us += took;
	check_zero(pthread_mutex_unlock(&pool->lock));
}

/* Under the lock: can a job be done in time if it is queued now? */
static bool
pool_has_room(const struct worker_pool *pool)
{
	uint64_t wait_us =
	    (uint64_t)pool->queued * pool->job_us / pool->config.threads;

	if (pool->queued >= pool->config.queue_max)
		return false;
	return pool->config.wait_ms_max == 0 ||
	       wait_us <= (uint64_t)pool->config.wait_ms_max * 1000;
}

bool
worker_pool_is_stopped(struct worker_pool *pool)
{
	bool stopped;

	check_zero(pthread_mutex_lock(&pool->lock));
	stopped = pool->state == POOL_STOPPED;
	check_zero(pthread_mutex_unlock(&pool->lock));
	return stopped;
}

static void
pool_drop(struct worker_pool *pool, struct list *jobs)
{
	struct list *link;

	while ((link = list_take_first(jobs)) != NULL)
		pool->config.drop(
		    list_entry(link, struct job, link), pool->config.context);
}

/* A thread names itself: to name another one is to write in /proc. */
static void
worker_take_name(struct worker_pool *pool)
{
	char name[40];
	unsigned number;

	check_zero(pthread_mutex_lock(&pool->lock));
	number = pool->named++;
	check_zero(pthread_mutex_unlock(&pool->lock));
	snprintf(name, sizeof(name), "throng/%s%u", pool->config.name, number);
	name[15] = '\0'; /* the kernel takes no more */
	pthread_setname_np(pthread_self(), name);
}

static void *
worker_main(void *argument)
{
	struct worker_pool *pool = argument;
	struct list jobs;
	unsigned count;

	worker_take_name(pool);
	/* Linux: a thread's own priority, so that a flood of logins does not
	 * take the processor from the reactors. */
	if (pool->config.nice)
		setpriority(PRIO_PROCESS, (id_t)gettid(), pool->config.nice);
	list_init(&jobs);
	while ((count = pool_take(pool, &jobs)) > 0) {
		if (worker_pool_is_stopped(pool))
			pool_drop(pool, &jobs);
		else
			pool_run(pool, &jobs, count);
		check(list_is_empty(&jobs));
	}
	return NULL;
}

static void
pool_set_state(struct worker_pool *pool, enum pool_state state)
{
	check_zero(pthread_mutex_lock(&pool->lock));
	if (pool->state < state)
		pool->state = state;
	check_zero(pthread_cond_broadcast(&pool->changed));
	check_zero(pthread_mutex_unlock(&pool->lock));
}

struct worker_pool *
worker_pool_new(const struct worker_config *config)
{
	struct worker_pool *pool = memory_new(sizeof(*pool));
	pthread_condattr_t clock;
	int error = 0;

	check(config->threads > 0);
	check(config->batch_max > 0);
	pool->config = *config;
	pool->threads = memory_new(config->threads * sizeof(*pool->threads));
	check_zero(pthread_mutex_init(&pool->lock, NULL));
	check_zero(pthread_condattr_init(&clock));
	check_zero(pthread_condattr_setclock(&clock, CLOCK_MONOTONIC));
	check_zero(pthread_cond_init(&pool->changed, &clock));
	check_zero(pthread_condattr_destroy(&clock));
	list_init(&pool->queue);
	while (pool->started < config->threads && !error) {
		error = pthread_create(
		    &pool->threads[pool->started], NULL, worker_main, pool);
		pool->started += !error;
	}
	if (error) {
		worker_pool_free(&pool);
		errno = error;
	}
	return pool;
}

bool
worker_submit(struct worker_pool *pool, struct job *job)
{
	bool taken;

	check_zero(pthread_mutex_lock(&pool->lock));
	taken = pool->state == POOL_OPEN && pool_has_room(pool);
	if (taken) {
		list_append(&pool->queue, &job->link);
		pool->queued++;
		check_zero(pthread_cond_signal(&pool->changed));
	}
	pool->count.refused += !taken;
	check_zero(pthread_mutex_unlock(&pool->lock));
	return taken;
}

struct worker_count
worker_pool_count(struct worker_pool *pool)
{
	struct worker_count count;

	check_zero(pthread_mutex_lock(&pool->lock));
	count = pool->count;
	count.waiting = pool->queued;
	check_zero(pthread_mutex_unlock(&pool->lock));
	return count;
}

void
worker_pool_stop(struct worker_pool *pool)
{
	pool_set_state(pool, POOL_STOPPED);
}

void
worker_pool_free(struct worker_pool **pointer)
{
	struct worker_pool *pool = *pointer;

	pool_set_state(pool, POOL_ENDING);
	for (unsigned i = 0; i < pool->started; i++)
		check_zero(pthread_join(pool->threads[i], NULL));
	check(list_is_empty(&pool->queue));
	check_zero(pthread_mutex_destroy(&pool->lock));
	check_zero(pthread_cond_destroy(&pool->changed));
	free(pool->threads);
	free(pool);
	*pointer = NULL;
}
