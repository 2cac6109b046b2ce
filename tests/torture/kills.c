/*
 * The long kill test: two hundred servers killed while clients register,
 * twenty-five thousand accounts and more acknowledged, none lost. Its seed is
 * printed and taken from $THRONG_SEED; a run that fails leaves its folder. Both
 * engines run at once, so that each disturbs the other.
 */
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "tests/kit/crash_loop.h"
#include "tests/torture/torture.h"

enum {
	KILLS = 100,
	WRITERS = 32,
	NAMES = 12,
	ACKNOWLEDGED_MIN = 125 /* of each server, in the mean */
};

static void
kills(const char *engine)
{
	struct crash_loop loop = {
	    .engine = engine,
	    .kills = (int)torture_scaled(KILLS, KILLS),
	    .writers = WRITERS,
	    .names = NAMES,
	    .older = 36,
	    .compact_every = 3,
	    .keep_folder = true,
	    .seed = crash_loop_seed((unsigned)(time(NULL) + getpid())),
	};
	struct crash_result result = crash_loop_run(&loop);

	printf("kills engine=%s kills=%d acknowledged=%d lost=%d seed=%u "
	       "seconds=%.0f torn=%d compactions_killed=%d\n",
	    engine, result.kills, result.acknowledged, result.lost, loop.seed,
	    result.seconds, result.torn, result.compactions);
	fflush(stdout);
	cr_assert_eq(result.lost, 0);
	cr_assert_eq(result.kills, loop.kills);
	cr_assert_geq(result.acknowledged, loop.kills * ACKNOWLEDGED_MIN);
}

TORTURE(kills)
