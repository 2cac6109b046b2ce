/*
 * throng-sim: the server in a simulated world, run after run. A run is drawn
 * from its seed and is the same each time; one that fails tells how to see it
 * again. See tests/README.md.
 */
#include <argp.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "auth/auth.h"
#include "reactor/check.h"
#include "reactor/log.h"
#include "tests/sim/clock.h"
#include "tests/sim/crowd.h"
#include "tests/sim/operator.h"

#define JOBS_MAX    64
#define SEED_S_MAX  60 /* longer than that, a run hangs */
#define TWICE_EVERY 50 /* so many runs are repeated, and must be the same */

struct options {
	uint64_t first;
	uint64_t count;
	unsigned jobs;
	bool trace;
	const char *program;
};

/* Shared by the processes: which seed each is at. */
struct progress {
	uint64_t seed[JOBS_MAX];
};

static struct world_setup
any_setup(bool broken)
{
	bool tight = sim_chance(40);

	uint32_t network_max = sim_chance(20) ? 2 : 0;

	return (struct world_setup){
	    .curt = tight && sim_chance(50),
	    .reactors = 1 + (unsigned)sim_below(WORLD_REACTORS_MAX),
	    .conns_max = sim_chance(20) ? 4 : 1000,
	    .clients_max = sim_chance(10) ? 6 : 1000,
	    .network_max = network_max,
	    .stall_ms = 5000,
	    .hub =
		{
		    .out_limit =
			tight ? 4096 + (uint32_t)sim_below(8192) : 1024 * 1024,
		    .out_total = tight && sim_chance(30) ? 65536 : 1u << 26,
		    .login_timeout_ms = sim_chance(50) ? 10000 : 60000,
		    .unterminated_ms = sim_chance(50) ? 100 : 0,
		    .web = sim_chance(80),
		    .web_ms = 30000,
		    .password_min = 8,
		    .history = 100000,
		    .history_total = 64 * 1024 * 1024,
		    .rate_for_all = true,
		    .rate = {.count = sim_chance(15) ? 20 : 0, .burst = 40},
		},
	    .habits =
		{
		    .completes = sim_chance(50),
		    .late_percent = (unsigned)sim_below(60),
		    .network_max = network_max,
		    .fail_percent = broken ? 2 : 0,
		},
	};
}

/* Little time, mostly; at times so much that something is over. */
static void
pass_time(struct world *world)
{
	if (sim_chance(3))
		world_pass(world, 1000000 * (1 + sim_below(70)));
	else if (sim_chance(20))
		world_pass(world, 1000 * sim_below(300));
	else
		sim_set_now_us(sim_now_us() + sim_below(5000));
}

static void
fail_disk(struct world *world)
{
	world->disk->fail_writes = sim_chance(50);
	world->disk->fail_syncs = sim_chance(10);
}

/* A step of anybody's. */
static void
live_on(struct world *world, struct crowd *crowd)
{
	unsigned chance = (unsigned)sim_below(100);

	if (chance < 50)
		world_step(world);
	else if (chance < 92)
		crowd_act(crowd);
	else if (chance < 94)
		operator_act(crowd);
	else if (chance < 95 && crowd->broken)
		fail_disk(world);
	else
		pass_time(world);
}

/* One life of a server, to an end that chance chooses. */
static void
live(struct world *world, struct crowd *crowd)
{
	struct world_setup setup = any_setup(crowd->broken);
	bool crashes = sim_chance(40);
	bool power = sim_chance(70);

	world_trace("a server starts, of %u reactors", setup.reactors);
	world->disk->fail_writes = world->disk->fail_syncs = false;
	world_start(world, &setup);
	crowd_check_accounts(crowd);
	crowd_begin_life(crowd);
	if (crashes && power)
		world->power_fails_in = (unsigned)sim_below(120);
	for (uint64_t i = 200 + sim_below(600); i > 0 && !world->after_power;
	     i--)
		live_on(world, crowd);
	if (crashes) {
		world_trace("the server is killed");
		crowd_lose_server(crowd);
		world_crash(world, power);
		return;
	}
	world->disk->fail_writes = world->disk->fail_syncs = false;
	if (sim_chance(80)) {
		crowd_settle(crowd);
		crowd_audit(crowd);
	}
	world_trace("the server stops");
	crowd_say_goodbye(crowd);
}

