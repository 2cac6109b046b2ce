/* Messages in parcels: what goes in comes out, and no more than fits. */
#include <criterion/criterion.h>
#include <stdint.h>
#include <string.h>

#include "proto/message.h"
#include "reactor/blob.h"

static const struct conn_handle sender = {.id = 42, .slot = 3, .reactor = 1};

Test(message, parcel_gives_back_what_was_added_in_order)
{
	/* Lengths around the padding to 8. */
	static const char text[] = "0123456789abcdefghij";
	struct parcel *parcel = parcel_new(4096);
	const struct message *message = NULL;

	for (size_t len = 0; len < sizeof(text); len++)
		cr_assert(message_add(parcel, EVENT_MESSAGE, sender,
		    span_of("ann"), (struct span){text, len}));
	for (size_t len = 0; len < sizeof(text); len++) {
		struct event event;

		message = message_next(parcel, message);
		cr_assert(message);
		cr_assert_eq((uintptr_t)message % 8, 0);
		event = message_event(message, "lobby");
		cr_assert_eq(event.kind, EVENT_MESSAGE);
		cr_assert_eq(event.client, 42);
		cr_assert(span_equals(event.from, span_of("ann")));
		cr_assert(span_equals(event.text, (struct span){text, len}));
	}
	cr_assert(!message_next(parcel, message));
	parcel_unref(parcel);
}

Test(message, full_parcel_takes_no_more)
{
	size_t one = message_bytes(3, 5);
	struct parcel *parcel = parcel_new(2 * one);

	cr_assert(message_add(
	    parcel, EVENT_MESSAGE, sender, span_of("ann"), span_of("hello")));
	cr_assert(message_add(
	    parcel, EVENT_MESSAGE, sender, span_of("ann"), span_of("again")));
	cr_assert(!message_add(
	    parcel, EVENT_MESSAGE, sender, span_of("a"), span_of("")));
	cr_assert_eq(parcel->len, 2 * one);
	parcel_unref(parcel);
}

Test(message, empty_parcel_has_none)
{
	struct parcel *parcel = parcel_new(64);

	cr_assert(!message_next(parcel, NULL));
	parcel_unref(parcel);
}

Test(message, copy_is_the_same_record)
{
	struct parcel *from = parcel_new(1024);
	struct parcel *to = parcel_new(message_bytes(3, 5));
	struct message *message = message_add(
	    from, EVENT_MESSAGE, sender, span_of("ann"), span_of("hello"));
	struct message *copy;

	message->seq = 99;
	copy = message_copy(to, message);
	cr_assert(copy);
	cr_assert_eq(memcmp(copy, message, message_size(message)), 0);
	cr_assert(!message_copy(to, message), "it is full");
	parcel_unref(from);
	parcel_unref(to);
}
