/* Bans of one kind from one source, by who is banned. */
#include "auth/ban_set.h"

#include <stdlib.h>
#include <string.h>

#include "proto/wire/name.h"
#include "reactor/check.h"
#include "reactor/hash.h"

void
ban_set_fini(struct ban_set *set)
{
	slots_fini(&set->keys);
	free(set->all);
}

static void
key_seal(struct ban_key *key, const struct hash_key *secret, size_t len)
{
	key->len = (uint8_t)len;
	key->hash = (uint32_t)hash_bytes(secret, key->bytes, len);
}

struct ban_key
ban_key_of_network(const struct hash_key *secret, const struct network *network)
{
	struct ban_key key = {0};

	memcpy(key.bytes, network, sizeof(*network));
	key_seal(&key, secret, sizeof(*network));
	return key;
}

struct ban_key
ban_key_of(
    const struct hash_key *secret, enum auth_ban_kind kind, struct span name)
{
	struct ban_key key = {0};
	struct network network;

	if (kind == BANNED_ADDRESS) {
		check(network_parse(name, &network));
		return ban_key_of_network(secret, &network);
	}
	name_fold(name, (char *)key.bytes);
	key_seal(&key, secret, name.len);
	return key;
}

static struct slot *
find_slot(const struct ban_set *set, const struct ban_key *key)
{
	struct slot *slot = NULL;

	while ((slot = slots_find(&set->keys, key->hash, slot))) {
		const struct ban_key *other = &set->all[slot->ref - 1].key;

		if (other->len == key->len &&
		    !memcmp(other->bytes, key->bytes, key->len))
			break;
	}
	return slot;
}

const struct auth_ban *
ban_set_find(const struct ban_set *set, const struct ban_key *key)
{
	const struct slot *slot = find_slot(set, key);

	return slot ? &set->all[slot->ref - 1].ban : NULL;
}

int
ban_set_grow(struct ban_set *set, size_t more)
{
	size_t room = set->room ? set->room : 16;
	struct ban *all;

	if (slots_grow(&set->keys, more) < 0)
		return -1;
	while (room < set->count + more)
		room *= 2;
	if (room == set->room)
		return 0;
	all = realloc(set->all, room * sizeof(*all));
	if (!all)
		return -1;
	set->all = all;
	set->room = room;
	return 0;
}

/* How many bans are as wide as this one. */
static uint32_t *
width_of(struct ban_set *set, const struct ban *ban)
{
	struct network network;

	check(ban->key.len == sizeof(network));
	memcpy(&network, ban->key.bytes, sizeof(network));
	return &set->widths[network.bits];
}

void
ban_set_put(
    struct ban_set *set, const struct ban_key *key, const struct auth_ban *ban)
{
	const struct slot *slot = find_slot(set, key);
	struct ban *place;

	if (slot) {
		set->all[slot->ref - 1].ban = *ban;
		return;
	}
	check(set->count < set->room);
	place = &set->all[set->count++];
	*place = (struct ban){*key, *ban};
	slots_add(&set->keys, key->hash, (uint32_t)set->count);
	if (ban->kind == BANNED_ADDRESS)
		(*width_of(set, place))++;
}

void
ban_set_remove(struct ban_set *set, const struct ban_key *key)
{
	struct slot *slot = find_slot(set, key);
	const struct ban *last;
	uint32_t ref;

	if (!slot)
		return;
	/* The last ban moves to the place of the one that goes. */
	ref = slot->ref;
	last = &set->all[set->count - 1];
	if (set->all[ref - 1].ban.kind == BANNED_ADDRESS)
		(*width_of(set, &set->all[ref - 1]))--;
	find_slot(set, &last->key)->ref = ref;
	slots_remove(&set->keys, slot);
	set->all[ref - 1] = *last;
	set->count--;
}
