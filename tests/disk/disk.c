/*
 * The real disk and kernel: what may stand in the file's place, a disk that is
 * full or read-only, a limit on the size of files, the lock between processes,
 * modes, and copies taken while the store is busy.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/auth/kit.h"

#define NOBODY 65534

static const char *path;

static void
setup(void)
{
	kit_directory();
	path = kit_path("accounts");
}

TestSuite(auth_disk, .init = setup, .fini = kit_remove);

static void
must_say(const char *error, const char *what)
{
	cr_assert_not_null(
	    strstr(error, what), "'%s' is not in '%s'", what, error);
}

static void
must_have_mode(const char *name, mode_t mode)
{
	struct stat st;

	cr_assert_eq(stat(name, &st), 0, "%s", name);
	cr_assert_eq(st.st_mode & 07777, mode, "%s has mode %o", name,
	    st.st_mode & 07777);
}

/* Runs as somebody without root's powers; false if we cannot. */
static bool
become_nobody(void)
{
	if (geteuid() != 0)
		return true;
	cr_assert_eq(chown(kit_path("."), NOBODY, NOBODY), 0);
	if (access(path, F_OK) == 0)
		cr_assert_eq(chown(path, NOBODY, NOBODY), 0);
	return seteuid(NOBODY) == 0;
}

static void
become_root(void)
{
	if (getuid() == 0)
		cr_assert_eq(seteuid(0), 0);
}

Test(auth_disk, missing_directory_is_refused)
{
	must_say(kit_refused(kit_path("no/accounts"), NULL),
	    "the directory is missing");
}

Test(auth_disk, directory_in_its_place_is_refused)
{
	cr_assert_eq(mkdir(path, 0700), 0);
	must_say(kit_refused(path, NULL), "directory");
	must_say(kit_refused(path, NULL), path);
}

/* And nobody waits for somebody to open its other end. */
Test(auth_disk, fifo_in_its_place_is_refused, .timeout = 20)
{
	const struct auth_options options = {.path = path};
	char error[AUTH_ERROR_BYTES];
	struct auth_report report;

	cr_assert_eq(mkfifo(path, 0600), 0);
	must_say(kit_refused(path, NULL), "not a regular file");
	cr_assert_eq(auth_check(&options, &report, error), -1);
	must_say(error, "not a regular file");
}

Test(auth_disk, symbolic_link_in_its_place_is_refused)
{
	cr_assert_eq(symlink("elsewhere", path), 0);
	must_say(kit_refused(path, NULL), "symbolic link");
}

Test(auth_disk, empty_file_is_refused)
{
	kit_write(path, "", 0);
	must_say(kit_refused(path, NULL), "is empty");
}

Test(auth_disk, foreign_file_is_refused_and_unchanged)
{
	static const char text[] = "root:x:0:0:root:/root:/bin/sh\n";
	char *after;
	size_t len;

	kit_write(path, text, sizeof(text) - 1);
	must_say(kit_refused(path, NULL), "not an account file");
	after = kit_read(path, &len);
	cr_assert_str_eq(after, text);
	free(after);
}

Test(auth_disk, newer_format_is_refused)
{
	static const char text[] = "throng-accounts 2 and what comes then\n";

	kit_write(path, text, sizeof(text) - 1);
	must_say(kit_refused(path, NULL), "a newer throng");
}

Test(auth_disk, unreadable_file_is_refused)
{
	kit_write(path, "", 0);
	cr_assert_eq(chmod(path, 0), 0);
	if (!become_nobody())
		return;
	must_say(kit_refused(path, NULL), "Permission denied");
	become_root();
}

Test(auth_disk, read_only_file_is_refused)
{
	struct auth *auth = kit_open(path, NULL);

	auth_close(&auth);
	cr_assert_eq(unlink(kit_path("accounts.lock")), 0);
	cr_assert_eq(chmod(path, 0400), 0);
	if (!become_nobody())
		return;
	must_say(kit_refused(path, NULL), "can be read but not written");
	become_root();
}

Test(auth_disk, cost_out_of_bounds_is_refused)
{
	struct auth_options options = {.path = path, .cost = {0, 8}};
	char error[AUTH_ERROR_BYTES];
	struct auth *auth;

	cr_assert_eq(auth_open(&auth, &options, error), -1);
	must_say(error, "passes must be");
	options.cost = (struct argon2_cost){1, 2u << 20};
	cr_assert_eq(auth_open(&auth, &options, error), -1);
	must_say(error, "memory");
}

Test(auth_disk, any_umask_makes_files_0600)
{
	static const mode_t masks[] = {0, 0777};
	char error[AUTH_ERROR_BYTES];
	struct auth *auth;
	size_t i;

	for (i = 0; i < 2; i++) {
		umask(masks[i]);
		auth = kit_open(path, NULL);
		must_have_mode(path, 0600);
		cr_assert_eq(kit_register(auth, "anna", 1), AUTH_OK);
		cr_assert_eq(auth_compact(auth, error), 0);
		must_have_mode(path, 0600);
		auth_close(&auth);
		cr_assert_eq(unlink(path), 0);
		cr_assert_eq(unlink(kit_path("accounts.lock")), 0);
	}
}

