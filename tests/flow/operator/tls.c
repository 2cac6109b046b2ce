/* The certificate, for who runs the server: read, read again, wrong. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/kit/scratch.h"
#include "tests/kit/tls_kit.h"

static void
copy_pair(const char *from, const char *to)
{
	char source[32], target[32];
	const char *const ends[] = {"cert", "key"};

	for (int i = 0; i < 2; i++) {
		snprintf(source, sizeof(source), "%s.%s", from, ends[i]);
		snprintf(target, sizeof(target), "%s.%s", to, ends[i]);
		tls_kit_copy(source, target);
	}
}

FLOW_TEST(reload_takes_a_new_certificate_and_cuts_nobody)
{
	struct server_process *server = tls_kit_start(engine, NULL);
	struct test_client *old = tls_client_open(server);
	struct test_client *fresh;

	test_client_fence(old);
	cr_assert_eq(tls_client_days(old), 100);
	tls_kit_certificate("two", -1, 200);
	copy_pair("two", "one");
	server_process_type(server, "reload\n");
	server_process_expect(server,
	    "read again: no greeting, 0 listed bans, the certificate, the log");
	server_process_expect(server, "certificate: valid until 20*Z");
	fresh = tls_client_open(server);
	test_client_fence(fresh);
	cr_assert_eq(tls_client_days(fresh), 200);
	test_client_fence(old);
	server_process_stop(server);
}

FLOW_TEST(reload_by_signal_takes_it_too)
{
	struct server_process *server = tls_kit_start(engine, NULL);

	tls_kit_certificate("two", -1, 200);
	copy_pair("two", "one");
	server_process_signal(server, SIGHUP);
	server_process_expect(
	    server, "[[]RELOADED] certificate: valid until *");
	cr_assert_eq(tls_client_days(tls_client_open(server)), 200);
	server_process_stop(server);
}

FLOW_TEST(reload_of_a_broken_certificate_changes_nothing)
{
	struct server_process *server =
	    tls_kit_start(engine, "--log-level=error", NULL);

	tls_kit_certificate("two", -1, 200);
	tls_kit_copy("two.key", "one.key");
	server_process_type(server, "reload\n");
	server_process_expect(server,
	    "*nothing was changed: %s: the key does not fit the certificate "
	    "in %s",
	    tls_kit_path("one.key"), tls_kit_path("one.cert"));
	cr_assert_eq(tls_client_days(tls_client_open(server)), 100);
	tls_kit_write("one.cert", "-----BEGIN\n");
	server_process_type(server, "reload\n");
	server_process_expect(
	    server, "*nothing was changed: %s: *", tls_kit_path("one.cert"));
	cr_assert_eq(tls_client_days(tls_client_open(server)), 100);
	server_process_stop(server);
}

/* The log's place, and where it may be moved to. */
static void
log_paths(const struct server_process *server, char log[96], char moved[96])
{
	snprintf(log, 96, "%s/log", server->folder);
	snprintf(moved, 96, "%s/moved", server->folder);
}

FLOW_TEST(reload_that_finds_no_log_takes_no_certificate)
{
	struct server_process *server =
	    tls_kit_start(engine, "--log={folder}/log", NULL);
	char log[96], moved[96];

	log_paths(server, log, moved);
	tls_kit_certificate("two", -1, 200);
	copy_pair("two", "one");
	cr_assert_eq(rename(log, moved), 0);
	cr_assert_eq(mkdir(log, 0700), 0);
	server_process_type(server, "reload\n");
	server_process_expect(server, "*nothing was changed: *%s*", log);
	cr_assert_eq(tls_client_days(tls_client_open(server)), 100);
	cr_assert_eq(rmdir(log), 0);
	server_process_type(server, "reload\n");
	server_process_expect(server, "certificate: valid until *");
	cr_assert_eq(tls_client_days(tls_client_open(server)), 200);
	server_process_stop(server);
}

FLOW_TEST(reload_of_a_broken_certificate_leaves_the_log)
{
	struct server_process *server =
	    tls_kit_start(engine, "--log={folder}/log", NULL);
	char log[96], moved[96];

	log_paths(server, log, moved);
	cr_assert_eq(rename(log, moved), 0);
	tls_kit_write("one.key", "");
	server_process_type(server, "reload\n");
	server_process_expect(
	    server, "*nothing was changed: %s: *", tls_kit_path("one.key"));
	cr_assert_neq(access(log, F_OK), 0);
	server_process_stop(server);
}

