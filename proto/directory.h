/*
 * A directory: entries by name, in any case; several may have the same one.
 * A chained hash table, keyed, for strangers choose the names. Entries are
 * embedded in what they name, and owned by whoever adds them; one thread.
 */
#ifndef PROTO_DIRECTORY_H
#define PROTO_DIRECTORY_H

#include <stdint.h>

#include "proto/wire/span.h"
#include "reactor/hash.h"

struct directory_entry {
	struct directory_entry *next; /* in its bucket */
	struct directory_entry **at;  /* what points to it */
};

struct directory {
	struct directory_entry **buckets; /* owned */
	uint32_t bucket_count;            /* 0, or a power of two */
	uint32_t count;
	const struct hash_key *key; /* borrowed */
	/* The name of an entry, which is valid (name.h) while it is in. */
	const char *(*name_of)(const struct directory_entry *entry);
};

/* The same for each directory with that key. `name` is a valid one. */
uint64_t directory_hash(const struct hash_key *key, struct span name);

/* Begins empty. `key` is borrowed as long as it lives; name_of tells the name
 * of an entry, which does not change while it is in. */
void directory_init(struct directory *directory, const struct hash_key *key,
    const char *(*name_of)(const struct directory_entry *entry));

/* It is empty. */
void directory_fini(struct directory *directory);

/* Puts an entry in, whose name is not in yet; it stays the caller's. */
void directory_add(struct directory *directory, struct directory_entry *entry);

/* It is in. */
void
directory_remove(struct directory *directory, struct directory_entry *entry);

/* One of this valid name, and from there the next one; NULL after the last. */
struct directory_entry *
directory_find(const struct directory *directory, struct span name);
struct directory_entry *directory_find_next(
    const struct directory *directory, const struct directory_entry *entry);

/* All of them, in no order; the one that is passed may be removed. */
void directory_each(struct directory *directory,
    void (*visit)(struct directory_entry *entry, void *context), void *context);

#endif