/* A copy put back by cp is open to all eyes; not for long. */
Test(auth_disk, open_mode_is_narrowed)
{
	struct auth *auth = kit_open(path, NULL);

	auth_close(&auth);
	cr_assert_eq(chmod(path, 0644), 0);
	auth = kit_open(path, NULL);
	must_have_mode(path, 0600);
	auth_close(&auth);
}

static void
limit_file_size(rlim_t size)
{
	struct rlimit limit;

	cr_assert_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = size;
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

Test(auth_disk, file_size_limit_refuses_and_cuts_back)
{
	struct auth *auth = kit_open(path, NULL);
	struct stat before, after;

	signal(SIGXFSZ, SIG_IGN);
	kit_fill(auth, "user", 10, 10);
	cr_assert_eq(stat(path, &before), 0);
	limit_file_size((rlim_t)before.st_size + 100);
	cr_assert_eq(kit_register(auth, "bert", 1), AUTH_READ_ONLY);
	must_say(auth_error(auth), "File too large");
	cr_assert_eq(auth_count(auth), 10);
	cr_assert_eq(stat(path, &after), 0);
	cr_assert_leq(after.st_size, before.st_size);
	limit_file_size(RLIM_INFINITY);
	cr_assert_eq(kit_register(auth, "bert", 1), AUTH_OK);
	auth_close(&auth);
	auth = kit_open(path, NULL);
	cr_assert_eq(auth_count(auth), 11);
	auth_close(&auth);
}

/* What an operator, or a backup put back, does to a file that is in use. */
enum hands {
	REPLACED,
	REMOVED,
	MOVED,
	MOVED_AND_COPIED_BACK,
	OVERWRITTEN,
	CUT,
	LENGTHENED
};

static void
lay_hands_on(enum hands hands, const char *bytes, size_t len)
{
	switch (hands) {
	case REPLACED:
		kit_write(kit_path("copy"), bytes, len);
		cr_assert_eq(rename(kit_path("copy"), path), 0);
		return;
	case REMOVED:
		cr_assert_eq(unlink(path), 0);
		return;
	case MOVED:
		cr_assert_eq(rename(path, kit_path("moved")), 0);
		return;
	case MOVED_AND_COPIED_BACK:
		cr_assert_eq(rename(path, kit_path("moved")), 0);
		kit_write(path, bytes, len);
		return;
	case OVERWRITTEN:
		kit_write(path, bytes, len);
		return;
	case CUT:
		cr_assert_eq(truncate(path, (off_t)len), 0);
		return;
	case LENGTHENED:
		cr_assert_eq(truncate(path, (off_t)len * 3), 0);
		return;
	}
}

Test(auth_disk, file_in_other_hands_takes_nothing_until_compacted)
{
	enum hands hands;

	for (hands = REPLACED; hands <= LENGTHENED; hands++) {
		char error[AUTH_ERROR_BYTES];
		struct auth_report report;
		struct auth *auth = kit_open(path, NULL);
		char *old;
		size_t len;

		kit_fill(auth, "user", 10, 10);
		old = kit_read(path, &len);
		kit_fill(auth, "more", 10, 10);
		cr_assert_eq(auth_check_own(auth, &report, error), 0);
		lay_hands_on(hands, old, len);
		cr_assert_eq(auth_check_own(auth, &report, error), -1);
		cr_assert_eq(kit_register(auth, "anna", 1), AUTH_READ_ONLY);
		must_say(auth_error(auth), "compact writes what the server");
		cr_assert_eq(kit_register(auth, "anna", 1), AUTH_READ_ONLY);
		cr_assert_eq(auth_compact(auth, error), 0);
		cr_assert_eq(auth_check_own(auth, &report, error), 0);
		cr_assert_eq(report.accounts, 20);
		cr_assert_eq(kit_register(auth, "anna", 1), AUTH_OK);
		auth_close(&auth);
		auth = kit_open(path, NULL);
		cr_assert_eq(auth_count(auth), 21);
		auth_close(&auth);
		cr_assert_eq(unlink(path), 0);
		free(old);
	}
}

/* A small file system of our own, in a namespace of our own; false: no. */
static bool
mount_small(void)
{
	cr_assert_eq(mkdir(kit_path("small"), 0700), 0);
	path = kit_path("small/accounts");
	return unshare(CLONE_NEWNS) == 0 &&
	       mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	       mount("throng", kit_path("small"), "tmpfs", 0, "size=64k") == 0;
}

Test(auth_disk, full_disk_refuses_then_goes_on)
{
	char error[AUTH_ERROR_BYTES];
	struct auth *auth;
	unsigned i;

	if (!mount_small())
		return;
	auth = kit_open(path, NULL);
	for (i = 0;; i++) {
		char name[NAME_BYTES_MAX + 1];

		snprintf(name, sizeof(name), "user%u", i);
		if (kit_register(auth, name, i) != AUTH_OK)
			break;
		cr_assert(i < 1000);
	}
	must_say(auth_error(auth), "No space left");
	cr_assert_eq(auth_count(auth), i);
	/* Full: there is no room for a second file either. */
	cr_assert_eq(auth_compact(auth, error), -1);
	must_say(error, "No space left");
	cr_assert_eq(
	    mount(NULL, kit_path("small"), NULL, MS_REMOUNT, "size=256k"), 0);
	cr_assert_eq(kit_register(auth, "last", 1), AUTH_OK);
	auth_close(&auth);
	auth = kit_open(path, NULL);
	cr_assert_eq(auth_count(auth), i + 1);
	auth_close(&auth);
	cr_assert_eq(umount(kit_path("small")), 0);
}

Test(auth_disk, read_only_disk_is_refused)
{
	struct auth *auth;

	if (!mount_small())
		return;
	auth = kit_open(path, NULL);
	auth_close(&auth);
	cr_assert_eq(
	    mount(NULL, kit_path("small"), NULL, MS_REMOUNT | MS_RDONLY, NULL),
	    0);
	must_say(kit_refused(path, NULL), "Read-only file system");
	cr_assert_eq(umount(kit_path("small")), 0);
}

/* How many of `count` processes at once can open the store. */
static unsigned
race_to_open(unsigned count)
{
	unsigned winners = 0, i;
	int start[2], results[2], finish[2];
	char byte;

	cr_assert_eq(pipe(start), 0);
	cr_assert_eq(pipe(results), 0);
	cr_assert_eq(pipe(finish), 0);
	for (i = 0; i < count; i++) {
		const struct auth_options options = {.path = path, {1, 8}};
		char error[AUTH_ERROR_BYTES];
		struct auth *auth;

		if (fork() != 0)
			continue;
		close(start[1]);
		close(finish[1]);
		if (read(start[0], &byte, 1) < 0)
			_exit(1);
		byte = auth_open(&auth, &options, error) == 0 ? 'y'
		       : strstr(error, "another process")     ? 'n'
							      : '?';
		if (write(results[1], &byte, 1) != 1 ||
		    read(finish[0], &byte, 1) < 0)
			_exit(1);
		_exit(0);
	}
	close(start[1]); /* all at once */
	for (i = 0; i < count; i++) {
		cr_assert_eq(read(results[0], &byte, 1), 1);
		cr_assert(byte == 'y' || byte == 'n');
		winners += byte == 'y';
	}
	close(finish[1]);
	while (wait(NULL) > 0)
		;
	return winners;
}

Test(auth_disk, hundred_processes_have_one_winner)
{
	cr_assert_eq(race_to_open(100), 1);
	cr_assert_eq(race_to_open(10), 1); /* the lock is free again */
}

Test(auth_disk, compacted_file_is_still_locked)
{
	struct auth *auth = kit_open(path, NULL);
	char error[AUTH_ERROR_BYTES];

	cr_assert_eq(race_to_open(3), 0);
	cr_assert_eq(auth_compact(auth, error), 0);
	cr_assert_eq(race_to_open(3), 0);
	auth_close(&auth);
	cr_assert_eq(race_to_open(3), 1);
}

static atomic_bool busy;

/* Registers, changes and compacts; the file stays small. */
static void *
keep_busy(void *arg)
{
	struct auth *auth = arg;
	char error[AUTH_ERROR_BYTES], name[16];
	unsigned i;

	for (i = 0; atomic_load(&busy); i++) {
		snprintf(name, sizeof(name), "n%u", i);
		cr_assert_eq(kit_register(auth, name, i), AUTH_OK);
		cr_assert_eq(kit_passwd(auth, "user3", i), AUTH_OK);
		cr_assert_eq(kit_passwd(auth, "user7", i), AUTH_OK);
		if (i % 16 == 15)
			cr_assert_eq(auth_compact(auth, error), 0);
	}
	return NULL;
}

Test(auth_disk, hundred_copies_under_load_all_load)
{
	struct auth *auth = kit_open(path, NULL);
	const char *copy_path = kit_path("copy");
	size_t known;
	pthread_t thread;
	unsigned i;

	kit_fill(auth, "user", 200, 200);
	atomic_store(&busy, true);
	cr_assert_eq(pthread_create(&thread, NULL, keep_busy, auth), 0);
	for (i = 0; i < 100; i++) {
		struct auth *copy;
		char *bytes;
		size_t len;

		known = auth_count(auth);
		bytes = kit_read(path, &len);
		kit_write(copy_path, bytes, len);
		free(bytes);
		copy = kit_open(copy_path, NULL);
		cr_assert_geq(auth_count(copy), known);
		auth_close(&copy);
	}
	atomic_store(&busy, false);
	pthread_join(thread, NULL);
	auth_close(&auth);
}
