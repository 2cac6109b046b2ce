/* SIGHUP and `reload`: what can change while the server runs. */
#include "tests/kit/harness.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A file in the server's folder, anew. */
static void
write_file(const char *folder, const char *name, const char *text)
{
	char path[160];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "we");
	cr_assert_not_null(file);
	cr_assert_geq(fputs(text, file), 0);
	cr_assert_eq(fclose(file), 0);
}

static const char *
read_file(const char *folder, const char *name)
{
	static char text[65536];
	char path[160];
	FILE *file;
	size_t len;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "re");
	cr_assert_not_null(file, "%s", path);
	len = fread(text, 1, sizeof(text) - 1, file);
	text[len] = '\0';
	fclose(file);
	return text;
}

/* Waits until this stands in the file. */
static void
await_file(const char *folder, const char *name, const char *text)
{
	int64_t deadline_ms = harness_now_ms() + HARNESS_DEADLINE_MS;

	while (!strstr(read_file(folder, name), text)) {
		if (harness_now_ms() > deadline_ms)
			harness_fail("no %s in %s", text, name);
		sched_yield();
	}
}

/* A server with files of its own: it is stopped and started again with them,
 * for they are in its folder. */
static struct server_process *
start(const char *engine, const char *config)
{
	struct server_setup setup = {.engine = engine,
	    .args = {"--log-level=info", "--log={folder}/log"}};
	struct server_process *server = server_process_start_with(&setup);

	write_file(server->folder, "config", config);
	write_file(server->folder, "motd", "Welcome.\n\nBe kind.\n");
	write_file(server->folder, "bans", "# nobody yet\n");
	server_process_type(server, "exit\n");
	server_process_expect(server, "all threads joined");
	cr_assert_eq(server_process_wait(server), 0);
	server->setup.args[2] = "--config={folder}/config";
	server->setup.args[3] = "--motd={folder}/motd";
	server->setup.args[4] = "--bans={folder}/bans";
	return server_process_restart(server);
}

static void
login(struct test_client *client, const char *name)
{
	test_client_send(client, "/login %s " HARNESS_PASSWORD "\n", name);
	test_client_match(client, "OK logged in as %s#*", name);
}

static struct test_client *
registered(struct server_process *server, const char *name)
{
	struct test_client *client = test_client_open(server);

	test_client_send(client, "/register %s " HARNESS_PASSWORD "\n", name);
	test_client_expect(client, "OK registered %s", name);
	return client;
}

FLOW_TEST(reload_takes_what_can_change_and_says_so)
{
	struct server_process *server = start(engine, "min-password = 8\n");
	struct test_client *ann = registered(server, "ann");
	struct test_client *ben = registered(server, "ben");

	login(ann, "ann");
	test_client_expect(ann, "*** Welcome.");
	test_client_expect(ann, "*** ");
	test_client_expect(ann, "*** Be kind.");
	write_file(server->folder, "motd", "Changed.\n");
	write_file(server->folder, "bans", "ann # a reason\n127.0.0.9\n");
	write_file(server->folder, "config",
	    "min-password = 4\nrequire-login = yes\nhistory = 3\n");
	server_process_signal(server, SIGHUP);
	server_process_expect(server,
	    "[[]RELOADED] read again: the greeting, 2 listed bans, the log");
	server_process_expect(
	    server, "[[]RELOADED] changed: require-login, min-password");
	server_process_expect(
	    server, "[[]RELOADED] changed, but wants a restart: history");
	/* Who is on the list is out, and cannot come back. */
	test_client_match(ann, "[*][*][*] you are banned*");
	test_client_expect_end(ann);
	test_client_match(
	    test_client_open_from(server, "127.0.0.9"), "ERR banned *");
	test_client_send(ben, "hello\n");
	test_client_match(ben, "ERR not-logged-in *");
	test_client_send(ben, "/register cat four\n");
	test_client_expect(ben, "OK registered cat");
	login(ben, "ben");
	test_client_expect(ben, "*** Changed.");
	server_process_type(server, "unban ann\nunban dave\n");
	server_process_expect(server, "ann is banned by the file of --bans*");
	server_process_expect(server, "dave is not banned");
	server_process_type(server, "ban Ann 1h\nunban ann\n");
	server_process_expect(
	    server, "ann is still banned: ann for ever, by the file of --bans");
	server_process_stop(server);
}

FLOW_TEST(reload_of_wrong_files_changes_nothing)
{
	struct server_process *server = start(engine, "min-password = 8\n");
	struct test_client *ann = registered(server, "ann");

	write_file(
	    server->folder, "config", "min-password = 4\nno-such-thing = 1\n");
	server_process_type(server, "reload\n");
	server_process_expect(
	    server, "nothing was changed: */config:2: *no-such-thing*");
	write_file(server->folder, "config", "min-password = 4\n");
	write_file(server->folder, "bans", "ben\n192.0.2.0/33\n");
	server_process_signal(server, SIGHUP);
	server_process_expect(
	    server, "[[]RELOAD FAILED] nothing was changed: */bans:2: *");
	write_file(server->folder, "bans", "");
	write_file(server->folder, "motd", "\033[2J\n");
	server_process_type(server, "reload\n");
	server_process_expect(server, "nothing was changed: */motd:1: *");
	test_client_send(ann, "/register cat four\n");
	test_client_match(ann, "ERR weak-password *");
	login(ann, "ann");
	test_client_expect(ann, "*** Welcome.");
	/* Right again: all of it is taken. */
	write_file(server->folder, "motd", "");
	server_process_type(server, "reload\n");
	server_process_expect(server, "changed: min-password");
	server_process_stop(server);
}

