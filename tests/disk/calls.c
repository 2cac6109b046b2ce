/*
 * Every call that the store makes to the disk fails in turn: the first, the
 * second, ... until a whole run passes without a failure. Whatever fails, what
 * was acknowledged is there, in memory and in the file, and what was refused
 * is not.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/disk/io.h"
#include "tests/kit/simdisk.h"
#include "tests/unit/auth/kit.h"

#define PATH "/somewhere/accounts"

static const int errors[] = {EIO, ENOSPC, EDQUOT, EINTR, FAULTIO_SHORT};

#define ERRORS (sizeof(errors) / sizeof(errors[0]))

/* What a store has acknowledged, and the first change that it refused. */
struct life {
	struct kit_model acknowledged;
	struct kit_change refused;
	bool has_refused;
};

static void
change(struct auth *auth, struct life *life, enum auth_change_kind kind,
    const char *name, unsigned verifier)
{
	struct kit_model *model = &life->acknowledged;
	const struct kit_account *account = kit_model_find(model, name);
	struct kit_change wanted = {
	    .kind = kind, .verifier = verifier, .until = AUTH_FOREVER};
	enum auth_status status;

	strcpy(wanted.name, name);
	if (!account && (kind == AUTH_PASSWD || kind == AUTH_REMOVE))
		return; /* its registration was refused */
	if (kind >= AUTH_BAN && (kind - AUTH_BAN) % 2 &&
	    !kit_model_find_ban(model, (kind - AUTH_BAN) / 2, name))
		return; /* so was the ban */
	wanted.uid = account ? account->uid : 0;
	status = kit_commit(auth, &wanted, 1);
	cr_assert(status == AUTH_OK || status == AUTH_READ_ONLY);
	if (status == AUTH_OK) {
		kit_model_apply(model, &wanted);
	} else {
		cr_assert_neq(auth_error(auth)[0], '\0');
		if (!life->has_refused)
			life->refused = wanted;
		life->has_refused = true;
	}
	cr_assert(kit_model_equals(model, auth));
}

/* All that a store does in its life. False if it could not be opened. */
static bool
live(const struct fileio *io, struct life *life)
{
	const struct auth_options options = {PATH, {1, 8}, io};
	char error[AUTH_ERROR_BYTES];
	struct auth *auth;

	if (auth_open(&auth, &options, error) < 0) {
		cr_assert_neq(error[0], '\0');
		return false;
	}
	change(auth, life, AUTH_REGISTER, "anna", 1);
	change(auth, life, AUTH_REGISTER, "Bert", 2);
	change(auth, life, AUTH_BAN, "evil", 0);
	change(auth, life, AUTH_BAN_ADDRESS, "192.0.2.0/24", 0);
	change(auth, life, AUTH_MUTE, "loud", 0);
	change(auth, life, AUTH_PASSWD, "anna", 3);
	change(auth, life, AUTH_REMOVE, "Bert", 0);
	auth_compact(auth, error);
	change(auth, life, AUTH_UNBAN, "evil", 0);
	change(auth, life, AUTH_UNMUTE, "loud", 0);
	change(auth, life, AUTH_UNBAN_ADDRESS, "192.0.2.0/24", 0);
	change(auth, life, AUTH_REGISTER, "carl", 4);
	change(auth, life, AUTH_REGISTER, "dora", 5);
	change(auth, life, AUTH_BAN, "Dora", 0);
	change(auth, life, AUTH_MUTE, "Dora", 0);
	change(auth, life, AUTH_BAN_ADDRESS, "2001:db8::/32", 0);
	auth_close(&auth);
	return true;
}

/*
 * The file holds what was promised. What was refused may be in it only if the
 * disk would not take it back (not `exact`).
 */
static void
must_hold(struct simdisk *disk, const struct life *life, bool exact)
{
	struct auth *auth = kit_open(PATH, &disk->io);
	struct kit_model model = life->acknowledged;
	bool equal = kit_model_equals(&model, auth);

	if (!equal && !exact && life->has_refused) {
		kit_model_apply(&model, &life->refused);
		equal = kit_model_equals(&model, auth);
	}
	cr_assert(equal);
	auth_close(&auth);
}

