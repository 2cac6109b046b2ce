/*
 * The command line. A bad option ends the process, so those run in a child
 * whose standard error and exit status are looked at.
 */
#include <criterion/criterion.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "console/setting/options.h"
#include "console/setting/setting.h"
#include "reactor/log.h"

#define ARGV_MAX 24

static struct options options;
static char told[16384]; /* what the child has written */

static void
setup(void)
{
	unsetenv("STATE_DIRECTORY");
	unsetenv("XDG_STATE_HOME");
	setenv("HOME", "/home/someone", 1);
}

TestSuite(console_options, .init = setup);

/* Parses the given arguments, NULL at the end. */
static void
parse(const char *first, ...)
{
	char *argv[ARGV_MAX] = {(char *)"throng"};
	int argc = 1;
	va_list ap;

	va_start(ap, first);
	for (const char *a = first; a; a = va_arg(ap, const char *)) {
		cr_assert_lt(argc, ARGV_MAX - 1);
		argv[argc++] = (char *)a;
	}
	va_end(ap);
	options_parse(&options, argc, argv);
}

/* The child ends with what it has written, before a sanitizer searches it for
 * leaks: what argp keeps is not ours, and each search takes a while. */
static void
quit_at_once(int status, void *argument)
{
	(void)argument;
	fflush(NULL);
	_exit(status);
}

