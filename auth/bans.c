/* Bans that hold: kept and listed ones, time and the lock. */
#include "auth/bans.h"

#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "auth/ban_set.h"
#include "proto/wire/name.h"
#include "reactor/check.h"
#include "reactor/hash.h"

struct bans {
	struct hash_key key;  /* read by all, written by bans_new */
	pthread_mutex_t lock; /* guards what follows */
	struct ban_set kept[BAN_KINDS];
	struct ban_set listed[BAN_KINDS];
};

static void
bans_lock(struct bans *bans)
{
	check_zero(pthread_mutex_lock(&bans->lock));
}

static void
bans_unlock(struct bans *bans)
{
	check_zero(pthread_mutex_unlock(&bans->lock));
}

/* NULL is none, and holds never. */
static bool
holds_at(const struct auth_ban *ban, int64_t now)
{
	return ban && (ban->until == AUTH_FOREVER || ban->until > now);
}

static void
fini_sets(struct ban_set sets[BAN_KINDS])
{
	for (int kind = 0; kind < BAN_KINDS; kind++)
		ban_set_fini(&sets[kind]);
}

struct bans *
bans_new(void)
{
	struct bans *bans = calloc(1, sizeof(*bans));

	if (!bans)
		return NULL;
	randombytes_buf(bans->key.bytes, sizeof(bans->key.bytes));
	check_zero(pthread_mutex_init(&bans->lock, NULL));
	return bans;
}

void
bans_free(struct bans **bans)
{
	struct bans *b = *bans;

	if (!b)
		return;
	fini_sets(b->kept);
	fini_sets(b->listed);
	check_zero(pthread_mutex_destroy(&b->lock));
	free(b);
	*bans = NULL;
}

bool
bans_name_is_valid(enum auth_ban_kind kind, struct span name)
{
	char text[NETWORK_TEXT_BYTES];
	struct network network;

	if (kind != BANNED_ADDRESS)
		return name_is_valid(name);
	return network_parse(name, &network) &&
	       span_equals(name, span_of(network_format(&network, text)));
}

static size_t
count_at(const struct ban_set *set, int64_t now)
{
	size_t count = 0, i;

	for (i = 0; i < set->count; i++)
		count += holds_at(&set->all[i].ban, now);
	return count;
}

size_t
bans_count(struct bans *bans, enum auth_ban_kind kind, int64_t now)
{
	size_t count;

	bans_lock(bans);
	count = count_at(&bans->kept[kind], now);
	bans_unlock(bans);
	return count;
}

/* The one of both (either may be NULL) that holds longer; NULL when none does.
 */
static const struct auth_ban *
longer(const struct auth_ban *a, const struct auth_ban *b, int64_t now)
{
	if (!holds_at(a, now))
		return holds_at(b, now) ? b : NULL;
	return a->until != AUTH_FOREVER && holds_at(b, a->until) ? b : a;
}

static const struct auth_ban *
find_longest(const struct bans *bans, enum auth_ban_kind kind,
    const struct ban_key *key, int64_t now)
{
	return longer(ban_set_find(&bans->kept[kind], key),
	    ban_set_find(&bans->listed[kind], key), now);
}

bool
bans_find(struct bans *bans, enum auth_ban_kind kind, struct span name,
    int64_t now, int64_t *until)
{
	const struct ban_key key = ban_key_of(&bans->key, kind, name);
	const struct auth_ban *found;

	bans_lock(bans);
	found = find_longest(bans, kind, &key, now);
	if (found && until)
		*until = found->until;
	bans_unlock(bans);
	return found != NULL;
}

/* One look-up for each number of bits that some ban has. */
static const struct auth_ban *
find_longest_around(
    const struct bans *bans, const uint8_t address[16], int64_t now)
{
	const struct ban_set *kept = &bans->kept[BANNED_ADDRESS];
	const struct ban_set *listed = &bans->listed[BANNED_ADDRESS];
	const struct auth_ban *found = NULL;
	unsigned bits;

	if (kept->count + listed->count == 0)
		return NULL;
	for (bits = 0; bits <= NETWORK_BITS_MAX; bits++) {
		struct network network;
		struct ban_key key;

		if (kept->widths[bits] + listed->widths[bits] == 0)
			continue;
		network = network_around(address, bits);
		key = ban_key_of_network(&bans->key, &network);
		found = longer(
		    found, find_longest(bans, BANNED_ADDRESS, &key, now), now);
	}
	return found;
}

bool
bans_find_address(
    struct bans *bans, const uint8_t address[16], int64_t now, int64_t *until)
{
	const struct auth_ban *found;