/* A line in the account file would be the end of what comes behind it. */
FLOW_TEST(log_is_never_the_account_file)
{
	struct server_setup setup = {
	    .engine = engine, .args = {"--log={folder}/accounts"}};
	struct server_process *server = server_process_launch(&setup);
	char text[200];

	cr_expect_eq(server_process_wait(server), 1);
	snprintf(text, sizeof(text),
	    "throng: --log: %s is the file of --accounts\n", server->accounts);
	cr_expect_str_eq(server_process_errors(server), text);
	server = server_process_start(engine, "--log={folder}/log", NULL);
	snprintf(text, sizeof(text), "%s/log", server->folder);
	cr_assert_eq(unlink(text), 0);
	cr_assert_eq(symlink("accounts", text), 0);
	server_process_type(server, "reload\n");
	server_process_expect(server,
	    "nothing was changed: --log: %s is the file of --accounts", text);
	server_process_stop(server);
}

FLOW_TEST(reload_opens_the_log_again)
{
	struct server_process *server = start(engine, "");
	char old[160], new[160];

	snprintf(old, sizeof(old), "%s/log", server->folder);
	snprintf(new, sizeof(new), "%s/log.1", server->folder);
	server_process_type(server, "kick nobody\n");
	server_process_expect(server, "no such client: *");
	/* The log has a thread of its own: what it has still to write when it
	 * is opened again goes to the new file. */
	await_file(server->folder, "log", "command=\"kick nobody\"");
	cr_assert_eq(rename(old, new), 0);
	server_process_signal(server, SIGHUP);
	server_process_expect(server, "[[]RELOADED] *");
	server_process_type(server, "broadcast hello\n");
	server_process_expect(server, "sent to 0 clients");
	server_process_stop(server);
	cr_expect(strstr(read_file(server->folder, "log.1"),
	    " info audit by=console command=\"kick nobody\" outcome=failed\n"));
	cr_expect(!strstr(read_file(server->folder, "log.1"), "hello"));
	cr_expect(strstr(read_file(server->folder, "log"),
	    " info audit by=console command=\"broadcast hello\" "
	    "outcome=done\n"));
	cr_expect(strstr(read_file(server->folder, "log"), " info reloaded "));
	cr_expect(strstr(read_file(server->folder, "log"), " info stopped\n"));
}

FLOW_TEST(log_level_is_shown_and_set_at_the_console)
{
	struct server_process *server = start(engine, "log-format = json\n");
	struct test_client *ann;

	server_process_type(server, "log\nlog loud\nlog error\nlog\n");
	server_process_expect(server, "info");
	server_process_expect(server, "loud is not debug, info, warn or error");
	server_process_expect(server, "what is logged: error and worse");
	server_process_expect(server, "error");
	ann = registered(server, "ann");
	test_client_fence(ann);
	server_process_type(server, "log debug\n");
	server_process_expect(server, "what is logged: debug and worse");
	login(ann, "ann");
	server_process_stop(server);
	cr_expect(!strstr(read_file(server->folder, "log"), "registered"));
	cr_expect(strstr(read_file(server->folder, "log"),
	    "\"level\":\"info\",\"event\":\"login\",\"client\":"));
}

/* A question is no act, an attempt is one. */
FLOW_TEST(log_has_no_audit_line_for_a_question)
{
	struct server_process *server = start(engine, "");
	const char *text;

	server_process_type(server, "log\nlog loud\ncount\nbans\nban\n");
	server_process_expect(server, "info");
	server_process_expect(server, "usage: ban *");
	server_process_stop(server);
	text = read_file(server->folder, "log");
	cr_expect(!strstr(text, "command=log "));
	cr_expect(!strstr(text, "command=count "));
	cr_expect(!strstr(text, "command=bans "));
	cr_expect(strstr(text, "command=\"log loud\" outcome=failed\n"));
	cr_expect(strstr(text, "command=ban outcome=failed\n"));
}

/* Who turns the log off does not do so unseen. */
FLOW_TEST(log_has_an_audit_line_whatever_its_level)
{
	struct server_process *server = start(engine, "");
	const char *text;

	server_process_type(server, "log error\nban eve\nunban eve\n");
	server_process_expect(server, "eve may log in again");
	server_process_stop(server);
	text = strstr(read_file(server->folder, "log"), "\"log error\"");
	cr_assert_not_null(text);
	cr_expect(strstr(text, " info audit by=console command=\"ban eve\" "));
	cr_expect(strstr(text, " info audit by=console command=exit "));
}

/* However many there are, none is summed up. */
FLOW_TEST(log_has_an_audit_line_for_each_act)
{
	struct server_process *server = start(engine, "");
	const char *text;
	int count = 0;

	for (int i = 0; i < 200; i++)
		server_process_type(server, "kick nobody\n");
	for (int i = 0; i < 200; i++)
		server_process_expect(server, "no such client: *");
	server_process_stop(server);
	text = read_file(server->folder, "log");
	while (
	    (text = strstr(text, "command=\"kick nobody\" outcome=failed"))) {
		text++;
		count++;
	}
	cr_expect_eq(count, 200);
}
