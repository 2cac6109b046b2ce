/* How long a sync takes: what is told, and that no file stays. */
#include <criterion/criterion.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "console/server/sync_time.h"
#include "tests/kit/scratch.h"

TestSuite(console_sync_time, .init = scratch_make, .fini = scratch_remove);

Test(console_sync_time, worst_is_no_better_than_the_median)
{
	struct sync_time time = {0};

	cr_assert_eq(sync_time_measure(&time, scratch), 0);
	cr_expect_gt(time.worst_us, 0);
	cr_expect_geq(time.worst_us, time.median_us);
	/* It is removed as an empty one. */
	cr_expect_eq(rmdir(scratch), 0);
	cr_assert_eq(mkdir(scratch, 0700), 0);
}

Test(console_sync_time, folder_that_is_missing_or_takes_nothing_is_told)
{
	const struct rlimit none = {0, 0};
	struct sync_time time;
	char path[200];

	snprintf(path, sizeof(path), "%s/none", scratch);
	cr_expect_eq(sync_time_measure(&time, path), -1);
	cr_expect_eq(errno, ENOENT);
	signal(SIGXFSZ, SIG_IGN);
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &none), 0);
	cr_expect_eq(sync_time_measure(&time, scratch), -1);
	cr_expect_eq(errno, EFBIG);
}
