/*
 * What the account store holds, and what can become of it: accounts, bans,
 * changes to them, and the status of each. The parts of auth/ share these
 * types; everybody else has them by auth.h. All are plain values: nothing in
 * them points into the store.
 */
#ifndef AUTH_ACCOUNT_H
#define AUTH_ACCOUNT_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/limits.h"
#include "proto/wire/network.h"

#define VERIFIER_BYTES_MAX 128 /* libsodium's crypto_pwhash_STRBYTES */
#define AUTH_ERROR_BYTES   512

enum auth_status {
	AUTH_OK,
	AUTH_NAME_TAKEN,      /* exists, or is being registered just now */
	AUTH_NO_SUCH_USER,    /* never was, or is gone; no such ban */
	AUTH_BAD_CREDENTIALS, /* wrong password */
	AUTH_THROTTLED,       /* not tried: see auth_throttle_wait */
	AUTH_BANNED,          /* the name is */
	AUTH_LISTED,          /* that ban is in the operator's file only */
	AUTH_READ_ONLY,       /* the file took no more: auth_error says why */
	AUTH_FULL,            /* as many accounts as there may be */
	AUTH_TOO_OFTEN,       /* not tried: see auth_throttle_change */
	AUTH_NO_MEMORY,
};

/* Cost of Argon2id for new verifiers (RFC 9106, one lane). */
struct argon2_cost {
	uint32_t passes;
	uint32_t memory_kib; /* at least 8 */
};

/* A copy of one account. */
struct account {
	uint64_t uid;    /* never used again, also not for the same name */
	int64_t created; /* seconds since 1970 */
	char name[NAME_BYTES_MAX + 1]; /* as registered */
	char verifier[VERIFIER_BYTES_MAX];
};

enum auth_change_kind {
	AUTH_REGISTER, /* name is reserved by the caller; verifier is new */
	AUTH_PASSWD,   /* account `uid` gets a new verifier */
	AUTH_REMOVE,   /* account `uid` is removed */
	/* Two for each enum auth_ban_kind, in its order: */
	AUTH_BAN,           /* `name` may not log in `until` then */
	AUTH_UNBAN,         /* it may again */
	AUTH_BAN_ADDRESS,   /* nobody may connect from the network `name` */
	AUTH_UNBAN_ADDRESS, /* they may again */
	AUTH_MUTE,          /* `name` may not talk */
	AUTH_UNMUTE,        /* it may again */
};

/* What a ban keeps somebody from. */
enum auth_ban_kind {
	BANNED_NAME,    /* to log in */
	BANNED_ADDRESS, /* to connect */
	MUTED_NAME,     /* to talk */
	BAN_KINDS,
};

#define AUTH_FOREVER 0 /* as the end of a ban */

/* Who is banned or muted: a name, which need not be an account's, or a network
 * by its canonical text (network_format). */
#define AUTH_NAME_BYTES NETWORK_TEXT_BYTES
_Static_assert(NAME_BYTES_MAX < AUTH_NAME_BYTES, "it holds either");

struct auth_ban {
	int64_t until; /* seconds since 1970, or AUTH_FOREVER */
	enum auth_ban_kind kind;
	bool listed; /* in the operator's file, not in the account file */
	char name[AUTH_NAME_BYTES];
};

/* One change for auth_commit. The caller owns it all the time. */
struct auth_change {
	enum auth_change_kind kind;
	enum auth_status status;    /* set by auth_commit */
	uint64_t uid;               /* REGISTER: set by auth_commit */
	int64_t until;              /* BAN..., MUTE: as in struct auth_ban */
	char name[AUTH_NAME_BYTES]; /* REGISTER, and all about bans */
	char verifier[VERIFIER_BYTES_MAX];
	/* PASSWD, REMOVE: the verifier that the password was checked against.
	 * If it is not the account's any more, the change is refused with
	 * AUTH_BAD_CREDENTIALS. Empty: whatever it is. */
	char replaces[VERIFIER_BYTES_MAX];
};

/* One account, as the operator sees it. */
struct auth_account_row {
	uint64_t uid;
	int64_t created; /* seconds since 1970 */
	char name[NAME_BYTES_MAX + 1];
};

#endif
