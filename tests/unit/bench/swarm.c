/*
 * Loads on threads of their own: how many are needed under a limit of
 * descriptors, and that each has the whole limit to itself. The tests set the
 * limit of their own process.
 */
#include <criterion/criterion.h>

#include <fcntl.h>
#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include "bench/load/load.h"
#include "bench/load/swarm.h"
#include "bench/load/target.h"
#include "bench/report/progress.h"

#define LIMIT 64
#define LOADS 3
#define OPENS 40 /* of each load; two of them are more than the limit */

static void
set_limit(rlim_t limit)
{
	const struct rlimit both = {limit, limit};

	cr_assert_eq(setrlimit(RLIMIT_NOFILE, &both), 0);
}

Test(bench_swarm, loads_are_as_many_as_the_limit_needs)
{
	set_limit(1000);
	cr_expect_eq(swarm_loads_for(1), 1);
	cr_expect_eq(swarm_loads_for(900), 1);
	cr_expect_eq(swarm_loads_for(1000), 2);
	cr_expect_eq(swarm_loads_for(9000), 10);
	cr_expect_eq(swarm_loads_for(15000), 16);
	cr_expect_eq(swarm_loads_for(16000), 0, "more loads than there may be");
}

Test(bench_swarm, room_is_made_only_where_there_is_room)
{
	set_limit(1000);
	cr_expect_eq(swarm_reserve(1000, swarm_loads_for(1000)), 0);
	cr_expect_eq(swarm_reserve(1000, 1), -1);
	cr_expect_eq(swarm_reserve(1000000, 16), -1);
}

/* What a load of this test is: one that opens files, and closes them. */
struct opener {
	struct load load;
	int fds[OPENS];
	int opened;
	int closed;
};

static int ended;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void
open_many(struct load *load)
{
	struct opener *opener = list_entry(load, struct opener, load);

	for (int i = 0; i < OPENS; i++) {
		opener->fds[i] = open("/dev/null", O_RDONLY | O_CLOEXEC);
		opener->opened += opener->fds[i] >= 0;
	}
	load_stop(load);
}

static void
close_many(struct load *load)
{
	struct opener *opener = list_entry(load, struct opener, load);

	for (int i = 0; i < OPENS; i++)
		opener->closed += close(opener->fds[i]) == 0;
	pthread_mutex_lock(&lock);
	ended++;
	pthread_mutex_unlock(&lock);
}

Test(bench_swarm, each_thread_has_the_limit_to_itself)
{
	static const struct load_ops ops = {
	    .on_wake = open_many, .on_end = close_many};
	static struct opener openers[LOADS];
	struct load *loads[LOADS];
	struct target target;
	const struct load_options options = {.ops = &ops, .target = &target};
	struct progress progress;
	int before, after;

	set_limit(LIMIT);
	for (int i = 0; i < LOADS; i++) {
		loads[i] = &openers[i].load;
		load_init(loads[i], &options);
		load_wake(loads[i]);
	}
	before = dup(0);
	close(before);
	progress_init(&progress, "test", 1);
	swarm_run(loads, LOADS, &progress);
	after = dup(0);
	cr_expect_eq(before, after, "the threads' files are not ours");
	cr_expect_eq(ended, LOADS);
	for (int i = 0; i < LOADS; i++) {
		cr_expect_eq(openers[i].opened, OPENS);
		cr_expect_eq(openers[i].closed, OPENS);
		load_fini(loads[i]);
	}
}
