/* Memory that a thread keeps from hash to hash, and what it must not keep. */
#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "auth/hash_memory.h"
#include "tests/kit/simdisk.h"
#include "tests/unit/auth/kit.h"

#define LEN ((size_t)1024 * 1024)

static void
teardown(void)
{
	hash_memory_drop();
}

TestSuite(auth_hash_memory, .fini = teardown);

static void *
map(size_t len)
{
	void *at = mmap(NULL, len, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	cr_assert_neq(at, MAP_FAILED);
	return at;
}

static void
unmap(void *at, size_t len)
{
	cr_assert_eq(munmap(at, len), 0);
}

/* What libsodium does for a hash; where it was done. */
static char *
use(size_t len)
{
	char *at;

	hash_memory_enter(len);
	at = map(len);
	for (size_t i = 0; i < len; i++)
		cr_assert_eq(at[i], 0, "byte %zu is left over", i);
	memset(at, 'x', len);
	unmap(at, len);
	hash_memory_leave();
	return at;
}

static bool
is_mapped(void *at)
{
	unsigned char in_core;

	if (mincore(at, 1, &in_core) == 0)
		return true;
	cr_assert_eq(errno, ENOMEM);
	return false;
}

Test(auth_hash_memory, next_hash_gets_the_same_memory_wiped)
{
	char *at = use(LEN);

	cr_assert(is_mapped(at));
	cr_assert_eq(use(LEN), at);
	cr_assert_eq(use(LEN / 2), at);
	cr_assert_eq(use(LEN), at);
}

Test(auth_hash_memory, larger_hash_gets_more)
{
	char *small = use(LEN), *large = use(2 * LEN);

	cr_assert(is_mapped(large + 2 * LEN - 4096));
	cr_assert(large != small || is_mapped(small + 2 * LEN - 4096));
	cr_assert_eq(use(2 * LEN), large);
}

Test(auth_hash_memory, more_than_the_bound_is_not_kept)
{
	char *at = use(HASH_MEMORY_KEPT_MAX + 4096);

	cr_assert_not(is_mapped(at));
}

Test(auth_hash_memory, other_mappings_are_what_they_are)
{
	char *kept = use(LEN), *first, *second, *outside, *smaller, *fixed;

	outside = map(LEN);
	cr_assert_neq(outside, kept);
	unmap(outside, LEN);
	cr_assert_not(is_mapped(outside));
	hash_memory_enter(LEN);
	smaller = map(LEN / 2); /* no matrix of this hash */
	cr_assert_neq(smaller, kept);
	unmap(smaller, LEN / 2);
	fixed = mmap(NULL, LEN, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	cr_assert_neq(fixed, kept);
	first = map(LEN);
	second = map(LEN); /* only one is lent at a time */
	cr_assert_eq(first, kept);
	cr_assert_neq(second, kept);
	unmap(second, LEN);
	unmap(fixed, LEN);
	unmap(first, LEN);
	hash_memory_leave();
	cr_assert_not(is_mapped(second));
	cr_assert_not(is_mapped(fixed));
	errno = 0;
	cr_assert_eq(munmap(kept + 1, LEN), -1);
	cr_assert_eq(errno, EINVAL);
}

Test(auth_hash_memory, dropped_memory_is_the_systems)
{
	char *at = use(LEN);

	hash_memory_drop();
	cr_assert_not(is_mapped(at));
	hash_memory_drop();
	use(LEN);
}

/* Another allocator may map as much, on this thread, and keep it. */
Test(auth_hash_memory, memory_that_is_not_given_back_is_left_alone)
{
	char *kept = use(LEN), *taken;

	hash_memory_enter(LEN);
	taken = map(LEN);
	cr_assert_eq(taken, kept);
	memset(taken, 'x', LEN);
	hash_memory_leave();
	cr_assert_neq(use(LEN), taken);
	for (size_t i = 0; i < LEN; i++)
		cr_assert_eq(taken[i], 'x');
	unmap(taken, LEN);
	cr_assert_not(is_mapped(taken));
}

static void *
use_in_thread(void *out)
{
	*(char **)out = use(LEN);
	return NULL;
}

Test(auth_hash_memory, thread_that_ends_keeps_nothing)
{
	pthread_t thread;
	char *at = NULL;

	cr_assert_eq(pthread_create(&thread, NULL, use_in_thread, &at), 0);
	cr_assert_eq(pthread_join(thread, NULL), 0);
	cr_assert_not(is_mapped(at));
}

/* The real thing: a hash is made in it and leaves nothing. */
Test(auth_hash_memory, password_is_hashed_in_it)
{
	struct simdisk *disk = simdisk_new();
	struct auth *auth = kit_open("/accounts", &disk->io);
	struct account account = {.uid = 1};
	char *at = use(LEN);

	cr_assert_eq(
	    auth_hash(auth, span_of("secret"), account.verifier), AUTH_OK);
	cr_assert_eq(auth_verify(auth, &account, span_of("secret")), AUTH_OK);
	cr_assert_eq(auth_verify(auth, &account, span_of("other")),
	    AUTH_BAD_CREDENTIALS);
	cr_assert_eq(use(LEN), at);
	auth_hash_rest();
	cr_assert_not(is_mapped(at));
	auth_close(&auth);
	simdisk_free(&disk);
}
