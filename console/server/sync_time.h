/*
 * How long a disk takes to sync what is appended to a file, as the journal of
 * the accounts does it. Any thread, which waits for the disk.
 */
#ifndef CONSOLE_SERVER_SYNC_TIME_H
#define CONSOLE_SERVER_SYNC_TIME_H

#include <stdint.h>

#define SYNC_TIME_SYNCS 20

struct sync_time {
	uint64_t median_us;
	uint64_t worst_us;
};

/* Syncs 4 KiB so many times in a file of that folder that has no name, or that
 * loses it at once. 0, or -1 with errno: ENOENT where there is no such folder.
 */
int sync_time_measure(struct sync_time *time, const char *folder);

#endif
