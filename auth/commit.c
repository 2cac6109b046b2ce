/*
 * Changes of accounts and bans: first to the file, then to the table, so that
 * nobody sees an account that a crash could take away. The journal's thread.
 */
#include <string.h>
#include <time.h>

#include "auth/auth_priv.h"
#include "auth/bans.h"
#include "auth/table.h"
#include "proto/wire/name.h"
#include "reactor/check.h"

/* Ends a registration that will not be. */
static void
refuse(struct auth *auth, struct auth_change *change, enum auth_status status)
{
	if (change->kind == AUTH_REGISTER)
		table_unreserve(auth->table, span_of(change->name));
	change->status = status;
}

/* The account a change is to; NULL if it is gone, or will be by this batch. */
static struct entry *
subject(struct auth *auth, const struct auth_change *change)
{
	struct entry *entry = table_by_uid(auth->table, change->uid);

	return entry && entry->pending != ENTRY_REMOVED ? entry : NULL;
}

/* Has the verifier that a change is meant to replace been replaced before? */
static bool
is_stale(const struct auth_change *change, const struct entry *entry)
{
	return change->replaces[0] &&
	       (entry->pending != ENTRY_STAYS ||
		   !span_equals(
		       span_of(change->replaces), entry_verifier(entry)));
}

static bool
is_of_ban(const struct auth_change *change)
{
	return change->kind >= AUTH_BAN;
}

/* The records of bans are in the order of the changes. */
static enum record_op
op_of_ban(const struct auth_change *change)
{
	_Static_assert(AUTH_UNMUTE - AUTH_BAN == RECORD_UNMUTE - RECORD_BAN,
	    "as many of one as of the other");
	check(is_of_ban(change));
	return (enum record_op)(RECORD_BAN + (change->kind - AUTH_BAN));
}

static struct record
record_of_ban(const struct auth_change *change)
{
	struct record record = {
	    .op = op_of_ban(change),
	    .name = span_of(change->name),
	    .time = time(NULL),
	};

	if (!record_lifts_ban(record.op))
		record.until = change->until;
	return record;
}

static struct record
record_of(const struct auth_change *change, const struct entry *entry)
{
	struct record record = {
	    .name = entry_name(entry),
	    .verifier = entry_verifier(entry),
	    .time = time(NULL),
	    .uid = entry->uid,
	};

	switch (change->kind) {
	case AUTH_REGISTER:
		record.op = RECORD_REGISTER;
		record.time = entry->created;
		break;
	case AUTH_PASSWD:
		record.op = RECORD_PASSWD;
		break;
	case AUTH_REMOVE:
		record.op = RECORD_REMOVE;
		record.verifier.len = 0;
		break;
	default:
		unreachable("a ban is of no account");
	}
	return record;
}

static enum auth_status
prepare_ban(struct auth *auth, const struct auth_change *change)
{
	struct record record = record_of_ban(change);

	check(bans_name_is_valid(record_ban_kind(record.op), record.name));
	journal_add(&auth->journal, &record);
	return AUTH_OK;
}

/* Is the name banned by the time that change `i` is made? */
static bool
is_banned_by_then(
    struct auth *auth, struct auth_change *const changes[], size_t i)
{
	struct span name = span_of(changes[i]->name);
	struct bans *bans = table_bans(auth->table);

	while (i-- > 0) {
		enum auth_change_kind kind = changes[i]->kind;

		if ((kind == AUTH_BAN || kind == AUTH_UNBAN) &&
		    name_equals(span_of(changes[i]->name), name))
			return kind == AUTH_BAN ||
			       bans_is_listed(
				   bans, BANNED_NAME, name, time(NULL));
	}
	return bans_find(bans, BANNED_NAME, name, time(NULL), NULL);
}

/*
 * Puts a change into the batch and makes what the table will get, so that
 * nothing can fail once the batch is on disk.
 */
