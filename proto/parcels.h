/*
 * Parcels in order, each by a reference of ours: what was said in a room and is
 * on its way through it, as records (message.h). One thread; the parcels
 * themselves are shared with others once they are on their way.
 */
#ifndef PROTO_PARCELS_H
#define PROTO_PARCELS_H

#include <stdint.h>

struct message;
struct parcel;

struct parcels {
	struct parcel **at; /* owned, as is a reference to each */
	uint32_t count;
	uint32_t cap;
};

/* Adds one at the end; the reference becomes ours. */
void parcels_add(struct parcels *parcels, struct parcel *parcel);

/* Adds references of its own to all that `from` has. */
void parcels_share(struct parcels *to, const struct parcels *from);

/* The record after this one, the first for NULL; NULL after the last. `i` is
 * the parcel that it is in, 0 to begin with. */
const struct message *parcels_next(
    const struct parcels *parcels, uint32_t *i, const struct message *message);

/* Drops all references; fini frees what they stood in as well, and leaves it as
 * zeroed. */
void parcels_clear(struct parcels *parcels);
void parcels_fini(struct parcels *parcels);

#endif
