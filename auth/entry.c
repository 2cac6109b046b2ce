/* An account in a block of the arena. */
#include "auth/entry.h"

#include <stddef.h>
#include <string.h>

#include "reactor/check.h"

_Static_assert(NAME_BYTES_MAX <= UINT8_MAX, "lengths are one byte");
_Static_assert(VERIFIER_BYTES_MAX <= UINT8_MAX, "lengths are one byte");

_Static_assert(
    offsetof(struct entry, text) + NAME_BYTES_MAX + VERIFIER_BYTES_MAX <=
	ARENA_BLOCK_BYTES_MAX,
    "an entry is a block");

/* At least the whole struct, which has padding behind the head. */
static size_t
entry_bytes(size_t name_len, size_t verifier_len)
{
	size_t len = offsetof(struct entry, text) + name_len + verifier_len;

	return len < sizeof(struct entry) ? sizeof(struct entry) : len;
}

struct entry *
entry_new(struct arena *arena, uint64_t uid, int64_t created, struct span name,
    struct span verifier)
{
	struct entry *entry;
	uint32_t ref;

	check(name.len >= 1);
	check(name.len <= NAME_BYTES_MAX);
	check(verifier.len < VERIFIER_BYTES_MAX);
	entry = arena_take(arena, entry_bytes(name.len, verifier.len), &ref);
	if (!entry)
		return NULL;
	entry->uid = uid;
	entry->created = created;
	entry->ref = ref;
	entry->name_len = (uint8_t)name.len;
	entry->verifier_len = (uint8_t)verifier.len;
	entry->pending = ENTRY_STAYS;
	memcpy(entry->text, name.at, name.len);
	if (verifier.len)
		memcpy(entry->text + name.len, verifier.at, verifier.len);
	return entry;
}

void
entry_free(struct arena *arena, struct entry **entry)
{
	struct entry *e = *entry;

	if (!e)
		return;
	arena_give(arena, e->ref, entry_bytes(e->name_len, e->verifier_len));
	*entry = NULL;
}

struct span
entry_name(const struct entry *entry)
{
	return (struct span){entry->text, entry->name_len};
}

struct span
entry_verifier(const struct entry *entry)
{
	return (struct span){
	    entry->text + entry->name_len, entry->verifier_len};
}

void
entry_copy(const struct entry *entry, struct account *out)
{
	out->uid = entry->uid;
	out->created = entry->created;
	memcpy(out->name, entry->text, entry->name_len);
	out->name[entry->name_len] = '\0';
	memcpy(
	    out->verifier, entry->text + entry->name_len, entry->verifier_len);
	out->verifier[entry->verifier_len] = '\0';
}
