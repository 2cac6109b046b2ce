/* Failing disks are in disk/. */
#include <criterion/criterion.h>
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "auth/journal.h"
#include "auth/table.h"
#include "tests/disk/io.h"
#include "tests/kit/simdisk.h"
#include "tests/unit/auth/kit.h"

#define PATH "/somewhere/accounts"

static struct simdisk *disk;
static struct faultio fault;
static struct table *table;
static struct journal journal;
static char error[AUTH_ERROR_BYTES];

static void
setup(void)
{
	cr_assert_geq(sodium_init(), 0);
	disk = simdisk_new();
	faultio_init(&fault, &disk->io);
	table = table_new();
	cr_assert_eq(journal_open(&journal, &fault.io, PATH, table, error), 0);
}

static void
teardown(void)
{
	journal_close(&journal);
	table_free(&table);
	simdisk_free(&disk);
}

TestSuite(auth_journal, .init = setup, .fini = teardown);

static void
reopen(void)
{
	journal_close(&journal);
	table_free(&table);
	table = table_new();
	cr_assert_eq(journal_open(&journal, &fault.io, PATH, table, error), 0,
	    "%s", error);
}

static void
add(const char *name)
{
	char verifier[VERIFIER_BYTES_MAX];
	struct record record = {.op = RECORD_REGISTER,
	    .name = span_of(name),
	    .verifier = span_of(kit_verifier(1, verifier)),
	    .uid = journal_next_seq(&journal)};

	journal_add(&journal, &record);
	cr_assert_eq(record.seq, record.uid);
}

/* Lines of the file that hold `word`. */
static unsigned
count(const char *word)
{
	unsigned lines = 0;
	size_t len;
	const char *bytes = simdisk_bytes(disk, PATH, &len);
	const char *at = bytes;

	while (
	    (at = memmem(at, len - (size_t)(at - bytes), word, strlen(word)))) {
		lines++;
		at++;
	}
	return lines;
}

Test(auth_journal, new_file_ends_with_a_mark)
{
	cr_assert_str_eq(error, "");
	cr_assert_eq(count("\n"), 2);
	cr_assert_eq(count(" mark "), 1);
	cr_assert_eq(table_count(table), 0);
}

Test(auth_journal, committed_batch_is_marked)
{
	add("anna");
	add("bert");
	cr_assert_eq(journal_commit(&journal), 0);
	cr_assert_eq(count(" register "), 2);
	cr_assert_eq(count(" mark "), 2);
	reopen();
	cr_assert_eq(table_count(table), 2);
	/* It ends with a mark: nothing was added by opening it. */
	cr_assert_eq(count("\n"), 5);
}

Test(auth_journal, mark_is_not_written_twice)
{
	add("anna");
	cr_assert_eq(journal_commit(&journal), 0);
	add("bert");
	cr_assert_eq(journal_commit(&journal), 0);
	cr_assert_eq(count("\n"), 6);
	reopen();
	cr_assert_eq(table_count(table), 2);
}

/* The batch was durable, the mark behind it never came. */
Test(auth_journal, missing_mark_is_written_when_opened)
{
	add("anna");
	disk->kill_in = 3; /* write, sync, the mark */
	cr_assert_eq(journal_commit(&journal), 0);
	journal_close(&journal);
	simdisk_revive(disk);
	cr_assert_eq(count(" mark "), 1);
	table_free(&table);
	table = table_new();
	cr_assert_eq(journal_open(&journal, &fault.io, PATH, table, error), 0);
	cr_assert_str_eq(error, "");
	cr_assert_eq(table_count(table), 1);
	cr_assert_eq(count(" mark "), 2);
	add("bert");
	cr_assert_eq(journal_commit(&journal), 0);
	reopen();
	cr_assert_eq(table_count(table), 2);
}

Test(auth_journal, mark_that_fails_costs_nothing)
{
	fault.fail_at = fault.calls + 5; /* two looks, write, sync, the mark */
	fault.error = ENOSPC;
	add("anna");
	cr_assert_eq(journal_commit(&journal), 0);
	cr_assert_str_eq(journal_error(&journal), "");
	add("bert");
	cr_assert_eq(journal_commit(&journal), 0);
	reopen();
	cr_assert_eq(table_count(table), 2);
	cr_assert_str_eq(error, "");
}

