#include <criterion/criterion.h>
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "auth/datafile.h"
#include "auth/recovery.h"
#include "auth/snapshot.h"
#include "auth/table.h"
#include "tests/disk/io.h"
#include "tests/kit/simdisk.h"
#include "tests/unit/auth/kit.h"

#define PATH "/somewhere/accounts"

static struct simdisk *disk;
static struct datafile file;
static struct table *table;
static char error[AUTH_ERROR_BYTES];

static void
setup(void)
{
	cr_assert_geq(sodium_init(), 0);
	disk = simdisk_new();
	table = table_new();
	cr_assert_not_null(table);
	cr_assert_eq(datafile_init(&file, &disk->io, PATH, error), 0);
}

static void
teardown(void)
{
	datafile_close(&file);
	table_free(&table);
	simdisk_free(&disk);
}

TestSuite(auth_snapshot, .init = setup, .fini = teardown);

static void
insert(unsigned count)
{
	char verifier[VERIFIER_BYTES_MAX], name[16];
	unsigned i;

	for (i = 1; i <= count; i++) {
		struct entry *entry;

		snprintf(name, sizeof(name), "n%u", i);
		entry = entry_new(table_arena(table), i, 5, span_of(name),
		    span_of(kit_verifier(i, verifier)));
		cr_assert_eq(table_insert(table, entry), AUTH_OK);
	}
}

/* What FILE.new holds, installed and read into a table of its own. */
static void
must_load(const struct snapshot *snapshot, unsigned count)
{
	struct table *read = table_new();
	struct recovery found;

	cr_assert_eq(datafile_install_new(&file, error), INSTALL_DONE);
	cr_assert_eq(datafile_open(&file, true, error), DATAFILE_OPEN);
	cr_assert_eq(recovery_read(&found, read, &file, error), 0, "%s", error);
	cr_assert_eq(found.size, snapshot->size);
	cr_assert_eq(found.size, found.file_size);
	cr_assert_eq(found.chain.seq, snapshot->chain.seq);
	cr_assert_eq(found.chain.check, snapshot->chain.check);
	cr_assert(found.at_mark);
	cr_assert_eq(table_count(read), count);
	table_free(&read);
}

static void
write_and_load(unsigned count)
{
	struct snapshot snapshot;

	insert(count);
	cr_assert_eq(snapshot_write(&snapshot, &file, table, 70000, error), 0);
	cr_assert_gt(snapshot.chain.seq, 70000 + count);
	must_load(&snapshot, count);
	disk->io.close(&disk->io, snapshot.fd);
}

Test(auth_snapshot, no_accounts_load)
{
	write_and_load(0);
}

Test(auth_snapshot, few_accounts_load)
{
	write_and_load(3);
}

Test(auth_snapshot, just_a_batch_loads)
{
	write_and_load(BATCH_CHANGES_MAX);
}

Test(auth_snapshot, one_more_than_a_batch_loads)
{
	write_and_load(BATCH_CHANGES_MAX + 1);
}

Test(auth_snapshot, many_batches_load)
{
	write_and_load(5 * BATCH_CHANGES_MAX);
}

static ssize_t (*well)(
    const struct fileio *io, int fd, const void *from, size_t len, off_t at);

/* The disk says yes and writes something else: one bit. */
static ssize_t
write_badly(
    const struct fileio *io, int fd, const void *from, size_t len, off_t at)
{
	char worse[4096];

	cr_assert_leq(len, sizeof(worse));
	memcpy(worse, from, len);
	worse[len / 2] ^= 1;
	return well(io, fd, worse, len, at);
}

Test(auth_snapshot, what_does_not_read_back_is_refused)
{
	struct snapshot snapshot;
	size_t len;

	insert(3);
	well = disk->io.pwrite;
	disk->io.pwrite = write_badly;
	cr_assert_eq(snapshot_write(&snapshot, &file, table, 0, error), -1);
	cr_assert_not_null(strstr(error, "cannot be read back"));
	cr_assert_null(simdisk_bytes(disk, PATH ".new", &len));
}

Test(auth_snapshot, any_call_that_fails_leaves_nothing)
{
	struct faultio fault;
	struct snapshot snapshot;
	unsigned call;
	size_t len;

	insert(3);
	file.io = &fault.io;
	for (call = 1;; call++) {
		faultio_init(&fault, &disk->io);
		fault.fail_at = call;
		fault.error = EIO;
		if (snapshot_write(&snapshot, &file, table, 0, error) == 0) {
			fault.io.close(&fault.io, snapshot.fd);
			if (!fault.failed)
				break;
			continue; /* it was the unlink */
		}
		cr_assert_null(simdisk_bytes(disk, PATH ".new", &len));
		cr_assert_not_null(strstr(error, PATH));
	}
	cr_assert_geq(call, 6);
}
