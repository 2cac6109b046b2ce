/*
 * Passwords: Argon2id by libsodium, slow on purpose and without any lock, and
 * the throttle before it (throttle.h). What hashing shares with other threads
 * is read only.
 */
#include <errno.h>
#include <sodium.h>

#include "auth/auth_priv.h"
#include "auth/hash_memory.h"
#include "auth/throttle.h"
#include "auth/verifier.h"
#include "reactor/check.h"

_Static_assert(VERIFIER_BYTES_MAX >= crypto_pwhash_argon2id_STRBYTES,
    "libsodium writes that many bytes");

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

enum auth_status
auth_verify(
    struct auth *auth, const struct account *account, struct span password)
{
	const char *verifier = account ? account->verifier : auth->dummy;
	struct argon2_cost cost;
	bool mismatch;
	int result;

	check_magic(auth, AUTH_MAGIC);
	if (!verifier_parse(span_of(verifier), &cost))
		return AUTH_BAD_CREDENTIALS;
	hash_memory_enter((size_t)cost.memory_kib * 1024);
	errno = 0;
	result = crypto_pwhash_argon2id_str_verify(
	    verifier, password.at, password.len);
	/* libsodium says EINVAL for a mismatch and nothing else. */
	mismatch = result != 0 && errno == EINVAL;
	hash_memory_leave();
	if (result != 0)
		return mismatch ? AUTH_BAD_CREDENTIALS : AUTH_NO_MEMORY;
	return account ? AUTH_OK : AUTH_BAD_CREDENTIALS;
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

void
auth_wipe(void *bytes, size_t len)
{
	sodium_memzero(bytes, len);
}
