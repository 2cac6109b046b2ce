/*
 * Blobs and parcels. Whether something was freed once and only once is
 * AddressSanitizer's to say: these tests take care that it would see it.
 */
#include <criterion/criterion.h>

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/lsan_interface.h>
#endif

#include "reactor/blob.h"

#define KEPT    4
#define THREADS 4
#define PARCELS 100
#define ROUNDS  50000 /* longer than it takes to wake the others */

static struct blob_pool pool;

static void
setup(void)
{
	blob_pool_init(&pool, KEPT);
}

static void
teardown(void)
{
	blob_pool_fini(&pool);
}

TestSuite(reactor_blob, .init = setup, .fini = teardown);

Test(reactor_blob, new_one_is_empty_with_a_whole_chunk_of_room)
{
	struct blob *blob = blob_new(&pool, 0);

	cr_assert_eq(blob->refs, 1);
	cr_assert_eq(blob->len, 0);
	cr_assert_eq(blob->cap, BLOB_CHUNK_BYTES);
	memset(blob->bytes, 'x', blob->cap);
	blob_unref(&pool, blob);
}

Test(reactor_blob, large_one_has_the_room_that_was_asked_for)
{
	struct blob *blob = blob_new(&pool, BLOB_CHUNK_BYTES + 1);

	cr_assert_eq(blob->cap, BLOB_CHUNK_BYTES + 1);
	memset(blob->bytes, 'x', blob->cap);
	blob_unref(&pool, blob);
	cr_assert_eq(pool.count, 0, "only chunks are kept");
}

Test(reactor_blob, trim_frees_chunks_that_were_not_needed_in_between)
{
	struct blob *blobs[KEPT];

	for (int i = 0; i < KEPT; i++)
		blobs[i] = blob_new(&pool, 10);
	for (int i = 0; i < KEPT; i++)
		blob_unref(&pool, blobs[i]);
	cr_assert_eq(blob_pool_trim(&pool), 0, "all were in use until now");
	blobs[0] = blob_new(&pool, 10);
	blobs[1] = blob_new(&pool, 10);
	blob_unref(&pool, blobs[0]);
	blob_unref(&pool, blobs[1]);
	cr_assert_eq(blob_pool_trim(&pool), KEPT - 2);
	cr_assert_eq(pool.count, 2);
	blobs[0] = blob_new(&pool, 10);
	cr_assert_eq(blob_pool_trim(&pool), 1, "one was needed, and still is");
	blob_unref(&pool, blobs[0]);
	cr_assert_eq(blob_pool_trim(&pool), 0);
	cr_assert_eq(blob_pool_trim(&pool), 1);
	cr_assert_eq(blob_pool_trim(&pool), 0);
	cr_assert_eq(pool.count, 0);
}

Test(reactor_blob, last_reference_frees)
{
	struct blob *blob = blob_new(&pool, 10);

	for (int i = 0; i < 3; i++)
		cr_assert_eq(blob_ref(blob), blob);
	for (int i = 0; i < 3; i++)
		blob_unref(&pool, blob);
	cr_assert_eq(blob->refs, 1);
	cr_assert_eq(pool.count, 0);
	blob_unref(&pool, blob);
	cr_assert_eq(pool.count, 1);
}

Test(reactor_blob, kept_chunk_comes_back_as_new)
{
	struct blob *blob = blob_new(&pool, 100);
	struct blob *again;

	blob->len = 100;
	blob_unref(&pool, blob);
	again = blob_new(&pool, BLOB_CHUNK_BYTES);
	cr_assert_eq(again, blob);
	cr_assert_eq(again->len, 0);
	cr_assert_eq(again->refs, 1);
	blob_unref(&pool, again);
}

Test(reactor_blob, pool_keeps_no_more_than_its_bound)
{
	struct blob *blobs[KEPT * 3];

	for (int i = 0; i < KEPT * 3; i++)
		blobs[i] = blob_new(&pool, 1);
	for (int i = 0; i < KEPT * 3; i++)
		blob_unref(&pool, blobs[i]);
	cr_assert_eq(pool.count, KEPT);
}

Test(reactor_blob, reference_too_many_given_back_is_caught, .signal = SIGABRT)
{
	struct blob *blob = blob_new(&pool, 1);

	blob_unref(&pool, blob);
	blob_unref(&pool, blob);
}

Test(reactor_blob, parcel_has_one_reference_and_its_room)
{
	struct parcel *parcel = parcel_new(100);

	cr_assert_eq(parcel->len, 0);
	cr_assert_eq(parcel->cap, 100);
	cr_assert_eq((uintptr_t)parcel->bytes % 8, 0);
	memset(parcel->bytes, 'x', 100);
	cr_assert_eq(parcel_ref(parcel), parcel);
	parcel_unref(parcel);
	cr_assert_eq(parcel->bytes[99], 'x');
	parcel_unref(parcel);
}

static struct parcel *parcels[PARCELS];
static pthread_barrier_t barrier;

/* All threads at the same parcel at the same time: each takes and gives many
 * references, reads it to its end, and gives its own back. */
static void *
read_and_let_go(void *argument)
{
	size_t *wrong = argument;

	for (size_t i = 0; i < PARCELS; i++) {
		struct parcel *parcel = parcels[i];

		pthread_barrier_wait(&barrier);
		for (int round = 0; round < ROUNDS; round++)
			parcel_unref(parcel_ref(parcel));
		for (size_t b = 0; b < parcel->len; b++)
			*wrong += parcel->bytes[b] != (char)(i + b);
		parcel_unref(parcel);
	}
	return NULL;
}

/* A leak would only be told when the test has passed already. */
#if defined(__SANITIZE_ADDRESS__)
#define HAS_LEAKED() (__lsan_do_recoverable_leak_check() != 0)
#else
#define HAS_LEAKED() false
#endif

Test(reactor_blob, parcel_of_many_threads_is_freed_by_the_last, .timeout = 120)
{
	pthread_t threads[THREADS];
	size_t wrong[THREADS] = {0};

	pthread_barrier_init(&barrier, NULL, THREADS);
	for (size_t i = 0; i < PARCELS; i++) {
		parcels[i] = parcel_new(64);
		for (size_t b = 0; b < 64; b++)
			parcels[i]->bytes[parcels[i]->len++] = (char)(i + b);
		for (int t = 1; t < THREADS; t++)
			parcel_ref(parcels[i]);
	}
	for (int t = 0; t < THREADS; t++)
		cr_assert_eq(pthread_create(
				 &threads[t], NULL, read_and_let_go, &wrong[t]),
		    0);
	for (int t = 0; t < THREADS; t++) {
		pthread_join(threads[t], NULL);
		cr_assert_eq(wrong[t], 0);
	}
	memset(parcels, 0, sizeof(parcels));
	cr_assert_not(HAS_LEAKED());
}
