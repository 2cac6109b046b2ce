/*
 * Worker pools. The jobs here tell the test what happens to them, and those
 * that have to take long wait at a gate that the test opens: the order of
 * events is the test's, not the clock's.
 */
#include <criterion/criterion.h>

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "reactor/worker.h"

#define JOBS       64
#define DEADLINE_S 60

enum fate {
	WAITING,
	RUN,
	DROPPED,
	TWICE,
};

struct task {
	struct job job;
	_Atomic int fate;
	bool at_gate; /* wait there while being run */
	unsigned ms;  /* take at least so long */
};

#define TASK_MS 20

static struct task tasks[JOBS];
static struct worker_config config;
static struct worker_pool *pool;
static sem_t begun; /* a call of run has begun */
static sem_t gate;
/* How `run` was called, under the lock. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned order[JOBS];
static unsigned order_len;
static unsigned batches[JOBS]; /* length of each */
static unsigned batch_count;

static void
settle(struct task *task, int fate)
{
	int was = WAITING;

	if (!atomic_compare_exchange_strong(&task->fate, &was, fate))
		atomic_store(&task->fate, TWICE);
}

static void
await(sem_t *sem)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += DEADLINE_S;
	while (sem_timedwait(sem, &until) < 0)
		if (errno != EINTR)
			abort();
}

static void
take(unsigned ms)
{
	struct timespec ts = {.tv_nsec = ms * 1000000L};

	nanosleep(&ts, NULL);
}

static void
run(struct list *jobs, void *context)
{
	struct list *link;
	unsigned batch = 0;

	(void)context;
	sem_post(&begun);
	while ((link = list_take_first(jobs)) != NULL) {
		struct task *task = list_entry(
		    list_entry(link, struct job, link), struct task, job);

		if (task->at_gate)
			await(&gate);
		if (task->ms > 0)
			take(task->ms);
		pthread_mutex_lock(&lock);
		order[order_len++] = (unsigned)(task - tasks);
		pthread_mutex_unlock(&lock);
		batch++;
		settle(task, RUN);
	}
	pthread_mutex_lock(&lock);
	batches[batch_count++] = batch;
	pthread_mutex_unlock(&lock);
}

static void
drop(struct job *job, void *context)
{
	(void)context;
	settle(list_entry(job, struct task, job), DROPPED);
}

static void
setup(void)
{
	for (int i = 0; i < JOBS; i++)
		list_init(&tasks[i].job.link);
	sem_init(&begun, 0, 0);
	sem_init(&gate, 0, 0);
	config = (struct worker_config){
	    .name = "test",
	    .threads = 1,
	    .batch_max = 1,
	    .queue_max = JOBS,
	    .run = run,
	    .drop = drop,
	};
}

TestSuite(reactor_worker, .init = setup, .timeout = 120);

static void
start(void)
{
	pool = worker_pool_new(&config);
	cr_assert_not_null(pool);
}

static bool
submit(int i)
{
	return worker_submit(pool, &tasks[i].job);
}

/* Task 0 keeps the (one) thread until the gate is opened. */
static void
start_busy(void)
{
	start();
	tasks[0].at_gate = true;
	cr_assert(submit(0));
	await(&begun);
}

static void
finish(void)
{
	worker_pool_free(&pool);
	cr_assert_null(pool);
}

static void
all_are(int from, int to, int fate)
{
	for (int i = from; i < to; i++)
		cr_assert_eq(
		    tasks[i].fate, fate, "task %d: %d", i, (int)tasks[i].fate);
}

Test(reactor_worker, pool_without_work_ends)
{
	config.threads = 3;
	start();
	finish();
	cr_assert_eq(batch_count, 0);
}

Test(reactor_worker, jobs_run_in_the_order_they_came)
{
	start_busy();
	for (int i = 1; i < JOBS; i++)
		cr_assert(submit(i));
	sem_post(&gate);
	finish();
	all_are(0, JOBS, RUN);
	for (unsigned i = 0; i < JOBS; i++)
		cr_assert_eq(order[i], i);
}

Test(reactor_worker, batches_are_full_but_no_larger)
{
	static const unsigned expected[] = {1, 5, 5, 2};

	config.batch_max = 5;
	start_busy();
	for (int i = 1; i <= 12; i++)
		cr_assert(submit(i));
	sem_post(&gate);
	finish();
	cr_assert_eq(batch_count, 4);
	cr_assert_arr_eq(batches, expected, sizeof(expected));
	for (unsigned i = 0; i <= 12; i++)
		cr_assert_eq(order[i], i);
}

