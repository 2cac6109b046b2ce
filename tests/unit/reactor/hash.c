/* The keyed hash: the same for the same key only, and every bit counts. */
#include <criterion/criterion.h>

#include <stdio.h>

#include "reactor/hash.h"

static struct hash_key
key_of(unsigned seed)
{
	struct hash_key key;

	for (int i = 0; i < HASH_KEY_BYTES; i++) {
		seed = seed * 1103515245 + 12345;
		key.bytes[i] = (unsigned char)(seed >> 16);
	}
	return key;
}

Test(reactor_hash, same_key_and_bytes_give_the_same)
{
	struct hash_key key = key_of(1);
	struct hash_key copy = key;
	char name[] = "alice";

	cr_assert_eq(hash_bytes(&key, "alice", 5), hash_bytes(&copy, name, 5));
	cr_assert_eq(hash_bytes(&key, NULL, 0), hash_bytes(&copy, "", 0));
}

Test(reactor_hash, another_key_gives_another)
{
	struct hash_key key = key_of(1);
	struct hash_key other = key_of(2);

	for (size_t len = 0; len <= 32; len++) {
		static const char name[32] = "a name that a stranger chooses";

		cr_assert_neq(hash_bytes(&key, name, len),
		    hash_bytes(&other, name, len), "%zu", len);
	}
}

Test(reactor_hash, every_bit_and_the_length_count)
{
	struct hash_key key = key_of(3);
	char name[32] = "0123456789abcdef0123456789abcde";

	for (size_t len = 1; len <= sizeof(name); len++) {
		uint64_t whole = hash_bytes(&key, name, len);

		cr_assert_neq(hash_bytes(&key, name, len - 1), whole);
		for (size_t bit = 0; bit < len * 8; bit++) {
			name[bit / 8] ^= (char)(1 << bit % 8);
			cr_assert_neq(hash_bytes(&key, name, len), whole);
			name[bit / 8] ^= (char)(1 << bit % 8);
		}
	}
}

/* Names that differ in their last characters only, as a stranger would send
 * them, must not share a bucket. 4096 in 256 are 16 each; 48 is far out. */
Test(reactor_hash, similar_names_spread_over_the_buckets)
{
	struct hash_key key = key_of(4);
	unsigned buckets[256] = {0};

	for (unsigned i = 0; i < 4096; i++) {
		char name[16];
		int len = snprintf(name, sizeof(name), "guest%u", i);

		buckets[hash_bytes(&key, name, (size_t)len) & 0xff]++;
	}
	for (int i = 0; i < 256; i++)
		cr_assert_leq(buckets[i], 48);
}
