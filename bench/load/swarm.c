#include "bench/load/swarm.h"

#include <err.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "bench/clock.h"
#include "bench/load/load.h"
#include "bench/report/progress.h"
#include "reactor/check.h"

/* Standard streams, and a few for libc and /proc. */
#define DESCRIPTORS_SPARE 16
#define DESCRIPTORS_LOAD  2 /* of each load, and in all tables */
#define REDRAW_MS         100

struct swarm {
	pthread_mutex_t lock;
	pthread_cond_t one_ended;
	size_t running; /* under the lock */
	pthread_barrier_t all_over;
};

struct swarm_thread {
	pthread_t thread;
	struct load *load;   /* borrowed */
	struct swarm *swarm; /* borrowed */
};

/*
 * From here on the thread's descriptors are its own. unshare(CLONE_FILES) would
 * do the same, but containers tend to refuse all of unshare(). Where this is
 * refused, too, the table stays shared: what it has no room for cannot connect,
 * and that is told. (ThreadSanitizer knows of one table only, and takes equal
 * numbers of two threads for a race.)
 */
static void
thread_own_table(void)
{
	(void)close_range(UINT_MAX, UINT_MAX, CLOSE_RANGE_UNSHARE);
}

/* Nobody closes anything before all have seen the end of the last stage: what
 * is measured ends there. */
static void
thread_run(struct load *load, pthread_barrier_t *all_over)
{
	int waited;

	thread_own_table();
	load_run(load);
	waited = pthread_barrier_wait(all_over);
	check(waited == 0 || waited == PTHREAD_BARRIER_SERIAL_THREAD);
	if (load->ops->on_end)
		load->ops->on_end(load);
}

static void *
swarm_thread_main(void *argument)
{
	struct swarm_thread *self = argument;
	struct swarm *swarm = self->swarm;

	thread_run(self->load, &swarm->all_over);
	check_zero(pthread_mutex_lock(&swarm->lock));
	swarm->running--;
	check_zero(pthread_cond_signal(&swarm->one_ended));
	check_zero(pthread_mutex_unlock(&swarm->lock));
	return NULL;
}

/* True while a thread runs; waits for an end, but not for long. */
static bool
swarm_is_running(struct swarm *swarm)
{
	const uint64_t at = clock_ns() + REDRAW_MS * NS_PER_MS;
	const struct timespec until = {
	    (time_t)(at / NS_PER_S), (long)(at % NS_PER_S)};
	bool running;

	check_zero(pthread_mutex_lock(&swarm->lock));
	if (swarm->running > 0)
		pthread_cond_timedwait(&swarm->one_ended, &swarm->lock, &until);
	running = swarm->running > 0;
	check_zero(pthread_mutex_unlock(&swarm->lock));
	return running;
}

/* All loads together; they are in one stage, but for a moment. */
static struct progress_state
swarm_progress(struct load *const loads[], size_t count)
{
	struct progress_state all = load_progress(loads[0]);
	struct progress_state one;

	for (size_t i = 1; i < count; i++) {
		one = load_progress(loads[i]);
		progress_add(&all, &one);
	}
	return all;
}

static void
swarm_start_thread(struct swarm_thread *thread)
{
	errno =
	    pthread_create(&thread->thread, NULL, swarm_thread_main, thread);
	if (errno)
		err(EXIT_FAILURE, "a thread");
}

static void
swarm_init(struct swarm *swarm, size_t count)
{
	pthread_condattr_t monotonic;

	*swarm = (struct swarm){.running = count};
	check_zero(
	    pthread_barrier_init(&swarm->all_over, NULL, (unsigned)count));
	check_zero(pthread_mutex_init(&swarm->lock, NULL));
	check_zero(pthread_condattr_init(&monotonic));
	check_zero(pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC));
	check_zero(pthread_cond_init(&swarm->one_ended, &monotonic));
	check_zero(pthread_condattr_destroy(&monotonic));
}

static void
swarm_fini(struct swarm *swarm)
{
	check_zero(pthread_cond_destroy(&swarm->one_ended));
	check_zero(pthread_mutex_destroy(&swarm->lock));
	check_zero(pthread_barrier_destroy(&swarm->all_over));
}

/* What the fullest of the tables holds. */
static size_t
descriptors_for(size_t bots, size_t loads)
{
	return (bots + loads - 1) / loads + DESCRIPTORS_LOAD * loads +
	       DESCRIPTORS_SPARE;
}

/* RLIM_INFINITY is more than any number of descriptors. */
static bool
is_within(size_t bots, size_t loads, const struct rlimit *limit)
{
	return descriptors_for(bots, loads) <= limit->rlim_max;
}

static void
tell_what_fits(size_t bots, size_t loads, const struct rlimit *limit)
{
	size_t enough = swarm_loads_for(bots);
	char words[64] = "";

	if (enough)
		snprintf(words, sizeof words,
		    "; %zu threads are enough (--threads)", enough);
	warnx("%zu clients in %zu threads need %zu descriptors each; the limit "
	      "is %ju (ulimit -Hn)%s",
	    bots, loads, descriptors_for(bots, loads),
	    (uintmax_t)limit->rlim_max, words);
}

size_t
swarm_loads_for(size_t bots)
{
	size_t most = bots < SWARM_LOADS_MAX ? bots : SWARM_LOADS_MAX;
	struct rlimit limit;
	size_t loads = 1;

	check(bots > 0);
	check_zero(getrlimit(RLIMIT_NOFILE, &limit));
	while (loads <= most && !is_within(bots, loads, &limit))
		loads++;
	return loads <= most ? loads : 0;
}

int
swarm_reserve(size_t bots, size_t loads)
{
	struct rlimit limit;

	check_zero(getrlimit(RLIMIT_NOFILE, &limit));
	if (!is_within(bots, loads, &limit)) {
		tell_what_fits(bots, loads, &limit);
		return -1;
	}
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0) {
		warn("raising the limit of descriptors");
		return -1;
	}
	return 0;
}

void
swarm_run(struct load *const loads[], size_t count, struct progress *progress)
{
	struct swarm_thread *threads = calloc(count, sizeof *threads);
	struct progress_state state;
	sigset_t all, before;
	struct swarm swarm;

	if (!threads)
		err(EXIT_FAILURE, "memory for the threads");
	swarm_init(&swarm, count);
	/* Signals are for this thread, which shows the progress. */
	check_zero(sigfillset(&all));
	check_zero(pthread_sigmask(SIG_SETMASK, &all, &before));
	for (size_t i = 0; i < count; i++) {
		threads[i].load = loads[i];
		threads[i].swarm = &swarm;
		swarm_start_thread(&threads[i]);
	}
	check_zero(pthread_sigmask(SIG_SETMASK, &before, NULL));
	while (swarm_is_running(&swarm)) {
		state = swarm_progress(loads, count);
		progress_show(progress, &state);
	}
	for (size_t i = 0; i < count; i++)
		check_zero(pthread_join(threads[i].thread, NULL));
	progress_end(progress);
	swarm_fini(&swarm);
	free(threads);
}