Test(reactor_worker, full_queue_refuses_until_there_is_room)
{
	config.queue_max = 3;
	start_busy();
	for (int i = 1; i <= 3; i++)
		cr_assert(submit(i));
	cr_assert_not(submit(4));
	cr_assert_not(submit(4));
	tasks[1].at_gate = true;
	sem_post(&gate);
	await(&begun);
	cr_assert(submit(4), "task 1 has left the queue");
	cr_assert_not(submit(5));
	sem_post(&gate);
	finish();
	all_are(0, 5, RUN);
	all_are(5, 6, WAITING);
}

Test(reactor_worker, counts_tell_what_waits_and_what_was_done)
{
	struct worker_count count;

	config.queue_max = 3;
	start_busy();
	for (int i = 1; i <= 4; i++)
		submit(i);
	count = worker_pool_count(pool);
	cr_assert_eq(count.waiting, 3, "the one that runs does not wait");
	cr_assert_eq(count.refused, 1);
	cr_assert_eq(count.done, 0);
	tasks[1].at_gate = true;
	sem_post(&gate);
	await(&begun);
	count = worker_pool_count(pool);
	cr_assert_eq(count.waiting, 2);
	cr_assert_eq(count.done, 1);
	sem_post(&gate);
	finish();
}

Test(reactor_worker, refused_job_can_be_submitted_again)
{
	config.queue_max = 1;
	start_busy();
	cr_assert(submit(1));
	cr_assert_not(submit(2));
	cr_assert(list_is_empty(&tasks[2].job.link));
	sem_post(&gate);
	await(&begun);
	while (!submit(2))
		sched_yield();
	finish();
	all_are(0, 3, RUN);
}

/* Jobs of 20 ms at least, and 100 ms at most to wait: once the pool has seen
 * how long they take, a queue of that many more is refused. */
static void
learn(unsigned wait_ms_max)
{
	config.wait_ms_max = wait_ms_max;
	start();
	for (int i = 0; i < 16; i++) {
		tasks[i].ms = TASK_MS;
		while (!submit(i))
			sched_yield();
		await(&begun);
	}
	tasks[16].at_gate = true;
	while (!submit(16))
		sched_yield();
	await(&begun);
}

Test(reactor_worker, job_that_would_wait_too_long_is_refused)
{
	int taken = 17;

	learn(5 * TASK_MS);
	while (taken < JOBS && submit(taken))
		taken++;
	cr_assert_lt(taken, 17 + 8, "16 jobs of 20 ms were seen");
	cr_assert_gt(taken, 17, "an empty queue is no wait");
	sem_post(&gate);
	finish();
	all_are(0, taken, RUN);
	all_are(taken, JOBS, WAITING);
}

/* The scheduler may have held it up. Taken for an eighth of what is usual, it
 * would make the fourteen wait for longer than that; up to 15 ms the machine
 * may make of the job before. */
Test(reactor_worker, one_slow_job_is_no_reason_to_refuse)
{
	config.wait_ms_max = 15 * TASK_MS;
	start();
	tasks[1].ms = 10 * TASK_MS;
	tasks[2].at_gate = true;
	for (int i = 0; i < 3; i++) {
		while (!submit(i))
			sched_yield();
		await(&begun);
	}
	for (int i = 3; i < 17; i++)
		cr_assert(submit(i), "%d", i);
	sem_post(&gate);
	finish();
	all_are(0, 17, RUN);
}

Test(reactor_worker, without_a_longest_wait_only_the_queue_is_bounded)
{
	config.queue_max = JOBS - 17;
	learn(0);
	for (int i = 17; i < JOBS; i++)
		cr_assert(submit(i));
	sem_post(&gate);
	worker_pool_stop(pool);
	finish();
}

Test(reactor_worker, stop_drops_what_waits_and_ends_what_runs)
{
	start_busy();
	for (int i = 1; i < JOBS; i++)
		cr_assert(submit(i));
	worker_pool_stop(pool);
	cr_assert_not(worker_submit(pool, &tasks[0].job));
	sem_post(&gate);
	finish();
	all_are(0, 1, RUN);
	all_are(1, JOBS, DROPPED);
}