/* The child's exit status; `told` has its output. */
static int
status_of_all(int argc, char *argv[])
{
	int pipe_fds[2];
	size_t len = 0;
	ssize_t got;
	int status;
	pid_t child;

	cr_assert_eq(pipe(pipe_fds), 0);
	child = fork();
	cr_assert_geq(child, 0);
	if (child == 0) {
		dup2(pipe_fds[1], STDOUT_FILENO);
		dup2(pipe_fds[1], STDERR_FILENO);
		on_exit(quit_at_once, NULL);
		options_parse(&options, argc, argv);
		_exit(99);
	}
	close(pipe_fds[1]);
	while (
	    (got = read(pipe_fds[0], told + len, sizeof(told) - 1 - len)) > 0)
		len += (size_t)got;
	told[len] = '\0';
	close(pipe_fds[0]);
	cr_assert_eq(waitpid(child, &status, 0), child);
	cr_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int
status_of(const char *option, const char *value)
{
	char *argv[] = {(char *)"throng", (char *)option, (char *)value, NULL};

	return status_of_all(value ? 3 : 2, argv);
}

/* Ends with status 2 and a line that names the option and the value. */
static void
is_refused(const char *option, const char *value)
{
	cr_assert_eq(status_of(option, value), 2, "%s %s", option, value);
	cr_assert_not_null(strstr(told, option), "%s", told);
	if (*value)
		cr_assert_not_null(strstr(told, value), "%s", told);
}

Test(console_options, nothing_given_is_the_defaults)
{
	char text[ENDPOINT_TEXT_BYTES];

	parse(NULL);
	cr_expect_eq(options.listen_count, 1);
	cr_expect_str_eq(
	    endpoint_format(&options.listen[0], text), "tcp://127.0.0.1:5000");
	cr_expect_eq(options.reactors, 0);
	cr_expect_eq(options.io, IO_AUTO);
	cr_expect_eq(options.clients_max, 0);
	cr_expect_eq(options.per_address_max, 100);
	cr_expect_eq(options.out_limit, 1048576);
	cr_expect_eq(options.out_total_mib, 512);
	cr_expect_eq(options.stall_ms, 60000);
	cr_expect_eq(options.login_timeout_ms, 60000);
	cr_expect_eq(options.unterminated_ms, 100);
	cr_expect_eq(options.password_min, 8);
	cr_expect_not(options.require_login);
	cr_expect_eq(options.argon2.passes, 2);
	cr_expect_eq(options.argon2.memory_kib, 19456);
	cr_expect_not(options.accounts_given);
	cr_expect_eq(options.history, 1000);
	cr_expect_eq(options.history_total_mib, 64);
	cr_expect_eq(options.rate.count, 20);
	cr_expect_eq(options.rate.burst, 200);
	cr_expect_not(options.rate_for_all);
	cr_expect_eq(options.accounts_max, 1000000);
	cr_expect_eq(options.register_rate.count, 10);
	cr_expect_eq(options.register_rate.burst, 20);
	cr_expect_not(options.check);
}

Test(console_options, everything_given_is_taken)
{
	char text[ENDPOINT_TEXT_BYTES];

	parse("--listen", "tcp://[::1]:1", "--listen=unix:/tmp/s",
	    "--accounts=/var/a", "--reactors=3", "--io=epoll",
	    "--max-clients=7", "--max-per-address=3", "--out-limit=5000",
	    "--out-total=8", "--stall-timeout=9", "--login-timeout=0",
	    "--unterminated-after=0", "--min-password=12", "--require-login",
	    "--argon2=t=3,m=1024", "--history=0", "--history-total=7",
	    "--rate=5/s:20", "--max-accounts=9", "--register-rate=6/h:30",
	    "--check", NULL);
	cr_expect_eq(options.listen_count, 2);
	cr_expect_str_eq(
	    endpoint_format(&options.listen[0], text), "tcp://[::1]:1");
	cr_expect_str_eq(
	    endpoint_format(&options.listen[1], text), "unix:/tmp/s");
	cr_expect_str_eq(options.accounts, "/var/a");
	cr_expect(options.accounts_given);
	cr_expect_eq(options.reactors, 3);
	cr_expect_eq(options.io, IO_EPOLL);
	cr_expect_eq(options.clients_max, 7);
	cr_expect_eq(options.per_address_max, 3);
	cr_expect_eq(options.out_limit, 5000);
	cr_expect_eq(options.out_total_mib, 8);
	cr_expect_eq(options.stall_ms, 9000);
	cr_expect_eq(options.login_timeout_ms, 0);
	cr_expect_eq(options.unterminated_ms, 0);
	cr_expect_eq(options.password_min, 12);
	cr_expect(options.require_login);
	cr_expect_eq(options.argon2.passes, 3);
	cr_expect_eq(options.argon2.memory_kib, 1024);
	cr_expect_eq(options.history, 0);
	cr_expect_eq(options.history_total_mib, 7);
	cr_expect_eq(options.rate.count, 5);
	cr_expect_eq(options.rate.burst, 20);
	cr_expect(options.rate_for_all);
	cr_expect_eq(options.accounts_max, 9);
	cr_expect_eq(options.register_rate.count, 6);
	cr_expect_eq(options.register_rate.burst, 30);
	cr_expect(options.check);
}

Test(console_options, io_has_three_choices)
{
	parse("--io=auto", NULL);
	cr_expect_eq(options.io, IO_AUTO);
	parse("--io=uring", NULL);
	cr_expect_eq(options.io, IO_URING);
	is_refused("--io", "poll");
	is_refused("--io", "");
}

Test(console_options, account_file_is_found_where_the_system_says)
{
	parse(NULL);
	cr_expect_str_eq(
	    options.accounts, "/home/someone/.local/state/throng/accounts");
	setenv("XDG_STATE_HOME", "/xdg", 1);
	parse(NULL);
	cr_expect_str_eq(options.accounts, "/xdg/throng/accounts");
	setenv("STATE_DIRECTORY", "/var/lib/throng", 1);
	parse(NULL);
	cr_expect_str_eq(options.accounts, "/var/lib/throng/accounts");
	parse("--accounts=mine", NULL);
	cr_expect_str_eq(options.accounts, "mine");
	setenv("STATE_DIRECTORY", "", 1);
	setenv("XDG_STATE_HOME", "", 1);
	setenv("HOME", "", 1);
	parse(NULL);
	cr_expect_str_eq(options.accounts, "accounts");
}

Test(console_options, account_path_has_room_for_its_suffixes)
{
	static char path[PATH_MAX + 1];

	is_refused("--accounts", "");
	memset(path, 'p', sizeof(path) - 1);
	cr_assert_eq(status_of("--accounts", path), 2);
	path[sizeof(options.accounts) - 16 + 1] = '\0';
	cr_assert_eq(status_of("--accounts", path), 2);
	path[sizeof(options.accounts) - 16] = '\0';
	parse("--accounts", path, NULL);
	cr_assert_str_eq(options.accounts, path);
}

Test(console_options, numbers_are_bounded_on_both_sides)
{
	static const struct {
		const char *option, *low, *min, *max, *high;
	} bounds[] = {
	    {"--reactors", "0", "1", "256", "257"},
	    {"--max-clients", "0", "1", "10000000", "10000001"},
	    {"--max-per-address", "-1", "0", "10000000", "10000001"},
	    {"--out-limit", "4095", "4096", "1073741824", "1073741825"},
	    {"--out-total", "0", "1", "1048576", "1048577"},
	    {"--stall-timeout", "0", "1", "86400", "86401"},
	    {"--login-timeout", "-1", "0", "86400", "86401"},
	    {"--unterminated-after", "-1", "0", "60000", "60001"},
	    {"--min-password", "0", "1", "128", "129"},
	    {"--max-accounts", "-1", "0", "1000000000", "1000000001"},
	    {"--history", "-1", "0", "1000000", "1000001"},
	    {"--history-total", "0", "1", "65536", "65537"},
	};

	for (size_t i = 0; i < sizeof(bounds) / sizeof(bounds[0]); i++) {
		is_refused(bounds[i].option, bounds[i].low);
		is_refused(bounds[i].option, bounds[i].high);
		parse(bounds[i].option, bounds[i].min, NULL);
		parse(bounds[i].option, bounds[i].max, NULL);
	}
	parse("--stall-timeout=86400", "--max-clients=10000000",
	    "--min-password=128", NULL);
	cr_assert_eq(options.password_min, 128);
	cr_assert_eq(options.stall_ms, 86400000);
	cr_assert_eq(options.clients_max, 10000000);
}

Test(console_options, what_is_no_number_is_refused)
{
	static const char *const values[] = {"", "x", "1x", " 1", "1 ", "+1",
	    "0x10", "1.5", "1e3", "18446744073709551617", "-1"};

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		is_refused("--reactors", values[i]);
}

Test(console_options, argon2_cost_is_bounded)
{
	static const char *const values[] = {"", "t=2", "m=8,t=2", "2,19456",
	    "t=0,m=19456", "t=65,m=19456", "t=2,m=7", "t=2,m=1048577",
	    "t=2,m=19456,p=1", "t=2,m=19456k", "t=x,m=19456", "t=,m=19456"};

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		is_refused("--argon2", values[i]);
	parse("--argon2=t=1,m=8", NULL);
	parse("--argon2=t=64,m=1048576", NULL);
	cr_assert_eq(options.argon2.passes, 64);
	cr_assert_eq(options.argon2.memory_kib, 1048576);
}

/* Numbers that wrap round to a good one are not good ones. */
Test(console_options, argon2_numbers_do_not_wrap)
{
	is_refused("--argon2", "t=4294967298,m=19456");
	is_refused("--argon2", "t=2,m=4294986752");
	is_refused("--argon2", "t=-4294967294,m=19456");
	is_refused("--argon2", "t= 2,m=19456");
	is_refused("--argon2", "t=+2,m=19456");
}

Test(console_options, rate_is_a_number_a_second_and_a_burst)
{
	static const char *const values[] = {"", "5", "5/m", "5/s:", "5/s:0",
	    "5/s:x", "5/s:20x", "/s", "x/s", "-1/s", " 5/s", "5 /s", "0/s:5",
	    "1000001/s", "5/s:1000001", "18446744073709551621/s",
	    "4294967301/s", "5/s:4294967301"};

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		is_refused("--rate", values[i]);
	parse("--rate=7/s", NULL);
	cr_assert_eq(options.rate.count, 7);
	cr_assert_eq(options.rate.burst, 7);
	parse("--rate=1000000/s:1", NULL);
	cr_assert_eq(options.rate.count, 1000000);
	cr_assert_eq(options.rate.burst, 1);
	parse("--rate=0", NULL);
	cr_assert_eq(options.rate.count, 0);
	/* Others are told by the hour. */
	is_refused("--rate", "5/h");
	is_refused("--register-rate", "5/s");
	parse("--register-rate=7/h", NULL);
	cr_assert_eq(options.register_rate.count, 7);
	cr_assert_eq(options.register_rate.burst, 7);
	parse("--register-rate=0", NULL);
	cr_assert_eq(options.register_rate.count, 0);
}

Test(console_options, bad_listen_urls_are_refused)
{
	is_refused("--listen", "localhost:5000");
	is_refused("--listen", "tcp://localhost:5000");
	is_refused("--listen", "tcp://127.0.0.1:65536");
	is_refused("--listen", "unix:");
}

Test(console_options, listen_addresses_are_bounded_in_number)
{
	char *argv[OPTIONS_LISTEN_MAX + 3] = {(char *)"throng"};

	for (int i = 1; i <= OPTIONS_LISTEN_MAX + 1; i++)
		argv[i] = (char *)"--listen=tcp://127.0.0.1:0";
	options_parse(&options, OPTIONS_LISTEN_MAX + 1, argv);
	cr_assert_eq(options.listen_count, OPTIONS_LISTEN_MAX);
	cr_assert_eq(status_of_all(OPTIONS_LISTEN_MAX + 2, argv), 2);
	cr_assert_not_null(strstr(told, "more than 16"));
}

Test(console_options, log_level_is_one_of_four)
{
	parse(NULL);
	cr_expect_eq(options.log_level, -1);
	parse("--log-level=debug", NULL);
	cr_expect_eq(options.log_level, LOG_LEVEL_DEBUG);
	parse("--log-level=info", NULL);
	cr_expect_eq(options.log_level, LOG_LEVEL_INFO);
	parse("--log-level=warn", NULL);
	cr_expect_eq(options.log_level, LOG_LEVEL_WARN);
	parse("--log-level=error", NULL);
	cr_expect_eq(options.log_level, LOG_LEVEL_ERROR);
	is_refused("--log-level", "verbose");
	is_refused("--log-level", "");
}

Test(console_options, unknown_option_and_stray_word_are_refused)
{
	cr_assert_eq(status_of("--colour", "red"), 2);
	cr_assert_not_null(strstr(told, "colour"));
	cr_assert_eq(status_of("stray", NULL), 2);
	cr_assert_not_null(strstr(told, "stray"));
	cr_assert_eq(status_of("--reactors", NULL), 2);
	cr_assert_eq(status_of("--require-login=yes", NULL), 2);
}

Test(console_options, operators_settings_are_taken)
{
	char text[ENDPOINT_TEXT_BYTES];

	parse("--log=/l", "--log-format=json", "--motd=/m", "--bans=/b",
	    "--control=/c", "--metrics=tcp://127.0.0.1:9464", "--user=u:g",
	    "--fence=off", NULL);
	cr_expect_str_eq(options.log, "/l");
	cr_expect_eq(options.log_format, LOG_FORMAT_JSON);
	cr_expect_str_eq(options.motd, "/m");
	cr_expect_str_eq(options.bans, "/b");
	cr_expect_str_eq(options.control, "/c");
	cr_expect_str_eq(
	    endpoint_format(&options.metrics, text), "tcp://127.0.0.1:9464");
	cr_expect_str_eq(options.user, "u");
	cr_expect_str_eq(options.group, "g");
	cr_expect_not(options.fence);
	parse(NULL);
	cr_expect_eq(options.log_format, LOG_FORMAT_TEXT);
	cr_expect_eq(options.metrics.length, 0);
	cr_expect_str_empty(options.user);
	cr_expect(options.fence);
	is_refused("--log", "");
	is_refused("--log-format", "xml");
	is_refused("--metrics", "unix:/m");
	is_refused("--user", "a b");
	is_refused("--fence", "yes");
}

Test(console_options, control_path_fits_a_unix_socket)
{
	static char path[200];

	memset(path, 'p', 108);
	is_refused("--control", "");
	cr_assert_eq(status_of("--control", path), 2);
	path[107] = '\0';
	parse("--control", path, NULL);
	cr_assert_str_eq(options.control, path);
}

/* What follows is the command's, whatever it looks like. */
Test(console_options, ctl_leaves_the_words_behind_it_alone)
{
	char *argv[] = {(char *)"throng", (char *)"--config=/nonexistent",
	    (char *)"--ctl", (char *)"/run/x", (char *)"kick", (char *)"3",
	    (char *)"--help", (char *)"--", (char *)"--rate=x", NULL};

	options_parse(&options, 9, argv);
	cr_assert_str_eq(options.ctl, "/run/x");
	cr_assert_eq(options.ctl_index, 4);
	cr_assert_str_eq(argv[4], "kick");
	cr_assert_str_eq(argv[8], "--rate=x");
	parse("--ctl", "/run/x", NULL);
	cr_assert_eq(options.ctl_index, 3);
	cr_assert_eq(status_of("--ctl", NULL), 2);
	parse("--ctl=/run/x", "list", NULL);
	cr_assert_eq(options.ctl_index, 2);
}

Test(console_options, file_that_is_wrong_ends_with_2_and_a_missing_one_with_1)
{
	cr_assert_eq(status_of("--config", "/nonexistent/c"), 1);
	cr_assert_str_eq(told, "throng: /nonexistent/c: cannot be read: No "
			       "such file or directory\n");
	cr_assert_eq(status_of("--config", "README.md"), 2);
	cr_assert_not_null(strstr(told, "throng: README.md:3: A group"));
}

Test(console_options, help_names_each_option_and_succeeds)
{
	char name[64];

	cr_assert_eq(status_of("--help", NULL), 0);
	for (unsigned i = 0; i < settings_count; i++) {
		snprintf(name, sizeof(name), "--%s", settings[i].name);
		cr_assert_not_null(strstr(told, name), "%s", name);
	}
}

Test(console_options, version_is_told_and_succeeds)
{
	cr_assert_eq(status_of("--version", NULL), 0);
	cr_assert_not_null(strstr(told, "throng " THRONG_VERSION "\n"));
}
