/*
 * Keyed XXH3 for tables that strangers choose the keys of: with a random key
 * nobody can aim names at one bucket. Not for checksums on disk, where the
 * result must be the same in every process.
 */
#ifndef REACTOR_HASH_H
#define REACTOR_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <xxhash.h>

#define HASH_KEY_BYTES 192 /* the size XXH3 is tuned for; it takes 136 up */

/* Filled once with random bytes before the first use, then only read. */
struct hash_key {
	unsigned char bytes[HASH_KEY_BYTES];
};

_Static_assert(HASH_KEY_BYTES >= XXH3_SECRET_SIZE_MIN, "XXH3 needs 136 bytes");

/* Hashes bytes; who does not know the key cannot make them collide. */
static inline uint64_t
hash_bytes(const struct hash_key *key, const void *bytes, size_t len)
{
	return XXH3_64bits_withSecret(bytes, len, key->bytes, HASH_KEY_BYTES);
}

#endif
