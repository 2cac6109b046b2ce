#include <criterion/criterion.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "auth/recovery.h"
#include "tests/disk/io.h"
#include "tests/kit/simdisk.h"
#include "tests/unit/auth/kit.h"

#define PATH "/somewhere/accounts"

static struct simdisk *disk;
static struct faultio fault;
static struct auth *auth;

static void
setup(void)
{
	disk = simdisk_new();
	faultio_init(&fault, &disk->io);
	auth = kit_open(PATH, &fault.io);
}

static void
teardown(void)
{
	auth_close(&auth);
	simdisk_free(&disk);
}

TestSuite(auth_commit, .init = setup, .fini = teardown);

static void
reopen(void)
{
	auth_close(&auth);
	auth = kit_open(PATH, &fault.io);
}

static struct account
found(const char *name)
{
	struct account account;

	cr_assert_eq(auth_find(auth, span_of(name), &account), AUTH_OK);
	return account;
}

static bool
exists(const char *name)
{
	struct account account;

	return auth_find(auth, span_of(name), &account) == AUTH_OK;
}

Test(auth_commit, registered_account_is_found_now_and_later)
{
	int64_t before = time(NULL);
	struct account account;

	cr_assert_eq(kit_register(auth, "Anna", 1), AUTH_OK);
	account = found("anna");
	cr_assert_str_eq(account.name, "Anna");
	cr_assert_geq(account.created, before);
	cr_assert_neq(account.uid, 0);
	reopen();
	cr_assert_eq(found("anna").uid, account.uid);
	cr_assert_eq(found("anna").created, account.created);
	cr_assert_str_eq(found("anna").verifier, account.verifier);
	cr_assert_eq(auth_count(auth), 1);
}

Test(auth_commit, changed_password_is_there_now_and_later)
{
	char verifier[VERIFIER_BYTES_MAX];
	struct account before;

	cr_assert_eq(kit_register(auth, "anna", 1), AUTH_OK);
	before = found("anna");
	cr_assert_eq(kit_passwd(auth, "anna", 2), AUTH_OK);
	cr_assert_str_eq(found("anna").verifier, kit_verifier(2, verifier));
	reopen();
	cr_assert_str_eq(found("anna").verifier, kit_verifier(2, verifier));
	cr_assert_eq(found("anna").uid, before.uid);
	cr_assert_eq(found("anna").created, before.created);
}

Test(auth_commit, removed_account_is_gone_now_and_later)
{
	uint64_t uid;

	cr_assert_eq(kit_register(auth, "anna", 1), AUTH_OK);
	uid = found("anna").uid;
	cr_assert_eq(kit_delete(auth, "anna"), AUTH_OK);
	cr_assert_not(exists("anna"));
	reopen();
	cr_assert_not(exists("anna"));
	cr_assert_eq(kit_register(auth, "anna", 1), AUTH_OK);
	cr_assert_gt(found("anna").uid, uid);
}

/* Not even when the file has forgotten that there was one. */
Test(auth_commit, uid_is_never_used_again)
{
	char error[AUTH_ERROR_BYTES];
	uint64_t uid, last = 0;
	unsigned i;

	for (i = 0; i < 5; i++) {
		cr_assert_eq(kit_register(auth, "anna", i), AUTH_OK);
		uid = found("anna").uid;
		cr_assert_gt(uid, last);
		last = uid;
		cr_assert_eq(kit_delete(auth, "anna"), AUTH_OK);
		if (i % 2)
			cr_assert_eq(auth_compact(auth, error), 0);
		reopen();
	}
}

Test(auth_commit, change_to_nobody_is_not_written)
{
	cr_assert_eq(kit_register(auth, "anna", 1), AUTH_OK);
	fault.trace[0] = '\0';
	cr_assert_eq(kit_passwd(auth, "bert", 2), AUTH_NO_SUCH_USER);
	cr_assert_eq(kit_delete(auth, "bert"), AUTH_NO_SUCH_USER);
	cr_assert_str_eq(fault.trace, "");
}

