/* Parcels in order. */
#include "proto/parcels.h"

#include "proto/message.h"
#include "reactor/blob.h"
#include "reactor/memory.h"

void
parcels_add(struct parcels *parcels, struct parcel *parcel)
{
	if (parcels->count == parcels->cap) {
		parcels->cap = parcels->cap ? parcels->cap * 2 : 4;
		parcels->at = memory_resize(
		    parcels->at, parcels->cap * sizeof(*parcels->at));
	}
	parcels->at[parcels->count++] = parcel;
}

void
parcels_share(struct parcels *to, const struct parcels *from)
{
	for (uint32_t i = 0; i < from->count; i++)
		parcels_add(to, parcel_ref(from->at[i]));
}

const struct message *
parcels_next(
    const struct parcels *parcels, uint32_t *i, const struct message *message)
{
	while (*i < parcels->count) {
		message = message_next(parcels->at[*i], message);
		if (message)
			return message;
		++*i;
	}
	return NULL;
}

void
parcels_clear(struct parcels *parcels)
{
	for (uint32_t i = 0; i < parcels->count; i++)
		parcel_unref(parcels->at[i]);
	parcels->count = 0;
}

void
parcels_fini(struct parcels *parcels)
{
	parcels_clear(parcels);
	free(parcels->at);
	*parcels = (struct parcels){0};
}