static void
run(uint64_t seed)
{
	struct world *world = aligned_alloc(64, sizeof(*world));
	struct crowd *crowd = malloc(sizeof(*crowd));
	struct world_setup setup = {.reactors = 1};

	check(world && crowd);
	sim_seed(seed);
	world_init(world);
	crowd_init(crowd, world);
	crowd->broken = sim_chance(15);
	world->restless = sim_chance(30);
	for (uint64_t lives = 1 + sim_below(3); lives > 0; lives--)
		live(world, crowd);
	/* Once more, for its accounts. */
	setup = any_setup(false);
	world->disk->fail_writes = world->disk->fail_syncs = false;
	world_start(world, &setup);
	crowd_check_accounts(crowd);
	world_stop(world);
	world_settle(world);
	world_join(world);
	crowd_fini(crowd);
	world_fini(world);
	free(crowd);
	free(world);
}

static void
run_seed(uint64_t seed, bool twice)
{
	uint64_t notes;

	alarm(SEED_S_MAX);
	run(seed);
	notes = sim_notes();
	if (!twice)
		return;
	run(seed);
	if (sim_notes() != notes)
		world_fail("the same seed makes another run");
}

/* Every so-many-th seed is this process's. */
static void
run_share(
    const struct options *options, unsigned job, struct progress *progress)
{
	for (uint64_t i = job; i < options->count; i += options->jobs) {
		uint64_t seed = options->first + i;

		progress->seed[job] = seed;
		run_seed(seed, i % TWICE_EVERY == 0 && !options->trace);
	}
	/* Leaks are found here. */
	exit(0);
}

static void
tell_failure(const struct options *options, uint64_t seed, int status)
{
	char how[64];

	if (WIFSIGNALED(status))
		snprintf(how, sizeof(how), "%s",
		    WTERMSIG(status) == SIGALRM ? "hangs"
						: strsignal(WTERMSIG(status)));
	else
		snprintf(how, sizeof(how), "status %d", WEXITSTATUS(status));
	fprintf(stderr,
	    "throng-sim: seed %llu fails (%s); to see it again:\n"
	    "    %s --seed %llu --trace\n",
	    (unsigned long long)seed, how, options->program,
	    (unsigned long long)seed);
}

static int
run_all(const struct options *options)
{
	struct progress *progress = mmap(NULL, sizeof(*progress),
	    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pids[JOBS_MAX];
	int failures = 0;

	check(progress != MAP_FAILED);
	for (unsigned job = 0; job < options->jobs; job++) {
		pids[job] = fork();
		check(pids[job] >= 0);
		if (pids[job] == 0)
			run_share(options, job, progress);
	}
	for (unsigned job = 0; job < options->jobs; job++) {
		int status;

		check(waitpid(pids[job], &status, 0) == pids[job]);
		if (status == 0)
			continue;
		failures++;
		tell_failure(options, progress->seed[job], status);
	}
	if (failures == 0)
		printf("throng-sim: %llu runs, from seed %llu: all as "
		       "promised\n",
		    (unsigned long long)options->count,
		    (unsigned long long)options->first);
	return failures ? 1 : 0;
}

static uint64_t
number(const char *text, struct argp_state *state, uint64_t max)
{
	char *end;
	unsigned long long value;

	errno = 0;
	value = strtoull(text, &end, 10);
	if (errno || end == text || *end || value > max)
		argp_error(state, "`%s' is no number up to %llu", text,
		    (unsigned long long)max);
	return value;
}

static error_t
parse_option(int key, char *text, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case 's':
		options->first = number(text, state, UINT64_MAX / 2);
		options->count = 1;
		options->jobs = 1;
		return 0;
	case 'f':
		options->first = number(text, state, UINT64_MAX / 2);
		return 0;
	case 'n':
		options->count = number(text, state, UINT64_MAX / 2);
		return 0;
	case 'j':
		options->jobs = (unsigned)number(text, state, JOBS_MAX);
		return 0;
	case 't':
		options->trace = true;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

int
main(int argc, char *argv[])
{
	static const struct argp_option rows[] = {
	    {"seed", 's', "N", 0, "one run, of this seed", 0},
	    {"first", 'f', "N", 0, "the first seed (default: 1)", 0},
	    {"runs", 'n', "COUNT", 0, "how many (default: 2000)", 0},
	    {"jobs", 'j', "COUNT", 0,
		"processes at once (default: one for each processor)", 0},
	    {"trace", 't', NULL, 0, "tell all that happens", 0},
	    {0},
	};
	static const struct argp argp = {rows, parse_option, NULL,
	    "The server in a simulated world: each seed is a run, the same "
	    "each time.",
	    NULL, NULL, NULL};
	struct options options = {
	    .first = 1,
	    .count = 2000,
	    .jobs = (unsigned)sysconf(_SC_NPROCESSORS_ONLN),
	    .program = argv[0],
	};

	argp_parse(&argp, argc, argv, 0, NULL, &options);
	if (options.jobs == 0 || options.jobs > JOBS_MAX)
		options.jobs = 1;
	log_set_level(LOG_LEVEL_ERROR);
	world_set_tracing(options.trace);
	return run_all(&options);
}
