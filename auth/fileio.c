/* The real disk, and what copes with short counts and EINTR. */
#include "auth/fileio.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "reactor/check.h"

static int
system_open(const struct fileio *io, const char *path, int flags)
{
	(void)io;
	return open(path, flags | O_CLOEXEC, S_IRUSR | S_IWUSR);
}

static int
system_close(const struct fileio *io, int fd)
{
	(void)io;
	return close(fd);
}

static int
system_fstat(const struct fileio *io, int fd, struct stat *out)
{
	(void)io;
	return fstat(fd, out);
}

static int
system_lstat(const struct fileio *io, const char *path, struct stat *out)
{
	(void)io;
	return lstat(path, out);
}

static int
system_fchmod(const struct fileio *io, int fd, mode_t mode)
{
	(void)io;
	return fchmod(fd, mode);
}

static ssize_t
system_pread(const struct fileio *io, int fd, void *to, size_t len, off_t at)
{
	(void)io;
	return pread(fd, to, len, at);
}

static ssize_t
system_pwrite(
    const struct fileio *io, int fd, const void *from, size_t len, off_t at)
{
	(void)io;
	return pwrite(fd, from, len, at);
}

static int
system_ftruncate(const struct fileio *io, int fd, off_t size)
{
	(void)io;
	return ftruncate(fd, size);
}

static int
system_fdatasync(const struct fileio *io, int fd)
{
	(void)io;
	return fdatasync(fd);
}

static int
system_fsync(const struct fileio *io, int fd)
{
	(void)io;
	return fsync(fd);
}

static int
system_flock(const struct fileio *io, int fd)
{
	(void)io;
	return flock(fd, LOCK_EX | LOCK_NB);
}

static int
system_rename(const struct fileio *io, const char *from, const char *to)
{
	(void)io;
	return rename(from, to);
}

static int
system_unlink(const struct fileio *io, const char *path)
{
	(void)io;
	return unlink(path);
}

const struct fileio fileio_system = {
    .open = system_open,
    .close = system_close,
    .fstat = system_fstat,
    .lstat = system_lstat,
    .fchmod = system_fchmod,
    .pread = system_pread,
    .pwrite = system_pwrite,
    .ftruncate = system_ftruncate,
    .fdatasync = system_fdatasync,
    .fsync = system_fsync,
    .flock = system_flock,
    .rename = system_rename,
    .unlink = system_unlink,
};

int
fileio_open(const struct fileio *io, const char *path, int flags)
{
	int fd;

	do
		fd = io->open(io, path, flags);
	while (fd < 0 && errno == EINTR);
	return fd;
}

ssize_t
fileio_read(const struct fileio *io, int fd, void *to, size_t len, off_t at)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = io->pread(
		    io, fd, (char *)to + done, len - done, at + (off_t)done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

int
fileio_write(
    const struct fileio *io, int fd, const void *from, size_t len, off_t at)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = io->pwrite(io, fd, (const char *)from + done,
		    len - done, at + (off_t)done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n == 0)
			errno = EIO; /* or we would try for ever */
		if (n <= 0)
			return -1;
		done += (size_t)n;
	}
	return 0;
}

int
fileio_truncate(const struct fileio *io, int fd, off_t size)
{
	int result;

	check(size >= 0);
	do
		result = io->ftruncate(io, fd, size);
	while (result < 0 && errno == EINTR);
	return result;
}

int
fileio_sync_directory(const struct fileio *io, const char *path)
{
	const char *slash = strrchr(path, '/');
	char directory[4096];
	int fd, result, why;

	if (!slash)
		strcpy(directory, ".");
	else if ((size_t)(slash - path) + 2 > sizeof(directory)) {
		errno = ENAMETOOLONG;
		return -1;
	} else
		snprintf(directory, sizeof(directory), "%.*s",
		    slash == path ? 1 : (int)(slash - path), path);

	fd = fileio_open(io, directory, O_RDONLY | O_DIRECTORY);
	if (fd < 0)
		return -1;
	result = io->fsync(io, fd);
	why = errno;
	io->close(io, fd);
	errno = why;
	return result;
}