Test(reactor_worker, stop_twice_drops_once)
{
	start_busy();
	cr_assert(submit(1));
	worker_pool_stop(pool);
	worker_pool_stop(pool);
	sem_post(&gate);
	finish();
	all_are(1, 2, DROPPED);
}

Test(reactor_worker, free_runs_what_waits)
{
	start_busy();
	for (int i = 1; i < JOBS; i++)
		cr_assert(submit(i));
	sem_post(&gate);
	finish();
	all_are(0, JOBS, RUN);
}

Test(reactor_worker, threads_run_at_the_same_time)
{
	config.threads = 3;
	start();
	for (int i = 0; i < 3; i++) {
		tasks[i].at_gate = true;
		cr_assert(submit(i));
	}
	for (int i = 0; i < 3; i++)
		await(&begun);
	for (int i = 0; i < 3; i++)
		sem_post(&gate);
	finish();
	all_are(0, 3, RUN);
}

/* --- many submitters, and a stop in the midst of it --- */

#define SUBMITTERS 4
#define EACH       2000

static struct task crowd[SUBMITTERS][EACH];
static bool taken[SUBMITTERS][EACH];
static atomic_uint submitted;

static void
run_crowd(struct list *jobs, void *context)
{
	struct list *link;

	(void)context;
	while ((link = list_take_first(jobs)) != NULL)
		settle(list_entry(list_entry(link, struct job, link),
			   struct task, job),
		    RUN);
}

static void *
submit_all(void *argument)
{
	unsigned s = *(unsigned *)argument;

	for (int i = 0; i < EACH; i++) {
		taken[s][i] = worker_submit(pool, &crowd[s][i].job);
		atomic_fetch_add(&submitted, 1);
	}
	return NULL;
}

/* Every job has one fate: refused, or run, or dropped. */
static void
each_has_one_fate(bool may_be_dropped)
{
	for (int s = 0; s < SUBMITTERS; s++) {
		for (int i = 0; i < EACH; i++) {
			int fate = crowd[s][i].fate;

			if (!taken[s][i])
				cr_assert_eq(fate, WAITING);
			else if (fate != RUN)
				cr_assert(may_be_dropped && fate == DROPPED);
		}
	}
}

static void
crowd_submits(bool stop)
{
	pthread_t threads[SUBMITTERS];
	unsigned numbers[SUBMITTERS];

	config.threads = 3;
	config.batch_max = 7;
	config.queue_max = 500;
	config.run = run_crowd;
	start();
	for (unsigned s = 0; s < SUBMITTERS; s++) {
		numbers[s] = s;
		cr_assert_eq(
		    pthread_create(&threads[s], NULL, submit_all, &numbers[s]),
		    0);
	}
	while (stop && atomic_load(&submitted) < SUBMITTERS * EACH / 3)
		sched_yield();
	if (stop)
		worker_pool_stop(pool);
	for (int s = 0; s < SUBMITTERS; s++)
		pthread_join(threads[s], NULL);
	finish();
	each_has_one_fate(stop);
}

Test(reactor_worker, crowd_of_submitters_gets_each_job_run_once)
{
	crowd_submits(false);
}

Test(reactor_worker, stop_amid_a_crowd_gives_each_job_one_fate)
{
	crowd_submits(true);
}

static sem_t rested;

static void
rest(void *context)
{
	cr_assert_eq(context, config.context);
	sem_post(&rested);
}

Test(reactor_worker, thread_without_work_for_a_while_rests_once)
{
	sem_init(&rested, 0, 0);
	config.rest = rest;
	config.rest_ms = 1;
	start();
	await(&rested);
	for (int i = 0; i < 3; i++) {
		cr_assert(submit(i));
		await(&rested);
		cr_assert_eq(tasks[i].fate, RUN);
	}
	finish();
	cr_assert_eq(sem_trywait(&rested), -1, "nothing happened in between");
}

Test(reactor_worker, thread_with_work_does_not_rest)
{
	sem_init(&rested, 0, 0);
	config.rest = rest;
	config.rest_ms = 1000000;
	start_busy();
	for (int i = 1; i < JOBS; i++)
		cr_assert(submit(i));
	sem_post(&gate);
	finish();
	all_are(0, JOBS, RUN);
	cr_assert_eq(sem_trywait(&rested), -1);
}
