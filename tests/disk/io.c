#include "tests/disk/io.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static struct faultio *
fault_of(const struct fileio *io)
{
	return (struct faultio *)(uintptr_t)io;
}

/* Counts a call. Does it fail (errno is set) or, if it can, fall short? */
static bool
fails(struct faultio *fault, const char *name, size_t *len)
{
	size_t used = strlen(fault->trace);

	snprintf(fault->trace + used, sizeof(fault->trace) - used, "%s ", name);
	fault->calls++;
	if (!fault->fail_at || fault->calls < fault->fail_at)
		return false;
	if (fault->calls > fault->fail_at && !fault->for_ever)
		return false;
	fault->failed = name;
	if (fault->error == FAULTIO_SHORT) {
		if (len && *len > 1)
			*len /= 2;
		return false;
	}
	errno = fault->error;
	return true;
}

static int
fault_open(const struct fileio *io, const char *path, int flags)
{
	struct faultio *f = fault_of(io);

	if (fails(f, "open", NULL))
		return -1;
	return f->under->open(f->under, path, flags);
}

static int
fault_close(const struct fileio *io, int fd)
{
	struct faultio *f = fault_of(io);
	int result = f->under->close(f->under, fd);

	/* Linux has closed it also when it says that it failed. */
	return fails(f, "close", NULL) ? -1 : result;
}

static int
fault_fstat(const struct fileio *io, int fd, struct stat *out)
{
	struct faultio *f = fault_of(io);

	if (fails(f, "fstat", NULL))
		return -1;
	return f->under->fstat(f->under, fd, out);
}

static int
fault_lstat(const struct fileio *io, const char *path, struct stat *out)
{
	struct faultio *f = fault_of(io);

	if (fails(f, "lstat", NULL))
		return -1;
	return f->under->lstat(f->under, path, out);
}

static int
fault_fchmod(const struct fileio *io, int fd, mode_t mode)
{
	struct faultio *f = fault_of(io);

	if (fails(f, "fchmod", NULL))
		return -1;
	return f->under->fchmod(f->under, fd, mode);
}

static ssize_t
fault_pread(const struct fileio *io, int fd, void *to, size_t len, off_t at)
{
	struct faultio *f = fault_of(io);

	if (fails(f, "pread", &len))
		return -1;
	return f->under->pread(f->under, fd, to, len, at);
}

/* A failed write has written half, as one that meets the end of the disk. */
static ssize_t
fault_pwrite(
    const struct fileio *io, int fd, const void *from, size_t len, off_t at)
{
	struct faultio *f = fault_of(io);
	int why;

	if (!fails(f, "pwrite", &len))
		return f->under->pwrite(f->under, fd, from, len, at);
	why = errno;
	f->under->pwrite(f->under, fd, from, len / 2, at);
	errno = why;
	return -1;
}

static int
fault_ftruncate(const struct fileio *io, int fd, off_t size)
{
	struct faultio *f = fault_of(io);

	if (fails(f, "ftruncate", NULL))
		return -1;
	return f->under->ftruncate(f->under, fd, size);
}

static int
fault_fdatasync(const struct fileio *io, int fd)
{
	struct faultio *f = fault_of(io);

	if (fails(f, "fdatasync", NULL))
		return -1;
	return f->under->fdatasync(f->under, fd);
}

static int
fault_fsync(const struct fileio *io, int fd)
{
	struct faultio *f = fault_of(io);

	if (fails(f, "fsync", NULL))
		return -1;
	return f->under->fsync(f->under, fd);
}

static int
fault_flock(const struct fileio *io, int fd)
{
	struct faultio *f = fault_of(io);

	if (fails(f, "flock", NULL))
		return -1;
	return f->under->flock(f->under, fd);
}

static int
fault_rename(const struct fileio *io, const char *from, const char *to)
{
	struct faultio *f = fault_of(io);

	if (fails(f, "rename", NULL))
		return -1;
	return f->under->rename(f->under, from, to);
}

static int
fault_unlink(const struct fileio *io, const char *path)
{
	struct faultio *f = fault_of(io);

	if (fails(f, "unlink", NULL))
		return -1;
	return f->under->unlink(f->under, path);
}

void
faultio_init(struct faultio *fault, const struct fileio *under)
{
	memset(fault, 0, sizeof(*fault));
	fault->under = under ? under : &fileio_system;
	fault->io = (struct fileio){
	    .open = fault_open,
	    .close = fault_close,
	    .fstat = fault_fstat,
	    .lstat = fault_lstat,
	    .fchmod = fault_fchmod,
	    .pread = fault_pread,
	    .pwrite = fault_pwrite,
	    .ftruncate = fault_ftruncate,
	    .fdatasync = fault_fdatasync,
	    .fsync = fault_fsync,
	    .flock = fault_flock,
	    .rename = fault_rename,
	    .unlink = fault_unlink,
	};
}
