/*
 * The account file being written: opening, appending a batch with one sync,
 * and what happens when the disk refuses. Journal's thread, but for
 * journal_error, which any thread may call.
 *
 * (States and steps: to be written.)
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
	char *batch;             /* BATCH_BYTES_MAX, owned */
	size_t batch_len;
	size_t mark_len;         /* of the mark at its beginning, or 0 */
	struct chain mark_chain; /* where that mark ends */
	struct chain batch_chain;

	pthread_mutex_t lock; /* guards what follows */
	bool read_only;
	const char *error;    /* "" or one of: */
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

/* True if nothing can be written until a compaction. Any thread. */
bool journal_is_read_only(struct journal *journal);

/*
 * Why the last batch could not be written; empty if it could. Lives until
 * journal_close. Any thread.
 */
const char *journal_error(struct journal *journal);

#endif
