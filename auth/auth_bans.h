/*
 * The part of auth.h that is about bans of names and addresses, and mutes: who
 * is kept out now, or may not talk. They are made and lifted by auth_commit.
 * Only auth.h includes it.
 */
#ifndef AUTH_AUTH_BANS_H
#define AUTH_AUTH_BANS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "auth/account.h"

struct auth;

/*
 * Is this name banned now? In any case, an account or not. Whoever has been
 * told AUTH_OK for a ban ends the sessions that the name still has. Short lock,
 * any thread.
 */
bool auth_is_banned(struct auth *auth, struct span name);

/*
 * Is a client kept out now, by its name (empty for a guest) or its address
 * (NULL where it has none; IPv4 is IPv4-mapped, network.h)? *until is when the
 * bans of it end, as in struct auth_ban. Cheap: one look-up for each length of
 * prefix that is banned. Short lock, any thread.
 */
bool auth_is_kept_out(struct auth *auth, struct span name,
    const uint8_t *address, int64_t *until);

/*
 * Is this name muted now? *until is when that ends, as in struct auth_ban.
 * Whoever has been told AUTH_OK for a mute tells the sessions of that name.
 * Short lock, any thread.
 */
bool auth_is_muted(struct auth *auth, struct span name, int64_t *until);

/*
 * The bans of this kind that hold now, in no order: *out is a new array for the
 * caller to free, or NULL when there is none. One that is kept in the account
 * file and listed as well is there twice. How many, or -1 when there is no
 * memory. Short lock, any thread.
 */
ssize_t
auth_bans(struct auth *auth, enum auth_ban_kind kind, struct auth_ban **out);

/* How many bans of this kind are kept in the account file and hold now. Short
 * lock, any thread. */
size_t auth_ban_count(struct auth *auth, enum auth_ban_kind kind);

/*
 * Bans out of a file of the operator's: they hold besides those in the account
 * file, are not written to it, and are replaced as a whole by each call. The
 * array is copied; its names are valid, its networks canonical, `listed` does
 * not count. 0, or -1 when there is no memory, and nothing has changed then.
 * Short lock, any thread.
 */
int auth_set_listed_bans(
    struct auth *auth, const struct auth_ban *bans, size_t count);

#endif
