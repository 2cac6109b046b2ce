/* The account file: a batch and its sync, failures, opening, closing. */
#include "auth/journal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "auth/reason.h"
#include "auth/snapshot.h"
#include "reactor/check.h"

#define NOT_OWN                                                                \
	"was changed or replaced by others: compact writes what the server "   \
	"knows, a new start takes what is there"

/*
 * The text that says why; a copy that lives until close, because whoever was
 * told AUTH_READ_ONLY may read it at any time. One copy of each text.
 */
static const char *
keep_error(struct journal *journal, const char *text)
{
	size_t i;
	char *copy;

	for (i = 0; i < journal->error_count; i++)
		if (strcmp(journal->errors[i], text) == 0)
			return journal->errors[i];
	copy = i < JOURNAL_ERRORS_MAX ? strdup(text) : NULL;
	if (!copy)
		return "the account file cannot be written";
	journal->errors[journal->error_count++] = copy;
	return copy;
}

static void
set_state(struct journal *journal, bool read_only, const char *error)
{
	check_zero(pthread_mutex_lock(&journal->lock));
	journal->read_only = read_only;
	journal->error = error ? keep_error(journal, error) : "";
	check_zero(pthread_mutex_unlock(&journal->lock));
}

/* Empties the batch at hand, but for its mark. */
static void
rewind_batch(struct journal *journal)
{
	journal->batch_len = journal->mark_len;
	journal->batch_chain = journal->mark_chain;
}

/* The batch at hand needs no mark: the last line that is durable is one. */
static void
begin_behind_mark(struct journal *journal)
{
	journal->mark_len = 0;
	journal->mark_chain = journal->chain;
	rewind_batch(journal);
}

/*
 * Begins a batch with its mark and writes that at once, so that the file says
 * that what stands before it is durable. Nothing depends on this write: the
 * batch writes its mark again. 0, or -1 with errno.
 */
static int
begin_with_mark(struct journal *journal)
{
	const struct datafile *file = &journal->file;
	struct record mark = {.op = RECORD_MARK, .time = time(NULL)};
	int why;

	journal->mark_chain = journal->chain;
	journal->mark_len =
	    record_write(journal->batch, &mark, &journal->mark_chain);
	rewind_batch(journal);
	if (fileio_write(file->io, file->fd, journal->batch, journal->mark_len,
		journal->size) == 0) {
		journal->mark_unsynced = true;
		return 0;
	}
	why = errno;
	fileio_truncate(file->io, file->fd, journal->size);
	errno = why;
	return -1;
}

/* A write has failed: back to the last good size, or no more writing. */
static void
cut_back(struct journal *journal, int why)
{
	const struct datafile *file = &journal->file;
	char text[AUTH_ERROR_BYTES];

	/* Synced, so that no part of the failed batch can come back under
	 * the next one, which has the same numbers. */
	if (fileio_truncate(file->io, file->fd, journal->size) == 0 &&
	    file->io->fdatasync(file->io, file->fd) == 0) {
		reason_set(text, file->path,
		    "cannot be written: %s: each change tries again",
		    reason_of(why));
		set_state(journal, false, text);
		return;
	}
	reason_set(text, file->path,
	    "cannot be written (%s) nor cut back (%s): compact when the disk "
	    "is healthy, or start again",
	    reason_of(why), reason_of(errno));
	set_state(journal, true, text);
}

/* After a failed sync nobody knows what the disk has, and a second sync may
 * say it is fine: this file gets no more. */
static void
give_up(struct journal *journal, int why)
{
	const struct datafile *file = &journal->file;
	char text[AUTH_ERROR_BYTES];

	reason_set(text, file->path,
	    "cannot be synced: %s: compact when the disk is healthy, or start "
	    "again",
	    reason_of(why));
	set_state(journal, true, text);
	/* As far as the disk obeys, a restart shall not find the batch. */
	fileio_truncate(file->io, file->fd, journal->size);
}

/*
 * Is the file that has the path the one that `fd` is, and as the last batch has
 * left it, but for the mark behind? Else the reason: what is written next would
 * be gone with it.
 */
static bool
is_as_left(const struct journal *journal, int fd, char error[AUTH_ERROR_BYTES])
{
	const struct datafile *file = &journal->file;
	struct stat named, own;
	bool gone = file->io->lstat(file->io, file->path, &named) < 0;

	if ((gone && errno != ENOENT) ||
	    file->io->fstat(file->io, fd, &own) < 0) {
		reason_set(error, file->path,
		    "cannot be looked at: %s: compact when that is over, or "
		    "start again",
		    reason_of(errno));
		return false;
	}
	if (!gone && named.st_dev == own.st_dev && named.st_ino == own.st_ino &&
	    named.st_size >= journal->size &&
	    named.st_size <= journal->size + (off_t)journal->mark_len)
		return true;
	/* A failure of ours may have left it so, and has been told. */
	if (journal->read_only)
		snprintf(error, AUTH_ERROR_BYTES, "%s", journal->error);
	else
		reason_set(error, file->path, NOT_OWN);
	return false;
}

bool
journal_is_own(
    const struct journal *journal, int fd, char error[AUTH_ERROR_BYTES])
{
	return is_as_left(journal, journal->file.fd, error) &&
	       is_as_left(journal, fd, error);
}

void
journal_add(struct journal *journal, struct record *record)
{
	check(record->op != RECORD_MARK);
	check(journal->batch_len + RECORD_BYTES_MAX <= BATCH_BYTES_MAX);
	journal->batch_len += record_write(
	    journal->batch + journal->batch_len, record, &journal->batch_chain);
}

uint64_t
journal_next_seq(const struct journal *journal)
{
	return journal->batch_chain.seq + 1;
}

