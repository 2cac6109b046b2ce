/* Output queues, against a plain queue of bytes. */
#include <criterion/criterion.h>

#include <string.h>

#include "reactor/outq.h"

#define SHARED    8
#define MODEL_MAX (4 * 1024 * 1024)
#define STEPS     60000
#define VECTORS   5

/* What the queue ought to hold, first byte first. */
struct model {
	char bytes[MODEL_MAX];
	size_t start;
	size_t end;
};

static struct blob_pool pool;
static struct outq q;
static struct blob *shared[SHARED];
static struct model model;
static unsigned seed = 20;

static unsigned
pick(unsigned below)
{
	seed = seed * 1103515245 + 12345;
	return (seed >> 8) % below;
}

static void
setup(void)
{
	blob_pool_init(&pool, 64);
	outq_init(&q);
	for (int i = 0; i < SHARED; i++) {
		/* Lengths below, at and above a chunk. */
		size_t len = (size_t)1 << (i * 2) | (size_t)i;

		shared[i] = blob_new(&pool, len);
		for (size_t b = 0; b < len; b++)
			shared[i]->bytes[b] = (char)(b * 7 + (size_t)i);
		shared[i]->len = (uint32_t)len;
	}
}

static void
teardown(void)
{
	outq_fini(&q, &pool);
	for (int i = 0; i < SHARED; i++) {
		cr_assert_eq(shared[i]->refs, 1, "references came back");
		blob_unref(&pool, shared[i]);
	}
	blob_pool_fini(&pool);
}

TestSuite(reactor_outq, .init = setup, .fini = teardown);

static void
model_add(const char *bytes, size_t len)
{
	if (model.end + len > MODEL_MAX) {
		memmove(model.bytes, model.bytes + model.start,
		    model.end - model.start);
		model.end -= model.start;
		model.start = 0;
	}
	cr_assert_leq(model.end + len, MODEL_MAX);
	memcpy(model.bytes + model.end, bytes, len);
	model.end += len;
}

static void
push(int i)
{
	outq_push(&q, shared[i]);
	model_add(shared[i]->bytes, shared[i]->len);
}

/* Reserves more than it writes, as a caller does that knows a bound only. */
static void
write_own(size_t len, size_t spare)
{
	char *room = outq_reserve(&q, &pool, len + spare);

	for (size_t b = 0; b < len; b++)
		room[b] = (char)pick(256);
	outq_commit(&q, len);
	model_add(room, len);
}

/* The front, in `max` vectors, is what the model has; returns its bytes. */
static size_t
front_agrees(unsigned max)
{
	struct iovec vectors[64];
	unsigned count = outq_front(&q, vectors, max);
	size_t at = model.start;

	cr_assert_leq(count, max);
	cr_assert_eq(q.bytes, model.end - model.start);
	for (unsigned i = 0; i < count; i++) {
		cr_assert_leq(at + vectors[i].iov_len, model.end);
		cr_assert_eq(memcmp(vectors[i].iov_base, model.bytes + at,
				 vectors[i].iov_len),
		    0);
		at += vectors[i].iov_len;
	}
	return at - model.start;
}

static void
consume(size_t len)
{
	outq_consume(&q, &pool, len);
	model.start += len;
}

/* Sends all of it. Each round gets on, even past entries without a byte. */
static void
drain(void)
{
	while (q.bytes > 0) {
		size_t before = q.bytes + (size_t)q.count;

		consume(front_agrees(VECTORS));
		cr_assert_lt(q.bytes + (size_t)q.count, before);
	}
	cr_assert_eq(model.start, model.end);
	cr_assert_eq(q.count, 0);
}

Test(reactor_outq, new_queue_has_nothing_to_send)
{
	struct iovec vector;

	cr_assert_eq(outq_front(&q, &vector, 1), 0);
	cr_assert_eq(q.bytes, 0);
	cr_assert_not(outq_is_full(&q));
	outq_consume(&q, &pool, 0);
}

Test(reactor_outq, own_writes_share_a_chunk)
{
	for (int i = 0; i < 10; i++)
		write_own(100, 50);
	cr_assert_eq(q.count, 1);
	front_agrees(1);
	write_own(BLOB_CHUNK_BYTES, 0);
	cr_assert_eq(q.count, 2, "what does not fit gets another");
	drain();
}