/* Half of a mark at the end would look like a torn write. */
Test(auth_journal, mark_that_fails_leaves_no_torn_end)
{
	fault.fail_at = fault.calls + 5; /* two looks, write, sync, the mark */
	fault.error = ENOSPC;
	add("anna");
	cr_assert_eq(journal_commit(&journal), 0);
	reopen();
	cr_assert_eq(table_count(table), 1);
	cr_assert_str_eq(error, "");
}

/* Closed in order, the last batch has its mark, whatever happens then. */
Test(auth_journal, closed_file_keeps_its_last_mark)
{
	uint64_t seed;

	add("anna");
	cr_assert_eq(journal_commit(&journal), 0);
	journal_close(&journal);
	for (seed = 0; seed < 20; seed++) {
		uint64_t dice = seed;
		struct simdisk *after = simdisk_crash(disk, &dice);
		size_t len, len_after;

		simdisk_bytes(disk, PATH, &len);
		simdisk_bytes(after, PATH, &len_after);
		cr_assert_eq(len_after, len);
		simdisk_free(&after);
	}
	table_free(&table);
	table = table_new();
	cr_assert_eq(journal_open(&journal, &fault.io, PATH, table, error), 0);
}

Test(auth_journal, failed_batch_gives_its_numbers_back)
{
	uint64_t seq = journal_next_seq(&journal);

	add("anna");
	fault.fail_at = fault.calls + 3;
	fault.error = ENOSPC;
	cr_assert_eq(journal_commit(&journal), -1);
	cr_assert_not(journal_is_read_only(&journal));
	cr_assert_eq(journal_next_seq(&journal), seq);
	add("bert");
	cr_assert_eq(journal_commit(&journal), 0);
	reopen();
	cr_assert_eq(table_count(table), 1);
}

Test(auth_journal, write_that_cannot_be_cut_back_makes_read_only)
{
	add("anna");
	fault.fail_at = fault.calls + 3;
	fault.error = ENOSPC;
	fault.for_ever = true;
	cr_assert_eq(journal_commit(&journal), -1);
	cr_assert(journal_is_read_only(&journal));
	cr_assert_not_null(strstr(journal_error(&journal), "cut back"));
	/* Nobody else has made it longer. */
	fault.fail_at = 0;
	cr_assert_not(journal_is_own(&journal, journal.file.fd, error));
	cr_assert_str_eq(error, journal_error(&journal));
}

/* Whoever was told read-only may still be reading why. */
Test(auth_journal, error_texts_live_on)
{
	const char *first, *second;

	fault.error = ENOSPC;
	fault.fail_at = fault.calls + 3;
	add("anna");
	cr_assert_eq(journal_commit(&journal), -1);
	first = journal_error(&journal);
	fault.error = EFBIG;
	fault.fail_at = fault.calls + 3;
	add("anna");
	cr_assert_eq(journal_commit(&journal), -1);
	second = journal_error(&journal);
	cr_assert_not_null(strstr(first, "No space left"));
	cr_assert_not_null(strstr(second, "File too large"));
	fault.error = ENOSPC;
	fault.fail_at = fault.calls + 3;
	add("anna");
	cr_assert_eq(journal_commit(&journal), -1);
	cr_assert_eq(journal_error(&journal), first);
}

Test(auth_journal, many_different_errors_are_bounded)
{
	int why;

	for (why = 1; why < 60; why++) {
		if (why == EINTR)
			continue;
		fault.error = why;
		fault.fail_at = fault.calls + 3;
		add("anna");
		cr_assert_eq(journal_commit(&journal), -1);
		cr_assert_neq(journal_error(&journal)[0], '\0');
	}
	cr_assert_leq(journal.error_count, JOURNAL_ERRORS_MAX);
}

Test(auth_journal, new_file_of_a_crash_is_removed)
{
	size_t len;

	simdisk_put(disk, PATH ".new", "half", 4);
	reopen();
	cr_assert_null(simdisk_bytes(disk, PATH ".new", &len));
}
