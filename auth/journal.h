/*
 * The account file being written: opening, appending a batch with one sync,
 * and what happens when the disk refuses. What its lines say stands in
 * record.h, how damage is judged in recovery.h. Not a queue: whoever calls has
 * collected the batch. The main thread opens it before there is a journal's
 * thread, and closes it, the last sync included, when there is none any more;
 * the rest is that thread's, but for journal_error and journal_is_read_only.
 *
 * The files, by state. FILE.lock is there from the first start on, for ever,
 * and FILE.torn from the first cut on; neither takes part. "+" is there, "-"
 * is not, "?" may be; lines are durable unless they are called unsynced.
 *
 *     FILE  how FILE ends                        FILE.new
 *  1   -    -                                       ?
 *  2   -    -                                       +   complete, synced
 *  3   +    a mark                                  ?
 *  4   +    as 3, 5 or 6; then a batch, unsynced    -
 *  5   +    a batch                                 ?
 *  6   +    a batch; then its mark, unsynced        ?
 *  7   +    what is left of an unsynced batch       ?
 *  8   +    behind the good size, anything          -
 *  9   +    as 3, 5, 6 or 8                         +   complete, synced
 * 10   +    a mark, but FILE may be the old one     -
 *
 *   from to   step                                  function
 *    1   2    FILE.new: write, fsync, read back     snapshot_write
 *    2   3    rename, fsync of the directory        datafile_install_new
 *  3 5 6 4    write: the mark unless 3, the batch   journal_commit
 *    4   5    fdatasync; now AUTH_OK may be said    journal_commit
 *    5   6    write: the mark alone                 begin_with_mark
 *    6   3    fdatasync at the end of the day       journal_close
 *    4  3 5   a write failed: ftruncate, fdatasync  cut_back
 *    4   8    that failed too, or fdatasync did     cut_back, give_up
 *  3 5 6 8   lstat: FILE is another, or changed    journal_commit
 * 3 5 6 8 9   FILE.new: write, fsync, read back     snapshot_write
 *    9  10    rename                                datafile_install_new
 *   10   3    fsync of the directory                datafile_install_new
 *
 * In 8 the store is read-only, and in 10 if the sync fails; only the way by 9
 * leads out. A crash in 1 to 3, 5 and 6 leaves the state as it is, in 9 and 10
 * one FILE or the other, both with all accounts; in 4 and 8 it leads to 7, or
 * to 5 with some or all of the batch. Opening removes FILE.new, and then:
 *
 *    any      fsync of the directory: a killed      repair
 *             process may have left the rename
 *    7   5    FILE.torn: append, fsync, fsync of    datafile_cut
 *             the directory; FILE: ftruncate,
 *             fdatasync
 *   3 5 6     fdatasync: the lines likewise         repair
 *    5   6    write: the mark                       begin_with_mark
 *    1   2    as above                              create
 *
 * A mark is only ever written behind lines that are durable, and rewriting it
 * with the next batch changes no byte. A batch that failed was cut off for
 * good before another one gets its place and numbers.
 */
#ifndef AUTH_JOURNAL_H
#define AUTH_JOURNAL_H

#include <pthread.h>

#include "auth/datafile.h"
#include "auth/recovery.h"

#define JOURNAL_ERRORS_MAX 16

struct journal {
	struct datafile file;
	int lock_fd;        /* holds FILE.lock */
	off_t size;         /* of the file up to where it is known durable */
	struct chain chain; /* where those lines end */
	bool mark_unsynced; /* a mark was written behind them */

	/* The batch at hand; it begins with its mark unless that is durable. */
	char *batch; /* BATCH_BYTES_MAX, owned */
	size_t batch_len;
	size_t mark_len;         /* of the mark at its beginning, or 0 */
	struct chain mark_chain; /* where that mark ends */
	struct chain batch_chain;

	pthread_mutex_t lock; /* guards what follows */
	bool read_only;
	const char *error;                /* "" or one of: */
	char *errors[JOURNAL_ERRORS_MAX]; /* owned; each lives until close */
	size_t error_count;
};

/*
 * Locks, opens or creates the file, reads it into the table and makes what it
 * holds durable. 0, with a line in `error` if a torn end was cut (empty
 * otherwise), or -1 with the reason; nothing needs closing then.
 */
int journal_open(struct journal *journal, const struct fileio *io,
    const char *path, struct table *table, char error[AUTH_ERROR_BYTES]);
void journal_close(struct journal *journal);

/*
 * Puts a record into the batch at hand and gives it its numbers. A batch takes
 * BATCH_CHANGES_MAX.
 */
void journal_add(struct journal *journal, struct record *record);

/* The number that the next record of the batch will get. */
uint64_t journal_next_seq(const struct journal *journal);

/*
 * Writes and syncs the batch. 0: it is durable. -1: none of it is in the file,
 * as far as the disk obeys, and journal_error says why. The batch is empty
 * after either.
 */
int journal_commit(struct journal *journal);

/*
 * Goes on in a snapshot's file, which has been installed: the journal owns its
 * descriptor. `uncertain` is why it may be another file after a power loss
 * (read-only then), or NULL.
 */
struct snapshot;
void journal_replace(struct journal *journal, const struct snapshot *snapshot,
    const char *uncertain);

/*
 * Is `fd` the file that is written, as the last batch has left it? Else the
 * reason. The journal's thread.
 */
bool journal_is_own(
    const struct journal *journal, int fd, char error[AUTH_ERROR_BYTES]);

/* True if nothing can be written until a compaction. Any thread. */
bool journal_is_read_only(struct journal *journal);

/*
 * Why the last batch could not be written; empty if it could. Lives until
 * journal_close. Any thread.
 */
const char *journal_error(struct journal *journal);

#endif
