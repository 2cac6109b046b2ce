/* --check: what it finds is told a line each, and nothing is changed; and a
 * server that is started from a configuration file. */
#include "tests/kit/harness.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/kit/scratch.h"

#define NO_URING .fails = __NR_io_uring_setup, .fails_with = EPERM

static void
teardown(void)
{
	harness_fini();
	scratch_remove();
}

TestSuite(flow_check, .init = scratch_make, .fini = teardown, .timeout = 60);

static char said[32768]; /* by the last one, with a newline in front */

/* Runs --check in the test's folder with these arguments, NULL at the end;
 * its status. */
static int
check_with(const struct server_setup *given)
{
	struct server_setup setup = *given;
	struct server_process *server;
	const char *line;
	int count = 0;

	while (setup.args[count])
		count++;
	setup.args[count] = "--check";
	setup.folder = scratch;
	server = server_process_launch(&setup);
	strcpy(said, "\n");
	while ((line = server_process_line(server)) != NULL) {
		cr_assert_lt(strlen(said) + strlen(line) + 2, sizeof(said));
		strcat(strcat(said, line), "\n");
		cr_expect_eq(
		    fnmatch("@(ok|warning|error): *", line, FNM_EXTMATCH), 0,
		    "%s", line);
	}
	server_process_wait(server);
	cr_expect_str_empty(server_process_errors(server));
	return server->status;
}

#define CHECK_WITH(...)                                                        \
	check_with(&(struct server_setup){.args = {__VA_ARGS__}})

/* One of the lines matches. */
static void
was_said(const char *pattern)
{
	char whole[512];

	snprintf(whole, sizeof(whole), "*\n%s\n*", pattern);
	cr_expect_eq(fnmatch(whole, said, FNM_EXTMATCH), 0, "no `%s' in:%s",
	    pattern, said);
}

static bool
exists(const char *name)
{
	char path[200];

	snprintf(path, sizeof(path), "%s/%s", scratch, name);
	return access(path, F_OK) == 0;
}

Test(flow_check, all_well_is_status_0_and_leaves_no_trace)
{
	struct stat before, after;

	scratch_write("motd", SCRATCH_TEXT("hello\n"));
	scratch_write("bans", SCRATCH_TEXT("mallory\n10.0.0.0/8\n"));
	scratch_write("conf", SCRATCH_TEXT("rate = 5/s\n"));
	cr_assert_eq(stat(scratch, &before), 0);
	cr_expect_eq(
	    CHECK_WITH("--config={folder}/conf", "--motd={folder}/motd",
		"--bans={folder}/bans", "--log={folder}/log",
		"--control={folder}/control", "--metrics=tcp://127.0.0.1:0",
		"--listen=unix:{folder}/socket", "--io=epoll"),
	    0, "%s", said);
	was_said("ok: /tmp/*/conf: read");
	was_said("ok: clients: * for up to [1-9]*");
	was_said("ok: io: epoll, as asked for");
	was_said("ok: listen: tcp://127.0.0.1:0 is free");
	was_said("ok: listen: unix:/tmp/*/socket is free");
	was_said("ok: metrics: tcp://127.0.0.1:0 is free");
	was_said("ok: control: unix:/tmp/*/control is free");
	was_said("ok: /tmp/*/accounts: will be made");
	was_said("@(ok|warning): disk: a sync in /tmp/* takes [0-9]*.[0-9] ms "
		 "(median of 20), [0-9]*.[0-9] ms at worst");
	was_said("ok: /tmp/*/log: the log can be written");
	was_said("ok: /tmp/*/motd: 1 line");
	was_said("ok: /tmp/*/bans: 2 bans");
	was_said("ok: user: *");
	was_said("@(ok: fence: *landlock*|warning: fence: off: *)");
	cr_assert_eq(stat(scratch, &after), 0);
	cr_expect_eq(after.st_mtim.tv_sec, before.st_mtim.tv_sec);
	cr_expect_eq(after.st_mtim.tv_nsec, before.st_mtim.tv_nsec);
	cr_expect_not(exists("accounts"));
	cr_expect_not(exists("accounts.lock"));
	cr_expect_not(exists("log"));
	cr_expect_not(exists("socket"));
	cr_expect_not(exists("control"));
}

