/*
 * All accounts at once, for the operator: shard by shard, so that a login waits
 * for one of 64 at most. See table.h.
 */
#include <stdlib.h>

#include "auth/table_priv.h"

#define FETCH_AHEAD 16 /* slots; more than a core can have in flight */

/* The account in this slot, or NULL; those behind it are on their way. */
static const struct entry *
account_at(const struct table *table, const struct slots *names, size_t i)
{
	const struct entry *entry;

	if (names->at[(i + FETCH_AHEAD) & names->mask].ref)
		__builtin_prefetch(arena_at(&table->arena,
		    names->at[(i + FETCH_AHEAD) & names->mask].ref));
	if (!names->at[i].ref)
		return NULL;
	entry = arena_at(&table->arena, names->at[i].ref);
	return entry->uid ? entry : NULL;
}

static void
copy_name(const struct entry *entry, char out[NAME_BYTES_MAX + 1])
{
	struct span name = entry_name(entry);

	memcpy(out, name.at, name.len);
	out[name.len] = '\0';
}

/* Locks a shard when there is room for its accounts behind the first `count`.
 * NULL when there is no memory. */
static struct shard *
lock_with_room(struct table *table, size_t i, size_t count, size_t *room,
    struct auth_account_row **rows)
{
	struct shard *shard = &table->shards[i];

	for (;;) {
		struct auth_account_row *more;
		size_t wanted;

		check_zero(pthread_mutex_lock(&shard->lock));
		wanted = count + shard->accounts;
		if (*rows && wanted <= *room)
			return shard;
		shard_unlock(shard);
		/* The other shards have as many, or nearly. */
		wanted += shard->accounts * (SHARDS - i) / 8 * 9 + 16;
		more = realloc(*rows, wanted * sizeof(**rows));
		if (!more)
			return NULL;
		*rows = more;
		*room = wanted;
	}
}

ssize_t
table_list(struct table *table, struct auth_account_row **out)
{
	struct auth_account_row *rows = NULL;
	size_t count = 0, room = 0, i, slot;

	*out = NULL;
	for (i = 0; i < SHARDS; i++) {
		struct shard *shard =
		    lock_with_room(table, i, count, &room, &rows);
		const struct slots *names = &table->shards[i].names;

		if (!shard) {
			free(rows);
			return -1;
		}
		for (slot = 0; names->at && slot <= names->mask; slot++) {
			const struct entry *entry =
			    account_at(table, names, slot);

			if (!entry)
				continue;
			check(count < room);
			rows[count].uid = entry->uid;
			rows[count].created = entry->created;
			copy_name(entry, rows[count++].name);
		}
		shard_unlock(shard);
	}
	*out = rows;
	return (ssize_t)count;
}

size_t
table_names(struct table *table, struct span prefix,
    char (*out)[NAME_BYTES_MAX + 1], size_t max)
{
	size_t count = 0, i, slot;

	for (i = 0; i < SHARDS && count < max; i++) {
		struct shard *shard = &table->shards[i];
		const struct slots *names = &shard->names;

		check_zero(pthread_mutex_lock(&shard->lock));
		for (slot = 0; names->at && slot <= names->mask && count < max;
		     slot++) {
			const struct entry *entry =
			    account_at(table, names, slot);
			struct span name;

			if (!entry || entry->name_len < prefix.len)
				continue;
			name = (struct span){entry_name(entry).at, prefix.len};
			if (name_equals(name, prefix))
				copy_name(entry, out[count++]);
		}
		shard_unlock(shard);
	}
	return count;
}
