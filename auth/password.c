/*
 * Passwords: Argon2id by libsodium, slow on purpose and without any lock, and
 * the throttle before it (throttle.h). What hashing shares with other threads
 * is read only.
 */
#include <errno.h>
#include <sodium.h>

#include "auth/auth_priv.h"
#include "auth/throttle.h"
#include "auth/verifier.h"
#include "reactor/check.h"

_Static_assert(VERIFIER_BYTES_MAX >= crypto_pwhash_argon2id_STRBYTES,
    "libsodium writes that many bytes");

enum auth_status
auth_hash(
    struct auth *auth, struct span password, char verifier[VERIFIER_BYTES_MAX])
{
	check_magic(auth, AUTH_MAGIC);
	if (crypto_pwhash_argon2id_str(verifier, password.at, password.len,
		auth->cost.passes, (size_t)auth->cost.memory_kib * 1024) != 0)
		return AUTH_NO_MEMORY;
	return AUTH_OK;
}

enum auth_status
auth_verify(
    struct auth *auth, const struct account *account, struct span password)
{
	const char *verifier = account ? account->verifier : auth->dummy;

	check_magic(auth, AUTH_MAGIC);
	errno = 0;
	if (crypto_pwhash_argon2id_str_verify(
		verifier, password.at, password.len) == 0)
		return account ? AUTH_OK : AUTH_BAD_CREDENTIALS;
	/* libsodium says EINVAL for a mismatch and nothing else. */
	return errno == EINVAL ? AUTH_BAD_CREDENTIALS : AUTH_NO_MEMORY;
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
