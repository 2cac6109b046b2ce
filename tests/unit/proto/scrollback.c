/* A room's kept messages: bounds, order, and what came after a number. */
#include <criterion/criterion.h>
#include <string.h>

#include "proto/limits.h"
#include "proto/message.h"
#include "proto/scrollback.h"
#include "reactor/blob.h"

/* Adds a message with this number and a text of `len` bytes. */
static void
add(struct scrollback *history, uint64_t seq, size_t len)
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
	scrollback_add(history, message);
	parcel_unref(parcel);
}

static void
assert_kept(const struct scrollback *history, uint64_t first, uint32_t count)
{
	cr_assert_eq(history->count, count);
	for (uint32_t i = 0; i < count; i++)
		cr_assert_eq(scrollback_at(history, i)->seq, first + i);
}

Test(history, full_drops_the_oldest)
{
	struct scrollback history;

	scrollback_init(&history, 5);
	assert_kept(&history, 1, 0);
	for (uint64_t seq = 1; seq <= 5; seq++)
		add(&history, seq, 10);
	assert_kept(&history, 1, 5);
	for (uint64_t seq = 6; seq <= 100; seq++) {
		add(&history, seq, 10);
		assert_kept(&history, seq - 4, 5);
	}
	scrollback_fini(&history);
}

Test(history, bytes_are_bounded_whatever_the_number)
{
	struct scrollback history;

	scrollback_init(&history, 1000000);
	for (uint64_t seq = 1; seq <= 1000; seq++) {
		add(&history, seq, LINE_BYTES_MAX);
		cr_assert_leq(history.bytes, HISTORY_BYTES_MAX);
	}
	cr_assert_gt(history.count, 100);
	assert_kept(&history, 1001 - history.count, history.count);
	scrollback_fini(&history);
	cr_assert_eq(history.bytes, 0);
}

Test(history, none_kept_when_none_is_asked_for)
{
	struct scrollback history;

	scrollback_init(&history, 0);
	add(&history, 1, 10);
	assert_kept(&history, 1, 0);
	cr_assert_eq(scrollback_count_since(&history, 0), 0);
	scrollback_fini(&history);
}

Test(history, since_counts_what_came_after)
{
	struct scrollback history;

	scrollback_init(&history, 4);
	for (uint64_t seq = 1; seq <= 10; seq++)
		add(&history, seq, 10);
	cr_assert_eq(scrollback_count_since(&history, 10), 0);
	cr_assert_eq(scrollback_count_since(&history, 11), 0);
	cr_assert_eq(scrollback_count_since(&history, 9), 1);
	cr_assert_eq(scrollback_count_since(&history, 6), 4);
	cr_assert_eq(scrollback_count_since(&history, 5), 4);
	cr_assert_eq(scrollback_count_since(&history, 0), 4);
	scrollback_fini(&history);
}
