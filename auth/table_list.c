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

/* Rows in memory that grows. */
struct rows {
	struct auth_account_row *at; /* owned */
	size_t count;
	size_t room;
};

/* Makes room for `more`, and for `later` if it has to move. False when there is
 * no memory. */
static bool
rows_grow(struct rows *rows, size_t more, size_t later)
{
	struct auth_account_row *at;

	if (rows->at && rows->count + more <= rows->room)
		return true;
	rows->room = rows->count + more + later;
	at = realloc(rows->at, rows->room * sizeof(*at));
	if (at)
		rows->at = at;
	return at != NULL;
}

/* The accounts of one shard. False when there is no memory. */
static bool
list_shard(struct table *table, struct shard *shard, struct rows *out)
{
	const struct slots *names = &shard->names;
	size_t slot, wanted;

	out->count = 0;
	check_zero(pthread_mutex_lock(&shard->lock));
	while ((wanted = shard->accounts) > out->room) {
		shard_unlock(shard);
		if (!rows_grow(out, wanted, wanted / 8))
			return false;
		check_zero(pthread_mutex_lock(&shard->lock));
	}
	for (slot = 0; names->at && slot <= names->mask; slot++) {
		const struct entry *entry = account_at(table, names, slot);
		struct auth_account_row *row = out->at + out->count;

		if (!entry)
			continue;
		check(out->count < out->room);
		row->uid = entry->uid;
		row->created = entry->created;
		copy_name(entry, row->name);
		out->count++;
	}
	shard_unlock(shard);
	return true;
}

/*
 * Each shard is copied to the same memory first: new memory comes a page at a
 * time, and a lock is no place to wait for that.
 */
ssize_t
table_list(struct table *table, struct auth_account_row **out)
{
	struct rows all = {0}, some = {0};
	bool listed = rows_grow(&all, 1, 0) && rows_grow(&some, 1, 0);
	size_t i;

	*out = NULL;
	for (i = 0; listed && i < SHARDS; i++) {
		listed = list_shard(table, &table->shards[i], &some) &&
			 /* The other shards have as many, or nearly. */
			 rows_grow(&all, some.count,
			     some.count * (SHARDS - i) / 8 * 9);
		if (!listed)
			break;
		memcpy(
		    all.at + all.count, some.at, some.count * sizeof(*some.at));
		all.count += some.count;
	}
	free(some.at);
	if (!listed) {
		free(all.at);
		return -1;
	}
	*out = all.at;
	return (ssize_t)all.count;
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
