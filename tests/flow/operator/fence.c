/* The server behind its fence, and as another user than root. */
#include "tests/kit/harness.h"

#include <dirent.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/kit/scratch.h"

#define THREADS_MIN 6 /* main, log, two reactors, hashing, journal */

/* A file's text with a newline in front; the same static one each time. */
static const char *
read_text(const char *path)
{
	static char text[65536];
	FILE *file = fopen(path, "re");
	size_t len;

	cr_assert_not_null(file, "%s", path);
	text[0] = '\n';
	len = fread(text + 1, 1, sizeof(text) - 2, file);
	fclose(file);
	text[1 + len] = '\0';
	return text;
}

/* Each thread's status in /proc has a line of this pattern. */
static void
threads_have(const struct server_process *server, const char *line)
{
	char tasks[64], path[400], pattern[256];
	unsigned count = 0;
	struct dirent *entry;
	DIR *folder;

	snprintf(tasks, sizeof(tasks), "/proc/%d/task", server->pid);
	snprintf(pattern, sizeof(pattern), "*\n%s\n*", line);
	folder = opendir(tasks);
	cr_assert_not_null(folder);
	while ((entry = readdir(folder)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(
		    path, sizeof(path), "%s/%s/status", tasks, entry->d_name);
		cr_expect_eq(fnmatch(pattern, read_text(path), FNM_EXTMATCH), 0,
		    "no `%s' in %s", line, read_text(path));
		count++;
	}
	closedir(folder);
	cr_expect_geq(count, THREADS_MIN);
}

/* Starts one that listens as well at {folder}/socket, and skips the test where
 * the fence is not all there. */
static struct server_process *
start_behind(const struct server_setup *setup)
{
	struct server_process *server = server_process_launch(setup);
	const char *line = server_process_expect(server, "[[]FENCE] *");

	if (fnmatch("[[]FENCE] landlock *, seccomp", line, 0) != 0)
		cr_skip_test("this kernel has no such fence");
	server_process_expect(server, "[[]LISTENING] tcp:*");
	line = server_process_expect(server, "[[]LISTENING] unix:*");
	snprintf(server->listen[0], sizeof(server->listen[0]), "%s", line + 12);
	return server;
}

FLOW_TEST(fence_is_around_every_thread)
{
	struct server_setup setup = {
	    .engine = engine, .args = {"--listen=unix:{folder}/socket"}};
	struct server_process *server = start_behind(&setup);

	threads_have(server, "NoNewPrivs:\t1");
	threads_have(server, "Seccomp:\t2");
	/* They could give themselves names from behind it. */
	threads_have(server, "Name:\tthrong*");
	server_process_stop(server);
}

static void
replace_text(
    const struct server_process *server, const char *name, const char *text)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", server->folder, name);
	file = fopen(path, "we");
	cr_assert_not_null(file);
	fputs(text, file);
	fclose(file);
}

/* The log is renamed, as logrotate does; after a SIGHUP there is a new one. */
static void
rotate(struct server_process *server)
{
	char path[128], old[128];

	snprintf(path, sizeof(path), "%s/log", server->folder);
	snprintf(old, sizeof(old), "%s/log.1", server->folder);
	cr_assert_eq(rename(path, old), 0);
	server_process_signal(server, SIGHUP);
	server_process_expect(server, "[[]RELOADED] read again: *");
	cr_assert_eq(access(path, F_OK), 0);
}

/* Ends in order, and leaves no socket. */
static void
stop_clean(struct server_process *server)
{
	char path[128];

	server_process_exit(server);
	snprintf(path, sizeof(path), "%s/socket", server->folder);
	cr_expect_lt(access(path, F_OK), 0);
	snprintf(path, sizeof(path), "%s/control", server->folder);
	cr_expect_lt(access(path, F_OK), 0);
	snprintf(path, sizeof(path), "%s/log", server->folder);
	cr_expect_not_null(strstr(read_text(path), " info stopped\n"));
}

#define ALL_FILES                                                              \
	"--listen=unix:{folder}/socket", "--control={folder}/control",         \
	    "--log={folder}/log", "--motd={folder}/motd", "--log-level=info"

