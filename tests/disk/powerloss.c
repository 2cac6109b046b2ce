/*
 * Power loss: a store works on a simulated disk, and before each call that
 * changes the disk the power fails, several times over; now and then only the
 * process is killed, and another goes on with what the kernel remembers.
 * Whatever sectors and names are lost, the store must open again and hold all
 * that was acknowledged and, of the batch at hand, the first so many changes,
 * nothing else.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/kit/simdisk.h"
#include "tests/unit/auth/kit.h"

#define PATH        "/somewhere/accounts"
#define PENDING_MAX 24

#define STATES 10000

/* A store's life: what it has promised, and how often it has died. */
struct life {
	struct kit_model acknowledged;
	struct kit_change pending[PENDING_MAX]; /* the batch at hand */
	size_t pending_count;
	uint64_t seed;
	unsigned deaths_a_change; /* of the disk */
	unsigned states;          /* seen so far */
	unsigned torn;            /* of them with a torn end */
};

static void recover(struct simdisk *disk, struct life *life, bool die_again);

/* The power fails now: does the disk that is left hold what it should? */
static void
die(struct simdisk *disk)
{
	struct life *life = disk->test;
	unsigned i;

	for (i = 0; i < life->deaths_a_change; i++) {
		struct simdisk *after = simdisk_crash(disk, &life->seed);

		life->states++;
		recover(after, life, simdisk_random(&life->seed) % 16 == 0);
		simdisk_free(&after);
	}
}

/* The same, while a disk is being recovered. */
static void
die_once(struct simdisk *disk)
{
	struct life *life = disk->test;
	struct simdisk *after = simdisk_crash(disk, &life->seed);

	life->states++;
	recover(after, life, false);
	simdisk_free(&after);
}

/* The acknowledged accounts and the first so many pending changes: *model. */
static void
must_hold(const struct life *life, struct auth *auth, struct kit_model *model)
{
	size_t i;

	*model = life->acknowledged;
	for (i = 0; !kit_model_equals(model, auth); i++) {
		cr_assert(i < life->pending_count,
		    "state %u holds %zu accounts, acknowledged were %zu",
		    life->states, auth_count(auth), life->acknowledged.count);
		kit_model_apply(model, &life->pending[i]);
	}
}

static struct auth *
open_after(struct simdisk *disk, struct life *life)
{
	char error[AUTH_ERROR_BYTES];
	struct auth *auth = kit_open_bare(PATH, &disk->io, error);

	cr_assert_not_null(auth, "state %u: %s", life->states, error);
	life->torn += error[0] != '\0';
	return auth;
}

/* It takes one more account, under a uid that nobody has had. */
static void
go_on(struct auth *auth, struct life *life)
{
	uint64_t uid_max = life->acknowledged.uid_max;

	life->pending[0] = (struct kit_change){.kind = AUTH_REGISTER};
	snprintf(life->pending[0].name, sizeof(life->pending[0].name),
	    "After%u", life->states);
	life->pending_count = 1;
	cr_assert_eq(kit_commit(auth, life->pending, 1), AUTH_OK);
	cr_assert_gt(life->pending[0].uid, uid_max);
	kit_model_apply(&life->acknowledged, &life->pending[0]);
	life->pending_count = 0;
}

/*
 * The disk after a power loss opens, holds what it should, goes on, and is
 * whole then. With `die_again` the power also fails during all that.
 */
static void
recover(struct simdisk *disk, struct life *life, bool die_again)
{
	const struct auth_options options = {.path = PATH, .io = &disk->io};
	struct life *inner = malloc(sizeof(*inner));
	char error[AUTH_ERROR_BYTES];
	struct auth_report report;
	struct auth *auth;

	cr_assert_not_null(inner);
	*inner = *life;
	if (die_again) {
		disk->test = inner;
		disk->before = die_once;
	}
	auth = open_after(disk, inner);
	must_hold(inner, auth, &inner->acknowledged);
	go_on(auth, inner);
	cr_assert(kit_model_equals(&inner->acknowledged, auth));
	auth_close(&auth);
	disk->before = NULL;
	cr_assert_eq(auth_check(&options, &report, error), 0, "%s", error);
	cr_assert_eq(report.torn_bytes, 0);
	cr_assert_eq(report.accounts, inner->acknowledged.count);
	life->states = inner->states;
	life->torn = inner->torn;
	life->seed = inner->seed;
	free(inner);
}

