#include "tests/unit/auth/kit.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <malloc.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "auth/auth_priv.h"
#include "auth/table.h"
#include "tests/kit/simdisk.h"

static char directory[64];

const char *
kit_directory(void)
{
	strcpy(directory, "/tmp/throng-auth-XXXXXX");
	cr_assert_not_null(mkdtemp(directory));
	return directory;
}

void
kit_remove(void)
{
	DIR *dir = opendir(directory);
	const struct dirent *entry;

	cr_assert_not_null(dir);
	while ((entry = readdir(dir))) {
		if (strcmp(entry->d_name, ".") == 0 ||
		    strcmp(entry->d_name, "..") == 0)
			continue;
		if (unlink(kit_path(entry->d_name)) < 0)
			cr_assert_eq(rmdir(kit_path(entry->d_name)), 0);
	}
	closedir(dir);
	cr_assert_eq(rmdir(directory), 0);
}

const char *
kit_path(const char *name)
{
	static char paths[8][128];
	static unsigned next;
	char *path = paths[next++ % 8];

	snprintf(path, sizeof(paths[0]), "%.30s/%.90s", directory, name);
	return path;
}

char *
kit_read(const char *path, size_t *len)
{
	FILE *f = fopen(path, "r");
	char *bytes;
	long size;

	cr_assert_not_null(f, "%s", path);
	fseek(f, 0, SEEK_END);
	size = ftell(f);
	rewind(f);
	bytes = malloc((size_t)size + 1);
	cr_assert_not_null(bytes);
	*len = fread(bytes, 1, (size_t)size, f);
	cr_assert_eq(*len, (size_t)size);
	bytes[*len] = '\0';
	fclose(f);
	return bytes;
}

void
kit_write(const char *path, const void *bytes, size_t len)
{
	FILE *f = fopen(path, "w");

	cr_assert_not_null(f, "%s", path);
	cr_assert_eq(fwrite(bytes, 1, len, f), len);
	cr_assert_eq(fclose(f), 0);
}

void
kit_keep_memory(void)
{
	mallopt(M_MMAP_THRESHOLD, 1 << 25);
	mallopt(M_TRIM_THRESHOLD, 1 << 28);
}

const char *
kit_verifier(unsigned n, char out[VERIFIER_BYTES_MAX])
{
	snprintf(out, VERIFIER_BYTES_MAX,
	    "$argon2id$v=19$m=8,t=1,p=1$salt%010uAAAAAAAA$"
	    "hash%010uAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
	    n, n);
	return out;
}

struct auth *
kit_open(const char *path, const struct fileio *io)
{
	const struct auth_options options = {path, {1, 8}, io};
	char error[AUTH_ERROR_BYTES];
	struct auth *auth;

	cr_assert_eq(auth_open(&auth, &options, error), 0, "%s", error);
	return auth;
}

struct auth *
kit_open_bare(
    const char *path, const struct fileio *io, char error[AUTH_ERROR_BYTES])
{
	struct auth *auth = calloc(1, sizeof(*auth));

	cr_assert_not_null(auth);
	cr_assert_geq(sodium_init(), 0);
	error[0] = '\0';
	auth->magic = AUTH_MAGIC;
	auth->table = table_new();
	cr_assert_not_null(auth->table);
	if (journal_open(&auth->journal, io, path, auth->table, error) == 0)
		return auth;
	table_free(&auth->table);
	free(auth);
	return NULL;
}

const char *
kit_refused(const char *path, const struct fileio *io)
{
	const struct auth_options options = {path, {1, 8}, io};
	static char error[AUTH_ERROR_BYTES];
	struct auth *auth;

	cr_assert_eq(auth_open(&auth, &options, error), -1);
	cr_assert_null(auth);
	cr_assert_neq(error[0], '\0');
	return error;
}

static enum auth_status
commit_one(struct auth *auth, struct auth_change *change)
{
	auth_commit(auth, &change, 1);
	return change->status;
}

enum auth_status
kit_register(struct auth *auth, const char *name, unsigned n)
{
	struct auth_change change = {.kind = AUTH_REGISTER};
	enum auth_status status = auth_reserve(auth, span_of(name));

	if (status != AUTH_OK)
		return status;
	strcpy(change.name, name);
	kit_verifier(n, change.verifier);
	return commit_one(auth, &change);
}

static uint64_t
uid_of(struct auth *auth, const char *name)
{
	struct account account;

	if (auth_find(auth, span_of(name), &account) != AUTH_OK)
		return 0;
	return account.uid;
}