	bans_lock(bans);
	found = find_longest_around(bans, address, now);
	if (found && until)
		*until = found->until;
	bans_unlock(bans);
	return found != NULL;
}

bool
bans_is_listed(
    struct bans *bans, enum auth_ban_kind kind, struct span name, int64_t now)
{
	const struct ban_key key = ban_key_of(&bans->key, kind, name);
	bool listed;

	bans_lock(bans);
	listed = holds_at(ban_set_find(&bans->listed[kind], &key), now);
	bans_unlock(bans);
	return listed;
}

static size_t
copy_set(struct auth_ban *out, const struct ban_set *set, int64_t now)
{
	size_t count = 0, i;

	for (i = 0; i < set->count; i++)
		if (holds_at(&set->all[i].ban, now))
			out[count++] = set->all[i].ban;
	return count;
}

/* What holds in these sets, under the lock. */
static ssize_t
copy_sets(const struct ban_set *const sets[], size_t set_count, int64_t now,
    struct auth_ban **out)
{
	size_t count = 0, copied = 0, i;

	*out = NULL;
	for (i = 0; i < set_count; i++)
		count += count_at(sets[i], now);
	if (count == 0)
		return 0;
	*out = malloc(count * sizeof(**out));
	if (!*out)
		return -1;
	for (i = 0; i < set_count; i++)
		copied += copy_set(*out + copied, sets[i], now);
	check(copied == count);
	return (ssize_t)count;
}

ssize_t
bans_copy(struct bans *bans, enum auth_ban_kind kind, int64_t now,
    struct auth_ban **out)
{
	const struct ban_set *const sets[] = {
	    &bans->kept[kind], &bans->listed[kind]};
	ssize_t count;

	bans_lock(bans);
	count = copy_sets(sets, 2, now, out);
	bans_unlock(bans);
	return count;
}

ssize_t
bans_copy_kept(struct bans *bans, int64_t now, struct auth_ban **out)
{
	const struct ban_set *sets[BAN_KINDS];
	ssize_t count;

	for (int kind = 0; kind < BAN_KINDS; kind++)
		sets[kind] = &bans->kept[kind];
	bans_lock(bans);
	count = copy_sets(sets, BAN_KINDS, now, out);
	bans_unlock(bans);
	return count;
}

int
bans_grow(struct bans *bans, size_t more)
{
	int result = 0;

	bans_lock(bans);
	for (int kind = 0; kind < BAN_KINDS && result == 0; kind++)
		result = ban_set_grow(&bans->kept[kind], more);
	bans_unlock(bans);
	return result;
}

void
bans_set(
    struct bans *bans, enum auth_ban_kind kind, struct span name, int64_t until)
{
	const struct ban_key key = ban_key_of(&bans->key, kind, name);
	struct auth_ban ban = {.kind = kind, .until = until};

	check(name.len < sizeof(ban.name));
	memcpy(ban.name, name.at, name.len);
	bans_lock(bans);
	ban_set_put(&bans->kept[kind], &key, &ban);
	bans_unlock(bans);
}

bool
bans_lift(
    struct bans *bans, enum auth_ban_kind kind, struct span name, int64_t now)
{
	const struct ban_key key = ban_key_of(&bans->key, kind, name);
	struct ban_set *set = &bans->kept[kind];
	bool held;

	bans_lock(bans);
	held = holds_at(ban_set_find(set, &key), now);
	ban_set_remove(set, &key);
	bans_unlock(bans);
	return held;
}

/* Sets of these bans. 0, or -1 when there is no memory; fini_sets in either
 * case. */
static int
list_sets(struct ban_set sets[BAN_KINDS], const struct hash_key *secret,
    const struct auth_ban *listed, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct auth_ban ban = listed[i];
		struct span name = span_of(ban.name);
		struct ban_key key;

		check(ban.kind < BAN_KINDS);
		check(bans_name_is_valid(ban.kind, name));
		ban.listed = true;
		key = ban_key_of(secret, ban.kind, name);
		if (ban_set_grow(&sets[ban.kind], 1) < 0)
			return -1;
		ban_set_put(&sets[ban.kind], &key, &ban);
	}
	return 0;
}

int
bans_set_listed(struct bans *bans, const struct auth_ban *listed, size_t count)
{
	struct ban_set sets[BAN_KINDS] = {0};
	struct ban_set old[BAN_KINDS];

	if (list_sets(sets, &bans->key, listed, count) < 0) {
		fini_sets(sets);
		return -1;
	}
	bans_lock(bans);
	memcpy(old, bans->listed, sizeof(old));
	memcpy(bans->listed, sets, sizeof(sets));
	bans_unlock(bans);
	fini_sets(old);
	return 0;
}
