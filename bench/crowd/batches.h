/*
 * The batches that a server appends to its account file, seen from outside: how
 * many registrations shared one sync. The file is on this machine and only
 * read. Its lines are described in auth/record.h: every batch has one mark of
 * its own, which the server writes with it or right behind it. Counting is by
 * words; whether the lines are sound is the server's business. One thread.
 */
#ifndef BENCH_CROWD_BATCHES_H
#define BENCH_CROWD_BATCHES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "proto/wire/span.h"

struct batches {
	const char *path; /* borrowed */
	int fd;           /* owned; -1 when not open. It also keeps the inode
			     from being given to the file's successor */
	off_t begin;      /* of the part to be counted; -1: not begun */
};

struct batches_count {
	uint64_t batches;
	uint64_t registered; /* accounts */
};

/* Opens the file. 0, or -1 with errno; nothing needs closing then. `path` must
 * outlive *batches. */
int batches_open(struct batches *batches, const char *path);
void batches_close(struct batches *batches);

/* The part to be counted begins at the file's present end. */
void batches_begin(struct batches *batches);

/*
 * Counts what has been appended since. False when that cannot be told: the file
 * has been replaced or cut since it was opened (the server compacts it), it
 * cannot be read, or batches_begin was not called.
 */
bool batches_read(const struct batches *batches, struct batches_count *count);

/*
 * Adds the whole lines of a piece of an account file. Returns how many bytes
 * these are: the rest is a line whose end is not there. Pure.
 */
size_t batches_count_lines(struct batches_count *count, struct span piece);

#endif