/* Reads the output of `throng OPTIONS... --check`; a static buffer. */
static const char *
check_says(const char *options)
{
	static char text[16384];
	const char *binary = getenv("THRONG_BIN");
	char command[1024];
	size_t len;
	FILE *out;

	snprintf(command, sizeof(command),
	    "%s --check --io epoll --listen tcp://127.0.0.1:0 --accounts %s %s "
	    "2>&1",
	    binary ? binary : "build/throng", tls_kit_path("accounts"),
	    options);
	out = popen(command, "r");
	cr_assert_not_null(out);
	len = fread(text, 1, sizeof(text) - 1, out);
	text[len] = '\0';
	pclose(out);
	return text;
}

static void
check_expects(const char *pair, const char *verdict, const char *words)
{
	char options[256], line[256];
	const char *text;

	snprintf(options, sizeof(options), "--tls-cert %s --tls-key %s",
	    tls_kit_path("pair.cert"), tls_kit_path("pair.key"));
	copy_pair(pair, "pair");
	text = check_says(options);
	snprintf(line, sizeof(line), "%s: %s: the certificate is %s", verdict,
	    tls_kit_path("pair.cert"), words);
	cr_assert_not_null(strstr(text, line), "no %s in %s", line, text);
}

Test(flow_check, certificate_is_looked_at, .fini = harness_fini)
{
	tls_kit_certificate("good", -1, 100);
	tls_kit_certificate("old", -10, -1);
	tls_kit_certificate("soon", -1, 13);
	tls_kit_certificate("early", 2, 100);
	check_expects("good", "ok", "valid until 20");
	check_expects("old", "warning", "expired 20");
	check_expects("soon", "warning", "valid until 20");
	check_expects("early", "warning", "not valid before 20");
}

Test(flow_check, certificate_that_is_missing_is_told, .fini = harness_fini)
{
	char options[256];

	cr_assert_not_null(strstr(check_says("--tls-only"),
	    "error: tls:// and --tls-only want --tls-cert and --tls-key\n"));
	cr_assert_not_null(strstr(check_says("--listen tls://127.0.0.1:0"),
	    "error: tls:// and --tls-only want --tls-cert and --tls-key\n"));
	cr_assert_not_null(strstr(check_says("--tls-cert /etc/passwd"),
	    "error: --tls-cert and --tls-key want each other\n"));
	snprintf(options, sizeof(options), "--tls-cert %s --tls-key %s",
	    tls_kit_path("none"), tls_kit_path("none"));
	cr_assert_not_null(strstr(check_says(options),
	    "none: the certificate cannot be read: No such file"));
}

FLOW_TEST(certificate_that_is_wrong_is_no_start)
{
	char cert[96], key[96];
	struct server_setup setup = {.engine = engine, .args = {cert, key}};
	struct server_process *server;

	tls_kit_certificate("one", -1, 100);
	tls_kit_certificate("two", -1, 100);
	snprintf(cert, sizeof(cert), "--tls-cert=%s", tls_kit_path("one.cert"));
	snprintf(key, sizeof(key), "--tls-key=%s", tls_kit_path("two.key"));
	server = server_process_launch(&setup);
	cr_assert_eq(server_process_wait(server), 1);
	cr_assert_not_null(
	    strstr(server_process_errors(server), "the key does not fit"));
}

/* Root has read it, whom the server has become cannot: a reload would fail, and
 * it is told at once. */
FLOW_TEST(certificate_that_a_reload_could_not_read_is_told)
{
	char cert[96], key[96];
	struct server_setup setup = {.engine = engine,
	    .no_user = true,
	    .no_accounts = true,
	    .args = {cert, key, "--user=nobody", "--accounts=/tmp/{folder}",
		"--log-level=error"}};
	struct server_process *server;
	char option[96];

	if (geteuid() != 0)
		cr_skip_test("only root can become somebody else");
	tls_kit_certificate("one", -1, 100);
	cr_assert_eq(chmod(tls_kit_path("one.key"), 0600), 0);
	/* Where anybody may have a file; the key in it stays root's. */
	cr_assert_eq(chmod(scratch, 0777), 0);
	snprintf(option, sizeof(option), "--accounts=%s/accounts", scratch);
	setup.args[3] = option;
	snprintf(cert, sizeof(cert), "--tls-cert=%s", tls_kit_path("one.cert"));
	snprintf(key, sizeof(key), "--tls-key=%s", tls_kit_path("one.key"));
	server = server_process_start_with(&setup);
	server_process_expect(server,
	    "[[]RELOAD] will fail: %s: Permission denied",
	    tls_kit_path("one.key"));
	test_client_fence(tls_client_open(server));
	server_process_type(server, "reload\n");
	server_process_expect(
	    server, "*nothing was changed: %s: *", tls_kit_path("one.key"));
	test_client_fence(tls_client_open(server));
	server_process_stop(server);
}