/* The life with the failure `fault` asks for. False if it did not happen. */
static bool
live_and_fail(struct faultio *fault, bool for_ever)
{
	struct simdisk *disk = simdisk_new();
	struct life life = {0};
	uint64_t seed = fault->fail_at;
	struct simdisk *after;

	fault->under = &disk->io;
	fault->for_ever = for_ever;
	live(&fault->io, &life);
	/* The process has gone, what it had open with it. */
	must_hold(disk, &life, !for_ever);
	after = simdisk_crash(disk, &seed);
	must_hold(after, &life, false);
	simdisk_free(&after);
	simdisk_free(&disk);
	return fault->failed != NULL;
}

static void
fail_in_turn(bool for_ever)
{
	struct faultio fault;
	unsigned call;
	size_t i;

	kit_keep_memory();
	for (i = 0; i < ERRORS; i++) {
		for (call = 1;; call++) {
			faultio_init(&fault, NULL);
			fault.fail_at = call;
			fault.error = errors[i];
			/* Interrupted for ever, a call is made for ever. */
			if (for_ever && errors[i] == EINTR)
				break;
			if (!live_and_fail(&fault, for_ever))
				break;
		}
		cr_assert(call > 40 || errors[i] == EINTR);
	}
}

Test(auth_calls, each_fails_once_keeps_what_was_acknowledged)
{
	fail_in_turn(false);
}

Test(auth_calls, each_fails_for_ever_keeps_what_was_acknowledged)
{
	fail_in_turn(true);
}

/* A store whose last batch was cut short; its process is gone. */
static struct simdisk *
torn_disk(struct life *life)
{
	struct simdisk *disk = simdisk_new();
	struct auth *auth = kit_open(PATH, &disk->io);
	const char *bytes;
	char *torn;
	size_t len;

	change(auth, life, AUTH_REGISTER, "anna", 1);
	change(auth, life, AUTH_REGISTER, "bert", 2);
	auth_close(&auth);
	bytes = simdisk_bytes(disk, PATH, &len);
	torn = malloc(len);
	cr_assert_not_null(torn);
	memcpy(torn, bytes, len);
	simdisk_put(disk, PATH, torn, len - 9); /* half of the last mark */
	free(torn);
	return disk;
}

/* It opens or says why not, and the next time it opens. */
Test(auth_calls, each_of_opening_fails_changes_nothing_that_counts)
{
	static const struct auth_options options = {
	    .path = PATH, .cost = {1, 8}};
	char error[AUTH_ERROR_BYTES];
	struct faultio fault;
	unsigned call;

	for (call = 1;; call++) {
		struct life life = {0};
		struct simdisk *disk = torn_disk(&life);
		struct auth_options faulty = options;
		struct auth *auth;

		faultio_init(&fault, &disk->io);
		fault.fail_at = call;
		fault.error = EIO;
		faulty.io = &fault.io;
		if (auth_open(&auth, &faulty, error) == 0)
			auth_close(&auth);
		else
			cr_assert_not_null(strstr(error, PATH), "%s", error);
		must_hold(disk, &life, true);
		simdisk_free(&disk);
		if (!fault.failed)
			break;
	}
	cr_assert_gt(call, 20);
}

/* What cannot be read is not a torn end: nothing may be cut. */
Test(auth_calls, read_fails_in_the_middle_is_refused)
{
	struct auth_options options = {.path = PATH, .cost = {1, 8}};
	struct simdisk *disk = simdisk_new();
	struct auth *auth = kit_open(PATH, &disk->io);
	char error[AUTH_ERROR_BYTES];
	struct faultio fault;
	size_t len, after;
	unsigned refused = 0;

	kit_fill(auth, "user", 1000, 250); /* several pieces to read */
	auth_close(&auth);
	simdisk_bytes(disk, PATH, &len);
	faultio_init(&fault, &disk->io);
	fault.error = EIO;
	options.io = &fault.io;
	for (fault.fail_at = 1;; fault.fail_at++) {
		fault.calls = 0;
		fault.failed = NULL;
		if (auth_open(&auth, &options, error) == 0) {
			cr_assert_eq(auth_count(auth), 1000);
			auth_close(&auth);
		} else if (strcmp(fault.failed, "pread") == 0) {
			cr_assert_not_null(
			    strstr(error, "cannot be read at byte"));
			refused++;
		}
		simdisk_bytes(disk, PATH, &after);
		cr_assert_eq(after, len);
		if (!fault.failed)
			break;
	}
	cr_assert_geq(refused, 3);
	simdisk_free(&disk);
}

