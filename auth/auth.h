/*
 * The account store: a sharded table in memory, kept in an append-only flat
 * file. This header is all that outsiders see of auth/. It knows no sockets, no
 * threads and no log: the caller decides which thread makes which call, and
 * every failure is returned with its reason.
 *
 * An account's way: auth_reserve holds the name, auth_hash makes the verifier
 * (slow, no lock held), auth_commit appends and syncs a batch of changes and
 * only then makes them visible. Nothing that auth_commit has reported AUTH_OK
 * for can be lost by a crash of the process or the machine. Bans of names and
 * addresses, and mutes, go the same way, without the first two steps.
 */
#ifndef AUTH_AUTH_H
#define AUTH_AUTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "auth/account.h"
#include "auth/auth_bans.h"

struct auth;
struct fileio;

struct auth_options {
	const char *path; /* the account file; created, 0600, when missing */
	struct argon2_cost cost;
	const struct fileio *io; /* NULL: the real disk (auth/fileio.h) */
};

/*
 * Opens the store: locks the file against other processes, reads it, recovers
 * what a crash has left. 0, or -1 with one line in `error` that names the path
 * (and line and byte where they exist) and says what to do; nothing on disk has
 * been overwritten then. When a torn tail was cut, 0 with a line in `error`
 * for the operator (empty otherwise). Also calls sodium_init. One thread,
 * before all others.
 */
int auth_open(struct auth **out, const struct auth_options *options,
    char error[AUTH_ERROR_BYTES]);

/* Unlocks and frees everything; *auth becomes NULL. All threads are done. */
void auth_close(struct auth **auth);

/* Number of accounts. Any thread. */
size_t auth_count(struct auth *auth);

/*
 * From now on there are at most so many accounts, names that are reserved
 * counted; 0, as at first, is any number. Those that are there stay.
 * auth_is_full: have there come to be as many? Short locks, any thread.
 */
void auth_set_accounts_max(struct auth *auth, size_t max);
bool auth_is_full(struct auth *auth);

/* Copies the account of this name (any case) to *out. AUTH_OK or
 * AUTH_NO_SUCH_USER. Short lock, any thread. */
enum auth_status
auth_find(struct auth *auth, struct span name, struct account *out);

/*
 * For whoever has several names to find, and wants them fast: fetches what the
 * auth_find calls for them will need, all together. Changes nothing. 16 at a
 * time are best; more than that are not fetched. Short locks, any thread.
 */
void auth_prefetch(struct auth *auth, const struct span names[], size_t count);

/*
 * Holds a free name (valid, any case) for a registration. AUTH_OK,
 * AUTH_NAME_TAKEN, AUTH_BANNED, AUTH_READ_ONLY, AUTH_FULL or AUTH_NO_MEMORY.
 * One caller of many at once wins. The winner passes it to auth_commit, which
 * ends the reservation either way, or gives it back by auth_unreserve. Short
 * lock, any thread.
 */
enum auth_status auth_reserve(struct auth *auth, struct span name);
void auth_unreserve(struct auth *auth, struct span name);

/*
 * Makes a verifier with the store's current cost: slow (milliseconds) and
 * hungry (memory_kib), any thread but a reactor. AUTH_OK or AUTH_NO_MEMORY.
 */
enum auth_status auth_hash(
    struct auth *auth, struct span password, char verifier[VERIFIER_BYTES_MAX]);

/*
 * Is this the account's password? As slow as auth_hash, also when `account` is
 * NULL: an unknown user takes as long as a wrong password. AUTH_OK,
 * AUTH_BAD_CREDENTIALS or AUTH_NO_MEMORY. Any thread but a reactor.
 */
enum auth_status auth_verify(
    struct auth *auth, const struct account *account, struct span password);

/* Each thread that hashes keeps the memory of one hash for the next, wiped.
 * This gives it back, for a thread that has nothing to hash for a while. */
void auth_hash_rest(void);

/*
 * True if the verifier was made at a lower cost than the store's current one:
 * after a login with the right password, make a new one and commit it as
 * AUTH_PASSWD. Any thread.
 */
bool auth_needs_rehash(struct auth *auth, const struct account *account);

