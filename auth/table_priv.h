/*
 * The inside of struct table, for the files that are the table: table.c, what
 * any thread may do with one name, table_list.c, the same with all of them, and
 * table_change.c, what the journal's thread does.
 * Locks: a shard's covers its names; nothing else is locked while it is held
 * but the arena, by whoever takes or gives an entry.
 */
#ifndef AUTH_TABLE_PRIV_H
#define AUTH_TABLE_PRIV_H

#include <pthread.h>
#include <string.h>

#include "auth/slots.h"
#include "auth/table.h"
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
	struct bans *bans;   /* owned; has a lock of its own */
};

/* A name made ready to look for. */
struct key {
	char folded[NAME_BYTES_MAX + 1];
	size_t len;
	uint32_t hash;  /* chooses the slot */
	uint32_t shard; /* other bits of the same hash */
};

/* The key of a name of up to NAME_BYTES_MAX bytes. */
static inline void
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

/* Is this the entry's name, in any case? */
static inline bool
key_is_of(const struct key *key, const struct entry *entry)
{
	char folded[NAME_BYTES_MAX + 1];

	if (entry->name_len != key->len)
		return false;
	name_fold(entry_name(entry), folded);
	return memcmp(folded, key->folded, key->len) == 0;
}

/* Locks the shard that the name is in, and returns it. */
static inline struct shard *
shard_lock(struct table *table, const struct key *key)
{
	struct shard *shard = &table->shards[key->shard];

	check_zero(pthread_mutex_lock(&shard->lock));
	return shard;
}

/* Unlocks it. */
static inline void
shard_unlock(struct shard *shard)
{
	check_zero(pthread_mutex_unlock(&shard->lock));
}

/* The slot of the account of this name, or NULL. The shard is locked. */
static inline struct slot *
shard_find(
    const struct table *table, struct shard *shard, const struct key *key)
{
	struct slot *slot = NULL;

	while ((slot = slots_find(&shard->names, key->hash, slot)))
		if (key_is_of(key, arena_at(&table->arena, slot->ref)))
			break;
	return slot;
}

#endif
