/*
 * The facade's short calls: opening, and what any thread may do to the table.
 */
#include "auth/auth.h"

#include <sodium.h>
#include <stdlib.h>

#include "auth/auth_priv.h"
#include "auth/hash_memory.h"
#include "auth/reason.h"
#include "auth/table.h"
#include "auth/throttle.h"
#include "auth/verifier.h"
#include "proto/wire/name.h"
#include "reactor/check.h"

/* What comes before the disk: the cost, libsodium, the dummy verifier. */
static int
prepare(struct auth *auth, const struct auth_options *options,
    char error[AUTH_ERROR_BYTES])
{
	enum auth_status status = AUTH_NO_MEMORY;

	if (!verifier_cost_is_valid(options->cost)) {
		reason_set(error, "argon2",
		    "passes must be 1 to %d and memory %d to %d KiB",
		    ARGON2_PASSES_MAX, ARGON2_MEMORY_KIB_MIN,
		    ARGON2_MEMORY_KIB_MAX);
		return -1;
	}
	if (sodium_init() < 0) {
		reason_set(error, options->path, "libsodium cannot start");
		return -1;
	}
	auth->magic = AUTH_MAGIC;
	auth->cost = options->cost;
	auth->table = table_new();
	auth->throttle = throttle_new();
	if (auth->table && auth->throttle)
		status = auth_hash(auth, span_of("nobody"), auth->dummy);
	hash_memory_drop();
	if (status != AUTH_OK) {
		reason_set(error, options->path,
		    "no memory for accounts and one hash of %u KiB",
		    options->cost.memory_kib);
		return -1;
	}
	return 0;
}

int
auth_open(struct auth **out, const struct auth_options *options,
    char error[AUTH_ERROR_BYTES])
{
	const struct fileio *io = options->io ? options->io : &fileio_system;
	struct auth *auth = calloc(1, sizeof(*auth));

	check(options->path != NULL);
	error[0] = '\0';
	*out = NULL;
	if (!auth) {
		reason_set(error, options->path, "no memory to open it");
		return -1;
	}
	if (prepare(auth, options, error) < 0 ||
	    journal_open(
		&auth->journal, io, options->path, auth->table, error) < 0) {
		throttle_free(&auth->throttle);
		table_free(&auth->table);
		free(auth);
		return -1;
	}
	check_zero(pthread_mutex_init(&auth->reserving, NULL));
	*out = auth;
	return 0;
}

void
auth_close(struct auth **auth)
{
	struct auth *a = *auth;

	if (!a)
		return;
	check_magic(a, AUTH_MAGIC);
	journal_close(&a->journal);
	throttle_free(&a->throttle);
	table_free(&a->table);
	check_zero(pthread_mutex_destroy(&a->reserving));
	a->magic = 0;
	free(a);
	*auth = NULL;
}

size_t
auth_count(struct auth *auth)
{
	check_magic(auth, AUTH_MAGIC);
	return table_count(auth->table);
}

void
auth_set_accounts_max(struct auth *auth, size_t max)
{
	check_magic(auth, AUTH_MAGIC);
	check_zero(pthread_mutex_lock(&auth->reserving));
	auth->accounts_max = max;
	check_zero(pthread_mutex_unlock(&auth->reserving));
}

/* Under the lock: is a count of names as high as it may be? */
static bool
is_max(const struct auth *auth, size_t count)
{
	return auth->accounts_max > 0 && count >= auth->accounts_max;
}

bool
auth_is_full(struct auth *auth)
{
	bool full;

	check_magic(auth, AUTH_MAGIC);
	check_zero(pthread_mutex_lock(&auth->reserving));
	full = is_max(auth, table_count(auth->table));
	check_zero(pthread_mutex_unlock(&auth->reserving));
	return full;
}

enum auth_status
auth_find(struct auth *auth, struct span name, struct account *out)
{
	check_magic(auth, AUTH_MAGIC);
	if (!name_is_valid(name))
		return AUTH_NO_SUCH_USER;
	return table_find(auth->table, name, out) ? AUTH_OK : AUTH_NO_SUCH_USER;
}

void
auth_prefetch(struct auth *auth, const struct span names[], size_t count)
{
	struct span valid[TABLE_PREFETCH_MAX];
	size_t n = 0, i;

	check_magic(auth, AUTH_MAGIC);
	for (i = 0; i < count && n < TABLE_PREFETCH_MAX; i++)
		if (name_is_valid(names[i]))
			valid[n++] = names[i];
	table_prefetch_find(auth->table, valid, n);
}

enum auth_status
auth_reserve(struct auth *auth, struct span name)
{
	enum auth_status status = AUTH_FULL;

	check_magic(auth, AUTH_MAGIC);
	check(name_is_valid(name));
	if (journal_is_read_only(&auth->journal))
		return AUTH_READ_ONLY;
	if (auth_is_banned(auth, name))
		return AUTH_BANNED;
	check_zero(pthread_mutex_lock(&auth->reserving));
	if (!is_max(
		auth, auth->accounts_max > 0 ? table_taken(auth->table) : 0))
		status = table_reserve(auth->table, name);
	check_zero(pthread_mutex_unlock(&auth->reserving));
	return status;
}

void
auth_unreserve(struct auth *auth, struct span name)
{
	check_magic(auth, AUTH_MAGIC);
	check(name_is_valid(name));
	table_unreserve(auth->table, name);
}

ssize_t
auth_accounts(struct auth *auth, struct auth_account_row **out)
{
	check_magic(auth, AUTH_MAGIC);
	return table_list(auth->table, out);
}

size_t
auth_names(struct auth *auth, struct span prefix,
    char (*out)[NAME_BYTES_MAX + 1], size_t max)
{
	check_magic(auth, AUTH_MAGIC);
	return table_names(auth->table, prefix, out, max);
}

const char *
auth_error(struct auth *auth)
{
	check_magic(auth, AUTH_MAGIC);
	return journal_error(&auth->journal);
}
