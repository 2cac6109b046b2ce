/*
 * One account in memory: a block of the arena with a 23-byte head, the name and
 * the verifier, without terminators. An entry with uid 0 is a name that is
 * reserved for a registration.
 *
 * An entry that is in the table does not change but for `pending`; it is
 * replaced. Whoever holds its shard's lock, and the journal's thread, may read
 * it.
 */
#ifndef AUTH_ENTRY_H
#define AUTH_ENTRY_H

#include <stdbool.h>
#include <stdint.h>

#include "auth/account.h"
#include "auth/arena.h"

/* What the batch at hand does to an entry. */
enum entry_pending {
	ENTRY_STAYS,
	ENTRY_REPLACED,
	ENTRY_REMOVED,
};

struct entry {
	uint64_t uid;    /* 0: a reservation */
	int64_t created; /* seconds since 1970 */
	uint32_t ref;    /* of this block in the arena */
	uint8_t name_len;
	uint8_t verifier_len;
	uint8_t pending; /* enum entry_pending; journal's thread */
	char text[];     /* name, then verifier */
};

/*
 * A new entry with copies of the two texts; `verifier` is empty for a
 * reservation. NULL when there is no memory.
 */
struct entry *entry_new(struct arena *arena, uint64_t uid, int64_t created,
    struct span name, struct span verifier);

/* Wipes and frees; NULL is fine. *entry becomes NULL. */
void entry_free(struct arena *arena, struct entry **entry);

/* Name and verifier as spans into the entry. */
struct span entry_name(const struct entry *entry);
struct span entry_verifier(const struct entry *entry);

/* Copies an account out, terminated. */
void entry_copy(const struct entry *entry, struct account *out);

#endif
