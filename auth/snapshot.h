/*
 * Writes a table's accounts as a new account file, FILE.new: the first step of
 * a compaction, and, without accounts, of a first start. Journal's thread.
 */
#ifndef AUTH_SNAPSHOT_H
#define AUTH_SNAPSHOT_H

#include <sys/types.h>

#include "auth/record.h"

struct datafile;
struct table;

struct snapshot {
	int fd; /* FILE.new, open to read and write; the caller's to close */
	struct chain chain; /* where it ends: behind a mark */
	off_t size;
};

/*
 * Writes all accounts behind sequence number `seq`, syncs, and reads back what
 * it has written. 0, or -1 with the reason; FILE.new is gone then. It has not
 * got its name yet: that is datafile_install_new.
 */
int snapshot_write(struct snapshot *snapshot, const struct datafile *file,
    struct table *table, uint64_t seq, char error[AUTH_ERROR_BYTES]);

#endif
