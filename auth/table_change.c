/*
 * Accounts come, change and go: the journal's thread, which owns the index by
 * uid. See table.h.
 */
#include <stdlib.h>

#include "auth/table_priv.h"

/*
 * Eight uids that follow each other, as they do in a file, share a cache line
 * of slots; lines are still spread by the key.
 */
static uint32_t
uid_hash(const struct table *table, uint64_t uid)
{
	uint64_t group = uid >> 3;
	uint64_t hash = hash_bytes(&table->key, &group, sizeof(group));

	return (uint32_t)(hash << 3 | (uid & 7));
}

static struct slot *
uid_find(struct table *table, uint64_t uid)
{
	uint32_t hash = uid_hash(table, uid);
	struct slot *slot = NULL;

	while ((slot = slots_find(&table->uids, hash, slot))) {
		const struct entry *entry = arena_at(&table->arena, slot->ref);

		if (entry->uid == uid)
			break;
	}
	return slot;
}

int
table_grow(struct table *table, size_t more)
{
	return slots_grow(&table->uids, more);
}

void
table_add(struct table *table, struct entry *entry)
{
	struct key key;
	struct shard *shard;
	struct slot *slot;
	struct entry *reserved;

	check(entry->uid != 0);
	key_init(&key, table, entry_name(entry));
	slots_add(&table->uids, uid_hash(table, entry->uid), entry->ref);
	shard = shard_lock(table, &key);
	slot = shard_find(table, shard, &key);
	check(slot != NULL);
	reserved = arena_at(&table->arena, slot->ref);
	check(reserved->uid == 0);
	slot->ref = entry->ref;
	shard->accounts++;
	shard_unlock(shard);
	entry_free(&table->arena, &reserved);
}

enum auth_status
table_insert(struct table *table, struct entry *entry)
{
	enum auth_status status = AUTH_OK;
	struct shard *shard;
	struct key key;

	check(entry->uid != 0);
	if (uid_find(table, entry->uid))
		return AUTH_NAME_TAKEN;
	key_init(&key, table, entry_name(entry));
	shard = shard_lock(table, &key);
	if (shard_find(table, shard, &key))
		status = AUTH_NAME_TAKEN;
	else if (slots_grow(&shard->names, 1) < 0 ||
		 slots_grow(&table->uids, 1) < 0)
		status = AUTH_NO_MEMORY;
	else {
		slots_add(&shard->names, key.hash, entry->ref);
		slots_add(
		    &table->uids, uid_hash(table, entry->uid), entry->ref);
		shard->accounts++;
	}
	shard_unlock(shard);
	return status;
}

void
table_prefetch_insert(const struct table *table, const struct entry *entry)
{
	struct key key;

	key_init(&key, table, entry_name(entry));
	slots_prefetch(&table->shards[key.shard].names, key.hash);
	slots_prefetch(&table->uids, uid_hash(table, entry->uid));
}

void
table_replace(struct table *table, struct entry *entry)
{
	struct slot *by_uid = uid_find(table, entry->uid);
	struct key key;
	struct shard *shard;
	struct slot *by_name;
	struct entry *old;

	check(by_uid != NULL);
	old = arena_at(&table->arena, by_uid->ref);
	key_init(&key, table, entry_name(entry));
	shard = shard_lock(table, &key);
	by_name = shard_find(table, shard, &key);
	check(by_name != NULL);
	check(by_name->ref == old->ref);
	by_name->ref = entry->ref;
	shard_unlock(shard);
	by_uid->ref = entry->ref;
	entry_free(&table->arena, &old);
}

void
table_remove(struct table *table, uint64_t uid)
{
	struct slot *by_uid = uid_find(table, uid);
	struct key key;
	struct shard *shard;
	struct slot *by_name;
	struct entry *old;

	check(by_uid != NULL);
	old = arena_at(&table->arena, by_uid->ref);
	slots_remove(&table->uids, by_uid);
	key_init(&key, table, entry_name(old));
	shard = shard_lock(table, &key);
	by_name = shard_find(table, shard, &key);
	check(by_name != NULL);
	check(by_name->ref == old->ref);
	slots_remove(&shard->names, by_name);
	shard->accounts--;
	shard_unlock(shard);
	entry_free(&table->arena, &old);
}

struct entry *
table_by_uid(struct table *table, uint64_t uid)
{
	struct slot *slot = uid_find(table, uid);

	return slot ? arena_at(&table->arena, slot->ref) : NULL;
}

static int
compare_uids(const void *left, const void *right)
{
	const struct entry *const *a = left, *const *b = right;

	return ((*a)->uid > (*b)->uid) - ((*a)->uid < (*b)->uid);
}

const struct entry **
table_collect(struct table *table)
{
	const struct slots *uids = &table->uids;
	const struct entry **all = malloc((uids->used + 1) * sizeof(*all));
	size_t count = 0, i;

	if (!all)
		return NULL;
	for (i = 0; uids->at && i <= uids->mask; i++)
		if (uids->at[i].ref)
			all[count++] = arena_at(&table->arena, uids->at[i].ref);
	check(count == uids->used);
	qsort(all, count, sizeof(*all), compare_uids);
	return all;
}