enum auth_status
kit_passwd(struct auth *auth, const char *name, unsigned n)
{
	struct auth_change change = {
	    .kind = AUTH_PASSWD, .uid = uid_of(auth, name)};

	kit_verifier(n, change.verifier);
	return commit_one(auth, &change);
}

enum auth_status
kit_delete(struct auth *auth, const char *name)
{
	struct auth_change change = {
	    .kind = AUTH_REMOVE, .uid = uid_of(auth, name)};

	return commit_one(auth, &change);
}

enum auth_status
kit_ban(
    struct auth *auth, enum auth_ban_kind kind, const char *name, int64_t until)
{
	struct auth_change change = {.until = until};

	change.kind = (enum auth_change_kind)(AUTH_BAN + 2 * kind);

	strcpy(change.name, name);
	return commit_one(auth, &change);
}

enum auth_status
kit_unban(struct auth *auth, enum auth_ban_kind kind, const char *name)
{
	struct auth_change change = {0};

	change.kind = (enum auth_change_kind)(AUTH_UNBAN + 2 * kind);
	strcpy(change.name, name);
	return commit_one(auth, &change);
}

void
kit_fill(struct auth *auth, const char *prefix, unsigned count, unsigned batch)
{
	struct kit_change *changes = calloc(batch, sizeof(*changes));
	unsigned done = 0;

	cr_assert_not_null(changes);
	while (done < count) {
		unsigned n = count - done < batch ? count - done : batch, i;

		for (i = 0; i < n; i++) {
			changes[i].kind = AUTH_REGISTER;
			changes[i].verifier = done + i;
			snprintf(changes[i].name, sizeof(changes[i].name),
			    "%s%u", prefix, done + i);
		}
		cr_assert_eq(kit_commit(auth, changes, n), AUTH_OK);
		done += n;
	}
	free(changes);
}

struct kit_account *
kit_model_find(struct kit_model *model, const char *name)
{
	size_t i;

	for (i = 0; i < model->count; i++)
		if (strcmp(model->accounts[i].name, name) == 0)
			return &model->accounts[i];
	return NULL;
}

struct auth_ban *
kit_model_find_ban(
    struct kit_model *model, enum auth_ban_kind kind, const char *name)
{
	size_t i;

	for (i = 0; i < model->ban_count; i++)
		if (model->bans[i].kind == kind &&
		    strcmp(model->bans[i].name, name) == 0)
			return &model->bans[i];
	return NULL;
}

static void
model_apply_ban(struct kit_model *model, const struct kit_change *change)
{
	enum auth_ban_kind kind =
	    (enum auth_ban_kind)((change->kind - AUTH_BAN) / 2);
	struct auth_ban *ban = kit_model_find_ban(model, kind, change->name);

	if ((change->kind - AUTH_BAN) % 2) {
		cr_assert_not_null(ban);
		*ban = model->bans[--model->ban_count];
		return;
	}
	cr_assert(model->ban_count < BAN_KINDS * KIT_ACCOUNTS_MAX);
	if (!ban)
		ban = &model->bans[model->ban_count++];
	ban->kind = kind;
	strcpy(ban->name, change->name);
	ban->until = change->until;
}

void
kit_model_apply(struct kit_model *model, const struct kit_change *change)
{
	struct kit_account *account = kit_model_find(model, change->name);

	if (change->kind >= AUTH_BAN) {
		model_apply_ban(model, change);
		return;
	}
	if (change->kind == AUTH_REGISTER) {
		cr_assert_null(account);
		cr_assert(model->count < KIT_ACCOUNTS_MAX);
		account = &model->accounts[model->count++];
		strcpy(account->name, change->name);
		account->uid = change->uid;
		if (change->uid > model->uid_max)
			model->uid_max = change->uid;
	}
	cr_assert_not_null(account);
	account->verifier = change->verifier;
	if (change->kind == AUTH_REMOVE)
		*account = model->accounts[--model->count];
}

static bool
model_bans_equal(const struct kit_model *model, struct auth *auth)
{
	ssize_t all = 0, same = 0;

	for (enum auth_ban_kind kind = 0; kind < BAN_KINDS; kind++) {
		struct auth_ban *bans;
		ssize_t count = auth_bans(auth, kind, &bans), i;

		for (i = 0; i < count; i++) {
			const struct auth_ban *ban = kit_model_find_ban(
			    (struct kit_model *)(uintptr_t)model, kind,
			    bans[i].name);

			same += ban && ban->until == bans[i].until;
		}
		free(bans);
		all += count;
	}
	return all == (ssize_t)model->ban_count && same == all;
}

