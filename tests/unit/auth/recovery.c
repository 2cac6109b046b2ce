/* Cuts, flips and the like are in disk/cuts.c. */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "auth/datafile.h"
#include "auth/recovery.h"
#include "auth/table.h"
#include "tests/kit/simdisk.h"
#include "tests/unit/auth/kit.h"

#define PATH "/somewhere/accounts"

/* A file made line by line, each with a good checksum. */
static char text[64 * RECORD_BYTES_MAX];
static size_t text_len;
static struct chain chain;
static struct table *table;
static struct recovery found;
static char error[AUTH_ERROR_BYTES];

static void
setup(void)
{
	cr_assert_geq(sodium_init(), 0);
	table = table_new();
	text_len = record_write_header(text, 0xfeed, 0, &chain);
}

static void
teardown(void)
{
	table_free(&table);
}

TestSuite(auth_recovery, .init = setup, .fini = teardown);

static void
add(enum record_op op, uint64_t uid, const char *name, unsigned n)
{
	char verifier[VERIFIER_BYTES_MAX];
	struct record record = {.op = op, .uid = uid, .name = span_of(name)};

	if (op == RECORD_REGISTER || op == RECORD_PASSWD)
		record.verifier = span_of(kit_verifier(n, verifier));
	text_len += record_write(text + text_len, &record, &chain);
}

/* Any words, with what makes them the next line of the file. */
static void
add_words(const char *words)
{
	char *line = text + text_len;
	int len = sprintf(line, "%" PRIu64 " %" PRIu64 " %s %016" PRIx64 " ",
	    chain.seq + 1, chain.batch, words, chain.check);

	chain.seq++;
	chain.check = XXH3_64bits(line, (size_t)len);
	len += sprintf(line + len, "%016" PRIx64 "\n", chain.check);
	text_len += (size_t)len;
}

static int
read_text(void)
{
	struct simdisk *disk = simdisk_new();
	struct datafile file;
	int result;

	simdisk_put(disk, PATH, text, text_len);
	cr_assert_eq(datafile_init(&file, &disk->io, PATH, error), 0);
	cr_assert_eq(datafile_open(&file, true, error), DATAFILE_OPEN);
	result = recovery_read(&found, table, &file, error);
	datafile_close(&file);
	simdisk_free(&disk);
	return result;
}

static void
must_be_refused(const char *why)
{
	cr_assert_eq(read_text(), -1);
	cr_assert_not_null(
	    strstr(error, why), "'%s' is not in '%s'", why, error);
}

Test(auth_recovery, whole_file_is_read_to_its_end)
{
	add(RECORD_MARK, 0, "", 0);
	add(RECORD_REGISTER, 2, "anna", 1);
	add(RECORD_REGISTER, 3, "bert", 1);
	cr_assert_eq(read_text(), 0, "%s", error);
	cr_assert_not(found.at_mark);
	cr_assert_eq(found.size, (off_t)text_len);
	cr_assert_eq(found.file_size, (off_t)text_len);
	cr_assert_eq(found.lines, 4);
	cr_assert_eq(found.chain.check, chain.check);
	cr_assert_eq(table_count(table), 2);
}

Test(auth_recovery, header_alone_is_an_empty_store)
{
	cr_assert_eq(read_text(), 0);
	cr_assert_eq(table_count(table), 0);
	cr_assert_eq(found.size, found.file_size);
}

Test(auth_recovery, record_in_no_batch_is_refused)
{
	chain.batch = 1;
	add(RECORD_REGISTER, 1, "anna", 1);
	must_be_refused("line 2, byte 54: cannot be taken: it is in no batch");
}

Test(auth_recovery, name_registered_twice_is_refused)
{
	add(RECORD_MARK, 0, "", 0);
	add(RECORD_REGISTER, 2, "anna", 1);
	add(RECORD_REGISTER, 3, "ANNA", 1);
	add(RECORD_MARK, 0, "", 0);
	must_be_refused("line 4, byte");
	cr_assert_not_null(strstr(error, "a name or a uid that exists"));
}

