#include <criterion/criterion.h>
#include <sodium.h>
#include <stdio.h>

#include "auth/replay.h"

static struct table *table;
static struct replay replay;

static void
setup(void)
{
	cr_assert_geq(sodium_init(), 0);
	table = table_new();
	cr_assert_not_null(table);
	replay_init(&replay, table);
}

static void
teardown(void)
{
	table_free(&table);
}

TestSuite(auth_replay, .init = setup, .fini = teardown);

/* The next record, at line `line`. */
static const char *
play(uint64_t line, enum record_op op, uint64_t uid, const char *name,
    const char *verifier)
{
	struct record record = {.seq = 1000, .op = op, .uid = uid, .time = 5};

	record.name = span_of(name);
	record.verifier = span_of(verifier);
	return replay_record(
	    &replay, &record, (struct place){line, (off_t)line * 100});
}

static void
must_have(const char *name, uint64_t uid, const char *verifier)
{
	struct account account;

	cr_assert(table_find(table, span_of(name), &account));
	cr_assert_eq(account.uid, uid);
	cr_assert_str_eq(account.verifier, verifier);
	cr_assert_eq(account.created, 5);
}

Test(auth_replay, more_accounts_than_the_queue_are_all_there)
{
	char name[16];
	unsigned i;

	for (i = 1; i <= 100; i++) {
		snprintf(name, sizeof(name), "n%u", i);
		cr_assert_null(play(i, RECORD_REGISTER, i, name, "v"));
	}
	cr_assert_null(replay_finish(&replay));
	cr_assert_eq(table_count(table), 100);
	must_have("n1", 1, "v");
	must_have("n100", 100, "v");
}

Test(auth_replay, change_of_an_account_in_the_queue_is_made)
{
	cr_assert_null(play(1, RECORD_REGISTER, 1, "anna", "v"));
	cr_assert_null(play(2, RECORD_PASSWD, 1, "anna", "w"));
	must_have("anna", 1, "w");
	cr_assert_null(play(3, RECORD_REGISTER, 2, "bert", "v"));
	cr_assert_null(play(4, RECORD_REMOVE, 2, "bert", ""));
	cr_assert_null(play(5, RECORD_REGISTER, 3, "bert", "x"));
	cr_assert_null(replay_finish(&replay));
	must_have("bert", 3, "x");
}

Test(auth_replay, mark_changes_nothing)
{
	cr_assert_null(play(1, RECORD_MARK, 0, "", ""));
	cr_assert_null(replay_finish(&replay));
	cr_assert_eq(table_count(table), 0);
}

/* Found late, but told by its own line. */
Test(auth_replay, name_that_exists_is_refused_at_its_line)
{
	const char *wrong = NULL;
	char name[16];
	uint64_t i;

	cr_assert_null(play(1, RECORD_REGISTER, 1, "anna", "v"));
	cr_assert_null(play(2, RECORD_REGISTER, 2, "ANNA", "v"));
	for (i = 3; !wrong && i < 100; i++) {
		snprintf(name, sizeof(name), "n%u", (unsigned)i);
		wrong = play(i, RECORD_REGISTER, i, name, "v");
	}
	cr_assert_not_null(wrong);
	cr_assert_eq(replay.failed.line, 2);
	cr_assert_eq(replay.failed.at, 200);
}

Test(auth_replay, uid_that_exists_is_refused)
{
	cr_assert_null(play(1, RECORD_REGISTER, 1, "anna", "v"));
	cr_assert_null(play(2, RECORD_REGISTER, 1, "bert", "v"));
	cr_assert_not_null(replay_finish(&replay));
	cr_assert_eq(replay.failed.line, 2);
}

Test(auth_replay, uid_of_the_future_is_refused)
{
	cr_assert_not_null(play(1, RECORD_REGISTER, 1001, "anna", "v"));
	cr_assert_eq(replay.failed.line, 1);
}

Test(auth_replay, change_of_nobody_is_refused)
{
	cr_assert_null(play(1, RECORD_REGISTER, 1, "anna", "v"));
	cr_assert_not_null(play(2, RECORD_PASSWD, 2, "anna", "w"));
	cr_assert_not_null(play(3, RECORD_PASSWD, 1, "bert", "w"));
	cr_assert_not_null(play(4, RECORD_REMOVE, 1, "ANNA", ""));
	cr_assert_eq(replay.failed.line, 4);
	cr_assert_null(play(5, RECORD_REMOVE, 1, "anna", ""));
	cr_assert_not_null(play(6, RECORD_REMOVE, 1, "anna", ""));
}