Test(flow_check, every_wrong_file_is_told_and_the_rest_is_looked_at)
{
	scratch_write("motd", SCRATCH_TEXT("hello\n\x1b[0m\n"));
	scratch_write("bans", SCRATCH_TEXT("mallory\n10.0.0.0/99\n"));
	scratch_write("conf", SCRATCH_TEXT("rate = x\n\ncolour = red\n"));
	cr_expect_eq(CHECK_WITH("--config={folder}/conf",
			 "--motd={folder}/motd", "--bans={folder}/bans",
			 "--log={folder}/none/log", "--user=no-such-user"),
	    1);
	was_said("error: /tmp/*/conf:1: rate: x is not 0 or N/s[[]:BURST]");
	was_said("error: /tmp/*/conf:3: colour: there is no such setting");
	was_said("error: /tmp/*/motd:2: not UTF-8, *");
	was_said("error: /tmp/*/bans:2: 10.0.0.0/99 is not a name, *");
	was_said("error: /tmp/*/none/log: the log cannot be written: No such "
		 "file or directory");
	was_said("error: --user: there is no user no-such-user");
	was_said("ok: /tmp/*/accounts: will be made");
	cr_expect_eq(CHECK_WITH("--config={folder}/none"), 1);
	was_said("error: /tmp/*/none: cannot be read: No such file or "
		 "directory");
	cr_expect_eq(CHECK_WITH("--user=root:no-such-group"), 1);
	was_said("error: --user: there is no group no-such-group");
}

Test(flow_check, address_in_use_is_an_error_and_its_server_goes_on)
{
	/* No other story takes a port there. */
	const struct server_setup setup = {
	    .engine = "epoll",
	    .no_listen = true,
	    .args = {"--listen=tcp://127.0.0.11:0",
		"--listen=unix:{folder}/socket"},
	};
	struct server_process *server = server_process_start_with(&setup);
	struct test_client *client;

	for (int i = 0; i < 2; i++) {
		cr_expect_eq(CHECK_WITH("--listen", server->listen[i]), 1);
		was_said("error: listen: cannot listen on *: Address already "
			 "in use (is another server running[?])");
		was_said("ok: listen: tcp://127.0.0.1:0 is free");
		client = test_client_open_at(server->listen[i]);
		test_client_fence(client);
	}
	server_process_stop(server);
	/* It is free now, but not twice. */
	cr_expect_eq(CHECK_WITH("--listen", server->listen[0]), 0);
	cr_expect_eq(CHECK_WITH("--listen", server->listen[0], "--listen",
			 server->listen[0]),
	    1);
	was_said("ok: listen: tcp://127.0.0.11:[1-9]* is free");
	was_said("error: listen: cannot listen on tcp://127.0.0.11:[1-9]*");
	cr_expect_eq(CHECK_WITH("--listen=tcp://192.0.2.1:5000"), 1);
	was_said("error: listen: cannot listen on tcp://192.0.2.1:5000: *");
}

Test(flow_check, socket_that_is_given_twice_is_told)
{
	cr_expect_eq(CHECK_WITH("--listen=unix:{folder}/socket",
			 "--listen=unix:{folder}/socket"),
	    1);
	was_said("ok: listen: unix:/tmp/*/socket is free");
	was_said("error: listen: unix:/tmp/*/socket is given twice");
	cr_expect_eq(CHECK_WITH("--listen=unix:{folder}/socket",
			 "--control={folder}/socket"),
	    1);
	was_said("error: control: unix:/tmp/*/socket is given twice");
	cr_expect_eq(CHECK_WITH("--listen=unix:{folder}/none/socket"), 1);
	was_said("error: listen: cannot listen on unix:/tmp/*: No such file *");
}

