/* The account file and its companions in their directory. */
#include "auth/datafile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "auth/reason.h"
#include "reactor/check.h"

#define SUFFIX_BYTES_MAX 6 /* ".lock" and a terminator */

/* A FIFO or a device must not block us, a link not lead us elsewhere. */
#define CAREFULLY (O_NOFOLLOW | O_NONBLOCK | O_NOCTTY)

/* The path of a companion of FILE; datafile_init has seen to the length. */
static const char *
beside(const struct datafile *file, const char *suffix, char out[PATH_MAX])
{
	int len = snprintf(out, PATH_MAX, "%s%s", file->path, suffix);

	check(len > 0);
	check(len < PATH_MAX);
	return out;
}

int
datafile_init(struct datafile *file, const struct fileio *io, const char *path,
    char error[AUTH_ERROR_BYTES])
{
	size_t len = strlen(path);

	*file = (struct datafile){.io = io, .fd = -1};
	if (len == 0) {
		reason_set(error, "account file", "no path was given");
		return -1;
	}
	if (len + SUFFIX_BYTES_MAX > sizeof(file->path)) {
		reason_set(error, path, "the path is too long");
		return -1;
	}
	memcpy(file->path, path, len + 1);
	return 0;
}

void
datafile_close(struct datafile *file)
{
	if (file->fd >= 0)
		file->io->close(file->io, file->fd);
	file->fd = -1;
}

/* Why an open failed: what an operator can do depends on which errno it is. */
static void
explain_open(const char *path, int why, char error[AUTH_ERROR_BYTES])
{
	const char *advice = "see to it and start again";

	if (why == EACCES || why == EPERM)
		advice = "start as its owner, or change owner or mode";
	else if (why == ENOENT || why == ENOTDIR)
		advice = "the directory is missing; create it first";
	else if (why == EISDIR)
		advice = "name a file, not a directory";
	else if (why == ELOOP)
		advice = "it is a symbolic link; name the file itself";
	else if (why == EROFS)
		advice = "the server must be able to write it";
	else if (why == ENOSPC || why == EDQUOT)
		advice = "make room on that file system";
	reason_set(
	    error, path, "cannot be opened: %s: %s", reason_of(why), advice);
}

/* Locks FILE.lock, open as `fd`: returns that, or closes it and is -1 with the
 * reason. */
static int
take_lock(const struct datafile *file, const char *path, int fd,
    char error[AUTH_ERROR_BYTES])
{
	const struct fileio *io = file->io;
	int result, why;

	do
		result = io->flock(io, fd);
	while (result < 0 && errno == EINTR);
	if (result == 0)
		return fd;
	why = errno;
	io->close(io, fd);
	if (why == EWOULDBLOCK)
		reason_set(error, file->path,
		    "another process has it open (it holds %s): stop that one, "
		    "or use another file",
		    strrchr(path, '/') ? strrchr(path, '/') + 1 : path);
	else
		reason_set(error, path, "cannot be locked: %s", reason_of(why));
	return -1;
}

int
datafile_lock(const struct datafile *file, char error[AUTH_ERROR_BYTES])
{
	char path[PATH_MAX];
	/* Read-only is enough to lock, and fine on a read-only disk, where
	 * opening FILE itself gives the better message. */
	int fd = fileio_open(file->io, beside(file, ".lock", path),
	    O_RDONLY | O_CREAT | CAREFULLY);

	if (fd >= 0)
		return take_lock(file, path, fd, error);
	explain_open(path, errno, error);
	return -1;
}

int
datafile_try_lock(const struct datafile *file, char error[AUTH_ERROR_BYTES])
{
	char path[PATH_MAX];
	int fd = fileio_open(
	    file->io, beside(file, ".lock", path), O_RDONLY | CAREFULLY);

	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0) {
		explain_open(path, errno, error);
		return -1;
	}
	fd = take_lock(file, path, fd, error);
	if (fd < 0)
		return -1;
	file->io->close(file->io, fd);
	return 0;
}

/* Opens for writing; says so if only that is what cannot be done. */
static int
open_to_write(struct datafile *file, char error[AUTH_ERROR_BYTES])
{
	const struct fileio *io = file->io;
	int fd = fileio_open(io, file->path, O_RDWR | CAREFULLY);
	int why = errno;
	int readable;

	if (fd >= 0 || (why != EACCES && why != EPERM)) {
		errno = why;
		return fd;
	}
	readable = fileio_open(io, file->path, O_RDONLY | CAREFULLY);
	if (readable >= 0) {
		io->close(io, readable);
		reason_set(error, file->path,
		    "can be read but not written: %s: start as its owner, or "
		    "change owner or mode",
		    reason_of(why));
		errno = 0; /* the reason is given */
	}
	return -1;
}