Test(reactor_outq, own_write_after_a_shared_blob_leaves_it_alone)
{
	char before = shared[2]->bytes[shared[2]->len - 1];

	write_own(10, 0);
	push(2);
	write_own(10, 0);
	cr_assert_eq(q.count, 3);
	cr_assert_eq(shared[2]->len, 18);
	cr_assert_eq(shared[2]->bytes[17], before);
	drain();
}

Test(reactor_outq, reply_larger_than_a_chunk_is_taken_whole)
{
	write_own(BLOB_CHUNK_BYTES * 3, 7);
	cr_assert_eq(front_agrees(1), BLOB_CHUNK_BYTES * 3);
	drain();
}

Test(reactor_outq, commit_of_nothing_adds_nothing)
{
	write_own(0, 10);
	cr_assert_eq(q.bytes, 0);
	push(1);
	write_own(0, 10);
	write_own(5, 0);
	drain();
}

Test(reactor_outq, vectors_are_no_more_than_asked_for)
{
	struct iovec vectors[4];

	for (int i = 0; i < 4; i++)
		push(i);
	cr_assert_eq(outq_front(&q, vectors, 3), 3);
	cr_assert_eq(outq_front(&q, vectors, 4), 4);
	cr_assert_eq(outq_front(&q, vectors, 0), 0);
}

Test(reactor_outq, consume_of_odd_lengths_keeps_the_rest)
{
	static const size_t lengths[] = {1, 2, 3, 5, 7, 11, 13};

	for (int i = 0; i < 30; i++)
		push(i % 5);
	for (size_t i = 0; q.bytes > 0; i++) {
		size_t len = lengths[i % 7];

		consume(len < q.bytes ? len : q.bytes);
		front_agrees(VECTORS);
	}
}

Test(reactor_outq, push_takes_one_reference_and_consume_gives_it_back)
{
	for (int i = 0; i < 3; i++)
		push(3);
	cr_assert_eq(shared[3]->refs, 4);
	consume(shared[3]->len - 1);
	cr_assert_eq(shared[3]->refs, 4, "not before its last byte is sent");
	consume(1);
	cr_assert_eq(shared[3]->refs, 3);
}

Test(reactor_outq, fini_drops_all_and_gives_references_back)
{
	for (int i = 0; i < 100; i++) {
		push(i % SHARED);
		write_own(30, 0);
	}
	outq_consume(&q, &pool, 3);
	outq_fini(&q, &pool);
	for (int i = 0; i < SHARED; i++)
		cr_assert_eq(shared[i]->refs, 1);
	cr_assert_eq(q.bytes, 0);
	outq_init(&q);
}

Test(reactor_outq, random_operations_agree_with_a_plain_queue, .timeout = 60)
{
	for (int step = 0; step < STEPS; step++) {
		unsigned what = pick(10);

		if (what < 3 && !outq_is_full(&q))
			push((int)pick(SHARED - 1));
		else if (what < 6)
			write_own(pick(200), pick(200));
		else if (q.bytes > 0)
			consume(pick(2) ? pick(q.bytes + 1)
					: front_agrees(1 + pick(VECTORS)));
		if (model.end - model.start > MODEL_MAX / 4 || pick(500) == 0)
			drain();
		front_agrees(VECTORS);
	}
	drain();
}

static void
fill_up(void)
{
	while (!outq_is_full(&q))
		push(0);
	cr_assert_eq(q.count, OUTQ_SHARED_MAX);
}

Test(reactor_outq, full_queue_says_so_until_an_entry_is_sent)
{
	fill_up();
	consume(1);
	cr_assert_not(outq_is_full(&q));
	push(0);
	cr_assert(outq_is_full(&q));
	drain();
	cr_assert_not(outq_is_full(&q));
}

/* A full queue refuses a room's batches. The goodbye, or the answer of a
 * command that was begun before, must find room even then. */
Test(reactor_outq, full_queue_still_takes_replies)
{
	fill_up();
	for (int i = 0; i < 100000; i++)
		write_own(20, 0);
	cr_assert_leq(q.count, OUTQ_ENTRIES_MAX);
	drain();
}
