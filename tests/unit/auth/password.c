#include <criterion/criterion.h>
#include <string.h>
#include <sys/resource.h>

#include "auth/verifier.h"
#include "tests/kit/simdisk.h"
#include "tests/unit/auth/kit.h"

#define PATH "/somewhere/accounts"

static struct simdisk *disk;
static struct auth *auth;

static void
setup(void)
{
	disk = simdisk_new();
	auth = kit_open(PATH, &disk->io);
}

static void
teardown(void)
{
	auth_close(&auth);
	simdisk_free(&disk);
}

TestSuite(auth_password, .init = setup, .fini = teardown);

static struct account
account_of(const char *password)
{
	struct account account = {.uid = 1};

	cr_assert_eq(
	    auth_hash(auth, span_of(password), account.verifier), AUTH_OK);
	return account;
}

Test(auth_password, right_one_is_accepted)
{
	struct account account = account_of("correct horse");

	cr_assert_eq(
	    auth_verify(auth, &account, span_of("correct horse")), AUTH_OK);
}

Test(auth_password, wrong_one_is_refused)
{
	struct account account = account_of("correct horse");

	cr_assert_eq(auth_verify(auth, &account, span_of("correct hors")),
	    AUTH_BAD_CREDENTIALS);
	cr_assert_eq(
	    auth_verify(auth, &account, span_of("")), AUTH_BAD_CREDENTIALS);
}

Test(auth_password, same_one_twice_has_two_verifiers)
{
	struct account a = account_of("secret"), b = account_of("secret");

	cr_assert_str_neq(a.verifier, b.verifier);
}

/* Also with the password that the dummy was made of. */
Test(auth_password, unknown_user_is_refused)
{
	cr_assert_eq(
	    auth_verify(auth, NULL, span_of("secret")), AUTH_BAD_CREDENTIALS);
	cr_assert_eq(
	    auth_verify(auth, NULL, span_of("nobody")), AUTH_BAD_CREDENTIALS);
}

/* The system gives no more memory, or again as much as there is. */
static void
limit_memory(bool none)
{
	struct rlimit limit;

	cr_assert_eq(getrlimit(RLIMIT_AS, &limit), 0);
	limit.rlim_cur = none ? 0 : limit.rlim_max;
	cr_assert_eq(setrlimit(RLIMIT_AS, &limit), 0);
}

static enum auth_status
hash_without_new_memory(void)
{
	char verifier[VERIFIER_BYTES_MAX];
	enum auth_status status;

	limit_memory(true);
	status = auth_hash(auth, span_of("secret"), verifier);
	limit_memory(false);
	return status;
}

/* A thread has the memory of its last hash for the next, until it rests. */
Test(auth_password, hash_is_made_in_the_memory_of_the_one_before)
{
	struct account account = account_of("secret");
	enum auth_status status;

	cr_assert_eq(hash_without_new_memory(), AUTH_OK);
	limit_memory(true);
	status = auth_verify(auth, &account, span_of("secret"));
	limit_memory(false);
	cr_assert_eq(status, AUTH_OK);
	auth_hash_rest();
	cr_assert_eq(hash_without_new_memory(), AUTH_NO_MEMORY);
	cr_assert_eq(auth_verify(auth, &account, span_of("secret")), AUTH_OK);
	cr_assert_eq(hash_without_new_memory(), AUTH_OK);
}

/* Else the time until the answer would tell which names exist. That there was
 * a hash, as large as any, is seen by the memory it has left. */
Test(auth_password, unknown_user_is_hashed_for)
{
	auth_hash_rest();
	cr_assert_eq(hash_without_new_memory(), AUTH_NO_MEMORY);
	auth_verify(auth, NULL, span_of("secret"));
	cr_assert_eq(hash_without_new_memory(), AUTH_OK);
}

/* Else the owner would be told that his password is wrong, and throttled. */
Test(auth_password, no_memory_is_no_wrong_password)
{
	struct account account = account_of("secret");
	enum auth_status status;

	auth_hash_rest();
	limit_memory(true);
	status = auth_verify(auth, &account, span_of("secret"));
	limit_memory(false);
	cr_assert_eq(status, AUTH_NO_MEMORY);
	limit_memory(true);
	status = auth_verify(auth, NULL, span_of("secret"));
	limit_memory(false);
	cr_assert_eq(status, AUTH_NO_MEMORY);
	cr_assert_eq(auth_verify(auth, &account, span_of("secret")), AUTH_OK);
}

Test(auth_password, hash_has_the_cost_of_the_store)
{
	const struct auth_options options = {PATH, {3, 64}, &disk->io};
	char error[AUTH_ERROR_BYTES];
	struct argon2_cost cost;
	struct account account;

	auth_close(&auth);
	cr_assert_eq(auth_open(&auth, &options, error), 0);
	account = account_of("secret");
	cr_assert(verifier_parse(span_of(account.verifier), &cost));
	cr_assert_eq(cost.passes, 3);
	cr_assert_eq(cost.memory_kib, 64);
	cr_assert_not(auth_needs_rehash(auth, &account));
}

Test(auth_password, lower_cost_needs_a_rehash)
{
	const struct auth_options options = {PATH, {2, 16}, &disk->io};
	char error[AUTH_ERROR_BYTES];
	struct account cheap = account_of("secret"), dear;

	cr_assert_not(auth_needs_rehash(auth, &cheap));
	auth_close(&auth);
	cr_assert_eq(auth_open(&auth, &options, error), 0);
	cr_assert(auth_needs_rehash(auth, &cheap));
	dear = account_of("secret");
	auth_close(&auth);
	auth = kit_open(PATH, &disk->io);
	cr_assert_not(auth_needs_rehash(auth, &dear));
	cr_assert_eq(auth_verify(auth, &dear, span_of("secret")), AUTH_OK);
}

/* Such a verifier is never loaded; but nobody gets in by it either. */
Test(auth_password, malformed_verifier_is_refused)
{
	struct account account = {.uid = 1};

	strcpy(account.verifier, "secret");
	cr_assert_neq(auth_verify(auth, &account, span_of("secret")), AUTH_OK);
	account.verifier[0] = '\0';
	cr_assert_neq(auth_verify(auth, &account, span_of("")), AUTH_OK);
}

/* The rules are in unit/auth/throttle.c. */
Test(auth_password, failed_logins_are_throttled)
{
	struct span name = span_of("anna"), here = span_of("here");
	unsigned i;

	for (i = 0; i < 3; i++) {
		cr_assert_eq(auth_throttle_wait(auth, name, here, 5), 0);
		auth_throttle_note(auth, name, here, 5, false);
	}
	cr_assert_eq(auth_throttle_wait(auth, name, here, 5), 20000);
	auth_throttle_note(auth, name, here, 20005, true);
	cr_assert_eq(auth_throttle_wait(auth, name, here, 20005), 0);
}

Test(auth_password, wipe_leaves_zeros)
{
	char bytes[] = "secret";
	size_t i;

	auth_wipe(bytes, sizeof(bytes));
	for (i = 0; i < sizeof(bytes); i++)
		cr_assert_eq(bytes[i], 0);
}
