/*
 * The names that may not log in, and until when. Names compare without regard
 * to case; a name need not be an account's, so that nobody else can take the
 * one that was banned. A ban that has run out keeps nobody out and is as good
 * as none; a compaction leaves it out of the file.
 *
 * Threads: asking and copying from any thread, under a short lock. Bans come
 * and go by the journal's thread alone.
 */
#ifndef AUTH_BANS_H
#define AUTH_BANS_H

#include "auth/auth.h"

struct bans;

/* No bans, or NULL when there is no memory. sodium_init has been called.
 * bans_free makes *bans NULL; a NULL is fine. */
struct bans *bans_new(void);
void bans_free(struct bans **bans);

/* How many hold at `now`. Any thread. */
size_t bans_count(struct bans *bans, int64_t now);

/* Is this valid name banned at `now`? Any thread. */
bool bans_find(struct bans *bans, struct span name, int64_t now);

/*
 * Copies those that hold at `now`: *out is a new array for the caller to free,
 * or NULL when there is none. How many, or -1 when there is no memory. Any
 * thread.
 */
ssize_t bans_copy(struct bans *bans, int64_t now, struct auth_ban **out);

/* Makes room for `more`, so that as many bans_set cannot fail. 0, or -1 when
 * there is no memory. Journal's thread. */
int bans_grow(struct bans *bans, size_t more);

/* Bans a valid name, or changes until when. Journal's thread. */
void bans_set(struct bans *bans, struct span name, int64_t until);

/* Lifts a ban. False if there was none that holds at `now`. Journal's thread.
 */
bool bans_lift(struct bans *bans, struct span name, int64_t now);

#endif
