/*
 * The seam between the account store and the kernel: every call that touches
 * the disk goes through a struct of function pointers, so that a test can put
 * a failing or a simulated disk in place of the real one. The functions are
 * the system calls and nothing else: -1 and errno, short counts and EINTR
 * included. What copes with those stands below the struct.
 *
 * No policy here: nobody retries a sync, and nobody opens a file with more
 * than 0600. The struct is constant; a disk of one's own embeds it and casts
 * back. Any thread.
 */
#ifndef AUTH_FILEIO_H
#define AUTH_FILEIO_H

#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

struct fileio {
	/* A new file gets mode 0600 less the umask; O_CLOEXEC is implied. */
	int (*open)(const struct fileio *io, const char *path, int flags);
	int (*close)(const struct fileio *io, int fd);
	int (*fstat)(const struct fileio *io, int fd, struct stat *out);
	int (*lstat)(
	    const struct fileio *io, const char *path, struct stat *out);
	int (*fchmod)(const struct fileio *io, int fd, mode_t mode);
	ssize_t (*pread)(
	    const struct fileio *io, int fd, void *to, size_t len, off_t at);
	ssize_t (*pwrite)(const struct fileio *io, int fd, const void *from,
	    size_t len, off_t at);
	int (*ftruncate)(const struct fileio *io, int fd, off_t size);
	int (*fdatasync)(const struct fileio *io, int fd);
	int (*fsync)(const struct fileio *io, int fd);
	/* Exclusive, and EWOULDBLOCK at once when another process has it. */
	int (*flock)(const struct fileio *io, int fd);
	int (*rename)(
	    const struct fileio *io, const char *from, const char *to);
	int (*unlink)(const struct fileio *io, const char *path);
};

/* The kernel's own calls. */
extern const struct fileio fileio_system;

/*
 * Opens, again after EINTR. The descriptor, which the caller closes, or -1
 * with errno.
 */
int fileio_open(const struct fileio *io, const char *path, int flags);

/*
 * Reads until `len` bytes are there or the file ends. The number of bytes,
 * short only at the end of the file, or -1 with errno.
 */
ssize_t
fileio_read(const struct fileio *io, int fd, void *to, size_t len, off_t at);

/*
 * Writes all of it, going on after short counts and EINTR. 0, or -1 with
 * errno: then any part of it may have been written.
 */
int fileio_write(
    const struct fileio *io, int fd, const void *from, size_t len, off_t at);

/* Sets the file's size, again after EINTR. 0, or -1 with errno. */
int fileio_truncate(const struct fileio *io, int fd, off_t size);

/*
 * Makes the names in the directory that `path` lies in durable. 0, or -1 with
 * errno: then nobody knows which names will be there after a power loss.
 */
int fileio_sync_directory(const struct fileio *io, const char *path);

#endif
