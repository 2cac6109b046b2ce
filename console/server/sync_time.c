/* How long a sync takes. */
#include "console/server/sync_time.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "reactor/clock.h"

#define SYNC_BYTES 4096

static int
compare_times(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

	return left < right ? -1 : left > right;
}

/* How long each took, sorted. 0, or -1 with errno. */
static int
measure_each(int fd, uint64_t took_us[SYNC_TIME_SYNCS])
{
	static const char bytes[SYNC_BYTES];

	for (unsigned i = 0; i < SYNC_TIME_SYNCS; i++) {
		uint64_t from = clock_monotonic_us();

		errno = ENOSPC; /* what a short count means */
		if (write(fd, bytes, sizeof(bytes)) != sizeof(bytes) ||
		    fdatasync(fd) < 0)
			return -1;
		took_us[i] = clock_monotonic_us() - from;
	}
	qsort(took_us, SYNC_TIME_SYNCS, sizeof(*took_us), compare_times);
	return 0;
}

/* A file without a name, where the file system has that; else one that loses
 * it at once. */
static int
open_nameless(const char *folder)
{
	char name[PATH_MAX + 32];
	int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR))
		return fd;
	snprintf(name, sizeof(name), "%s/.throng-check-XXXXXX", folder);
	fd = mkostemp(name, O_CLOEXEC);
	if (fd >= 0)
		unlink(name);
	return fd;
}

int
sync_time_measure(struct sync_time *time, const char *folder)
{
	uint64_t took_us[SYNC_TIME_SYNCS];
	int fd = open_nameless(folder);
	int result, error;

	if (fd < 0)
		return -1;
	result = measure_each(fd, took_us);
	error = errno;
	close(fd);
	errno = error;
	if (result < 0)
		return -1;
	time->median_us = took_us[SYNC_TIME_SYNCS / 2];
	time->worst_us = took_us[SYNC_TIME_SYNCS - 1];
	return 0;
}
