/* What any thread may do with one name. See table.h. */
#include "auth/table.h"

#include <sodium.h>
#include <stdlib.h>

#include "auth/bans.h"
#include "auth/table_priv.h"

struct table *
table_new(void)
{
	struct table *table = aligned_alloc(CACHE_LINE, sizeof(*table));
	size_t i;

	if (!table)
		return NULL;
	memset(table, 0, sizeof(*table));
	table->bans = bans_new();
	if (!table->bans || arena_init(&table->arena) < 0) {
		bans_free(&table->bans);
		free(table);
		return NULL;
	}
	randombytes_buf(table->key.bytes, sizeof(table->key.bytes));
	for (i = 0; i < SHARDS; i++)
		check_zero(pthread_mutex_init(&table->shards[i].lock, NULL));
	return table;
}

void
table_free(struct table **table)
{
	struct table *t = *table;
	size_t i;

	if (!t)
		return;
	for (i = 0; i < SHARDS; i++) {
		slots_fini(&t->shards[i].names);
		check_zero(pthread_mutex_destroy(&t->shards[i].lock));
	}
	slots_fini(&t->uids);
	arena_fini(&t->arena);
	bans_free(&t->bans);
	free(t);
	*table = NULL;
}

struct arena *
table_arena(struct table *table)
{
	return &table->arena;
}

struct bans *
table_bans(struct table *table)
{
	return table->bans;
}

size_t
table_count(struct table *table)
{
	size_t count = 0, i;

	for (i = 0; i < SHARDS; i++) {
		struct shard *shard = &table->shards[i];

		check_zero(pthread_mutex_lock(&shard->lock));
		count += shard->accounts;
		shard_unlock(shard);
	}
	return count;
}

size_t
table_taken(struct table *table)
{
	size_t taken = 0, i;

	for (i = 0; i < SHARDS; i++) {
		struct shard *shard = &table->shards[i];

		check_zero(pthread_mutex_lock(&shard->lock));
		taken += shard->names.used;
		shard_unlock(shard);
	}
	return taken;
}

bool
table_find(struct table *table, struct span name, struct account *out)
{
	struct key key;
	struct shard *shard;
	const struct slot *slot;
	const struct entry *entry;

	key_init(&key, table, name);
	shard = shard_lock(table, &key);
	slot = shard_find(table, shard, &key);
	entry = slot ? arena_at(&table->arena, slot->ref) : NULL;
	if (entry && entry->uid == 0)
		entry = NULL;
	if (entry)
		entry_copy(entry, out);
	shard_unlock(shard);
	return entry != NULL;
}

/* The cache lines of an entry whose name is not the longest. A fourth one for
 * those that are costs all others more than it saves. */
static void
prefetch_entry(const struct entry *entry)
{
	const char *at = (const char *)entry;
	size_t i;

	for (i = 0; i < 3 * CACHE_LINE; i += CACHE_LINE)
		__builtin_prefetch(at + i);
}

void
table_prefetch_find(
    struct table *table, const struct span names[], size_t count)
{
	struct key keys[TABLE_PREFETCH_MAX];
	size_t i;

	if (count > TABLE_PREFETCH_MAX)
		count = TABLE_PREFETCH_MAX;
	/* All slots first, then all entries: each lot arrives together. */
	for (i = 0; i < count; i++) {
		struct shard *shard;

		key_init(&keys[i], table, names[i]);
		shard = shard_lock(table, &keys[i]);
		slots_prefetch(&shard->names, keys[i].hash);
		shard_unlock(shard);
	}
	for (i = 0; i < count; i++) {
		struct shard *shard = shard_lock(table, &keys[i]);
		const struct slot *slot =
		    slots_find(&shard->names, keys[i].hash, NULL);

		if (slot)
			prefetch_entry(arena_at(&table->arena, slot->ref));
		shard_unlock(shard);
	}
}

enum auth_status
table_reserve(struct table *table, struct span name)
{
	struct entry *entry =
	    entry_new(&table->arena, 0, 0, name, (struct span){0});
	enum auth_status status = AUTH_OK;
	struct shard *shard;
	struct key key;

	if (!entry)
		return AUTH_NO_MEMORY;
	key_init(&key, table, name);
	shard = shard_lock(table, &key);
	if (shard_find(table, shard, &key))
		status = AUTH_NAME_TAKEN;
	else if (slots_grow(&shard->names, 1) < 0)
		status = AUTH_NO_MEMORY;
	else
		slots_add(&shard->names, key.hash, entry->ref);
	shard_unlock(shard);
	if (status != AUTH_OK)
		entry_free(&table->arena, &entry);
	return status;
}

void
table_unreserve(struct table *table, struct span name)
{
	struct key key;
	struct shard *shard;
	struct slot *slot;
	struct entry *entry;

	key_init(&key, table, name);
	shard = shard_lock(table, &key);
	slot = shard_find(table, shard, &key);
	check(slot != NULL);
	entry = arena_at(&table->arena, slot->ref);
	check(entry->uid == 0);
	slots_remove(&shard->names, slot);
	shard_unlock(shard);
	entry_free(&table->arena, &entry);
}