Test(auth_recovery, verifier_that_would_take_all_memory_is_refused)
{
	add(RECORD_MARK, 0, "", 0);
	add_words("register anna $argon2id$v=19$m=99999999,t=2,p=1$"
		  "c2FsdHNhbHRzYWx0c2FsdA$"
		  "aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2g 1 - 2");
	must_be_refused("line 3, byte");
	cr_assert_not_null(strstr(error, "Argon2id at a cost"));
	cr_assert_eq(table_count(table), 0);
}

Test(auth_recovery, blank_and_comment_lines_are_not_accounts)
{
	static const char *const lines[] = {"\n", " \n", "# note\n",
	    "anna:secret\n", "\0\n", "1 1 register root - 1 - 1\n"};
	size_t i, whole;

	add(RECORD_MARK, 0, "", 0);
	whole = text_len;
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		size_t len = lines[i][0] ? strlen(lines[i]) : 2;

		memcpy(text + whole, lines[i], len);
		text_len = whole + len;
		cr_assert_eq(read_text(), 0);
		cr_assert_eq(found.size, (off_t)whole);
		cr_assert_eq(found.file_size, (off_t)text_len);
		cr_assert_eq(table_count(table), 0);
	}
}

Test(auth_recovery, damage_before_a_later_batch_is_refused)
{
	add(RECORD_MARK, 0, "", 0);
	add(RECORD_REGISTER, 2, "anna", 1);
	add(RECORD_MARK, 0, "", 0);
	text[text_len - 50] ^= 1; /* the mark itself: nothing is behind it */
	cr_assert_eq(read_text(), 0);
	cr_assert_lt(found.size, found.file_size);
	table_free(&table);
	table = table_new();
	add(RECORD_REGISTER, 4, "bert", 1);
	cr_assert_eq(read_text(), 0);
	cr_assert_eq(table_count(table), 1);
	table_free(&table);
	table = table_new();
	add(RECORD_MARK, 0, "", 0);
	must_be_refused("line 4, byte");
}

/* Its first sector is lost, the others are there, whole lines and all. */
Test(auth_recovery, batch_without_its_first_line_is_torn)
{
	size_t begin;

	add(RECORD_MARK, 0, "", 0);
	add(RECORD_REGISTER, 2, "anna", 1);
	begin = text_len;
	add(RECORD_MARK, 0, "", 0);
	add(RECORD_REGISTER, 4, "bert", 1);
	add(RECORD_REGISTER, 5, "carl", 1);
	memset(text + begin, 0, 100);
	cr_assert_eq(read_text(), 0, "%s", error);
	cr_assert_eq(found.size, (off_t)begin);
	cr_assert_eq(table_count(table), 1);
}

/*
 * A loader that meets random changes, also ones with good checksums, refuses
 * or takes them and never anything worse.
 */
Test(auth_recovery, random_damage_is_survived)
{
	static char kept[sizeof(text)];
	uint64_t seed = 23;
	size_t kept_len;
	unsigned round;

	add(RECORD_MARK, 0, "", 0);
	add(RECORD_REGISTER, 2, "anna", 1);
	add(RECORD_PASSWD, 2, "anna", 2);
	add(RECORD_MARK, 0, "", 0);
	add(RECORD_REGISTER, 5, "bert", 1);
	add(RECORD_REMOVE, 5, "bert", 0);
	memcpy(kept, text, text_len);
	kept_len = text_len;
	for (round = 0; round < 3000; round++) {
		unsigned damage = 1 + (unsigned)(simdisk_random(&seed) % 4);

		memcpy(text, kept, kept_len);
		text_len = kept_len;
		while (damage-- > 0) {
			size_t at = simdisk_random(&seed) % text_len;
			size_t from = simdisk_random(&seed) % text_len;
			size_t len = simdisk_random(&seed) % 60;

			if (at + len > text_len || from + len > text_len)
				text[at] = (char)simdisk_random(&seed);
			else
				memmove(text + at, text + from, len);
		}
		if (read_text() < 0)
			cr_assert_not_null(strstr(error, PATH));
		table_free(&table);
		table = table_new();
	}
}
