/* What can stand in the file's place is in disk/disk.c. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "auth/datafile.h"
#include "tests/disk/io.h"
#include "tests/kit/simdisk.h"

#define PATH "/somewhere/accounts"

static struct simdisk *disk;
static struct datafile file;
static char error[AUTH_ERROR_BYTES];

static void
setup(void)
{
	disk = simdisk_new();
	cr_assert_eq(datafile_init(&file, &disk->io, PATH, error), 0);
}

static void
teardown(void)
{
	datafile_close(&file);
	simdisk_free(&disk);
}

TestSuite(auth_datafile, .init = setup, .fini = teardown);

Test(auth_datafile, impossible_path_is_refused)
{
	struct datafile other;
	char path[PATH_MAX];

	cr_assert_eq(datafile_init(&other, &disk->io, "", error), -1);
	memset(path, 'x', sizeof(path));
	path[sizeof(path) - 1] = '\0';
	cr_assert_eq(datafile_init(&other, &disk->io, path, error), -1);
	cr_assert_not_null(strstr(error, "too long"));
	path[sizeof(path) - 6] = '\0';
	cr_assert_eq(datafile_init(&other, &disk->io, path, error), 0);
}

Test(auth_datafile, missing_file_is_told)
{
	cr_assert_eq(datafile_open(&file, false, error), DATAFILE_MISSING);
	cr_assert_str_eq(error, PATH ": no such file");
	cr_assert_eq(datafile_open(&file, true, error), DATAFILE_MISSING);
}

Test(auth_datafile, new_file_left_by_a_crash_is_replaced)
{
	size_t len;
	int fd;

	simdisk_put(disk, PATH ".new", "rubbish", 7);
	fd = datafile_create_new(&file, error);
	cr_assert_geq(fd, 0);
	cr_assert_not_null(simdisk_bytes(disk, PATH ".new", &len));
	cr_assert_eq(len, 0);
	cr_assert_eq(fileio_write(&disk->io, fd, "good", 4, 0), 0);
	simdisk_put(disk, PATH, "old", 3);
	cr_assert_eq(datafile_install_new(&file, error), INSTALL_DONE);
	cr_assert_arr_eq(simdisk_bytes(disk, PATH, &len), "good", 4);
	cr_assert_null(simdisk_bytes(disk, PATH ".new", &len));
	disk->io.close(&disk->io, fd);
}

/* It may be a link that somebody has put there. */
Test(auth_datafile, new_file_that_cannot_be_removed_is_not_used)
{
	struct faultio fault;

	simdisk_put(disk, PATH ".new", "rubbish", 7);
	faultio_init(&fault, &disk->io);
	fault.fail_at = 1; /* unlink */
	fault.error = EIO;
	file.io = &fault.io;
	cr_assert_eq(datafile_create_new(&file, error), -1);
	cr_assert_not_null(strstr(error, "File exists"));
}

Test(auth_datafile, install_says_how_far_it_came)
{
	struct faultio fault;
	size_t len;

	faultio_init(&fault, &disk->io);
	file.io = &fault.io;
	simdisk_put(disk, PATH, "old", 3);
	simdisk_put(disk, PATH ".new", "new", 3);
	fault.error = EIO;
	fault.fail_at = 1; /* rename */
	cr_assert_eq(datafile_install_new(&file, error), INSTALL_FAILED);
	cr_assert_arr_eq(simdisk_bytes(disk, PATH, &len), "old", 3);
	cr_assert_null(simdisk_bytes(disk, PATH ".new", &len));

	simdisk_put(disk, PATH ".new", "new", 3);
	fault.fail_at = fault.calls + 3; /* rename, open, fsync */
	cr_assert_eq(datafile_install_new(&file, error), INSTALL_UNCERTAIN);
	cr_assert_not_null(strstr(error, "directory cannot be synced"));
	cr_assert_arr_eq(simdisk_bytes(disk, PATH, &len), "new", 3);
}

Test(auth_datafile, cut_keeps_what_it_cuts)
{
	const char *kept;
	size_t len;

	simdisk_put(disk, PATH, "goodtorn", 8);
	cr_assert_eq(datafile_open(&file, false, error), DATAFILE_OPEN);
	cr_assert_eq(datafile_cut(&file, 4, 8, error), 0);
	cr_assert_arr_eq(simdisk_bytes(disk, PATH, &len), "good", 4);
	cr_assert_eq(len, 4);
	kept = simdisk_bytes(disk, PATH ".torn", &len);
	cr_assert_eq(strncmp(kept, "# 4 bytes cut at byte 4,", 24), 0);
	cr_assert_arr_eq(kept + len - 5, "torn\n", 5);
}

/* What is cut is safe before it is cut, and cut before anything follows. */
Test(auth_datafile, cut_syncs_what_it_keeps_first)
{
	struct faultio fault;

	simdisk_put(disk, PATH, "goodtorn", 8);
	cr_assert_eq(datafile_open(&file, false, error), DATAFILE_OPEN);
	faultio_init(&fault, &disk->io);
	file.io = &fault.io;
	cr_assert_eq(datafile_cut(&file, 4, 8, error), 0);
	cr_assert_str_eq(fault.trace,
	    "open fstat pread pwrite fsync open fsync close close "
	    "ftruncate fdatasync ");
}

Test(auth_datafile, second_cut_is_kept_behind_the_first)
{
	const char *kept;
	size_t len, first;

	simdisk_put(disk, PATH, "goodtornmore", 12);
	cr_assert_eq(datafile_open(&file, false, error), DATAFILE_OPEN);
	cr_assert_eq(datafile_cut(&file, 8, 12, error), 0);
	simdisk_bytes(disk, PATH ".torn", &first);
	cr_assert_eq(datafile_cut(&file, 4, 8, error), 0);
	kept = simdisk_bytes(disk, PATH ".torn", &len);
	cr_assert_arr_eq(kept + first - 5, "more\n#", 6);
	cr_assert_arr_eq(kept + len - 5, "torn\n", 5);
}

/* What cannot be kept is not cut, whichever call fails. */
Test(auth_datafile, cut_that_cannot_keep_leaves_the_file)
{
	struct faultio fault;
	unsigned call;
	size_t len;
	int result = -1;

	for (call = 1; result < 0; call++) {
		cr_assert(call < 20);
		simdisk_put(disk, PATH, "goodtorn", 8);
		datafile_close(&file);
		file.io = &disk->io;
		cr_assert_eq(datafile_open(&file, false, error), DATAFILE_OPEN);
		faultio_init(&fault, &disk->io);
		fault.fail_at = call;
		fault.error = EIO;
		file.io = &fault.io;
		result = datafile_cut(&file, 4, 8, error);
		if (!fault.failed)
			break;
		simdisk_bytes(disk, PATH, &len);
		if (result < 0 && strcmp(fault.failed, "fdatasync") != 0)
			cr_assert_eq(len, 8, "%s", fault.failed);
		cr_assert(result == 0 || strstr(error, PATH));
		result = -1;
	}
	cr_assert_geq(call, 8);
}
