/*
 * Files that are not as they were written: cut at every byte, every bit
 * flipped, sectors blanked, lines lost. Torn ends are cut and kept, older
 * damage is refused by line and byte, and nothing goes unnoticed.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/journal.h"
#include "auth/table.h"
#include "tests/kit/simdisk.h"
#include "tests/unit/auth/kit.h"

#define PATH "/somewhere/accounts"

/* A file as a store has left it. */
struct sample {
	char *bytes;
	size_t len;
};

/* `count` accounts in batches of `batch`; closed, or killed by SIGKILL. */
static struct sample
sample_new(unsigned count, unsigned batch, bool closed)
{
	struct simdisk *disk = simdisk_new();
	struct auth *auth = kit_open(PATH, &disk->io);
	struct sample sample;
	const char *bytes;

	kit_keep_memory();
	kit_fill(auth, "user", count, batch);
	if (closed)
		auth_close(&auth);
	bytes = simdisk_bytes(disk, PATH, &sample.len);
	sample.bytes = malloc(sample.len + 1);
	cr_assert_not_null(sample.bytes);
	memcpy(sample.bytes, bytes, sample.len);
	sample.bytes[sample.len] = '\0';
	if (!closed)
		auth_close(&auth);
	simdisk_free(&disk);
	return sample;
}

/* Offset of line `n` (the first is 1), or of the end behind the last. */
static size_t
line_start(const struct sample *sample, unsigned n)
{
	const char *at = sample->bytes;

	while (--n > 0) {
		at = strchr(at, '\n');
		cr_assert_not_null(at);
		at++;
	}
	return (size_t)(at - sample->bytes);
}

/* How many lines and accounts are whole in the first `len` bytes. */
static void
count_whole(const struct sample *sample, size_t len, unsigned *lines,
    size_t *accounts, size_t *end)
{
	const char *at = sample->bytes, *lf;

	*lines = 0;
	*accounts = 0;
	while ((lf = strchr(at, '\n')) && (size_t)(lf - sample->bytes) < len) {
		const char *op = strstr(at, " register ");

		++*lines;
		*accounts += op && op < lf;
		at = lf + 1;
	}
	*end = (size_t)(at - sample->bytes);
}

/*
 * What a store makes of the file: the number of accounts, or -1. It is opened
 * without its passwords, whose dummy hash costs more than all the rest.
 */
static long
open_sample(struct simdisk *disk, const struct sample *sample,
    char error[AUTH_ERROR_BYTES])
{
	struct table *table = table_new();
	struct journal journal;
	long count = -1;

	cr_assert_not_null(table);
	error[0] = '\0';
	simdisk_put(disk, PATH, sample->bytes, sample->len);
	if (journal_open(&journal, &disk->io, PATH, table, error) == 0) {
		count = (long)table_count(table);
		journal_close(&journal);
	}
	table_free(&table);
	return count;
}

/* Opening has refused the file, has said so, and has not changed it. */
static void
must_be_refused(const struct sample *sample, const char *why)
{
	struct simdisk *disk = simdisk_new();
	char error[AUTH_ERROR_BYTES];
	const char *bytes;
	size_t len;

	cr_assert_eq(open_sample(disk, sample, error), -1);
	cr_assert_not_null(strstr(error, PATH), "%s", error);
	cr_assert_not_null(
	    strstr(error, why), "'%s' is not in '%s'", why, error);
	bytes = simdisk_bytes(disk, PATH, &len);
	cr_assert_eq(len, sample->len);
	cr_assert_arr_eq(bytes, sample->bytes, len);
	cr_assert_null(simdisk_bytes(disk, PATH ".torn", &len));
	simdisk_free(&disk);
}

/* The torn bytes are in FILE.torn, and the file opens cleanly from now on. */
static void
must_be_kept(
    struct simdisk *disk, const struct sample *cut, size_t end, size_t accounts)
{
	const struct auth_options options = {.path = PATH, .io = &disk->io};
	char error[AUTH_ERROR_BYTES];
	struct auth_report report;
	const char *kept;
	size_t len, lost = cut->len - end;

	kept = simdisk_bytes(disk, PATH ".torn", &len);
	cr_assert_not_null(kept);
	cr_assert_gt(len, lost + 1);
	cr_assert_arr_eq(kept + len - 1 - lost, cut->bytes + end, lost);
	cr_assert_eq(kept[len - 1], '\n');
	cr_assert_eq(auth_check(&options, &report, error), 0);
	cr_assert_eq(report.torn_bytes, 0);
	cr_assert_eq(report.accounts, accounts);
}

static void
must_be_cut(const struct sample *sample, size_t len)
{
	struct sample cut = {sample->bytes, len};
	struct simdisk *disk = simdisk_new();
	char error[AUTH_ERROR_BYTES], where[64];
	size_t accounts, end;
	unsigned lines;

	count_whole(sample, len, &lines, &accounts, &end);
	cr_assert_eq(
	    open_sample(disk, &cut, error), (long)accounts, "%s", error);
	snprintf(where, sizeof(where), "line %u, byte %zu: ", lines + 1, end);
	if (end == len)
		cr_assert_str_eq(error, "");
	else
		cr_assert_not_null(strstr(error, where), "%s", error);
	if (end < len)
		must_be_kept(disk, &cut, end, accounts);
	simdisk_free(&disk);
}

static void
cut_everywhere(unsigned batch)
{
	struct sample sample = sample_new(50, batch, true);
	size_t header = line_start(&sample, 2), len;

	for (len = 0; len < header; len++) {
		struct sample cut = {sample.bytes, len};

		must_be_refused(&cut, len == 0 ? "is empty"
				      : len < sizeof("throng-accounts 1") - 1
					  ? "not an account file"
					  : "line 1, byte 0");
	}
	for (; len <= sample.len; len++)
		must_be_cut(&sample, len);
	free(sample.bytes);
}