Test(auth_commit, changes_of_one_account_in_one_batch_are_in_order)
{
	struct auth_change passwd = {.kind = AUTH_PASSWD};
	struct auth_change again = {.kind = AUTH_PASSWD};
	struct auth_change gone = {.kind = AUTH_REMOVE};
	struct auth_change late = {.kind = AUTH_PASSWD};
	struct auth_change twice = {.kind = AUTH_REMOVE};
	struct auth_change *const batch[] = {
	    &passwd, &again, &gone, &late, &twice};
	char verifier[VERIFIER_BYTES_MAX];

	cr_assert_eq(kit_register(auth, "anna", 1), AUTH_OK);
	passwd.uid = again.uid = gone.uid = late.uid = twice.uid =
	    found("anna").uid;
	kit_verifier(2, passwd.verifier);
	kit_verifier(3, again.verifier);
	kit_verifier(4, late.verifier);
	auth_commit(auth, batch, 2);
	cr_assert_eq(again.status, AUTH_OK);
	cr_assert_str_eq(found("anna").verifier, kit_verifier(3, verifier));
	auth_commit(auth, batch, 5);
	cr_assert_eq(passwd.status, AUTH_OK);
	cr_assert_eq(gone.status, AUTH_OK);
	cr_assert_eq(late.status, AUTH_NO_SUCH_USER);
	cr_assert_eq(twice.status, AUTH_NO_SUCH_USER);
	cr_assert_not(exists("anna"));
	reopen();
	cr_assert_eq(auth_count(auth), 0);
}

/* Two at once change a password: the second has not seen the first's. */
Test(auth_commit, change_of_a_replaced_verifier_is_refused)
{
	struct auth_change first = {.kind = AUTH_PASSWD};
	struct auth_change second = {.kind = AUTH_PASSWD};
	struct auth_change removal = {.kind = AUTH_REMOVE};
	struct auth_change *const batch[] = {&first, &second};
	struct auth_change *const later[] = {&removal};
	char verifier[VERIFIER_BYTES_MAX];

	cr_assert_eq(kit_register(auth, "anna", 1), AUTH_OK);
	first.uid = second.uid = removal.uid = found("anna").uid;
	kit_verifier(1, first.replaces);
	kit_verifier(2, first.verifier);
	kit_verifier(1, second.replaces);
	kit_verifier(3, second.verifier);
	kit_verifier(1, removal.replaces);
	auth_commit(auth, batch, 2);
	cr_assert_eq(first.status, AUTH_OK);
	cr_assert_eq(second.status, AUTH_BAD_CREDENTIALS);
	auth_commit(auth, later, 1);
	cr_assert_eq(removal.status, AUTH_BAD_CREDENTIALS);
	cr_assert_str_eq(found("anna").verifier, kit_verifier(2, verifier));
	kit_verifier(2, removal.replaces);
	auth_commit(auth, later, 1);
	cr_assert_eq(removal.status, AUTH_OK);
}

/* A removal that did not happen leaves no trace on the account. */
Test(auth_commit, failed_removal_can_be_tried_again)
{
	cr_assert_eq(kit_register(auth, "anna", 1), AUTH_OK);
	fault.fail_at = fault.calls + 3;
	fault.error = 28; /* ENOSPC */
	cr_assert_eq(kit_delete(auth, "anna"), AUTH_READ_ONLY);
	cr_assert(exists("anna"));
	cr_assert_eq(kit_delete(auth, "anna"), AUTH_OK);
	cr_assert_not(exists("anna"));
}

Test(auth_commit, failed_registration_frees_its_name)
{
	fault.fail_at = fault.calls + 3;
	fault.error = 28; /* ENOSPC */
	cr_assert_eq(kit_register(auth, "anna", 1), AUTH_READ_ONLY);
	cr_assert_not(exists("anna"));
	cr_assert_eq(kit_register(auth, "anna", 1), AUTH_OK);
}

Test(auth_commit, more_than_a_batch_is_split)
{
	kit_fill(
	    auth, "user", 3 * BATCH_CHANGES_MAX + 1, 3 * BATCH_CHANGES_MAX + 1);
	cr_assert_eq(auth_count(auth), 3 * BATCH_CHANGES_MAX + 1);
	reopen();
	cr_assert_eq(auth_count(auth), 3 * BATCH_CHANGES_MAX + 1);
}

Test(auth_commit, no_changes_touch_nothing)
{
	fault.trace[0] = '\0';
	auth_commit(auth, NULL, 0);
	cr_assert_str_eq(fault.trace, "");
}

Test(auth_commit, every_record_is_one_greppable_line)
{
	const char *bytes, *line;
	size_t len;

	cr_assert_eq(kit_register(auth, "Anna", 1), AUTH_OK);
	bytes = simdisk_bytes(disk, PATH, &len);
	line = memmem(bytes, len, " register Anna $argon2id$", 25);
	cr_assert_not_null(line);
	cr_assert_not_null(memchr(line, '\n', len - (size_t)(line - bytes)));
}

