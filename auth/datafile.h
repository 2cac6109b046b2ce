/*
 * The account file as a thing in a directory: FILE itself, FILE.lock, FILE.new
 * and FILE.torn, opened with the suspicion that a path from the command line
 * deserves, and with a message of its own for each thing that can be there
 * instead. What is in the file is recovery.h's business. One thread.
 */
#ifndef AUTH_DATAFILE_H
#define AUTH_DATAFILE_H

#include <limits.h>

#include "auth/account.h"
#include "auth/fileio.h"

struct datafile {
	const struct fileio *io;
	int fd; /* -1: not open */
	char path[PATH_MAX];
};

/*
 * Takes the path; nothing is opened yet. 0, or -1 with the reason when it is
 * empty or too long to have the suffixes behind it.
 */
int datafile_init(struct datafile *file, const struct fileio *io,
    const char *path, char error[AUTH_ERROR_BYTES]);

/* Closes the file if it is open. */
void datafile_close(struct datafile *file);

/*
 * Locks FILE.lock, made if need be, against other processes. The lock has a
 * file of its own because a compaction puts a new file in the place of FILE.
 * The descriptor that holds the lock, or -1 with the reason.
 */
int datafile_lock(const struct datafile *file, char error[AUTH_ERROR_BYTES]);

/* Could datafile_lock do it now? FILE.lock is not made, and held for a moment
 * alone. 0, or -1 with the reason. */
int
datafile_try_lock(const struct datafile *file, char error[AUTH_ERROR_BYTES]);

enum datafile_result {
	DATAFILE_OPEN,
	DATAFILE_MISSING,
	DATAFILE_REFUSED
};

/*
 * Opens FILE, to write too unless `read_only`. DATAFILE_REFUSED with the
 * reason if it is not a regular file or cannot be opened; DATAFILE_MISSING
 * with the reason as well.
 */
enum datafile_result datafile_open(
    struct datafile *file, bool read_only, char error[AUTH_ERROR_BYTES]);

/*
 * Opens FILE.new, empty and 0600, whatever stood there before: we hold the
 * lock, so that was left by a crash. The descriptor, or -1 with the reason.
 */
int
datafile_create_new(const struct datafile *file, char error[AUTH_ERROR_BYTES]);

/* Removes FILE.new if it is there. */
void datafile_remove_new(const struct datafile *file);

enum install_result {
	INSTALL_DONE,
	INSTALL_FAILED,    /* FILE is what it was */
	INSTALL_UNCERTAIN, /* FILE is new, but may be old after a power loss */
};

/*
 * Renames FILE.new, which is complete and synced, to FILE and syncs the
 * directory. The reason is given unless INSTALL_DONE.
 */
enum install_result
datafile_install_new(const struct datafile *file, char error[AUTH_ERROR_BYTES]);

/*
 * Cuts the open file to `size` bytes after keeping what stood behind it in
 * FILE.torn (appended there, under a line that says what it is), all of it
 * synced. 0, or -1 with the reason; the file is uncut then unless the reason
 * says otherwise.
 */
int datafile_cut(const struct datafile *file, off_t size, off_t file_size,
    char error[AUTH_ERROR_BYTES]);

#endif