/* One EINTR or short count is no failure at all. */
Test(auth_calls, interrupted_or_short_is_not_noticed)
{
	static const int harmless[] = {EINTR, FAULTIO_SHORT};
	static const char *const retried[] = {
	    "open", "pread", "pwrite", "ftruncate", "flock"};
	struct faultio fault;
	unsigned call;
	size_t i, k;

	for (i = 0; i < 2; i++)
		for (call = 1;; call++) {
			struct simdisk *disk = simdisk_new();
			struct life life = {0};
			bool opened, was_retried = false;

			faultio_init(&fault, &disk->io);
			fault.fail_at = call;
			fault.error = harmless[i];
			opened = live(&fault.io, &life);
			simdisk_free(&disk);
			if (!fault.failed)
				break;
			for (k = 0; k < 5; k++)
				was_retried |=
				    strcmp(fault.failed, retried[k]) == 0;
			if (!was_retried && harmless[i] == EINTR)
				continue;
			cr_assert(opened);
			cr_assert_eq(life.acknowledged.count, 3, "call %u, %s",
			    call, fault.failed);
		}
}

/* What a reply waits for: the batch, its sync, and only then a mark. */
Test(auth_calls, commit_writes_once_and_syncs_once)
{
	struct simdisk *disk = simdisk_new();
	struct life life = {0};
	struct faultio fault;
	struct auth *auth;

	faultio_init(&fault, &disk->io);
	auth = kit_open(PATH, &fault.io);
	fault.trace[0] = '\0';
	change(auth, &life, AUTH_REGISTER, "anna", 1);
	cr_assert_str_eq(fault.trace, "lstat fstat pwrite fdatasync pwrite ");
	fault.trace[0] = '\0';
	kit_fill(auth, "many", 200, 200);
	cr_assert_str_eq(fault.trace, "lstat fstat pwrite fdatasync pwrite ");
	auth_close(&auth);
	simdisk_free(&disk);
}

static const char *
names_before(const struct faultio *fault, const char *name)
{
	const char *at = strstr(fault->trace, name);

	cr_assert_not_null(at);
	return at;
}

Test(auth_calls, compact_syncs_and_reads_back_before_it_renames)
{
	struct simdisk *disk = simdisk_new();
	char error[AUTH_ERROR_BYTES];
	struct faultio fault;
	struct auth *auth;

	faultio_init(&fault, &disk->io);
	auth = kit_open(PATH, &fault.io);
	kit_fill(auth, "many", 30, 10);
	fault.trace[0] = '\0';
	cr_assert_eq(auth_compact(auth, error), 0);
	cr_assert(
	    names_before(&fault, "pwrite") < names_before(&fault, "fsync"));
	cr_assert(
	    names_before(&fault, "fsync") < names_before(&fault, "pread"));
	cr_assert(
	    names_before(&fault, "pread") < names_before(&fault, "rename"));
	cr_assert_not_null(
	    strstr(names_before(&fault, "rename"), "open fsync close"));
	auth_close(&auth);
	simdisk_free(&disk);
}

/* A failed sync is the last one that the file gets. */
Test(auth_calls, sync_fails_makes_read_only_until_compacted)
{
	struct simdisk *disk = simdisk_new();
	struct life life = {0};
	char error[AUTH_ERROR_BYTES];
	struct faultio fault;
	struct auth *auth;

	faultio_init(&fault, &disk->io);
	auth = kit_open(PATH, &fault.io);
	change(auth, &life, AUTH_REGISTER, "anna", 1);
	disk->fail_syncs = true;
	change(auth, &life, AUTH_REGISTER, "bert", 2);
	disk->fail_syncs = false;
	fault.trace[0] = '\0';
	change(auth, &life, AUTH_PASSWD, "anna", 3);
	cr_assert_eq(auth_reserve(auth, span_of("carl")), AUTH_READ_ONLY);
	cr_assert_str_eq(fault.trace, "");
	cr_assert_not_null(strstr(auth_error(auth), PATH));
	cr_assert_not_null(strstr(auth_error(auth), "Input/output error"));
	cr_assert_eq(life.acknowledged.count, 1);
	cr_assert_eq(life.acknowledged.accounts[0].verifier, 1);

	cr_assert_eq(auth_compact(auth, error), 0, "%s", error);
	cr_assert_str_eq(auth_error(auth), "");
	change(auth, &life, AUTH_REGISTER, "bert", 2);
	cr_assert_eq(life.acknowledged.count, 2);
	auth_close(&auth);
	must_hold(disk, &life, true);
	simdisk_free(&disk);
}

