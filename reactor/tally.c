/* Connections of each network: open addressing with linear probing. */
#include "reactor/tally.h"

#include <pthread.h>
#include <stdlib.h>

#include "reactor/address.h"
#include "reactor/check.h"
#include "reactor/hash.h"
#include "reactor/memory.h"

#define SHARD_BITS   4
#define SHARDS       (1u << SHARD_BITS)
#define COUNT_BITS   24
#define KEY_BITS     (64 - COUNT_BITS)
#define CAPACITY_MIN 8

_Static_assert(TALLY_MAX == (1u << COUNT_BITS) - 1, "a count fits its bits");

/* A slot is a key above a count; 0 is a free one. The place of a key grows with
 * it, and any number of slots will do: see home_of. */
struct shard {
	_Alignas(64) pthread_mutex_t lock;
	uint64_t *slots; /* owned */
	size_t capacity;
	size_t used;
	uint32_t max; /* connections of one network; 0: any */
};

struct tally {
	struct shard shards[SHARDS];
	struct hash_key key; /* read by all, written by tally_new */
};

static uint64_t
key_of(uint64_t slot)
{
	return slot >> COUNT_BITS;
}

/* Where a key is looked for first. */
static size_t
home_of(const struct shard *shard, uint64_t key)
{
	return (size_t)(key * shard->capacity >> KEY_BITS);
}

static size_t
next_of(const struct shard *shard, size_t at)
{
	return at + 1 < shard->capacity ? at + 1 : 0;
}

/* The place of the key, or the free one that it would take. */
static size_t
shard_find(const struct shard *shard, uint64_t key)
{
	size_t at = home_of(shard, key);

	while (shard->slots[at] != 0 && key_of(shard->slots[at]) != key)
		at = next_of(shard, at);
	return at;
}

static void
shard_resize(struct shard *shard, size_t capacity)
{
	struct shard old = *shard;

	check(capacity > shard->used);
	check(capacity <= TALLY_MAX); /* or home_of would overflow */
	shard->slots = memory_new(capacity * sizeof(*shard->slots));
	shard->capacity = capacity;
	for (size_t i = 0; i < old.capacity; i++)
		if (old.slots[i] != 0)
			shard->slots[shard_find(shard, key_of(old.slots[i]))] =
			    old.slots[i];
	free(old.slots);
}

/* Half as many slots more, at most seven eighths of them taken. */
static void
shard_make_room(struct shard *shard)
{
	if ((shard->used + 1) * 8 > shard->capacity * 7)
		shard_resize(shard,
		    shard->capacity + shard->capacity / 2 + CAPACITY_MIN);
}

/* Later slots move back, so that no gap parts one from its home. */
static void
shard_remove(struct shard *shard, size_t gap)
{
	size_t at = gap;

	for (;;) {
		size_t home;

		at = next_of(shard, at);
		if (shard->slots[at] == 0)
			break;
		home = home_of(shard, key_of(shard->slots[at]));
		if (gap <= at ? gap < home && home <= at
			      : gap < home || home <= at)
			continue;
		shard->slots[gap] = shard->slots[at];
		gap = at;
	}
	shard->slots[gap] = 0;
	shard->used--;
	if (shard->capacity > 2 * CAPACITY_MIN &&
	    shard->used * 3 < shard->capacity)
		shard_resize(shard, shard->capacity / 2);
}

static struct shard *
shard_lock(struct tally *tally, const struct address *peer, uint64_t *key)
{
	uint8_t network[ADDRESS_NETWORK_MAX];
	size_t len = address_network(peer, network);
	uint64_t hash = hash_bytes(&tally->key, network, len);
	struct shard *shard = &tally->shards[hash % SHARDS];

	*key = hash >> COUNT_BITS;
	check_zero(pthread_mutex_lock(&shard->lock));
	return shard;
}

static void
shard_unlock(struct shard *shard)
{
	check_zero(pthread_mutex_unlock(&shard->lock));
}

struct tally *
tally_new(const struct hash_key *key)
{
	struct tally *tally = aligned_alloc(64, sizeof(*tally));

	if (!tally)
		memory_exhausted(sizeof(*tally));
	*tally = (struct tally){.key = *key};
	for (size_t i = 0; i < SHARDS; i++)
		check_zero(pthread_mutex_init(&tally->shards[i].lock, NULL));
	return tally;
}

void
tally_free(struct tally **tally)
{
	for (size_t i = 0; i < SHARDS; i++) {
		struct shard *shard = &(*tally)->shards[i];

		check(shard->used == 0);
		check_zero(pthread_mutex_destroy(&shard->lock));
		free(shard->slots);
	}
	free(*tally);
	*tally = NULL;
}

void
tally_set_max(struct tally *tally, uint32_t max)
{
	for (size_t i = 0; i < SHARDS; i++) {
		struct shard *shard = &tally->shards[i];

		check_zero(pthread_mutex_lock(&shard->lock));
		shard->max = max;
		shard_unlock(shard);
	}
}

bool
tally_enter(struct tally *tally, const struct address *peer)
{
	struct shard *shard;
	uint64_t key, count;
	bool fits;
	size_t at;

	if (address_is_local(peer))
		return true;
	shard = shard_lock(tally, peer, &key);
	shard_make_room(shard);
	at = shard_find(shard, key);
	count = shard->slots[at] & TALLY_MAX;
	fits = shard->max == 0 ? count < TALLY_MAX : count < shard->max;
	if (fits) {
		shard->used += count == 0;
		shard->slots[at] = key << COUNT_BITS | (count + 1);
	}
	shard_unlock(shard);
	return fits;
}

void
tally_leave(struct tally *tally, const struct address *peer)
{
	struct shard *shard;
	uint64_t key;
	size_t at;

	if (address_is_local(peer))
		return;
	shard = shard_lock(tally, peer, &key);
	at = shard_find(shard, key);
	check((shard->slots[at] & TALLY_MAX) > 0);
	shard->slots[at]--;
	if ((shard->slots[at] & TALLY_MAX) == 0)
		shard_remove(shard, at);
	shard_unlock(shard);
}

size_t
tally_bytes(struct tally *tally)
{
	size_t bytes = sizeof(*tally);

	for (size_t i = 0; i < SHARDS; i++) {
		struct shard *shard = &tally->shards[i];

		check_zero(pthread_mutex_lock(&shard->lock));
		bytes += shard->capacity * sizeof(*shard->slots);
		shard_unlock(shard);
	}
	return bytes;
}
