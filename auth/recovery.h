/*
 * Reads an account file into a table and decides what damage means.
 *
 * Every line carries its own checksum, its number and its batch's first number
 * (record.h). The first line that is not right is either
 *
 *   torn    it belongs to the last batch, which was not yet on disk when the
 *           machine stopped: any of that batch's sectors may be missing. The
 *           lines before it are the accounts, it and what follows is cut.
 *   rotten  it was on disk once: an intact line of a later batch stands behind
 *           it, or more follows than one batch can hold. Somebody or the disk
 *           has changed it, and nothing may be cut.
 *
 * Damage in a batch behind which no mark stands is taken as torn. That is
 * exact but for one case that the bytes cannot tell: the mark that is written
 * right after a sync is not itself synced, so until the next sync (the next
 * batch, or auth_close) a power loss leaves a durable batch without a mark,
 * and damage that comes on top of that looks like a torn write.
 *
 * An intact line that makes no sense was written by somebody else, and is
 * refused, never cut.
 */
#ifndef AUTH_RECOVERY_H
#define AUTH_RECOVERY_H

#include <sys/types.h>

#include "auth/record.h"

struct datafile;
struct table;

/* Changes in one batch; auth_commit splits what is more. */
#define BATCH_CHANGES_MAX 256

/* A batch's lines and its mark, and the mark behind it. */
#define BATCH_BYTES_MAX ((BATCH_CHANGES_MAX + 2) * RECORD_BYTES_MAX)

struct recovery {
	struct chain chain; /* where the good lines end */
	bool at_mark;       /* and the last of them is a mark */
	off_t size;         /* bytes of good lines, the first line included */
	off_t file_size;    /* bytes there are; more than `size`: torn */
	uint64_t lines;     /* good lines */
};

/*
 * Reads the file into an empty table. 0, or -1 with the reason in `error`
 * (unreadable, empty, foreign, too new, rotten, no memory); the table then
 * holds anything. Changes nothing on disk.
 */
int recovery_read(struct recovery *recovery, struct table *table,
    const struct datafile *file, char error[AUTH_ERROR_BYTES]);

/*
 * Describes the torn end that recovery_read has found: line, byte, length.
 * `file_size` is above `size`.
 */
void recovery_describe_torn(const struct recovery *recovery,
    const struct datafile *file, char error[AUTH_ERROR_BYTES]);

#endif