static enum auth_status
prepare(struct auth *auth, struct auth_change *const changes[], size_t i)
{
	struct auth_change *change = changes[i];
	struct entry **out = &auth->prepared[i];
	struct arena *arena = table_arena(auth->table);
	struct span verifier = span_of(change->verifier);
	enum auth_change_kind kind = change->kind;
	struct entry *old = NULL, *made = NULL;
	struct record record;

	*out = NULL;
	if (is_of_ban(change))
		return prepare_ban(auth, change);
	if (kind == AUTH_REGISTER && is_banned_by_then(auth, changes, i))
		return AUTH_BANNED;
	if (kind == AUTH_REGISTER)
		made = entry_new(arena, journal_next_seq(&auth->journal),
		    time(NULL), span_of(change->name), verifier);
	else if (!(old = subject(auth, change)))
		return AUTH_NO_SUCH_USER;
	else if (is_stale(change, old))
		return AUTH_BAD_CREDENTIALS;
	else if (kind == AUTH_PASSWD)
		made = entry_new(
		    arena, old->uid, old->created, entry_name(old), verifier);
	if (!made && kind != AUTH_REMOVE)
		return AUTH_NO_MEMORY;
	if (old)
		old->pending =
		    kind == AUTH_REMOVE ? ENTRY_REMOVED : ENTRY_REPLACED;
	record = record_of(change, made ? made : old);
	journal_add(&auth->journal, &record);
	*out = made;
	return AUTH_OK;
}

/* A ban, or the lifting of one, is durable. */
static void
publish_ban(struct auth *auth, struct auth_change *change)
{
	struct bans *bans = table_bans(auth->table);
	enum record_op op = op_of_ban(change);
	enum auth_ban_kind kind = record_ban_kind(op);
	struct span name = span_of(change->name);
	int64_t now = time(NULL);

	if (!record_lifts_ban(op))
		bans_set(bans, kind, name, change->until);
	else if (!bans_lift(bans, kind, name, now))
		change->status = bans_is_listed(bans, kind, name, now)
				     ? AUTH_LISTED
				     : AUTH_NO_SUCH_USER;
}

/* The change is durable: the table gets it. */
static void
publish(struct auth *auth, struct auth_change *change, struct entry *entry)
{
	switch (change->kind) {
	case AUTH_REGISTER:
		check(entry);
		change->uid = entry->uid;
		table_add(auth->table, entry);
		break;
	case AUTH_PASSWD:
		table_replace(auth->table, entry);
		break;
	case AUTH_REMOVE:
		table_remove(auth->table, change->uid);
		break;
	default:
		publish_ban(auth, change);
	}
}

/* The change is not in the file: the table stays as it was. */
static void
undo(struct auth *auth, struct auth_change *change, struct entry *entry)
{
	if (change->kind != AUTH_REGISTER && !is_of_ban(change))
		table_by_uid(auth->table, change->uid)->pending = ENTRY_STAYS;
	entry_free(table_arena(auth->table), &entry);
	refuse(auth, change, AUTH_READ_ONLY);
}

static void
commit_batch(
    struct auth *auth, struct auth_change *const changes[], size_t count)
{
	bool has_room = table_grow(auth->table, count) == 0 &&
			bans_grow(table_bans(auth->table), count) == 0;
	size_t written = 0, i;
	int result = 0;

	for (i = 0; i < count; i++) {
		struct auth_change *change = changes[i];

		change->status =
		    has_room ? prepare(auth, changes, i) : AUTH_NO_MEMORY;
		if (change->status == AUTH_OK)
			written++;
		else
			refuse(auth, change, change->status);
	}
	if (written)
		result = journal_commit(&auth->journal);
	for (i = 0; i < count; i++) {
		if (changes[i]->status != AUTH_OK)
			continue;
		if (result == 0)
			publish(auth, changes[i], auth->prepared[i]);
		else
			undo(auth, changes[i], auth->prepared[i]);
	}
}

void
auth_commit(
    struct auth *auth, struct auth_change *const changes[], size_t count)
{
	size_t done, i;

	check_magic(auth, AUTH_MAGIC);
	for (done = 0; done < count && !journal_is_read_only(&auth->journal);) {
		size_t n = count - done;

		if (n > BATCH_CHANGES_MAX)
			n = BATCH_CHANGES_MAX;
		commit_batch(auth, changes + done, n);
		done += n;
	}
	for (i = done; i < count; i++)
		refuse(auth, changes[i], AUTH_READ_ONLY);
}