Test(flow_check, dead_servers_socket_stays_and_another_file_is_an_error)
{
	struct server_process *server = server_process_start(
	    "epoll", "--listen=unix:{folder}/socket", NULL);
	char file[160];

	server_process_signal(server, SIGKILL);
	server_process_wait(server);
	cr_expect_eq(CHECK_WITH("--listen", server->listen[1]), 0);
	was_said("ok: listen: unix:/tmp/*/socket is free");
	cr_expect_eq(access(server->listen[1] + 5, F_OK), 0);
	snprintf(file, sizeof(file), "unix:%s",
	    scratch_write("notes", SCRATCH_TEXT("precious")));
	cr_expect_eq(CHECK_WITH("--listen", file), 1);
	was_said("error: listen: cannot listen on unix:/tmp/*/notes: *");
	cr_expect(exists("notes"));
}

/* What root can do is no matter to a server that is not root. */
Test(flow_check, files_are_looked_at_as_the_user)
{
	char variable[200];

	if (geteuid() != 0 || !getpwnam("nobody"))
		cr_skip_test("only root can become nobody");
	cr_assert_eq(chmod(scratch, 0755), 0);
	scratch_write("motd", SCRATCH_TEXT("hello\n"));
	scratch_write("conf", SCRATCH_TEXT("rate = 5/s\n"));
	cr_expect_eq(CHECK_WITH("--user=nobody", "--config={folder}/conf",
			 "--motd={folder}/motd", "--log={folder}/log",
			 "--control={folder}/control"),
	    1);
	was_said("ok: /tmp/*/conf: read");
	was_said("ok: user: nobody");
	was_said("warning: /tmp/*/conf: a reload will fail: Permission denied");
	was_said("error: /tmp/*/accounts: no file can be made in its folder: "
		 "Permission denied");
	was_said("error: disk: cannot write in /tmp/*: Permission denied");
	was_said("error: /tmp/*/log: the log cannot be written: Permission *");
	was_said("error: /tmp/*/motd: cannot be read: Permission denied");
	was_said("error: control: cannot listen on unix:*: Permission denied");
	/* Root makes this one for it. */
	snprintf(variable, sizeof(variable), "STATE_DIRECTORY=%s/state/deep",
	    scratch);
	cr_expect_eq(check_with(&(struct server_setup){.no_accounts = true,
			 .no_user = true,
			 .variables = {variable},
			 .args = {"--user=nobody"}}),
	    0, "%s", said);
	was_said("ok: /tmp/*/state/deep/accounts: will be made");
	cr_expect_not(exists("state"));
}

/* A server in the test's folder that has made an account. */
static void
make_accounts(void)
{
	struct server_process *server = server_process_start_with(
	    &(struct server_setup){.engine = "epoll", .folder = scratch});

	test_client_user(server, "ann");
	server_process_stop(server);
}

static off_t
accounts_size(void)
{
	char path[200];
	struct stat st;

	snprintf(path, sizeof(path), "%s/accounts", scratch);
	cr_assert_eq(stat(path, &st), 0);
	return st.st_size;
}