Test(auth_cuts, one_batch_cut_at_every_byte_keeps_the_exact_prefix)
{
	cut_everywhere(50);
}

Test(auth_cuts, many_batches_cut_at_every_byte_keep_the_exact_prefix)
{
	cut_everywhere(3);
}

/*
 * One bit is flipped. In a line behind which a mark stands that is refused;
 * behind the last mark it may be a torn write, and is reported as one.
 */
static void
flip(const struct sample *sample, size_t byte, unsigned bit, size_t durable)
{
	struct simdisk *disk = simdisk_new();
	char error[AUTH_ERROR_BYTES], where[64];
	size_t accounts, end;
	unsigned lines;
	long result;

	count_whole(sample, byte, &lines, &accounts, &end);
	sample->bytes[byte] ^= (char)(1 << bit);
	result = open_sample(disk, sample, error);
	cr_assert_eq(result, byte < durable ? -1 : (long)accounts,
	    "byte %zu of %zu, bit %u: %s", byte, sample->len, bit, error);
	snprintf(where, sizeof(where), "line %u, byte %zu: ", lines + 1, end);
	if (lines > 0)
		cr_assert_not_null(strstr(error, where), "%s", error);
	else
		cr_assert_neq(error[0], '\0');
	sample->bytes[byte] ^= (char)(1 << bit);
	simdisk_free(&disk);
}

static void
flip_everywhere(struct sample *sample, size_t durable)
{
	size_t byte;
	unsigned bit;

	for (byte = 0; byte < sample->len; byte++)
		for (bit = 0; bit < 8; bit++)
			flip(sample, byte, bit, durable);
}

Test(auth_cuts, closed_file_every_bit_flipped_is_detected)
{
	struct sample sample = sample_new(9, 2, true);

	/* header, 5 marks, 9 accounts, the mark at the end */
	flip_everywhere(&sample, line_start(&sample, 16));
	free(sample.bytes);
}

/* Killed before the last mark: the last batch may be torn. */
Test(auth_cuts, unmarked_file_every_bit_flipped_is_detected)
{
	struct sample sample = sample_new(9, 2, true);

	sample.len = line_start(&sample, 16);
	flip_everywhere(&sample, line_start(&sample, 14));
	free(sample.bytes);
}

/* A store that is only killed has marked its last batch all the same. */
Test(auth_cuts, killed_file_last_batch_flipped_is_refused)
{
	struct sample sample = sample_new(4, 2, false);

	sample.bytes[line_start(&sample, 7) + 30] ^= 1;
	must_be_refused(&sample, "line 7, byte");
	free(sample.bytes);
}

Test(auth_cuts, durable_sector_blanked_is_refused)
{
	struct sample sample = sample_new(50, 5, true);
	size_t last_mark = line_start(&sample, 1 + 50 + 11), at;

	for (at = SIMDISK_SECTOR; at + SIMDISK_SECTOR <= last_mark;
	     at += SIMDISK_SECTOR) {
		char kept[SIMDISK_SECTOR];

		memcpy(kept, sample.bytes + at, SIMDISK_SECTOR);
		memset(sample.bytes + at, 0, SIMDISK_SECTOR);
		must_be_refused(&sample, "put back a copy");
		memcpy(sample.bytes + at, kept, SIMDISK_SECTOR);
	}
	free(sample.bytes);
}

Test(auth_cuts, line_lost_doubled_or_swapped_is_refused)
{
	struct sample sample = sample_new(9, 3, true);
	size_t third = line_start(&sample, 3), fourth = line_start(&sample, 4);
	size_t fifth = line_start(&sample, 5);
	struct sample changed = {malloc(2 * sample.len), 0};

	cr_assert_not_null(changed.bytes);
	memcpy(changed.bytes, sample.bytes, third);
	memcpy(
	    changed.bytes + third, sample.bytes + fourth, sample.len - fourth);
	changed.len = sample.len - (fourth - third);
	must_be_refused(&changed, "line 3, byte");

	memcpy(changed.bytes, sample.bytes, fourth);
	memcpy(
	    changed.bytes + fourth, sample.bytes + third, sample.len - third);
	changed.len = sample.len + (fourth - third);
	must_be_refused(&changed, "line 4, byte");

	memcpy(changed.bytes + third, sample.bytes + fourth, fifth - fourth);
	memcpy(changed.bytes + third + (fifth - fourth), sample.bytes + third,
	    fourth - third);
	memcpy(changed.bytes + fifth, sample.bytes + fifth, sample.len - fifth);
	changed.len = sample.len;
	must_be_refused(&changed, "line 3, byte");
	free(changed.bytes);
	free(sample.bytes);
}

/* Two files' lines never fit together, however alike they are. */
Test(auth_cuts, line_of_another_file_is_refused)
{
	struct sample a = sample_new(3, 1, true), b = sample_new(3, 1, true);
	size_t from = line_start(&a, 5);

	cr_assert_eq(a.len, b.len);
	memcpy(a.bytes + from, b.bytes + from, a.len - from);
	must_be_refused(&a, "line 5, byte");
	free(a.bytes);
	free(b.bytes);
}

/* More than a batch can hold cannot be one torn batch. */
Test(auth_cuts, huge_damaged_end_is_refused)
{
	struct sample sample = sample_new(3, 3, true);
	struct sample longer = {calloc(1, sample.len + (1 << 20)), 0};

	cr_assert_not_null(longer.bytes);
	memcpy(longer.bytes, sample.bytes, sample.len);
	longer.len = sample.len + (1 << 20);
	must_be_refused(&longer, "line 7, byte");
	free(longer.bytes);
	free(sample.bytes);
}
