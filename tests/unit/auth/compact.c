#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "tests/disk/io.h"
#include "tests/kit/simdisk.h"
#include "tests/unit/auth/kit.h"

#define PATH "/somewhere/accounts"

static struct simdisk *disk;
static struct faultio fault;
static struct auth *auth;
static struct auth_options options;
static struct auth_report report;
static char error[AUTH_ERROR_BYTES];

static void
setup(void)
{
	disk = simdisk_new();
	faultio_init(&fault, &disk->io);
	auth = kit_open(PATH, &fault.io);
	options = (struct auth_options){.path = PATH, .io = &disk->io};
}

static void
teardown(void)
{
	auth_close(&auth);
	simdisk_free(&disk);
}

TestSuite(auth_compact, .init = setup, .fini = teardown);

Test(auth_compact, file_holds_what_is_true_and_no_more)
{
	struct account before, after;
	unsigned i;

	cr_assert_eq(kit_register(auth, "Anna", 0), AUTH_OK);
	for (i = 1; i < 50; i++) {
		cr_assert_eq(kit_passwd(auth, "anna", i), AUTH_OK);
		cr_assert_eq(kit_register(auth, "bert", i), AUTH_OK);
		cr_assert_eq(kit_delete(auth, "bert"), AUTH_OK);
	}
	cr_assert_eq(auth_find(auth, span_of("anna"), &before), AUTH_OK);
	cr_assert_eq(auth_compact(auth, error), 0, "%s", error);
	cr_assert_str_eq(error, "");
	cr_assert_eq(auth_check(&options, &report, error), 0);
	cr_assert_eq(report.accounts, 1);
	cr_assert_eq(report.lines, 4); /* header, mark, anna, mark */
	auth_close(&auth);
	auth = kit_open(PATH, &fault.io);
	cr_assert_eq(auth_find(auth, span_of("anna"), &after), AUTH_OK);
	cr_assert_eq(after.uid, before.uid);
	cr_assert_eq(after.created, before.created);
	cr_assert_str_eq(after.name, "Anna");
	cr_assert_str_eq(after.verifier, before.verifier);
}

/* After each step the process is killed; one file or the other is whole. */
Test(auth_compact, killed_at_every_step_leaves_all_accounts)
{
	unsigned step;

	kit_fill(auth, "user", 30, 10);
	for (step = 1;; step++) {
		int result;

		disk->kill_in = step;
		result = auth_compact(auth, error);
		disk->kill_in = 0;
		if (result == 0)
			break;
		cr_assert(disk->killed);
		auth_close(&auth);
		simdisk_revive(disk);
		auth = kit_open(PATH, &fault.io);
		cr_assert_eq(auth_count(auth), 30);
		cr_assert_eq(kit_register(auth, "more", 1), AUTH_OK);
		cr_assert_eq(kit_delete(auth, "more"), AUTH_OK);
	}
	cr_assert_geq(step, 5);
}

Test(auth_compact, directory_that_cannot_be_synced_makes_read_only)
{
	unsigned calls;

	cr_assert_eq(kit_register(auth, "anna", 0), AUTH_OK);
	fault.trace[0] = '\0';
	calls = fault.calls;
	cr_assert_eq(auth_compact(auth, error), 0);
	cr_assert_str_eq(
	    strstr(fault.trace, "rename"), "rename open fsync close close ");
	fault.error = EIO;
	fault.fail_at = 2 * fault.calls - calls - 2; /* that fsync */
	cr_assert_eq(auth_compact(auth, error), -1);
	cr_assert_str_eq(fault.failed, "fsync");
	cr_assert_not_null(strstr(error, "directory"));
	cr_assert_str_eq(auth_error(auth), error);
	cr_assert_eq(kit_register(auth, "bert", 0), AUTH_READ_ONLY);
	cr_assert_eq(auth_count(auth), 1);
	cr_assert_eq(auth_compact(auth, error), 0);
	cr_assert_eq(kit_register(auth, "bert", 0), AUTH_OK);
}

static atomic_bool done;
static atomic_uint finds;

static void *
keep_finding(void *arg)
{
	struct account account;

	(void)arg;
	while (!atomic_load(&done)) {
		cr_assert_eq(
		    auth_find(auth, span_of("USER7"), &account), AUTH_OK);
		cr_assert_eq(auth_reserve(auth, span_of("reserved")), AUTH_OK);
		auth_unreserve(auth, span_of("reserved"));
		atomic_fetch_add(&finds, 1);
	}
	return NULL;
}

Test(auth_compact, finds_and_reservations_go_on)
{
	pthread_t thread;
	unsigned i;

	kit_fill(auth, "user", 1000, 500);
	cr_assert_eq(pthread_create(&thread, NULL, keep_finding, NULL), 0);
	for (i = 0; i < 20; i++)
		cr_assert_eq(auth_compact(auth, error), 0);
	while (atomic_load(&finds) < 100)
		;
	atomic_store(&done, true);
	pthread_join(thread, NULL);
	cr_assert_eq(auth_count(auth), 1000);
}

Test(auth_compact, check_reports_a_whole_file)
{
	size_t len;

	kit_fill(auth, "user", 5, 5);
	fault.trace[0] = '\0';
	options.io = &fault.io;
	cr_assert_eq(auth_check(&options, &report, error), 0);
	cr_assert_str_eq(error, "");
	cr_assert_str_eq(fault.trace, "open fstat fstat pread pread close ");
	cr_assert_eq(report.accounts, 5);
	cr_assert_eq(report.lines, 8);
	simdisk_bytes(disk, PATH, &len);
	cr_assert_eq(report.bytes, len);
	cr_assert_eq(report.torn_bytes, 0);
}

Test(auth_compact, check_reports_a_torn_file_and_leaves_it)
{
	const char *bytes;
	char *torn;
	size_t len, after;

	kit_fill(auth, "user", 5, 5);
	bytes = simdisk_bytes(disk, PATH, &len);
	torn = malloc(len);
	memcpy(torn, bytes, len);
	simdisk_put(disk, "/other", torn, len - 7);
	free(torn);
	options.path = "/other";
	cr_assert_eq(auth_check(&options, &report, error), 0);
	cr_assert_not_null(strstr(error, "line 8, byte"));
	cr_assert_gt(report.torn_bytes, 0);
	cr_assert_eq(report.bytes + report.torn_bytes, len - 7);
	cr_assert_eq(report.accounts, 5);
	simdisk_bytes(disk, "/other", &after);
	cr_assert_eq(after, len - 7);
}

Test(auth_compact, check_refuses_what_cannot_be_opened)
{
	options.path = "/missing";
	cr_assert_eq(auth_check(&options, &report, error), -1);
	cr_assert_str_eq(error, "/missing: no such file");
	simdisk_put(disk, "/foreign", "hello\n", 6);
	options.path = "/foreign";
	cr_assert_eq(auth_check(&options, &report, error), -1);
	cr_assert_not_null(strstr(error, "not an account file"));
	cr_assert_eq(report.accounts, 0);
}
