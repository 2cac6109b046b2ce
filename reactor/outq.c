/* What waits to be sent on one connection. */
#include "reactor/outq.h"

#include <stdbool.h>
#include <string.h>

#include "reactor/check.h"
#include "reactor/memory.h"

static inline struct outq_entry *
outq_at(const struct outq *q, unsigned i)
{
	const struct outq_entry *ring = q->more ? q->more : q->inside;

	return (struct outq_entry *)&ring[(q->head + i) & (q->cap - 1u)];
}

static void
outq_grow(struct outq *q)
{
	unsigned cap = q->cap < 8 ? 8 : q->cap * 2u;
	struct outq_entry *ring = memory_new_raw(cap * sizeof(*ring));

	check(cap <= OUTQ_ENTRIES_MAX);
	for (unsigned i = 0; i < q->count; i++)
		ring[i] = *outq_at(q, i);
	free(q->more);
	q->more = ring;
	q->cap = (uint16_t)cap;
	q->head = 0;
}

static struct outq_entry *
outq_add(struct outq *q, struct blob *blob)
{
	struct outq_entry *entry;

	if (q->count == q->cap)
		outq_grow(q);
	entry = outq_at(q, q->count++);
	*entry = (struct outq_entry){.blob = blob};
	return entry;
}

/* An empty queue keeps no ring. */
static void
outq_reset(struct outq *q)
{
	free(q->more);
	q->more = NULL;
	q->cap = OUTQ_INSIDE;
	q->head = 0;
	q->own_tail = false;
}

void
outq_init(struct outq *q)
{
	*q = (struct outq){.cap = OUTQ_INSIDE};
}

void
outq_fini(struct outq *q, struct blob_pool *pool)
{
	for (unsigned i = 0; i < q->count; i++)
		blob_unref(pool, outq_at(q, i)->blob);
	q->count = 0;
	q->bytes = 0;
	outq_reset(q);
}

char *
outq_reserve(struct outq *q, struct blob_pool *pool, size_t len)
{
	struct blob *tail = NULL;

	if (q->own_tail)
		tail = outq_at(q, q->count - 1u)->blob;
	if (!tail || tail->cap - tail->len < len) {
		tail = blob_new(pool, len);
		outq_add(q, tail);
		q->own_tail = true;
	}
	return tail->bytes + tail->len;
}

void
outq_commit(struct outq *q, size_t len)
{
	struct outq_entry *entry = outq_at(q, q->count - 1u);

	check(q->own_tail);
	check(len <= entry->blob->cap - entry->blob->len);
	entry->blob->len += (uint32_t)len;
	entry->end = entry->blob->len;
	q->bytes += (uint32_t)len;
}

void
outq_push(struct outq *q, struct blob *blob)
{
	struct outq_entry *entry = outq_add(q, blob_ref(blob));

	check(blob->len > 0);
	entry->end = blob->len;
	q->bytes += blob->len;
	q->own_tail = false;
}

unsigned
outq_front(const struct outq *q, struct iovec *vectors, unsigned max)
{
	unsigned n = q->count < max ? q->count : max;

	for (unsigned i = 0; i < n; i++) {
		const struct outq_entry *entry = outq_at(q, i);

		vectors[i] = (struct iovec){
		    .iov_base = entry->blob->bytes + entry->offset,
		    .iov_len = entry->end - entry->offset,
		};
	}
	return n;
}

void
outq_consume(struct outq *q, struct blob_pool *pool, size_t len)
{
	check(len <= q->bytes);
	q->bytes -= (uint32_t)len;
	while (q->count > 0) {
		struct outq_entry *entry = outq_at(q, 0);
		size_t left = entry->end - entry->offset;

		if (len < left) {
			entry->offset += (uint32_t)len;
			return;
		}
		len -= left;
		blob_unref(pool, entry->blob);
		q->head = (uint16_t)((q->head + 1u) & (q->cap - 1u));
		q->count--;
	}
	check(len == 0);
	outq_reset(q);
}
