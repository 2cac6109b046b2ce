/*
 * Passwords: Argon2id by libsodium, slow on purpose and without any lock, and
 * the throttle before it (throttle.h). What hashing shares with other threads
 * is read only.
 */
#include <sodium.h>
#include <string.h>

#include "auth/auth_priv.h"
#include "auth/hash_memory.h"
#include "auth/throttle.h"
#include "auth/verifier.h"
#include "reactor/check.h"

_Static_assert(VERIFIER_BYTES_MAX >= crypto_pwhash_argon2id_STRBYTES,
    "libsodium writes that many bytes");

#define SALT_BYTES crypto_pwhash_argon2id_SALTBYTES
#define HASH_BYTES 32

enum auth_status
auth_hash(
    struct auth *auth, struct span password, char verifier[VERIFIER_BYTES_MAX])
{
	const size_t bytes = (size_t)auth->cost.memory_kib * 1024;
	int result;

	check_magic(auth, AUTH_MAGIC);
	hash_memory_enter(bytes);
	result = crypto_pwhash_argon2id_str(
	    verifier, password.at, password.len, auth->cost.passes, bytes);
	hash_memory_leave();
	return result == 0 ? AUTH_OK : AUTH_NO_MEMORY;
}

/* The bytes of a verifier that verifier_parse has accepted. */
static void
verifier_bytes(const char *verifier, unsigned char salt[SALT_BYTES],
    unsigned char hash[HASH_BYTES])
{
	const char *at_hash = strrchr(verifier, '$') + 1;
	const char *at_salt =
	    memrchr(verifier, '$', (size_t)(at_hash - 1 - verifier));
	size_t len;

	check_zero(sodium_base642bin(salt, SALT_BYTES, at_salt + 1,
	    (size_t)(at_hash - at_salt - 2), NULL, &len, NULL,
	    sodium_base64_VARIANT_ORIGINAL_NO_PADDING));
	check(len == SALT_BYTES);
	check_zero(sodium_base642bin(hash, HASH_BYTES, at_hash, strlen(at_hash),
	    NULL, &len, NULL, sodium_base64_VARIANT_ORIGINAL_NO_PADDING));
	check(len == HASH_BYTES);
}

/* Not by crypto_pwhash_argon2id_str_verify: to that, no memory for the hash is
 * a mismatch as well. */
enum auth_status
auth_verify(
    struct auth *auth, const struct account *account, struct span password)
{
	const char *verifier = account ? account->verifier : auth->dummy;
	unsigned char salt[SALT_BYTES], hash[HASH_BYTES], made[HASH_BYTES];
	struct argon2_cost cost;
	size_t bytes;
	bool match;
	int result;

	check_magic(auth, AUTH_MAGIC);
	if (!verifier_parse(span_of(verifier), &cost))
		return AUTH_BAD_CREDENTIALS;
	verifier_bytes(verifier, salt, hash);
	bytes = (size_t)cost.memory_kib * 1024;
	hash_memory_enter(bytes);
	result = crypto_pwhash_argon2id(made, sizeof(made), password.at,
	    password.len, salt, cost.passes, bytes,
	    crypto_pwhash_argon2id_ALG_ARGON2ID13);
	hash_memory_leave();
	match = result == 0 && sodium_memcmp(made, hash, sizeof(hash)) == 0;
	sodium_memzero(made, sizeof(made));
	if (result != 0)
		return AUTH_NO_MEMORY;
	return account && match ? AUTH_OK : AUTH_BAD_CREDENTIALS;
}

void
auth_hash_rest(void)
{
	hash_memory_drop();
}

bool
auth_needs_rehash(struct auth *auth, const struct account *account)
{
	struct argon2_cost cost;

	check_magic(auth, AUTH_MAGIC);
	if (!verifier_parse(span_of(account->verifier), &cost))
		return true;
	return cost.passes < auth->cost.passes ||
	       cost.memory_kib < auth->cost.memory_kib;
}

uint64_t
auth_throttle_wait(
    struct auth *auth, struct span name, struct span address, uint64_t now_ms)
{
	check_magic(auth, AUTH_MAGIC);
	return throttle_wait(auth->throttle, name, address, now_ms);
}

void
auth_throttle_note(struct auth *auth, struct span name, struct span address,
    uint64_t now_ms, bool succeeded)
{
	check_magic(auth, AUTH_MAGIC);
	throttle_note(auth->throttle, name, address, now_ms, succeeded);
}

uint64_t
auth_throttle_change(struct auth *auth, struct span address, uint64_t now_ms,
    uint64_t period_ms, uint32_t burst)
{
	check_magic(auth, AUTH_MAGIC);
	return throttle_change(
	    auth->throttle, address, now_ms, period_ms, burst);
}

void
auth_wipe(void *bytes, size_t len)
{
	sodium_memzero(bytes, len);
}
