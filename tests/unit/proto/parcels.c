/* Parcels: their messages in order, and who has a reference. */
#include <criterion/criterion.h>

#include "proto/message.h"
#include "proto/parcels.h"
#include "reactor/blob.h"

/* A parcel with messages of these texts, a letter each. */
static struct parcel *
parcel_of(const char *letters)
{
	struct parcel *parcel = parcel_new(1024);

	for (; *letters; letters++)
		cr_assert(
		    message_add(parcel, EVENT_MESSAGE, (struct conn_handle){0},
			span_of(""), (struct span){letters, 1}));
	return parcel;
}

static void
assert_has(const struct parcels *parcels, const char *letters)
{
	const struct message *message = NULL;
	uint32_t i = 0;

	for (; *letters; letters++) {
		message = parcels_next(parcels, &i, message);
		cr_assert(message);
		cr_assert_eq(message->bytes[0], *letters);
	}
	cr_assert(!parcels_next(parcels, &i, message));
}

Test(parcels, next_goes_through_all_and_past_empty_ones)
{
	struct parcels parcels = {0};

	assert_has(&parcels, "");
	parcels_add(&parcels, parcel_of(""));
	parcels_add(&parcels, parcel_of("ab"));
	parcels_add(&parcels, parcel_of(""));
	parcels_add(&parcels, parcel_of("c"));
	parcels_add(&parcels, parcel_of("def"));
	assert_has(&parcels, "abcdef");
	parcels_clear(&parcels);
	assert_has(&parcels, "");
	parcels_fini(&parcels);
}

Test(parcels, shared_ones_outlive_those_they_came_from)
{
	struct parcels from = {0};
	struct parcels to = {0};

	parcels_add(&from, parcel_of("b"));
	parcels_add(&from, parcel_of("c"));
	parcels_add(&to, parcel_of("a"));
	parcels_share(&to, &from);
	parcels_fini(&from);
	assert_has(&to, "abc");
	parcels_fini(&to);
}
