/* A room's kept messages: bounds, order, and what came after a number. */
#include <criterion/criterion.h>
#include <string.h>

#include "proto/limits.h"
#include "proto/message.h"
#include "proto/scrollback.h"
#include "reactor/blob.h"

/* Adds a message with this number and a text of `len` bytes. */
static void
add(struct scrollback *scrollback, uint64_t seq, size_t len)
{
	static char text[LINE_BYTES_MAX];
	struct parcel *parcel = parcel_new(message_bytes(3, len));
	struct message *message;

	memset(text, 'x', sizeof(text));
	message =
	    message_add(parcel, EVENT_MESSAGE, (struct conn_handle){.id = 7},
		span_of("ann"), (struct span){text, len});
	cr_assert(message);
	message->seq = seq;
	scrollback_add(scrollback, message);
	parcel_unref(parcel);
}

static void
assert_kept(const struct scrollback *scrollback, uint64_t first, uint32_t count)
{
	cr_assert_eq(scrollback->count, count);
	for (uint32_t i = 0; i < count; i++)
		cr_assert_eq(scrollback_at(scrollback, i)->seq, first + i);
}

Test(scrollback, full_drops_the_oldest)
{
	struct scrollback scrollback;

	scrollback_init(&scrollback, 5);
	assert_kept(&scrollback, 1, 0);
	for (uint64_t seq = 1; seq <= 5; seq++)
		add(&scrollback, seq, 10);
	assert_kept(&scrollback, 1, 5);
	for (uint64_t seq = 6; seq <= 100; seq++) {
		add(&scrollback, seq, 10);
		assert_kept(&scrollback, seq - 4, 5);
	}
	scrollback_fini(&scrollback);
}

Test(scrollback, bytes_are_bounded_whatever_the_number)
{
	struct scrollback scrollback;

	scrollback_init(&scrollback, 1000000);
	for (uint64_t seq = 1; seq <= 1000; seq++) {
		add(&scrollback, seq, LINE_BYTES_MAX);
		cr_assert_leq(scrollback.bytes, HISTORY_BYTES_MAX);
	}
	cr_assert_gt(scrollback.count, 100);
	assert_kept(&scrollback, 1001 - scrollback.count, scrollback.count);
	scrollback_fini(&scrollback);
	cr_assert_eq(scrollback.bytes, 0);
}

Test(scrollback, none_kept_when_none_is_asked_for)
{
	struct scrollback scrollback;

	scrollback_init(&scrollback, 0);
	add(&scrollback, 1, 10);
	assert_kept(&scrollback, 1, 0);
	cr_assert_eq(scrollback_count_since(&scrollback, 0), 0);
	scrollback_fini(&scrollback);
}

Test(scrollback, since_counts_what_came_after)
{
	struct scrollback scrollback;

	scrollback_init(&scrollback, 4);
	for (uint64_t seq = 1; seq <= 10; seq++)
		add(&scrollback, seq, 10);
	cr_assert_eq(scrollback_count_since(&scrollback, 10), 0);
	cr_assert_eq(scrollback_count_since(&scrollback, 11), 0);
	cr_assert_eq(scrollback_count_since(&scrollback, 9), 1);
	cr_assert_eq(scrollback_count_since(&scrollback, 6), 4);
	cr_assert_eq(scrollback_count_since(&scrollback, 5), 4);
	cr_assert_eq(scrollback_count_since(&scrollback, 0), 4);
	scrollback_fini(&scrollback);
}