/* The process is dead; the next one finds what the kernel remembers. */
static void
start_again(struct simdisk *disk, struct auth **auth, struct life *life)
{
	auth_close(auth);
	simdisk_revive(disk);
	*auth = open_after(disk, life);
	must_hold(life, *auth, &life->acknowledged);
	kit_model_learn(&life->acknowledged, *auth);
	life->pending_count = 0;
}

static void
change_something(struct simdisk *disk, struct auth **auth, struct life *life)
{
	size_t max = 1 + simdisk_random(&life->seed) % PENDING_MAX, i;

	life->pending_count = kit_model_changes(
	    &life->acknowledged, &life->seed, life->pending, max);
	if (!life->pending_count)
		return;
	if (kit_commit(*auth, life->pending, life->pending_count) != AUTH_OK) {
		cr_assert(disk->killed);
		return;
	}
	for (i = 0; i < life->pending_count; i++)
		kit_model_apply(&life->acknowledged, &life->pending[i]);
	life->pending_count = 0;
}

/*
 * A batch fails: its sync, and what that should have synced is lost for good,
 * or already its write.
 */
static void
fail(struct simdisk *disk, struct auth *auth, struct life *life, bool *how)
{
	char error[AUTH_ERROR_BYTES];

	life->pending_count = kit_model_changes(
	    &life->acknowledged, &life->seed, life->pending, PENDING_MAX);
	*how = true;
	cr_assert_eq(kit_commit(auth, life->pending, life->pending_count),
	    AUTH_READ_ONLY);
	*how = false;
	life->pending_count = 0;
	die(disk);
	if (how == &disk->fail_syncs)
		cr_assert_eq(auth_compact(auth, error), 0, "%s", error);
}

static void
step(struct simdisk *disk, struct auth **auth, struct life *life)
{
	uint64_t dice = simdisk_random(&life->seed) % 10;
	char error[AUTH_ERROR_BYTES];

	if (simdisk_random(&life->seed) % 4 == 0)
		disk->kill_in = (unsigned)(1 + simdisk_random(&life->seed) % 6);
	if (dice == 0) {
		if (auth_compact(*auth, error) < 0)
			cr_assert(disk->killed);
	} else if (dice == 1) {
		disk->kill_in = 0;
		auth_close(auth);
		*auth = open_after(disk, life);
	} else if (dice == 2) {
		disk->kill_in = 0;
		fail(disk, *auth, life, &disk->fail_syncs);
	} else if (dice == 3) {
		disk->kill_in = 0;
		fail(disk, *auth, life, &disk->fail_writes);
	} else
		change_something(disk, auth, life);
	if (disk->killed)
		start_again(disk, auth, life);
	cr_assert(kit_model_equals(&life->acknowledged, *auth));
}

/* A first start that may be killed at once. */
static void
begin(struct simdisk *disk, struct auth **auth, struct life *life)
{
	char error[AUTH_ERROR_BYTES];

	disk->kill_in = simdisk_random(&life->seed) % 8;
	*auth = kit_open_bare(PATH, &disk->io, error);
	if (!*auth) {
		cr_assert(disk->killed);
		start_again(disk, auth, life);
	}
}

static void
live(struct life *life)
{
	struct simdisk *disk = simdisk_new();
	struct auth *auth;
	unsigned i;

	disk->test = life;
	disk->before = die;
	begin(disk, &auth, life);
	for (i = 0; i < 20; i++)
		step(disk, &auth, life);
	auth_close(&auth);
	simdisk_free(&disk);
}

Test(auth_powerloss, any_unsynced_sectors_lost_keeps_what_was_acknowledged)
{
	struct life *life = calloc(1, sizeof(*life));
	unsigned lives;

	kit_keep_memory();
	cr_assert_not_null(life);
	for (lives = 1; life->states < STATES; lives++) {
		memset(&life->acknowledged, 0, sizeof(life->acknowledged));
		life->seed = lives;
		life->deaths_a_change = 4;
		live(life);
	}
	/* Or the states were too easy. */
	cr_assert_gt(life->torn, STATES / 10);
	free(life);
}
