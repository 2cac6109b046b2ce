/* The facade's calls about bans and mutes; auth_commit makes and lifts them. */
#include "auth/auth_bans.h"

#include <time.h>

#include "auth/auth_priv.h"
#include "auth/bans.h"
#include "auth/table.h"
#include "proto/wire/name.h"
#include "reactor/check.h"

bool
auth_is_banned(struct auth *auth, struct span name)
{
	check_magic(auth, AUTH_MAGIC);
	return name_is_valid(name) && bans_find(table_bans(auth->table),
					  BANNED_NAME, name, time(NULL), NULL);
}

bool
auth_is_kept_out(
    struct auth *auth, struct span name, const uint8_t *address, int64_t *until)
{
	struct bans *bans = table_bans(auth->table);
	int64_t now = time(NULL), by_name, by_address;
	bool named, found;

	check_magic(auth, AUTH_MAGIC);
	named = name_is_valid(name) &&
		bans_find(bans, BANNED_NAME, name, now, &by_name);
	found = address && bans_find_address(bans, address, now, &by_address);
	if (named && found)
		*until = by_name == AUTH_FOREVER || by_address == AUTH_FOREVER
			     ? AUTH_FOREVER
			 : by_name > by_address ? by_name
						: by_address;
	else if (named || found)
		*until = named ? by_name : by_address;
	return named || found;
}

bool
auth_is_muted(struct auth *auth, struct span name, int64_t *until)
{
	check_magic(auth, AUTH_MAGIC);
	return name_is_valid(name) && bans_find(table_bans(auth->table),
					  MUTED_NAME, name, time(NULL), until);
}

ssize_t
auth_bans(struct auth *auth, enum auth_ban_kind kind, struct auth_ban **out)
{
	check_magic(auth, AUTH_MAGIC);
	return bans_copy(table_bans(auth->table), kind, time(NULL), out);
}

size_t
auth_ban_count(struct auth *auth, enum auth_ban_kind kind)
{
	check_magic(auth, AUTH_MAGIC);
	return bans_count(table_bans(auth->table), kind, time(NULL));
}

int
auth_set_listed_bans(
    struct auth *auth, const struct auth_ban *bans, size_t count)
{
	check_magic(auth, AUTH_MAGIC);
	return bans_set_listed(table_bans(auth->table), bans, count);
}