/* load(file) = memory, and load(compact(file)) = load(file). */
/* On a real file: a million changes are more than the simulated disk is for. */
Test(auth_commit, million_random_changes_reload_and_compact_to_the_same)
{
	enum {
		CHANGES = 1000000,
		AT_ONCE = 60
	};
	const char *path;
	struct kit_change changes[AT_ONCE];
	struct kit_model model = {0};
	char error[AUTH_ERROR_BYTES];
	uint64_t seed = 11;
	unsigned round = 0, done;
	size_t count, i;

	kit_directory();
	path = kit_path("accounts");
	auth_close(&auth);
	auth = kit_open(path, NULL);
	for (done = 0; done < CHANGES; done += (unsigned)count) {
		count = kit_model_changes(&model, &seed, changes, AT_ONCE);
		cr_assert_eq(kit_commit(auth, changes, count), AUTH_OK);
		for (i = 0; i < count; i++)
			kit_model_apply(&model, &changes[i]);
		if (round++ % 100 != 0)
			continue;
		cr_assert(kit_model_equals(&model, auth));
		auth_close(&auth);
		auth = kit_open(path, NULL);
		cr_assert(kit_model_equals(&model, auth));
		cr_assert_eq(auth_compact(auth, error), 0);
		cr_assert(kit_model_equals(&model, auth));
		auth_close(&auth);
		auth = kit_open(path, NULL);
		cr_assert(kit_model_equals(&model, auth));
	}
	kit_remove();
}

#define RACERS 8
#define ROUNDS 250

static pthread_barrier_t barrier;
static pthread_mutex_t journal_turn = PTHREAD_MUTEX_INITIALIZER;
static atomic_uint winners[ROUNDS];

/* Workers that hash and reserve side by side, and commit in turn. */
static void *
race(void *arg)
{
	unsigned round;
	char name[16];

	(void)arg;
	for (round = 0; round < ROUNDS; round++) {
		struct auth_change change = {.kind = AUTH_REGISTER};
		struct auth_change *const batch[] = {&change};

		snprintf(name, sizeof(name), "name%u", round);
		pthread_barrier_wait(&barrier);
		if (auth_reserve(auth, span_of(name)) != AUTH_OK)
			continue;
		strcpy(change.name, name);
		kit_verifier(1, change.verifier);
		pthread_mutex_lock(&journal_turn);
		auth_commit(auth, batch, 1);
		pthread_mutex_unlock(&journal_turn);
		if (change.status == AUTH_OK)
			atomic_fetch_add(&winners[round], 1);
	}
	return NULL;
}

Test(auth_commit, eight_threads_for_one_name_have_one_winner)
{
	pthread_t threads[RACERS];
	unsigned i;

	cr_assert_eq(pthread_barrier_init(&barrier, NULL, RACERS), 0);
	for (i = 0; i < RACERS; i++)
		cr_assert_eq(pthread_create(&threads[i], NULL, race, NULL), 0);
	for (i = 0; i < RACERS; i++)
		pthread_join(threads[i], NULL);
	for (i = 0; i < ROUNDS; i++)
		cr_assert_eq(winners[i], 1);
	cr_assert_eq(auth_count(auth), ROUNDS);
}

#define PLACES 100

static atomic_uint threads_begun;

static void *
take_places(void *arg)
{
	atomic_uint *taken = arg;
	unsigned thread = atomic_fetch_add(&threads_begun, 1);
	char name[24];

	pthread_barrier_wait(&barrier);
	for (unsigned i = 0; i < PLACES; i++) {
		snprintf(name, sizeof(name), "thread%u-%u", thread, i);
		if (auth_reserve(auth, span_of(name)) == AUTH_OK)
			atomic_fetch_add(taken, 1);
	}
	return NULL;
}

Test(auth_commit, eight_threads_take_no_more_names_than_there_may_be)
{
	pthread_t threads[RACERS];
	atomic_uint taken = 0;
	unsigned i;

	auth_set_accounts_max(auth, PLACES);
	cr_assert_eq(pthread_barrier_init(&barrier, NULL, RACERS), 0);
	for (i = 0; i < RACERS; i++)
		cr_assert_eq(
		    pthread_create(&threads[i], NULL, take_places, &taken), 0);
	for (i = 0; i < RACERS; i++)
		pthread_join(threads[i], NULL);
	cr_assert_eq(taken, PLACES);
}
