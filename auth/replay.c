/* What records do to a table. */
#include "auth/replay.h"

#include "auth/bans.h"
#include "reactor/check.h"

static const char no_memory[] = "there is no memory for it";

void
replay_init(struct replay *replay, struct table *table)
{
	*replay = (struct replay){.table = table};
}

/* The oldest account in the queue enters the table. */
static const char *
insert_first(struct replay *replay)
{
	struct entry *entry = replay->queue[replay->first].entry;
	enum auth_status status = table_insert(replay->table, entry);

	check(replay->count > 0);
	replay->failed = replay->queue[replay->first].place;
	replay->first = (replay->first + 1) % REPLAY_QUEUE;
	replay->count--;
	if (status == AUTH_OK)
		return NULL;
	entry_free(table_arena(replay->table), &entry);
	return status == AUTH_NAME_TAKEN
		   ? "it registers a name or a uid that exists"
		   : no_memory;
}

static const char *
enqueue(struct replay *replay, const struct record *record, struct place place)
{
	struct entry *entry = entry_new(table_arena(replay->table), record->uid,
	    record->time, record->name, record->verifier);
	size_t last;

	check(replay->count < REPLAY_QUEUE);
	if (!entry)
		return no_memory;
	table_prefetch_insert(replay->table, entry);
	last = (replay->first + replay->count++) % REPLAY_QUEUE;
	replay->queue[last].entry = entry;
	replay->queue[last].place = place;
	return NULL;
}

static const char *
register_account(
    struct replay *replay, const struct record *record, struct place place)
{
	const char *wrong = NULL;

	if (record->uid > record->seq)
		wrong = "its uid is of the future";
	else if (replay->count == REPLAY_QUEUE)
		wrong = insert_first(replay);
	if (wrong)
		return wrong;
	replay->failed = place;
	return enqueue(replay, record, place);
}

static const char *
change_account(struct replay *replay, const struct record *record)
{
	struct table *table = replay->table;
	const struct entry *old = table_by_uid(table, record->uid);
	struct entry *entry;

	if (!old || !span_equals(entry_name(old), record->name))
		return "it changes an account that is not there";
	if (record->op == RECORD_REMOVE) {
		table_remove(table, record->uid);
		return NULL;
	}
	check(record->op == RECORD_PASSWD);
	entry = entry_new(table_arena(table), old->uid, old->created,
	    entry_name(old), record->verifier);
	if (!entry)
		return no_memory;
	table_replace(table, entry);
	return NULL;
}

static const char *
change_ban(struct replay *replay, const struct record *record)
{
	struct bans *bans = table_bans(replay->table);
	enum auth_ban_kind kind = record_ban_kind(record->op);

	if (record_lifts_ban(record->op)) {
		bans_lift(bans, kind, record->name, record->time);
		return NULL;
	}
	if (bans_grow(bans, 1) < 0)
		return no_memory;
	bans_set(bans, kind, record->name, record->until);
	return NULL;
}

const char *
replay_record(
    struct replay *replay, const struct record *record, struct place place)
{
	const char *wrong;

	replay->failed = place;
	if (record->op == RECORD_MARK)
		return NULL;
	if (record->op == RECORD_REGISTER)
		return register_account(replay, record, place);
	if (record_is_of_ban(record->op))
		return change_ban(replay, record);
	wrong = replay_finish(replay);
	if (wrong)
		return wrong;
	replay->failed = place;
	return change_account(replay, record);
}

const char *
replay_finish(struct replay *replay)
{
	const char *wrong = NULL;

	while (!wrong && replay->count > 0)
		wrong = insert_first(replay);
	return wrong;
}
