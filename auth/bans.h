/*
 * Who is kept out or kept quiet, and until when: names that may not log in,
 * networks that may not connect, names that may not talk. Names compare
 * without regard to case; a name need not be an account's, so that nobody else
 * can take the one that was banned. A ban that has run out keeps nobody out
 * and is as good as none; a compaction leaves it out of the file.
 *
 * Those that are kept come and go by the account file; beside them hold those
 * that are listed in a file of the operator's, which are replaced as a whole.
 *
 * Threads: asking, copying and listing from any thread, under a short lock.
 * Kept bans come and go by the journal's thread alone.
 */
#ifndef AUTH_BANS_H
#define AUTH_BANS_H

#include <sys/types.h>

#include "auth/account.h"

struct bans;

/* No bans, or NULL when there is no memory. sodium_init has been called.
 * bans_free makes *bans NULL; a NULL is fine. */
struct bans *bans_new(void);
void bans_free(struct bans **bans);

/* How many of a kind are kept that hold at `now`. Any thread. */
size_t bans_count(struct bans *bans, enum auth_ban_kind kind, int64_t now);

/*
 * Is there a ban of this kind of this valid name (or network, by its canonical
 * text) at `now`? *until is when the last one ends then; it may be NULL. Any
 * thread.
 */
bool bans_find(struct bans *bans, enum auth_ban_kind kind, struct span name,
    int64_t now, int64_t *until);

/* Is the address in a network that is banned at `now`? As bans_find; *until is
 * that of the ban that holds longest. */
bool bans_find_address(
    struct bans *bans, const uint8_t address[16], int64_t now, int64_t *until);

/* Is there a listed ban of it? As bans_find. */
bool bans_is_listed(
    struct bans *bans, enum auth_ban_kind kind, struct span name, int64_t now);

/*
 * Copies those of a kind that hold at `now`, kept and listed: *out is a new
 * array for the caller to free, or NULL when there is none. How many, or -1
 * when there is no memory. Any thread.
 */
ssize_t bans_copy(struct bans *bans, enum auth_ban_kind kind, int64_t now,
    struct auth_ban **out);

/* The same of all kinds, without those that are only listed. */
ssize_t bans_copy_kept(struct bans *bans, int64_t now, struct auth_ban **out);

/* Makes room for `more` of each kind, so that as many bans_set cannot fail. 0,
 * or -1 when there is no memory. Journal's thread. */
int bans_grow(struct bans *bans, size_t more);

/* Bans a valid name or network, or changes until when. Journal's thread. */
void bans_set(struct bans *bans, enum auth_ban_kind kind, struct span name,
    int64_t until);

/* Lifts a kept ban. False if there was none that holds at `now`. Journal's
 * thread. */
bool bans_lift(
    struct bans *bans, enum auth_ban_kind kind, struct span name, int64_t now);

/* These are listed, and no others. 0, or -1 when there is no memory; nothing
 * has changed then. Any thread. */
int
bans_set_listed(struct bans *bans, const struct auth_ban *listed, size_t count);

/* Does this text name one whom a ban of the kind can be of? */
bool bans_name_is_valid(enum auth_ban_kind kind, struct span name);

#endif
