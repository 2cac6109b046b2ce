/*
 * A disk in memory behind the store's file-I/O seam, which forgets what was
 * not synced. At any moment it can be asked for the state it might be in after
 * a power loss: of every file, each 512-byte sector as it was at the last sync
 * or after any of the writes since; the size likewise; of the directory, the
 * first so many of the names made, moved and removed since its last sync. A
 * file whose sync has failed says yes to the next one and has lost the data,
 * as Linux does.
 *
 * One directory, few small files, one thread. Not a file system: no modes, no
 * holes, no links.
 */
#ifndef TESTS_KIT_SIMDISK_H
#define TESTS_KIT_SIMDISK_H

#include <stdbool.h>
#include <stdint.h>

#include "auth/fileio.h"

#define SIMDISK_SECTOR 512
#define SIMDISK_FILES  64
#define SIMDISK_FDS    32
#define SIMDISK_NAMES  8

/* One write or truncation that no sync has made durable. */
struct simwrite {
	char *bytes; /* owned; NULL: the file is set to the size `at` */
	size_t len;
	size_t at;
};

struct simfile {
	char *now; /* what reads see */
	size_t now_len;
	char *synced; /* what a power loss leaves at least */
	size_t synced_len;
	struct simwrite *writes; /* since then, oldest first */
	size_t write_count;
};

/* Names to files; a file is its index, -1 no file. */
struct simdir {
	char names[SIMDISK_NAMES][64];
	int files[SIMDISK_NAMES];
};

struct simdisk {
	struct fileio io; /* first: the disk is its own seam */
	struct simfile files[SIMDISK_FILES];
	int file_count;
	struct simdir now;
	struct simdir *past; /* as synced, then after each change since */
	size_t past_count;
	int fds[SIMDISK_FDS]; /* -1 closed, -2 the directory, or a file */

	/* Set by the test. */
	void (*before)(struct simdisk *disk); /* each call that changes it */
	bool fail_syncs;  /* fsync and fdatasync fail with EIO */
	bool fail_writes; /* writes fail with ENOSPC when half is written */
	unsigned kill_in; /* changes until the process is dead; 0: lives on */
	bool killed;      /* it is: all changes fail and change nothing */
	void *test;       /* for `before` */
};

/* An empty, healthy disk; its path names may have any directory before them. */
struct simdisk *simdisk_new(void);
void simdisk_free(struct simdisk **disk);

/*
 * A new disk as this one might be after a power loss; *seed chooses and moves
 * on. Nothing is open on it and all of it is synced.
 */
struct simdisk *simdisk_crash(const struct simdisk *disk, uint64_t *seed);

/* The process that was killed is gone, another may start. */
void simdisk_revive(struct simdisk *disk);

/* The bytes of a file as reads see them, or NULL; borrowed. */
const char *
simdisk_bytes(const struct simdisk *disk, const char *path, size_t *len);

/* Puts a file there, synced. */
void simdisk_put(
    struct simdisk *disk, const char *path, const void *bytes, size_t len);

/* The next of a sequence of random numbers (splitmix64's recurrence). */
uint64_t simdisk_random(uint64_t *seed);

#endif
