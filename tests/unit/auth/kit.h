/*
 * What the tests of auth/ share: a directory of their own, verifiers without
 * the cost of Argon2, stores, and a model of what a store should hold. All of
 * it fails the test at hand when something is not as it should be.
 */
#ifndef TESTS_UNIT_AUTH_KIT_H
#define TESTS_UNIT_AUTH_KIT_H

#include "auth/auth.h"

#define KIT_ACCOUNTS_MAX 128

/* Makes a new directory; kit_remove takes it and all in it away. */
const char *kit_directory(void);
void kit_remove(void);

/* The path of `name` in that directory; lives until the next but 7. */
const char *kit_path(const char *name);

/* Whole files. kit_read's bytes are the caller's to free. */
char *kit_read(const char *path, size_t *len);
void kit_write(const char *path, const void *bytes, size_t len);

/* Lets malloc keep its memory: for tests that open thousands of stores. */
void kit_keep_memory(void);

/* A well-formed verifier that no password matches, another for each `n`. */
const char *kit_verifier(unsigned n, char out[VERIFIER_BYTES_MAX]);

/* Opens a store at the lowest cost of Argon2; `io` may be NULL. */
struct auth *kit_open(const char *path, const struct fileio *io);

/*
 * The same for tests that open tens of thousands: without passwords, whose
 * dummy hash costs more than all the rest. NULL with the reason in `error` if
 * it cannot be opened. auth_close closes it.
 */
struct auth *kit_open_bare(
    const char *path, const struct fileio *io, char error[AUTH_ERROR_BYTES]);

/* The reason why it cannot be opened; static. */
const char *kit_refused(const char *path, const struct fileio *io);

/* One change in a batch of its own; what became of it. kit_ban and kit_unban
 * are of any kind. */
enum auth_status kit_register(struct auth *auth, const char *name, unsigned n);
enum auth_status kit_passwd(struct auth *auth, const char *name, unsigned n);
enum auth_status kit_delete(struct auth *auth, const char *name);
enum auth_status kit_ban(struct auth *auth, enum auth_ban_kind kind,
    const char *name, int64_t until);
enum auth_status
kit_unban(struct auth *auth, enum auth_ban_kind kind, const char *name);

/* Registers `prefix`0, `prefix`1, ... in batches of `batch`. */
void
kit_fill(struct auth *auth, const char *prefix, unsigned count, unsigned batch);

struct kit_account {
	char name[NAME_BYTES_MAX + 1];
	unsigned verifier; /* kit_verifier's `n` */
	uint64_t uid;      /* 0: not known */
};

/* What a store should hold. */
struct kit_model {
	struct kit_account accounts[KIT_ACCOUNTS_MAX];
	size_t count;
	uint64_t uid_max; /* ever given */
	struct auth_ban bans[BAN_KINDS * KIT_ACCOUNTS_MAX];
	size_t ban_count;
};

/* A change as the model sees it. */
struct kit_change {
	enum auth_change_kind kind;
	char name[AUTH_NAME_BYTES];
	unsigned verifier;
	uint64_t uid;
	int64_t until; /* BAN..., MUTE */
};

/* What it knows of a name, or NULL; apply does to it what a change does to a
 * store. */
struct kit_account *kit_model_find(struct kit_model *model, const char *name);
struct auth_ban *kit_model_find_ban(
    struct kit_model *model, enum auth_ban_kind kind, const char *name);
void kit_model_apply(struct kit_model *model, const struct kit_change *change);

/* Does the store hold just these accounts and bans? */
bool kit_model_equals(const struct kit_model *model, struct auth *auth);

/* Takes over the uids that the store has. */
void kit_model_learn(struct kit_model *model, struct auth *auth);

/* Random changes that can all be made to the model, one a name. */
size_t kit_model_changes(const struct kit_model *model, uint64_t *seed,
    struct kit_change *out, size_t max);

/* Commits them as one batch (reserving names); all get the same status. */
enum auth_status
kit_commit(struct auth *auth, struct kit_change *changes, size_t count);

#endif
