/* Entries by name. */
#include "proto/directory.h"

#include <string.h>

#include "proto/wire/name.h"
#include "reactor/check.h"
#include "reactor/memory.h"

#define BUCKETS_MIN 64

/* Entries a bucket: chains are short enough, and idle clients cheaper. */
#define LOAD_MAX 2

uint64_t
directory_hash(const struct hash_key *key, struct span name)
{
	char folded[NAME_BYTES_MAX + 1];

	name_fold(name, folded);
	return hash_bytes(key, folded, name.len);
}

static struct directory_entry **
directory_bucket(const struct directory *directory, struct span name)
{
	return &directory->buckets[directory_hash(directory->key, name) &
				   (directory->bucket_count - 1)];
}

static struct span
entry_name(
    const struct directory *directory, const struct directory_entry *entry)
{
	return span_of(directory->name_of(entry));
}

void
directory_init(struct directory *directory, const struct hash_key *key,
    const char *(*name_of)(const struct directory_entry *entry))
{
	*directory = (struct directory){.key = key, .name_of = name_of};
}

void
directory_fini(struct directory *directory)
{
	check(directory->count == 0);
	free(directory->buckets);
	*directory = (struct directory){0};
}

static void
directory_insert(struct directory *directory, struct directory_entry *entry)
{
	struct directory_entry **bucket =
	    directory_bucket(directory, entry_name(directory, entry));

	entry->next = *bucket;
	entry->at = bucket;
	if (entry->next)
		entry->next->at = &entry->next;
	*bucket = entry;
}

static void
directory_grow(struct directory *directory)
{
	struct directory_entry **old = directory->buckets;
	uint32_t old_count = directory->bucket_count;

	directory->bucket_count = old_count ? old_count * 2 : BUCKETS_MIN;
	directory->buckets = memory_new(
	    directory->bucket_count * sizeof(struct directory_entry *));
	for (uint32_t i = 0; i < old_count; i++) {
		struct directory_entry *entry = old[i];

		while (entry) {
			struct directory_entry *next = entry->next;

			directory_insert(directory, entry);
			entry = next;
		}
	}
	free(old);
}

void
directory_add(struct directory *directory, struct directory_entry *entry)
{
	if (directory->count >= directory->bucket_count * LOAD_MAX)
		directory_grow(directory);
	directory_insert(directory, entry);
	directory->count++;
}

void
directory_remove(struct directory *directory, struct directory_entry *entry)
{
	check(entry->at && *entry->at == entry);
	*entry->at = entry->next;
	if (entry->next)
		entry->next->at = entry->at;
	*entry = (struct directory_entry){0};
	directory->count--;
}

static struct directory_entry *
entry_match(const struct directory *directory, struct directory_entry *entry,
    struct span name)
{
	while (entry && !name_equals(entry_name(directory, entry), name))
		entry = entry->next;
	return entry;
}

struct directory_entry *
directory_find(const struct directory *directory, struct span name)
{
	if (directory->bucket_count == 0)
		return NULL;
	return entry_match(directory, *directory_bucket(directory, name), name);
}

struct directory_entry *
directory_find_next(
    const struct directory *directory, const struct directory_entry *entry)
{
	return entry_match(
	    directory, entry->next, entry_name(directory, entry));
}

void
directory_each(struct directory *directory,
    void (*visit)(struct directory_entry *entry, void *context), void *context)
{
	for (uint32_t i = 0; i < directory->bucket_count; i++) {
		struct directory_entry *entry = directory->buckets[i];

		while (entry) {
			struct directory_entry *next = entry->next;

			visit(entry, context);
			entry = next;
		}
	}
}
