#include "bench/load/swarm.h"

#include <err.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "bench/load/load.h"
#include "bench/report/progress.h"
#include "reactor/check.h"

/* Standard streams, and a few for libc; each load has two of its own. */
#define DESCRIPTORS_SPARE 16
#define REDRAW_MS         100
#define NS_PER_MS         1000000
#define NS_PER_S          1000000000

struct swarm {
	pthread_mutex_t lock;
	pthread_cond_t one_ended;
	size_t running; /* under the lock */
};

struct swarm_thread {
	pthread_t thread;
	struct load *load;   /* borrowed */
	struct swarm *swarm; /* borrowed */
};

static void *
swarm_thread_main(void *argument)
{
	struct swarm_thread *self = argument;
	struct swarm *swarm = self->swarm;

	load_run(self->load);
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
	struct timespec until;
	bool running;

	check_zero(clock_gettime(CLOCK_MONOTONIC, &until));
	until.tv_nsec += REDRAW_MS * NS_PER_MS;
	if (until.tv_nsec >= NS_PER_S) {
		until.tv_nsec -= NS_PER_S;
		until.tv_sec++;
	}
	check_zero(pthread_mutex_lock(&swarm->lock));
	if (swarm->running > 0)
		pthread_cond_timedwait(&swarm->one_ended, &swarm->lock, &until);
	running = swarm->running > 0;
	check_zero(pthread_mutex_unlock(&swarm->lock));
	return running;
}

static uint64_t
swarm_done(struct load *const loads[], size_t count)
{
	uint64_t done = 0;

	for (size_t i = 0; i < count; i++)
		done += load_done(loads[i]);
	return done;
}

static void
swarm_init(struct swarm *swarm)
{
	pthread_condattr_t monotonic;

	*swarm = (struct swarm){0};
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
}

int
swarm_reserve(size_t bots, size_t loads)
{
	size_t needed = bots + 2 * loads + DESCRIPTORS_SPARE;
	struct rlimit limit;

	check_zero(getrlimit(RLIMIT_NOFILE, &limit));
	limit.rlim_cur = limit.rlim_max;
	if (limit.rlim_max != RLIM_INFINITY && needed > limit.rlim_max) {
		warnx("%zu clients need %zu descriptors; the limit is %ju "
		      "(ulimit -Hn)",
		    bots, needed, (uintmax_t)limit.rlim_max);
		return -1;
	}
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
	struct swarm swarm;

	if (!threads)
		err(EXIT_FAILURE, "memory for the threads");
	swarm_init(&swarm);
	swarm.running = count;
	for (size_t i = 0; i < count; i++) {
		threads[i].load = loads[i];
		threads[i].swarm = &swarm;
		errno = pthread_create(
		    &threads[i].thread, NULL, swarm_thread_main, &threads[i]);
		if (errno)
			err(EXIT_FAILURE, "a thread");
	}
	while (swarm_is_running(&swarm))
		progress_show(progress, swarm_done(loads, count));
	for (size_t i = 0; i < count; i++)
		check_zero(pthread_join(threads[i].thread, NULL));
	progress_end(progress);
	swarm_fini(&swarm);
	free(threads);
}