static void
accounts_write(const char *text, int flags)
{
	char path[200];
	int fd;

	snprintf(path, sizeof(path), "%s/accounts", scratch);
	fd = open(path, O_WRONLY | O_CLOEXEC | flags);
	cr_assert_geq(fd, 0);
	cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

Test(flow_check, account_file_is_read_through)
{
	off_t size;

	make_accounts();
	cr_expect_eq(CHECK_WITH(NULL), 0);
	was_said(
	    "ok: /tmp/*/accounts: 1 account, 0 bans and 0 mutes in * bytes");
	accounts_write("2 torn", O_APPEND);
	size = accounts_size();
	cr_expect_eq(CHECK_WITH(NULL), 0);
	was_said("warning: /tmp/*/accounts: *");
	was_said(
	    "ok: /tmp/*/accounts: 1 account, 0 bans and 0 mutes in * bytes");
	cr_expect_eq(accounts_size(), size);
	accounts_write("something else", 0);
	cr_expect_eq(CHECK_WITH(NULL), 1);
	was_said("error: /tmp/*/accounts: *");
	cr_expect_eq(accounts_size(), size);
	cr_expect_eq(CHECK_WITH("--accounts={folder}/none/accounts"), 1);
	was_said("error: /tmp/*/none/accounts: no file can be made in its "
		 "folder: No such file or directory");
	was_said("ok: disk: not measured, /tmp/*/none does not exist yet");
}

Test(flow_check, account_file_of_a_server_that_runs_is_told)
{
	struct server_process *server = server_process_start_with(
	    &(struct server_setup){.engine = "epoll", .folder = scratch});

	cr_expect_eq(CHECK_WITH(NULL), 1);
	was_said("error: /tmp/*/accounts: another process has it open (it "
		 "holds accounts.lock): *");
	was_said("ok: /tmp/*/accounts: 0 accounts, *");
	test_client_fence(test_client_user(server, "ann"));
	server_process_stop(server);
	cr_expect_eq(CHECK_WITH(NULL), 0);
}

Test(flow_check, log_that_is_another_file_too_is_told)
{
	char link[200];

	cr_expect_eq(CHECK_WITH("--log={folder}/accounts"), 1);
	was_said("error: --log: /tmp/*/accounts is the file of --accounts");
	scratch_write("bans", SCRATCH_TEXT(""));
	snprintf(link, sizeof(link), "%s/log", scratch);
	cr_assert_eq(symlink("bans", link), 0);
	cr_expect_eq(
	    CHECK_WITH("--log={folder}/log", "--bans={folder}/bans"), 1);
	was_said("error: --log: /tmp/*/log is the file of --bans");
}

Test(flow_check, log_that_cannot_be_opened_is_told)
{
	char path[200];

	cr_expect_eq(CHECK_WITH("--log={folder}"), 1);
	was_said("error: /tmp/*: the log cannot be written: Is a directory");
	snprintf(path, sizeof(path), "%s/pipe", scratch);
	cr_assert_eq(mkfifo(path, 0600), 0);
	cr_expect_eq(CHECK_WITH("--log={folder}/pipe"), 1);
	was_said("error: /tmp/*/pipe: the log cannot be written: No such *");
}

Test(flow_check, default_place_of_accounts_will_be_made)
{
	setenv("STATE_DIRECTORY", "/tmp/throng-test-none/state", 1);
	cr_expect_eq(
	    check_with(&(struct server_setup){.no_accounts = true}), 0);
	was_said("ok: /tmp/throng-test-none/state/accounts: will be made");
	was_said("ok: disk: not measured, *");
	cr_expect_neq(access("/tmp/throng-test-none", F_OK), 0);
}

Test(flow_check, engine_that_is_refused_is_told)
{
	cr_expect_eq(check_with(&(struct server_setup){NO_URING}), 0);
	was_said("warning: io: epoll, since io_uring is refused here: "
		 "Operation not permitted");
	cr_expect_eq(
	    check_with(&(struct server_setup){NO_URING, .engine = "uring"}), 1);
	was_said("error: io: io_uring cannot be used here: Operation not "
		 "permitted");
}

Test(flow_check, more_clients_than_descriptors_is_a_warning)
{
	cr_expect_eq(CHECK_WITH("--max-clients=10000000"), 0);
	was_said("warning: clients: * for up to * clients, not 10000000 (*");
}

FLOW_TEST(config_file_starts_a_server_and_the_command_line_is_over_it)
{
	struct server_setup setup = {.engine = engine, .no_listen = true};
	struct server_process *server;
	struct test_client *client;
	char option[100];

	scratch_make();
	snprintf(option, sizeof(option), "--config=%s",
	    scratch_write("conf",
		SCRATCH_TEXT("# two\nlisten = tcp://127.0.0.1:0\n"
			     "listen = \"tcp://[::1]:0\"\nreactors = 7\n"
			     "max-clients = 5\nrequire-login = yes\n")));
	setup.args[0] = option;
	server = server_process_launch(&setup);
	server_process_expect(server,
	    "[[]STARTING] *: 2 reactors on *, up to 5 clients "
	    "(--max-clients)");
	server_process_expect(server, "[[]LISTENING] tcp://127.0.0.1:*");
	snprintf(server->listen[0], sizeof(server->listen[0]), "%s",
	    server_process_expect(server, "[[]LISTENING] *::1]:*") + 12);
	server->listen_count = 1;
	client = test_client_open(server);
	test_client_send(client, "hello\n");
	test_client_match(client, "ERR not-logged-in *");
	server_process_stop(server);
	scratch_remove();
}
