/*
 * All that a file holds, in memory. Accounts: 64 shards by name, each with a
 * lock of its own, and one index by uid; and the bans, which see to themselves.
 * Names compare without regard to case. About 65 bytes an account beyond its
 * name and verifier.
 *
 * Threads: finding, counting and reserving from any thread, for as long as a
 * shard's lock is held (two cache misses and a copy). Accounts come, change
 * and go by the journal's thread alone, so that this thread may read what
 * table_by_uid and table_collect return without a lock.
 */
#ifndef AUTH_TABLE_H
#define AUTH_TABLE_H

#include <sys/types.h>

#include "auth/entry.h"

#define TABLE_PREFETCH_MAX 16 /* more than a core can have in flight */

struct bans;
struct table;

/*
 * An empty table with a random hash key, or NULL when there is no memory.
 * sodium_init has been called. table_free frees the entries too; *table
 * becomes NULL, and a NULL is fine.
 */
struct table *table_new(void);
void table_free(struct table **table);

/* Where the table's entries live; those that it is given, too. */
struct arena *table_arena(struct table *table);

/* The bans that belong to it (bans.h). */
struct bans *table_bans(struct table *table);

/* Number of accounts, reservations not counted. Any thread. */
size_t table_count(struct table *table);

/* Number of names that are taken, by accounts or reservations. Any thread. */
size_t table_taken(struct table *table);

/* A copy of all accounts; see auth_accounts. Any thread. */
ssize_t table_list(struct table *table, struct auth_account_row **out);

/* Names that begin with `prefix`; see auth_names. Any thread. */
size_t table_names(struct table *table, struct span prefix,
    char (*out)[NAME_BYTES_MAX + 1], size_t max);

/* Copies the account of this valid name. False if there is none. Any thread. */
bool table_find(struct table *table, struct span name, struct account *out);

/*
 * A table_find of each of these valid names will follow soon: fetches what
 * they need side by side, where one after the other they would wait for
 * memory twice each. Of more than TABLE_PREFETCH_MAX the rest is left out. Any
 * thread.
 */
void table_prefetch_find(
    struct table *table, const struct span names[], size_t count);

/*
 * Reserves a valid name. AUTH_OK, AUTH_NAME_TAKEN (by an account or by another
 * reservation) or AUTH_NO_MEMORY. Any thread.
 */
enum auth_status table_reserve(struct table *table, struct span name);

/* Gives a reservation back. Any thread. */
void table_unreserve(struct table *table, struct span name);

/*
 * Makes room for `more` accounts, so that as many table_add with a reserved
 * name cannot fail. 0, or -1 when there is no memory. Journal's thread.
 */
int table_grow(struct table *table, size_t more);

/*
 * Turns the reservation of the entry's name into this account. The table owns
 * the entry from then on. Journal's thread.
 */
void table_add(struct table *table, struct entry *entry);

/*
 * Adds an account that no reservation stands for, as the loader does. AUTH_OK,
 * and the table owns the entry; AUTH_NAME_TAKEN when name or uid exist, or
 * AUTH_NO_MEMORY. Journal's thread.
 */
enum auth_status table_insert(struct table *table, struct entry *entry);

/*
 * A table_insert of this entry will follow soon: brings what that needs into
 * the cache. While no other thread knows the table.
 */
void
table_prefetch_insert(const struct table *table, const struct entry *entry);

/* Puts `entry` in the place of the one with the same uid. Journal's thread. */
void table_replace(struct table *table, struct entry *entry);

/* Removes and frees the account with this uid. Journal's thread. */
void table_remove(struct table *table, uint64_t uid);

/*
 * The account with this uid, or NULL; borrowed until it is replaced or
 * removed. Journal's thread.
 */
struct entry *table_by_uid(struct table *table, uint64_t uid);

/*
 * All accounts in the order of their uids: a new array of table_count pointers
 * that the caller frees; the entries are borrowed until they are replaced or
 * removed. NULL when there is no memory. Journal's thread.
 */
const struct entry **table_collect(struct table *table);

#endif