static enum datafile_result
check_kind(struct datafile *file, char error[AUTH_ERROR_BYTES])
{
	struct stat st;

	if (file->io->fstat(file->io, file->fd, &st) < 0)
		reason_set(error, file->path, "cannot be examined: %s",
		    reason_of(errno));
	else if (S_ISDIR(st.st_mode))
		reason_set(error, file->path,
		    "is a directory: name a file in it instead");
	else if (!S_ISREG(st.st_mode))
		reason_set(error, file->path,
		    "is not a regular file: name one, or a path where none is");
	else
		return DATAFILE_OPEN;
	datafile_close(file);
	return DATAFILE_REFUSED;
}

enum datafile_result
datafile_open(
    struct datafile *file, bool read_only, char error[AUTH_ERROR_BYTES])
{
	check(file->fd < 0);
	file->fd = read_only
		       ? fileio_open(file->io, file->path, O_RDONLY | CAREFULLY)
		       : open_to_write(file, error);
	if (file->fd >= 0)
		return check_kind(file, error);
	if (errno == ENOENT) {
		reason_set(error, file->path, "no such file");
		return DATAFILE_MISSING;
	}
	if (errno != 0)
		explain_open(file->path, errno, error);
	return DATAFILE_REFUSED;
}

void
datafile_remove_new(const struct datafile *file)
{
	char path[PATH_MAX];

	file->io->unlink(file->io, beside(file, ".new", path));
}

int
datafile_create_new(const struct datafile *file, char error[AUTH_ERROR_BYTES])
{
	const struct fileio *io = file->io;
	char path[PATH_MAX];
	int fd;

	datafile_remove_new(file);
	fd = fileio_open(io, beside(file, ".new", path),
	    O_RDWR | O_CREAT | O_EXCL | CAREFULLY);
	if (fd < 0) {
		explain_open(path, errno, error);
		return -1;
	}
	/* The umask may have taken the owner's own bits. */
	if (io->fchmod(io, fd, S_IRUSR | S_IWUSR) == 0)
		return fd;
	reason_set(error, path, "its mode cannot be set: %s", reason_of(errno));
	io->close(io, fd);
	datafile_remove_new(file);
	return -1;
}

enum install_result
datafile_install_new(const struct datafile *file, char error[AUTH_ERROR_BYTES])
{
	const struct fileio *io = file->io;
	char path[PATH_MAX];

	if (io->rename(io, beside(file, ".new", path), file->path) < 0) {
		reason_set(
		    error, path, "cannot be renamed: %s", reason_of(errno));
		datafile_remove_new(file);
		return INSTALL_FAILED;
	}
	if (fileio_sync_directory(io, file->path) < 0) {
		reason_set(error, file->path,
		    "its directory cannot be synced: %s", reason_of(errno));
		return INSTALL_UNCERTAIN;
	}
	return INSTALL_DONE;
}

/* Appends to FILE.torn a line about the cut, the bytes and a LF, and syncs. */
static int
keep(const struct datafile *file, int fd, off_t size, off_t file_size)
{
	const struct fileio *io = file->io;
	size_t len = (size_t)(file_size - size);
	char title[128];
	char *bytes = NULL;
	struct stat st;
	int title_len, result = -1;

	title_len = snprintf(title, sizeof(title),
	    "# %zu bytes cut at byte %lld, %lld seconds since 1970\n", len,
	    (long long)size, (long long)time(NULL));
	check(title_len > 0);
	if (io->fstat(io, fd, &st) < 0)
		goto out;
	bytes = malloc((size_t)title_len + len + 1);
	if (!bytes)
		goto out;
	memcpy(bytes, title, (size_t)title_len);
	if (fileio_read(io, file->fd, bytes + title_len, len, size) !=
	    (ssize_t)len)
		goto out;
	len += (size_t)title_len;
	bytes[len++] = '\n';
	if (fileio_write(io, fd, bytes, len, st.st_size) < 0 ||
	    io->fsync(io, fd) < 0)
		goto out;
	result = fileio_sync_directory(io, file->path);
out:
	free(bytes);
	return result;
}

int
datafile_cut(const struct datafile *file, off_t size, off_t file_size,
    char error[AUTH_ERROR_BYTES])
{
	const struct fileio *io = file->io;
	char path[PATH_MAX];
	int fd, result;

	check(size < file_size);
	fd = fileio_open(
	    io, beside(file, ".torn", path), O_WRONLY | O_CREAT | CAREFULLY);
	if (fd < 0) {
		explain_open(path, errno, error);
		return -1;
	}
	result = keep(file, fd, size, file_size);
	if (result < 0)
		reason_set(error, path,
		    "cannot take the torn end of the account file, which "
		    "was left as it is: %s",
		    reason_of(errno));
	io->close(io, fd);
	if (result < 0)
		return -1;
	if (fileio_truncate(io, file->fd, size) < 0 ||
	    io->fdatasync(io, file->fd) < 0) {
		reason_set(error, file->path,
		    "its torn end, from byte %lld on, cannot be cut: %s",
		    (long long)size, reason_of(errno));
		return -1;
	}
	return 0;
}