/*
 * All accounts, in no order: *out is a new array for the caller to free. Those
 * that come or go meanwhile may be in it or not. How many, or -1 when there is
 * no memory. Slow with many accounts (a million: half a second), but a lock is
 * held for a 64th of them only. Any thread but a reactor.
 */
ssize_t auth_accounts(struct auth *auth, struct auth_account_row **out);

/*
 * Up to `max` names of accounts that begin with this, in any case and in no
 * order, as registered: how many. Locks and threads as auth_accounts.
 */
size_t auth_names(struct auth *auth, struct span prefix,
    char (*out)[NAME_BYTES_MAX + 1], size_t max);

/*
 * Against guessing: milliseconds that a login from this address to this name,
 * an account or not, has to wait; 0: go ahead. `address` is what one stranger
 * cannot choose freely of his: of IPv6 the first 8 bytes. `now_ms` is any clock
 * that does not go back. Ask before queueing the login, and again right before
 * auth_verify: a thousand who ask before the first has failed are all told 0.
 * Short lock, any thread.
 */
uint64_t auth_throttle_wait(
    struct auth *auth, struct span name, struct span address, uint64_t now_ms);

/* Tells how an auth_verify went: AUTH_OK or not. Short lock, any thread. */
void auth_throttle_note(struct auth *auth, struct span name,
    struct span address, uint64_t now_ms, bool succeeded);

/*
 * Against filling the disk, and against asking for name after name: an address,
 * as above, may make or change accounts `burst` times at once, and then once
 * each `period_ms`. 0, and it is counted, or the milliseconds that it has to
 * wait, and it is not. Short lock, any thread.
 */
uint64_t auth_throttle_change(struct auth *auth, struct span address,
    uint64_t now_ms, uint64_t period_ms, uint32_t burst);

/*
 * Appends the changes to the file as one batch (of 256; more are split), syncs
 * once, then makes them visible, and sets each one's status. A change to an
 * account that is gone gets AUTH_NO_SUCH_USER and is not written; so does the
 * lifting of a ban that there is not, which may be (AUTH_LISTED if it is only
 * listed). A name that has been banned since it was reserved gets AUTH_BANNED.
 * When writing fails (a full disk), all of the batch gets AUTH_READ_ONLY, the
 * file is cut back, and the next batch is tried afresh. When that or syncing
 * fails, every later one gets it too, until auth_compact. Blocks for the disk:
 * one thread only, the journal's.
 */
void auth_commit(
    struct auth *auth, struct auth_change *const changes[], size_t count);

/*
 * Writes the file anew, without what is no longer true, and puts it in the
 * place of the old one; finds and logins go on meanwhile. A store that has
 * become read-only takes changes again. 0, or -1 with the reason; the store is
 * what it was then, unless the directory could not be synced (read-only).
 * Blocks for the disk: the journal's thread.
 */
int auth_compact(struct auth *auth, char error[AUTH_ERROR_BYTES]);

/* What auth_check has found in a file. */
struct auth_report {
	size_t accounts;
	size_t bans; /* of names and of addresses */
	size_t mutes;
	uint64_t lines;      /* good ones, the first line included */
	uint64_t bytes;      /* of them */
	uint64_t torn_bytes; /* behind them, cut short by a crash */
};

/*
 * Reads a whole account file, locks and changes nothing. 0, with a line in
 * `error` if its end is torn, which auth_open would cut (empty otherwise), or
 * -1 with the reason why auth_open would refuse it. Only path and io of the
 * options count. Any thread, but slow; one that is being written may look torn.
 * auth_check_own does so with the store's own, on the journal's thread: -1 also
 * when that is no longer the file that the store writes; auth_check_lock: -1 if
 * another process has it.
 */
int auth_check(const struct auth_options *options, struct auth_report *report,
    char error[AUTH_ERROR_BYTES]);
int auth_check_own(struct auth *auth, struct auth_report *report,
    char error[AUTH_ERROR_BYTES]);
int auth_check_lock(const char *path, char error[AUTH_ERROR_BYTES]);

/* Why the last batch got AUTH_READ_ONLY, or ""; the store's. Any thread. */
const char *auth_error(struct auth *auth);

/* Wipes a password or a verifier so that no optimiser can drop it. */
void auth_wipe(void *bytes, size_t len);

#endif
