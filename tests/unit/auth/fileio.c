#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "auth/fileio.h"
#include "tests/disk/io.h"
#include "tests/kit/simdisk.h"
#include "tests/unit/auth/kit.h"

Test(auth_fileio, system_calls_do_what_they_say)
{
	const struct fileio *io = &fileio_system;
	char bytes[16] = "";
	const char *path, *other;
	struct stat st;
	int fd, again;

	kit_directory();
	path = kit_path("file");
	other = kit_path("other");
	fd = fileio_open(io, path, O_RDWR | O_CREAT | O_EXCL);
	cr_assert_geq(fd, 0);
	cr_assert(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	cr_assert_eq(io->fchmod(io, fd, 0600), 0);
	cr_assert_eq(fileio_write(io, fd, "hello", 5, 2), 0);
	cr_assert_eq(io->fdatasync(io, fd), 0);
	cr_assert_eq(io->fsync(io, fd), 0);
	cr_assert_eq(fileio_read(io, fd, bytes, sizeof(bytes), 0), 7);
	cr_assert_arr_eq(bytes, "\0\0hello", 7);
	cr_assert_eq(fileio_truncate(io, fd, 3), 0);
	cr_assert_eq(io->fstat(io, fd, &st), 0);
	cr_assert_eq(st.st_size, 3);
	cr_assert_eq(st.st_mode & 0777, 0600);
	cr_assert_eq(io->flock(io, fd), 0);
	again = fileio_open(io, path, O_RDONLY);
	cr_assert_eq(io->flock(io, again), -1);
	cr_assert_eq(errno, EWOULDBLOCK);
	cr_assert_eq(io->close(io, again), 0);
	cr_assert_eq(io->close(io, fd), 0);
	cr_assert_eq(io->rename(io, path, other), 0);
	cr_assert_eq(fileio_sync_directory(io, other), 0);
	cr_assert_eq(access(path, F_OK), -1);
	cr_assert_eq(io->unlink(io, other), 0);
	kit_remove();
}

/* Every call is short or interrupted once; nothing is lost by it. */
Test(auth_fileio, short_and_interrupted_calls_go_on)
{
	static const int errors[] = {EINTR, FAULTIO_SHORT};
	struct simdisk *disk = simdisk_new();
	struct faultio fault;
	char text[100], read[100];
	size_t i;
	unsigned call;
	int fd;

	memset(text, 'x', sizeof(text));
	for (i = 0; i < 2; i++)
		for (call = 1; call < 8; call++) {
			faultio_init(&fault, &disk->io);
			fault.fail_at = call;
			fault.error = errors[i];
			fd = fileio_open(&fault.io, "f", O_RDWR | O_CREAT);
			cr_assert_eq(
			    fileio_write(&fault.io, fd, text, sizeof(text), 0),
			    0);
			cr_assert_eq(
			    fileio_read(&fault.io, fd, read, sizeof(read), 0),
			    sizeof(read));
			cr_assert_arr_eq(read, text, sizeof(text));
			cr_assert_eq(fileio_truncate(&fault.io, fd, 0), 0);
			cr_assert_eq(
			    fileio_read(&fault.io, fd, read, sizeof(read), 0),
			    0);
			disk->io.close(&disk->io, fd);
		}
	simdisk_free(&disk);
}

Test(auth_fileio, real_failure_is_told)
{
	struct simdisk *disk = simdisk_new();
	struct faultio fault;
	int fd;

	faultio_init(&fault, &disk->io);
	fd = fileio_open(&fault.io, "f", O_RDWR | O_CREAT);
	fault.fail_at = fault.calls + 1;
	fault.error = ENOSPC;
	fault.for_ever = true;
	cr_assert_eq(fileio_write(&fault.io, fd, "abc", 3, 0), -1);
	cr_assert_eq(errno, ENOSPC);
	cr_assert_eq(fileio_read(&fault.io, fd, &fd, 1, 0), -1);
	cr_assert_eq(fileio_truncate(&fault.io, fd, 0), -1);
	cr_assert_eq(fileio_sync_directory(&fault.io, "f"), -1);
	cr_assert_eq(errno, ENOSPC);
	simdisk_free(&disk);
}

static ssize_t
write_nothing(
    const struct fileio *io, int fd, const void *from, size_t len, off_t at)
{
	(void)io;
	(void)fd;
	(void)from;
	(void)len;
	(void)at;
	return 0;
}

Test(auth_fileio, write_that_writes_nothing_does_not_go_on_for_ever)
{
	struct fileio io = fileio_system;

	io.pwrite = write_nothing;
	cr_assert_eq(fileio_write(&io, 0, "abc", 3, 0), -1);
	cr_assert_eq(errno, EIO);
}

static const char *opened;

static int
note_open(const struct fileio *io, const char *path, int flags)
{
	static char kept[64];

	(void)io;
	(void)flags;
	snprintf(kept, sizeof(kept), "%s", path);
	opened = kept;
	errno = EIO;
	return -1;
}

Test(auth_fileio, directory_of_a_path_is_found)
{
	struct fileio io = fileio_system;

	io.open = note_open;
	fileio_sync_directory(&io, "accounts");
	cr_assert_str_eq(opened, ".");
	fileio_sync_directory(&io, "/accounts");
	cr_assert_str_eq(opened, "/");
	fileio_sync_directory(&io, "/var/lib/accounts");
	cr_assert_str_eq(opened, "/var/lib");
	fileio_sync_directory(&io, "lib/accounts");
	cr_assert_str_eq(opened, "lib");
}
