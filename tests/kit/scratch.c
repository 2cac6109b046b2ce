/* A folder for the files of one test (scratch.h). */
#include "tests/kit/scratch.h"

#include <criterion/criterion.h>

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

char scratch[64];

void
scratch_make(void)
{
	if (scratch[0])
		return;
	strcpy(scratch, "/tmp/throng-test-XXXXXX");
	cr_assert_not_null(mkdtemp(scratch));
}

void
scratch_remove(void)
{
	DIR *folder = opendir(scratch);
	struct dirent *entry;

	cr_assert_not_null(folder);
	while ((entry = readdir(folder)) != NULL)
		unlinkat(dirfd(folder), entry->d_name, 0); /* not . and .. */
	closedir(folder);
	rmdir(scratch);
}

const char *
scratch_write(const char *name, const char *bytes, size_t len)
{
	static char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", scratch, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	cr_assert_geq(fd, 0);
	cr_assert_eq(write(fd, bytes, len), (ssize_t)len);
	close(fd);
	return path;
}
