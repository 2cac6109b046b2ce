#include "auth/bans.h"

#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "auth/slots.h"
#include "proto/wire/name.h"
#include "reactor/check.h"
#include "reactor/hash.h"

struct bans {
	struct hash_key key;  /* read by all, written by bans_new */
	pthread_mutex_t lock; /* guards what follows */
	struct slots names;   /* references are places in `all`, plus one */
	struct auth_ban *all; /* owned; without gaps */
	size_t count;
	size_t room;
};

static uint32_t
hash_of(const struct bans *bans, struct span name)
{
	char folded[NAME_BYTES_MAX + 1];

	name_fold(name, folded);
	return (uint32_t)hash_bytes(&bans->key, folded, name.len);
}

static struct slot *
slot_of(struct bans *bans, struct span name)
{
	uint32_t hash = hash_of(bans, name);
	struct slot *slot = NULL;

	while ((slot = slots_find(&bans->names, hash, slot)))
		if (name_equals(span_of(bans->all[slot->ref - 1].name), name))
			break;
	return slot;
}

static bool
holds_at(const struct auth_ban *ban, int64_t now)
{
	return ban->until == AUTH_FOREVER || ban->until > now;
}

struct bans *
bans_new(void)
{
	struct bans *bans = calloc(1, sizeof(*bans));

	if (!bans)
		return NULL;
	randombytes_buf(bans->key.bytes, sizeof(bans->key.bytes));
	slots_init(&bans->names);
	check_zero(pthread_mutex_init(&bans->lock, NULL));
	return bans;
}

void
bans_free(struct bans **bans)
{
	struct bans *b = *bans;

	if (!b)
		return;
	check_zero(pthread_mutex_destroy(&b->lock));
	slots_fini(&b->names);
	free(b->all);
	free(b);
	*bans = NULL;
}

/* Under the lock. */
static size_t
count_at(const struct bans *bans, int64_t now)
{
	size_t count = 0, i;

	for (i = 0; i < bans->count; i++)
		count += holds_at(&bans->all[i], now);
	return count;
}

size_t
bans_count(struct bans *bans, int64_t now)
{
	size_t count;

	check_zero(pthread_mutex_lock(&bans->lock));
	count = count_at(bans, now);
	check_zero(pthread_mutex_unlock(&bans->lock));
	return count;
}

bool
bans_find(struct bans *bans, struct span name, int64_t now)
{
	const struct slot *slot;
	bool found;

	check_zero(pthread_mutex_lock(&bans->lock));
	slot = slot_of(bans, name);
	found = slot && holds_at(&bans->all[slot->ref - 1], now);
	check_zero(pthread_mutex_unlock(&bans->lock));
	return found;
}

ssize_t
bans_copy(struct bans *bans, int64_t now, struct auth_ban **out)
{
	ssize_t count;
	size_t n = 0, i;

	check_zero(pthread_mutex_lock(&bans->lock));
	count = (ssize_t)count_at(bans, now);
	*out = count ? calloc((size_t)count, sizeof(**out)) : NULL;
	for (i = 0; *out && i < bans->count; i++)
		if (holds_at(&bans->all[i], now))
			(*out)[n++] = bans->all[i];
	check_zero(pthread_mutex_unlock(&bans->lock));
	return count > 0 && !*out ? -1 : count;
}

/* Under the lock. */
static int
grow(struct bans *bans, size_t more)
{
	size_t room = bans->room ? bans->room : 16;
	struct auth_ban *all;

	if (slots_grow(&bans->names, more) < 0)
		return -1;
	while (room < bans->count + more)
		room *= 2;
	if (room == bans->room)
		return 0;
	all = realloc(bans->all, room * sizeof(*all));
	if (!all)
		return -1;
	bans->all = all;
	bans->room = room;
	return 0;
}

int
bans_grow(struct bans *bans, size_t more)
{
	int result;

	check_zero(pthread_mutex_lock(&bans->lock));
	result = grow(bans, more);
	check_zero(pthread_mutex_unlock(&bans->lock));
	return result;
}

void
bans_set(struct bans *bans, struct span name, int64_t until)
{
	struct slot *slot;
	struct auth_ban *ban;

	check(name_is_valid(name));
	check_zero(pthread_mutex_lock(&bans->lock));
	slot = slot_of(bans, name);
	if (slot) {
		ban = &bans->all[slot->ref - 1];
	} else {
		check(bans->count < bans->room);
		ban = &bans->all[bans->count++];
		slots_add(
		    &bans->names, hash_of(bans, name), (uint32_t)bans->count);
	}
	*ban = (struct auth_ban){.until = until};
	memcpy(ban->name, name.at, name.len);
	check_zero(pthread_mutex_unlock(&bans->lock));
}

bool
bans_lift(struct bans *bans, struct span name, int64_t now)
{
	struct slot *slot;
	uint32_t ref;
	bool held = false;

	check_zero(pthread_mutex_lock(&bans->lock));
	slot = slot_of(bans, name);
	if (slot) {
		/* The last one moves to its place. */
		ref = slot->ref;
		held = holds_at(&bans->all[ref - 1], now);
		slot_of(bans, span_of(bans->all[bans->count - 1].name))->ref =
		    ref;
		slots_remove(&bans->names, slot);
		bans->all[ref - 1] = bans->all[--bans->count];
	}
	check_zero(pthread_mutex_unlock(&bans->lock));
	return held;
}