/* Everything that takes a file or a system call of its own. */
static void
live(struct server_process *server)
{
	struct test_client *ann, *ben;

	ann = test_client_user(server, "ann");
	test_client_expect(ann, "*** first");
	ben = test_client_open(server);
	test_client_send(ben, "/register ben %s\n", HARNESS_PASSWORD);
	test_client_match(ben, "OK registered ben");
	server_process_type(server, "ban ben 1h\n");
	server_process_expect(server, "ben is banned *");
	server_process_type(server, "compact\n");
	server_process_expect(server, "compacted: *");
	server_process_type(server, "verify\n");
	server_process_expect(server, "*2 accounts*1 *ban*");
	replace_text(server, "motd", "second\n");
	rotate(server);
	test_client_again(server, "ann");
	test_client_send(ann, "/passwd %s other-secret\n", HARNESS_PASSWORD);
	test_client_match(ann, "OK password *");
}

static void
teardown(void)
{
	harness_fini();
	scratch_remove();
}

#define FLOW_TEST_IN_FOLDER(name)                                              \
	static void name(const char *engine);                                  \
	IN_FOLDER_ON(epoll, name)                                              \
	IN_FOLDER_ON(uring, name) static void name(const char *engine)
#define IN_FOLDER_ON(io, name)                                                 \
	Test(flow_##io, name, .init = scratch_make, .fini = teardown,          \
	    .timeout = 120)                                                    \
	{                                                                      \
		name(#io);                                                     \
	}

FLOW_TEST_IN_FOLDER(fence_keeps_a_server_from_nothing_that_it_does)
{
	struct server_setup setup = {
	    .engine = engine, .folder = scratch, .args = {ALL_FILES}};
	struct server_process *server;

	scratch_write("motd", SCRATCH_TEXT("first\n"));
	server = start_behind(&setup);
	live(server);
	stop_clean(server);
	/* What it has kept is what the next one reads. */
	server = server_process_restart(server);
	server_process_type(server, "verify\n");
	server_process_expect(server, "*2 accounts*1 *ban*");
	stop_clean(server);
}

FLOW_TEST_IN_FOLDER(fence_is_closed_to_a_file_in_another_folder)
{
	struct server_setup setup = {.engine = engine,
	    .folder = scratch,
	    .args = {
		"--config={folder}/conf", "--listen=unix:{folder}/socket"}};
	struct server_process *server;

	scratch_write("conf", SCRATCH_TEXT(""));
	server = start_behind(&setup);
	scratch_write("conf", SCRATCH_TEXT("log = /var/tmp/throng-log\n"));
	server_process_type(server, "reload\n");
	server_process_expect(server,
	    "nothing was changed: */var/tmp/throng-log: Permission denied");
	cr_expect_lt(access("/var/tmp/throng-log", F_OK), 0);
	server_process_exit(server);
}

FLOW_TEST(fence_that_is_off_is_not_there)
{
	struct server_setup setup = {.engine = engine, .args = {"--fence=off"}};
	struct server_process *server = server_process_launch(&setup);

	server_process_expect(server, "[[]FENCE] off: not wanted");
	threads_have(server, "NoNewPrivs:\t0");
	threads_have(server, "Seccomp:\t0");
	server_process_stop(server);
}

FLOW_TEST(fence_that_the_kernel_refuses_keeps_no_server_from_starting)
{
	struct server_setup setup = {.engine = engine, .no_fence = true};
	struct server_process *server = server_process_launch(&setup);

	server_process_expect(server,
	    "[[]FENCE] off: no landlock (Operation not permitted), no seccomp "
	    "(*)");
	server_process_expect(server, "[[]LISTENING] *");
	server_process_stop(server);
}

/* --- another user --- */

static const struct passwd *
need_nobody(void)
{
	const struct passwd *nobody = getpwnam("nobody");

	if (geteuid() != 0 || !nobody)
		cr_skip_test("only root can become nobody");
	return nobody;
}

static void
is_owned(const char *folder, const char *name, uid_t uid)
{
	char path[200];
	struct stat st;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	cr_assert_eq(lstat(path, &st), 0, "%s", path);
	cr_expect_eq(st.st_uid, uid, "%s is of %u", path, st.st_uid);
}

FLOW_TEST_IN_FOLDER(user_is_whom_a_server_of_root_becomes)
{
	const struct passwd *nobody = need_nobody();
	struct server_setup setup = {.engine = engine,
	    .folder = scratch,
	    .no_user = true,
	    .args = {"--user=nobody", ALL_FILES}};
	struct server_process *server;
	char line[100];

	cr_assert_eq(
	    chmod(scratch_write("motd", SCRATCH_TEXT("first\n")), 0644), 0);
	cr_assert_eq(chown(scratch, nobody->pw_uid, nobody->pw_gid), 0);
	server = server_process_launch(&setup);
	server_process_expect(server, "[[]LISTENING] tcp:*");
	snprintf(server->listen[0], sizeof(server->listen[0]), "%s",
	    server_process_expect(server, "[[]LISTENING] unix:*") + 12);
	snprintf(
	    line, sizeof(line), "Uid:\t%1$u\t%1$u\t%1$u\t%1$u", nobody->pw_uid);
	threads_have(server, line);
	snprintf(
	    line, sizeof(line), "Gid:\t%1$u\t%1$u\t%1$u\t%1$u", nobody->pw_gid);
	threads_have(server, line);
	snprintf(line, sizeof(line), "Groups:\t%u ", nobody->pw_gid);
	threads_have(server, line);
	threads_have(server, "CapEff:\t0000000000000000");
	is_owned(scratch, "accounts", nobody->pw_uid);
	is_owned(scratch, "log", nobody->pw_uid);
	is_owned(scratch, "socket", nobody->pw_uid);
	is_owned(scratch, "control", nobody->pw_uid);
	live(server);
	is_owned(scratch, "log", nobody->pw_uid);
	stop_clean(server);
}

FLOW_TEST_IN_FOLDER(user_that_cannot_read_the_configuration_again_is_told)
{
	const struct passwd *nobody = need_nobody();
	struct server_setup setup = {.engine = engine,
	    .folder = scratch,
	    .no_user = true,
	    .args = {"--config={folder}/conf", "--user=nobody"}};
	struct server_process *server;

	scratch_write("conf", SCRATCH_TEXT(""));
	cr_assert_eq(chown(scratch, nobody->pw_uid, nobody->pw_gid), 0);
	server = server_process_start_with(&setup);
	server_process_expect(server,
	    "[[]RELOAD] will fail: %s/conf: Permission denied", scratch);
	server_process_type(server, "reload\n");
	server_process_expect(
	    server, "nothing was changed: *conf: *: Permission denied");
	server_process_exit(server);
	cr_expect_not_null(strstr(
	    server_process_errors(server), " warn reload-unreadable path="));
}

/* Made by root, and no use to the server if it stayed root's. */
FLOW_TEST_IN_FOLDER(user_gets_the_folder_that_is_made_for_the_accounts)
{
	const struct passwd *nobody = need_nobody();
	char variable[120], folder[90];
	struct server_setup setup = {.engine = engine,
	    .no_user = true,
	    .no_accounts = true,
	    .variables = {variable},
	    .args = {"--user=nobody:nogroup"}};
	struct server_process *server;

	if (!getgrnam("nogroup"))
		cr_skip_test("there is no group nogroup on this machine");
	cr_assert_eq(chmod(scratch, 0755), 0);
	snprintf(folder, sizeof(folder), "%s/state", scratch);
	snprintf(variable, sizeof(variable), "STATE_DIRECTORY=%s", folder);
	server = server_process_start_with(&setup);
	is_owned(scratch, "state", nobody->pw_uid);
	is_owned(folder, "accounts", nobody->pw_uid);
	server_process_stop(server);
	unlinkat(AT_FDCWD, strcat(strcpy(variable, folder), "/accounts"), 0);
	unlinkat(AT_FDCWD, strcat(variable, ".lock"), 0);
	rmdir(folder);
}

FLOW_TEST(user_that_there_is_not_keeps_the_server_from_starting)
{
	static const char *const users[][2] = {
	    {"--user=no-such-user", "there is no user no-such-user"},
	    {"--user=root:no-such-group", "there is no group no-such-group"},
	};

	for (int i = 0; i < 2; i++) {
		struct server_setup setup = {
		    .engine = engine, .args = {users[i][0]}};
		struct server_process *server = server_process_launch(&setup);
		char expected[100];

		snprintf(expected, sizeof(expected), "throng: --user: %s\n",
		    users[i][1]);
		cr_expect_eq(server_process_wait(server), 1);
		cr_expect_str_eq(server_process_errors(server), expected);
		cr_expect_lt(access(server->accounts, F_OK), 0);
	}
}

FLOW_TEST(user_root_is_warned_of_if_nobody_has_asked_for_it)
{
	struct server_setup setup = {.engine = engine, .no_user = true};
	struct server_process *server;

	if (geteuid() != 0)
		cr_skip_test("this is not root");
	server = server_process_launch(&setup);
	server_process_expect(server, "[[]ROOT] *--user*");
	server_process_exit(server);
	cr_expect_not_null(
	    strstr(server_process_errors(server), " warn running-as-root\n"));
}