int
journal_commit(struct journal *journal)
{
	const struct datafile *file = &journal->file;
	char text[AUTH_ERROR_BYTES];
	int result = -1;

	check(!journal_is_read_only(journal));
	if (!is_as_left(journal, file->fd, text))
		set_state(journal, true, text);
	else if (fileio_write(file->io, file->fd, journal->batch,
		     journal->batch_len, journal->size) < 0)
		cut_back(journal, errno);
	else if (file->io->fdatasync(file->io, file->fd) < 0)
		give_up(journal, errno);
	else
		result = 0;
	if (result < 0) {
		rewind_batch(journal);
		return -1;
	}
	journal->size += (off_t)journal->batch_len;
	journal->chain = journal->batch_chain;
	set_state(journal, false, NULL);
	begin_with_mark(journal);
	return 0;
}

void
journal_replace(struct journal *journal, const struct snapshot *snapshot,
    const char *uncertain)
{
	datafile_close(&journal->file);
	journal->file.fd = snapshot->fd;
	journal->size = snapshot->size;
	journal->chain = snapshot->chain;
	journal->mark_unsynced = false;
	begin_behind_mark(journal);
	set_state(journal, uncertain != NULL, uncertain);
}

bool
journal_is_read_only(struct journal *journal)
{
	bool read_only;

	check_zero(pthread_mutex_lock(&journal->lock));
	read_only = journal->read_only;
	check_zero(pthread_mutex_unlock(&journal->lock));
	return read_only;
}

const char *
journal_error(struct journal *journal)
{
	const char *error;

	check_zero(pthread_mutex_lock(&journal->lock));
	error = journal->error;
	check_zero(pthread_mutex_unlock(&journal->lock));
	return error;
}

/* The file does not exist: makes one without accounts. */
static int
create(
    struct journal *journal, struct table *table, char error[AUTH_ERROR_BYTES])
{
	struct snapshot snapshot;

	if (snapshot_write(&snapshot, &journal->file, table, 0, error) < 0)
		return -1;
	if (datafile_install_new(&journal->file, error) != INSTALL_DONE) {
		journal->file.io->close(journal->file.io, snapshot.fd);
		return -1;
	}
	journal_replace(journal, &snapshot, NULL);
	error[0] = '\0';
	return 0;
}

/*
 * What a crash has left, made whole and durable: a process that was killed
 * between a rename or a write and its sync has left both in the kernel's
 * memory only, and nothing may be built on that.
 */
static int
repair(struct journal *journal, const struct recovery *found,
    char error[AUTH_ERROR_BYTES])
{
	const struct datafile *file = &journal->file;
	const struct fileio *io = file->io;

	datafile_remove_new(file);
	/* A file that was copied back may be open to all eyes. Not ours to
	 * change? Then its owner wants it so. */
	io->fchmod(io, file->fd, S_IRUSR | S_IWUSR);
	if (fileio_sync_directory(io, file->path) < 0) {
		reason_set(error, file->path,
		    "its directory cannot be synced: %s", reason_of(errno));
		return -1;
	}
	if (found->size < found->file_size) {
		if (datafile_cut(file, found->size, found->file_size, error) <
		    0)
			return -1;
		recovery_describe_torn(found, file, error);
		return 0;
	}
	if (io->fdatasync(io, file->fd) < 0) {
		reason_set(error, file->path, "cannot be synced: %s",
		    reason_of(errno));
		return -1;
	}
	error[0] = '\0';
	return 0;
}

static int
recover(
    struct journal *journal, struct table *table, char error[AUTH_ERROR_BYTES])
{
	struct recovery found;

	if (recovery_read(&found, table, &journal->file, error) < 0)
		return -1;
	if (repair(journal, &found, error) < 0)
		return -1;
	journal->size = found.size;
	journal->chain = found.chain;
	begin_behind_mark(journal);
	if (!found.at_mark && begin_with_mark(journal) < 0) {
		reason_set(error, journal->file.path, "cannot be written: %s",
		    reason_of(errno));
		return -1;
	}
	return 0;
}

int
journal_open(struct journal *journal, const struct fileio *io, const char *path,
    struct table *table, char error[AUTH_ERROR_BYTES])
{
	enum datafile_result opened;
	int result = -1;

	*journal = (struct journal){.lock_fd = -1, .error = ""};
	if (datafile_init(&journal->file, io, path, error) < 0)
		return -1;
	check_zero(pthread_mutex_init(&journal->lock, NULL));
	journal->batch = malloc(BATCH_BYTES_MAX);
	if (!journal->batch) {
		reason_set(error, path, "no memory to open it");
		goto out;
	}
	journal->lock_fd = datafile_lock(&journal->file, error);
	if (journal->lock_fd < 0)
		goto out;
	opened = datafile_open(&journal->file, false, error);
	if (opened == DATAFILE_OPEN)
		result = recover(journal, table, error);
	else if (opened == DATAFILE_MISSING)
		result = create(journal, table, error);
out:
	if (result < 0)
		journal_close(journal);
	return result;
}

void
journal_close(struct journal *journal)
{
	const struct fileio *io = journal->file.io;
	size_t i;

	/* With its last mark on disk, all of the file is known durable. */
	if (journal->mark_unsynced && !journal_is_read_only(journal))
		io->fdatasync(io, journal->file.fd);
	datafile_close(&journal->file);
	if (journal->lock_fd >= 0)
		io->close(io, journal->lock_fd);
	for (i = 0; i < journal->error_count; i++)
		free(journal->errors[i]);
	free(journal->batch);
	check_zero(pthread_mutex_destroy(&journal->lock));
}
