/*
 * Worker pools without threads (reactor/worker.h): jobs wait until the world
 * has one of the pools work. They are linked in the place of
 * reactor/worker.c.
 */
#include "tests/sim/workers.h"

#include <stdlib.h>

#include "reactor/check.h"
#include "reactor/memory.h"
#include "reactor/worker.h"
#include "tests/sim/clock.h"

#define POOLS_MAX 4

struct worker_pool {
	struct worker_config config;
	struct list queue;
	unsigned queued;
	bool stopped;
	bool running; /* in `run`: its only thread is busy */
	struct worker_count count;
};

static struct worker_pool *pools[POOLS_MAX];

struct worker_pool *
worker_pool_new(const struct worker_config *config)
{
	struct worker_pool *pool = memory_new(sizeof(*pool));
	unsigned i = 0;

	pool->config = *config;
	list_init(&pool->queue);
	while (i < POOLS_MAX && pools[i])
		i++;
	check(i < POOLS_MAX);
	pools[i] = pool;
	return pool;
}

bool
worker_submit(struct worker_pool *pool, struct job *job)
{
	if (pool->stopped || pool->queued >= pool->config.queue_max) {
		pool->count.refused++;
		return false;
	}
	list_append(&pool->queue, &job->link);
	pool->queued++;
	return true;
}

struct worker_count
worker_pool_count(struct worker_pool *pool)
{
	struct worker_count count = pool->count;

	count.waiting = pool->queued;
	return count;
}

/* One batch, of any size that it may have. */
static void
pool_run(struct worker_pool *pool)
{
	unsigned most = pool->config.batch_max;
	struct list jobs;
	struct list *link;
	unsigned count;

	if (most > pool->queued)
		most = pool->queued;
	count = 1 + (unsigned)sim_below(most);
	list_init(&jobs);
	for (unsigned i = 0; i < count; i++)
		list_append(&jobs, list_take_first(&pool->queue));
	pool->queued -= count;
	if (pool->stopped) {
		while ((link = list_take_first(&jobs)) != NULL)
			pool->config.drop(list_entry(link, struct job, link),
			    pool->config.context);
		return;
	}
	pool->running = true;
	pool->config.run(&jobs, pool->config.context);
	pool->running = false;
	check(list_is_empty(&jobs));
	pool->count.done += count;
}

static bool
pool_is_ready(const struct worker_pool *pool)
{
	return pool && pool->queued > 0 && !pool->running;
}

bool
workers_are_ready(void)
{
	for (unsigned i = 0; i < POOLS_MAX; i++)
		if (pool_is_ready(pools[i]))
			return true;
	return false;
}

void
workers_run(void)
{
	unsigned first = (unsigned)sim_below(POOLS_MAX);

	for (unsigned i = 0; i < POOLS_MAX; i++) {
		struct worker_pool *pool = pools[(first + i) % POOLS_MAX];

		if (!pool_is_ready(pool))
			continue;
		pool_run(pool);
		return;
	}
}

void
worker_pool_stop(struct worker_pool *pool)
{
	pool->stopped = true;
}

void
worker_pool_free(struct worker_pool **pointer)
{
	struct worker_pool *pool = *pointer;

	while (pool->queued > 0)
		pool_run(pool);
	for (unsigned i = 0; i < POOLS_MAX; i++)
		if (pools[i] == pool)
			pools[i] = NULL;
	free(pool);
	*pointer = NULL;
}

bool
worker_pool_is_stopped(struct worker_pool *pool)
{
	return pool->stopped;
}