Test(auth_calls, compact_fails_leaves_a_read_only_store_read_only)
{
	struct simdisk *disk = simdisk_new();
	struct life life = {0};
	char error[AUTH_ERROR_BYTES];
	struct auth *auth = kit_open(PATH, &disk->io);
	size_t len;

	change(auth, &life, AUTH_REGISTER, "anna", 1);
	disk->fail_syncs = true;
	change(auth, &life, AUTH_REGISTER, "bert", 2);
	cr_assert_eq(auth_compact(auth, error), -1);
	cr_assert_not_null(strstr(error, PATH));
	cr_assert_null(simdisk_bytes(disk, PATH ".new", &len));
	cr_assert_eq(auth_reserve(auth, span_of("carl")), AUTH_READ_ONLY);
	cr_assert(kit_model_equals(&life.acknowledged, auth));
	auth_close(&auth);
	simdisk_free(&disk);
}

/* The disk was full; somebody has made room: no restart, no compaction. */
Test(auth_calls, write_fails_refuses_one_batch_and_goes_on)
{
	struct simdisk *disk = simdisk_new();
	struct life life = {0};
	struct faultio fault;
	struct auth *auth;
	size_t before, after;

	faultio_init(&fault, &disk->io);
	auth = kit_open(PATH, &fault.io);
	change(auth, &life, AUTH_REGISTER, "anna", 1);
	simdisk_bytes(disk, PATH, &before);
	fault.fail_at = fault.calls + 3;
	fault.error = ENOSPC;
	change(auth, &life, AUTH_REGISTER, "bert", 2);
	cr_assert_eq(life.acknowledged.count, 1);
	cr_assert_not_null(strstr(auth_error(auth), "No space left"));
	simdisk_bytes(disk, PATH, &after);
	cr_assert_leq(after, before);
	change(auth, &life, AUTH_REGISTER, "bert", 2);
	cr_assert_eq(life.acknowledged.count, 2);
	cr_assert_str_eq(auth_error(auth), "");
	auth_close(&auth);
	must_hold(disk, &life, true);
	simdisk_free(&disk);
}

/* What else is in the batch can be tried again. */
Test(auth_calls, write_fails_refuses_bans_with_the_rest_of_the_batch)
{
	struct simdisk *disk = simdisk_new();
	struct life life = {0};
	struct faultio fault;
	struct kit_change batch[] = {
	    {.kind = AUTH_PASSWD, .name = "anna", .verifier = 2},
	    {.kind = AUTH_BAN, .name = "evil", .until = AUTH_FOREVER},
	    {.kind = AUTH_UNBAN, .name = "good"},
	    {.kind = AUTH_REGISTER, .name = "bert", .verifier = 3},
	};
	struct auth *auth;

	faultio_init(&fault, &disk->io);
	auth = kit_open(PATH, &fault.io);
	change(auth, &life, AUTH_REGISTER, "anna", 1);
	change(auth, &life, AUTH_BAN, "good", 0);
	batch[0].uid = life.acknowledged.accounts[0].uid;
	fault.fail_at = fault.calls + 3;
	fault.error = ENOSPC;
	cr_assert_eq(kit_commit(auth, batch, 4), AUTH_READ_ONLY);
	cr_assert(kit_model_equals(&life.acknowledged, auth));
	batch[0].uid = life.acknowledged.accounts[0].uid;
	cr_assert_eq(kit_commit(auth, batch, 4), AUTH_OK);
	for (int i = 0; i < 4; i++)
		kit_model_apply(&life.acknowledged, &batch[i]);
	auth_close(&auth);
	must_hold(disk, &life, true);
	simdisk_free(&disk);
}