bool
kit_model_equals(const struct kit_model *model, struct auth *auth)
{
	char verifier[VERIFIER_BYTES_MAX];
	struct account found;
	size_t i;

	if (auth_count(auth) != model->count || !model_bans_equal(model, auth))
		return false;
	for (i = 0; i < model->count; i++) {
		const struct kit_account *want = &model->accounts[i];

		if (auth_find(auth, span_of(want->name), &found) != AUTH_OK)
			return false;
		kit_verifier(want->verifier, verifier);
		if (strcmp(found.verifier, verifier) != 0 ||
		    strcmp(found.name, want->name) != 0 ||
		    (want->uid && found.uid != want->uid))
			return false;
	}
	return true;
}

void
kit_model_learn(struct kit_model *model, struct auth *auth)
{
	size_t i;

	for (i = 0; i < model->count; i++) {
		struct kit_account *account = &model->accounts[i];

		account->uid = uid_of(auth, account->name);
		if (account->uid > model->uid_max)
			model->uid_max = account->uid;
	}
}

/* The name, or a network with its number, gets a ban or loses the one that it
 * has. */
static void
change_to_ban(struct kit_model *model, uint64_t *seed,
    struct kit_change *change, unsigned number)
{
	bool is_held = change->kind == AUTH_REGISTER &&
		       kit_model_find_ban(model, BANNED_NAME, change->name);
	enum auth_ban_kind kind =
	    is_held ? BANNED_NAME : simdisk_random(seed) % BAN_KINDS;
	bool lift;

	if (kind == BANNED_ADDRESS)
		snprintf(change->name, sizeof(change->name),
		    number % 2 ? "2001:db8:%x::/48" : "192.0.2.%u", number);
	lift = kit_model_find_ban(model, kind, change->name) &&
	       (is_held || simdisk_random(seed) % 2 == 0);
	change->kind = (enum auth_change_kind)(AUTH_BAN + 2 * kind + lift);
	change->until = simdisk_random(seed) % 2 ? AUTH_FOREVER : 99999999999;
	change->uid = 0;
}

size_t
kit_model_changes(const struct kit_model *model, uint64_t *seed,
    struct kit_change *out, size_t max)
{
	struct kit_model after = *model;
	bool taken[60] = {false};
	size_t count = 0, tries;

	for (tries = 0; tries < 4 * max && count < max; tries++) {
		unsigned number = (unsigned)(simdisk_random(seed) % 60);
		struct kit_change *change = &out[count];
		const struct kit_account *account;

		if (taken[number])
			continue;
		taken[number] = true;
		snprintf(change->name, sizeof(change->name), "Name%u", number);
		account = kit_model_find(&after, change->name);
		change->kind = !account                   ? AUTH_REGISTER
			       : simdisk_random(seed) % 2 ? AUTH_PASSWD
							  : AUTH_REMOVE;
		change->uid = account ? account->uid : 0;
		change->verifier = (unsigned)(simdisk_random(seed) % 1000000);
		/* A name that is banned cannot be registered. */
		if (simdisk_random(seed) % 8 == 0 ||
		    (!account &&
			kit_model_find_ban(&after, BANNED_NAME, change->name)))
			change_to_ban(&after, seed, change, number);
		count++;
	}
	return count;
}

enum auth_status
kit_commit(struct auth *auth, struct kit_change *changes, size_t count)
{
	struct auth_change *all = calloc(count, sizeof(*all));
	struct auth_change **pointers = calloc(count, sizeof(*pointers));
	enum auth_status status = AUTH_OK;
	size_t i;

	for (i = 0; i < count; i++) {
		all[i].kind = changes[i].kind;
		all[i].uid = changes[i].uid;
		all[i].until = changes[i].until;
		strcpy(all[i].name, changes[i].name);
		if (changes[i].kind == AUTH_REGISTER) {
			status = auth_reserve(auth, span_of(all[i].name));
			if (status != AUTH_OK)
				break;
		}
		kit_verifier(changes[i].verifier, all[i].verifier);
		pointers[i] = &all[i];
	}
	if (status == AUTH_OK) {
		auth_commit(auth, pointers, count);
		status = all[0].status;
		for (i = 0; i < count; i++) {
			cr_assert_eq(all[i].status, status);
			changes[i].uid = all[i].uid;
		}
	} else
		while (i-- > 0)
			if (all[i].kind == AUTH_REGISTER)
				auth_unreserve(auth, span_of(all[i].name));
	free(pointers);
	free(all);
	return status;
}
