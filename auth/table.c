#include "auth/table.h"

#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "auth/slots.h"
#include "proto/wire/name.h"
#include "reactor/check.h"
#include "reactor/hash.h"

#define SHARD_BITS 6
#define SHARDS     (1u << SHARD_BITS)
#define CACHE_LINE 64

struct shard {
	_Alignas(CACHE_LINE) pthread_mutex_t lock;
	struct slots names; /* entries and reservations */
	size_t accounts;    /* of them, reservations not counted */
};

struct table {
	struct shard shards[SHARDS];
	struct hash_key key; /* read by all, written by table_new */
	struct slots uids;   /* the entries again; journal's thread only */
	struct arena arena;  /* all of them; has a lock of its own */
};

/* A name made ready to look for. */
struct key {
	char folded[NAME_BYTES_MAX + 1];
	size_t len;
	uint32_t hash;  /* chooses the slot */
	uint32_t shard; /* other bits of the same hash */
};

static void
key_init(struct key *key, const struct table *table, struct span name)
{
	uint64_t hash;

	check(name.len <= NAME_BYTES_MAX);
	name_fold(name, key->folded);
	key->len = name.len;
	hash = hash_bytes(&table->key, key->folded, key->len);
	key->hash = (uint32_t)hash;
	key->shard = (uint32_t)(hash >> (64 - SHARD_BITS));
}

static bool
key_is_of(const struct key *key, const struct entry *entry)
{
	char folded[NAME_BYTES_MAX + 1];

	if (entry->name_len != key->len)
		return false;
	name_fold(entry_name(entry), folded);
	return memcmp(folded, key->folded, key->len) == 0;
}

static struct shard *
shard_lock(struct table *table, const struct key *key)
{
	struct shard *shard = &table->shards[key->shard];

	check_zero(pthread_mutex_lock(&shard->lock));
	return shard;
}

static void
shard_unlock(struct shard *shard)
{
	check_zero(pthread_mutex_unlock(&shard->lock));
}

static struct slot *
shard_find(
    const struct table *table, struct shard *shard, const struct key *key)
{
	struct slot *slot = NULL;

	while ((slot = slots_find(&shard->names, key->hash, slot)))
		if (key_is_of(key, arena_at(&table->arena, slot->ref)))
			break;
	return slot;
}

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

struct table *
table_new(void)
{
	struct table *table = aligned_alloc(CACHE_LINE, sizeof(*table));
	size_t i;

	if (!table)
		return NULL;
	memset(table, 0, sizeof(*table));
	if (arena_init(&table->arena) < 0) {
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
	free(t);
	*table = NULL;
}

struct arena *
table_arena(struct table *table)
{
	return &table->arena;
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
table_prefetch(const struct table *table, const struct entry *entry)
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
