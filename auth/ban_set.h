/*
 * Bans of one kind from one source: a hash table by who is banned. Several of
 * them make up the bans that hold (bans.h), which knows about time and locks;
 * this one knows neither.
 */
#ifndef AUTH_BAN_SET_H
#define AUTH_BAN_SET_H

#include "auth/account.h"
#include "auth/slots.h"

struct hash_key;

/* Who is banned, ready to look for: a name in lower case, or a network. */
struct ban_key {
	uint32_t hash;
	uint8_t len;
	uint8_t bytes[NAME_BYTES_MAX + 1];
};

_Static_assert(sizeof(struct network) <= NAME_BYTES_MAX, "either fits");

struct ban {
	struct ban_key key;
	struct auth_ban ban;
};

/* Zeroed: no bans, no memory. */
struct ban_set {
	struct slots keys; /* references are places in `all`, plus one */
	struct ban *all;   /* owned; without gaps */
	size_t count;
	size_t room;
	/* BANNED_ADDRESS: how many there are with so many bits. */
	uint32_t widths[NETWORK_BITS_MAX + 1];
};

/* Frees what it holds; it begins zeroed. */
void ban_set_fini(struct ban_set *set);

/* The key of a valid name, or of a network's canonical text. */
struct ban_key ban_key_of(
    const struct hash_key *secret, enum auth_ban_kind kind, struct span name);

/* The key of a network. */
struct ban_key ban_key_of_network(
    const struct hash_key *secret, const struct network *network);

/* The ban, or NULL; borrowed until the set changes. */
const struct auth_ban *
ban_set_find(const struct ban_set *set, const struct ban_key *key);

/* Makes room for `more`, so that as many ban_set_put cannot fail. 0, or -1 when
 * there is no memory. */
int ban_set_grow(struct ban_set *set, size_t more);

/* Adds a ban, or puts it in the place of the one with this key. */
void ban_set_put(
    struct ban_set *set, const struct ban_key *key, const struct auth_ban *ban);

/* Takes away the ban with this key, if there is one. */
void ban_set_remove(struct ban_set *set, const struct ban_key *key);

#endif
