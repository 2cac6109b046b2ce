/*
 * The configuration file: what is taken from it, what is said of a wrong one,
 * the command line over it, and a reload.
 */
#include <criterion/criterion.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "console/setting/config.h"
#include "console/setting/options.h"
#include "console/setting/setting.h"
#include "reactor/log.h"
#include "tests/kit/scratch.h"

static struct options options;
static char told[20000]; /* all complaints, a line each */
static unsigned told_count;

static void
setup(void)
{
	scratch_make();
	told[0] = '\0';
	told_count = 0;
	memset(&options, 0, sizeof(options));
}

TestSuite(console_config, .init = setup, .fini = scratch_remove);

static void
tell(void *context, const char *line)
{
	cr_assert_eq(context, &options);
	strcat(strcat(told, line), "\n");
	told_count++;
}

static int
read_text(const char *text)
{
	return config_read(
	    scratch_write("c", text, strlen(text)), &options, tell, &options);
}

/* The only complaint is of this line, and says this. */
static void
is_refused(const char *text, unsigned line, const char *said)
{
	char whole[6000];

	setup();
	snprintf(whole, sizeof(whole), "%s/c:%u: %s\n", scratch, line, said);
	cr_expect_eq(read_text(text), 1, "%s: %s", text, told);
	cr_expect_str_eq(told, whole);
}

/* As the command line `throng ...`, NULL at the end. */
static void
parse(const char *first, ...)
{
	static char *argv[24];
	int argc = 1;
	va_list ap;

	argv[0] = (char *)"throng";
	va_start(ap, first);
	for (const char *a = first; a; a = va_arg(ap, const char *))
		argv[argc++] = (char *)a;
	va_end(ap);
	options_parse(&options, argc, argv);
}

Test(console_config, every_kind_of_value_is_taken)
{
	char text[ENDPOINT_TEXT_BYTES];

	cr_assert_eq(read_text("# a comment\n"
			       "\n"
			       "  \t # another\n"
			       "listen = tcp://127.0.0.1:1\r\n"
			       "\tlisten=unix:/tmp/a#b # the second\n"
			       "io =epoll\n"
			       "reactors= 3\t\n"
			       "stall-timeout = 7#\n"
			       "rate = 5/s:20\n"
			       "argon2 = t=3,m=1024\n"),
	    1);
	cr_expect(strstr(told, "c:8: stall-timeout: 7# is not a number"));
	cr_expect_eq(options.listen_count, 2);
	cr_expect_str_eq(
	    endpoint_format(&options.listen[1], text), "unix:/tmp/a#b");
	cr_expect_eq(options.io, IO_EPOLL);
	cr_expect_eq(options.reactors, 3);
	cr_expect_eq(options.rate.count, 5);
	cr_expect_eq(options.rate.burst, 20);
	cr_expect_eq(options.argon2.passes, 3);
}

/* Which Windows' editors write. */
Test(console_config, byte_order_mark_is_no_part_of_a_name)
{
	cr_assert_eq(read_text("\xef\xbb\xbfreactors = 3\r\n"), 0, "%s", told);
	cr_expect_eq(options.reactors, 3);
	cr_assert_eq(read_text("\xef\xbb\xbf"), 0, "%s", told);
	is_refused("io = epoll\n\xef\xbb\xbfreactors = 3\n", 2,
	    "\xef\xbb\xbfreactors: there is no such setting");
}

Test(console_config, operators_settings_are_taken)
{
	char text[ENDPOINT_TEXT_BYTES];

	cr_assert_eq(read_text("require-login = yes\n"
			       "fence = on\n"
			       "log-level = error\n"
			       "log-format = json\n"
			       "log = \"/var/log/a # b\" # quoted\n"
			       "motd = \" blanks \"\n"
			       "bans = say \"no\"\n"
			       "control = /run/c\n"
			       "metrics = tcp://[::1]:9464\n"
			       "user = throng:daemon"),
	    0, "%s", told);
	cr_expect(options.require_login);
	cr_expect(options.fence);
	cr_expect_eq(options.log_level, LOG_LEVEL_ERROR);
	cr_expect_eq(options.log_format, LOG_FORMAT_JSON);
	cr_expect_str_eq(options.log, "/var/log/a # b");
	cr_expect_str_eq(options.motd, " blanks ");
	cr_expect_str_eq(options.bans, "say \"no\"");
	cr_expect_str_eq(options.control, "/run/c");
	cr_expect_str_eq(
	    endpoint_format(&options.metrics, text), "tcp://[::1]:9464");
	cr_expect_str_eq(options.user, "throng");
	cr_expect_str_eq(options.group, "daemon");
	cr_expect_eq(
	    read_text("require-login = no\nfence = off\nuser = x\n"), 0);
	cr_expect_not(options.require_login);
	cr_expect_not(options.fence);
	cr_expect_str_eq(options.user, "x");
	cr_expect_str_empty(options.group);
}

Test(console_config, character_is_not_told_by_half)
{
	char name[] =
	    "x\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9";
	char text[300] = "", said[300] = "";

	/* Of a name 100 bytes are told; each of these has 21. */
	for (int i = 0; i < 5; i++)
		strcat(text, name);
	snprintf(said, sizeof(said), "%.99s?: there is no such setting", text);
	is_refused(strcat(text, " = 1"), 1, said);
}

Test(console_config, wrong_lines_are_told_with_their_number)
{
	is_refused("rate", 1, "rate: this is not NAME = VALUE");
	is_refused("\n = 5", 2, "= 5: this is not NAME = VALUE");
	is_refused("colour = red", 1, "colour: there is no such setting");
	is_refused("--rate = 5/s", 1, "--rate: there is no such setting");
	is_refused("rate =", 1, "rate: the value is missing");
	is_refused("rate = # none", 1, "rate: the value is missing");
	is_refused("rate = x", 1, "rate: x is not 0 or N/s[:BURST]");
	is_refused("\nio = poll", 2, "io: poll is not auto, uring or epoll");
	is_refused("require-login = 1", 1, "require-login: 1 is not yes or no");
	is_refused("fence = yes", 1, "fence: yes is not on or off");
	is_refused("metrics = unix:/m", 1,
	    "metrics: unix:/m: it must start with tcp://");
	is_refused("user = :g", 1, "user: :g is not NAME or NAME:GROUP");
	is_refused("user = u:", 1, "user: u: is not NAME or NAME:GROUP");
	is_refused("motd = \"a", 1,
	    "motd: the closing quote is missing, or not the last");
	is_refused("motd = \"a\" b", 1,
	    "motd: the closing quote is missing, or not the last");
	is_refused("motd = \"\"", 1,
	    "motd: the path is empty or too long (4080 bytes)");
	is_refused("rate = 5/s\n\nrate = 6/s", 3,
	    "rate: given twice, first in line 1");
	is_refused(
	    "config = x", 1, "config: can be given on the command line alone");
	is_refused(
	    "check = yes", 1, "check: can be given on the command line alone");
	is_refused(
	    "io = \x1b[0m", 1, "not UTF-8, or a control character is in it");
	is_refused("listen = tcp://localhost:1", 1,
	    "listen: tcp://localhost:1: the address must be numeric, as "
	    "127.0.0.1 or [::1]");
}

Test(console_config, every_wrong_line_is_told_up_to_ten)
{
	cr_expect_eq(read_text("a\nrate = 0\nb\n"), 2);
	cr_expect(strstr(told, "c:1: a: "));
	cr_expect(strstr(told, "c:3: b: "));
	setup();
	cr_expect_eq(read_text("a\na\na\na\na\na\na\na\na\na\na\na\n"), 10);
	cr_expect_eq(told_count, 10);
}

Test(console_config, long_line_is_refused_and_the_longest_is_not)
{
	static char text[4200] = "rate=0 #";

	memset(text + 8, 'p', 4088);
	cr_expect_eq(read_text(text), 0, "%s", told);
	text[4096] = 'p';
	is_refused(text, 1, "the line is over 4096 bytes");
}

Test(console_config, listen_addresses_are_bounded_in_number)
{
	static char text[1000];

	for (int i = 0; i < OPTIONS_LISTEN_MAX + 1; i++)
		strcat(text, "listen = tcp://127.0.0.1:0\n");
	cr_expect_eq(read_text(text), 1);
	cr_expect(strstr(told, "c:17: listen: more than 16 addresses"));
}

Test(console_config, file_that_cannot_be_read_is_told)
{
	static char big[64 * 1024 + 2];
	char path[200];

	snprintf(path, sizeof(path), "%s/none", scratch);
	cr_expect_eq(config_read(path, &options, tell, &options), -1);
	cr_expect(strstr(told, "/none: cannot be read: No such file"));
	cr_expect_eq(config_read(scratch, &options, tell, &options), -1);
	cr_expect(strstr(told, "cannot be read: it is no regular file"));
	memset(big, '\n', sizeof(big) - 1);
	cr_expect_eq(read_text(big), -1);
	cr_expect(strstr(told, "/c: cannot be read: it is too long"));
	/* Nobody writes to it: this must not wait. */
	snprintf(path, sizeof(path), "%s/pipe", scratch);
	cr_assert_eq(mkfifo(path, 0600), 0);
	cr_expect_eq(config_read(path, &options, tell, &options), -1);
}

Test(console_config, command_line_beats_the_file)
{
	const char *path = scratch_write(
	    "c", SCRATCH_TEXT("rate = 5/s\nio = uring\nreactors = 7\n"
			      "require-login = no\naccounts = /a\n"));

	parse("--io", "epoll", "--config", path, "--require-login", NULL);
	cr_expect_eq(options.io, IO_EPOLL);
	cr_expect_eq(options.rate.count, 5);
	cr_expect_eq(options.reactors, 7);
	cr_expect(options.require_login);
	cr_expect_str_eq(options.accounts, "/a");
	cr_expect(options.accounts_given);
	cr_expect_eq(options.out_limit, 1048576);
	cr_expect_str_eq(options.config, path);
}

Test(console_config, listen_of_the_command_line_replaces_all_of_the_file)
{
	const char *path =
	    scratch_write("c", SCRATCH_TEXT("listen = tcp://127.0.0.1:1\n"
					    "listen = tcp://127.0.0.1:2\n"));
	char text[ENDPOINT_TEXT_BYTES];

	parse("--config", path, NULL);
	cr_expect_eq(options.listen_count, 2);
	parse("--listen", "tcp://127.0.0.1:3", "--config", path, NULL);
	cr_expect_eq(options.listen_count, 1);
	cr_expect_str_eq(
	    endpoint_format(&options.listen[0], text), "tcp://127.0.0.1:3");
}

/* One that was given --config, and its options before anything is reloaded. */
static const char *
start(const char *text, const char *option)
{
	const char *path = scratch_write("c", text, strlen(text));

	parse("--config", path, option, NULL);
	return path;
}

Test(console_config, reload_takes_what_can_change_and_names_the_rest)
{
	static struct options next;
	static struct reload_report report;

	start("rate = 5/s\nreactors = 2\nlisten = tcp://127.0.0.1:0\n",
	    "--min-password=9");
	/* As the server does when it knows the port. */
	cr_assert_null(
	    endpoint_parse("tcp://127.0.0.1:4711", &options.listen[0]));
	scratch_write(
	    "c", SCRATCH_TEXT("rate = 6/s\nreactors = 3\nmin-password = 20\n"
			      "listen = tcp://127.0.0.1:0\nlog-level = warn\n"
			      "motd = /m\nstall-timeout = 5\n"));
	cr_assert_eq(options_reload(&options, &next, &report), 0);
	cr_expect_str_eq(report.taken, "rate, motd, log-level");
	cr_expect_str_eq(report.restart, "reactors, stall-timeout");
	cr_expect_str_empty(report.error);
	cr_expect_eq(next.rate.count, 6);
	cr_expect_eq(next.rate.burst, 6);
	cr_expect_eq(next.log_level, LOG_LEVEL_WARN);
	cr_expect_str_eq(next.motd, "/m");
	/* The command line still has its say, and the rest its old value. */
	cr_expect_eq(next.password_min, 9);
	cr_expect_eq(next.reactors, 2);
	cr_expect_eq(next.stall_ms, 60000);
	cr_expect_arr_eq(next.listen, options.listen, sizeof(options.listen));

	options = next;
	cr_assert_eq(options_reload(&options, &next, &report), 0);
	cr_expect_str_empty(report.taken);
	cr_expect_str_eq(report.restart, "reactors, stall-timeout");
}

Test(console_config, reload_of_a_file_without_a_setting_is_its_default)
{
	static struct options next;
	static struct reload_report report;

	start("rate = 5/s\nlog = /l\nlog-level = debug", NULL);
	scratch_write("c", SCRATCH_TEXT(""));
	cr_assert_eq(options_reload(&options, &next, &report), 0);
	cr_expect_str_eq(report.taken, "rate, log, log-level");
	cr_expect_eq(next.rate.count, 20);
	cr_expect_str_empty(next.log);
	cr_expect_eq(next.log_level, -1);
}

Test(console_config, reload_of_what_the_command_line_gives_changes_nothing)
{
	static struct options next;
	static struct reload_report report;

	start("motd = /x\nreactors = 3\n", "--motd=/m");
	scratch_write("c", SCRATCH_TEXT("motd = /something/else\n"));
	cr_assert_eq(options_reload(&options, &next, &report), 0);
	cr_expect_str_empty(report.taken);
	cr_expect_str_eq(report.restart, "reactors");
	cr_expect_str_eq(next.motd, "/m");
}

Test(console_config, reload_of_a_wrong_file_changes_nothing)
{
	static struct options next;
	static struct reload_report report;
	char said[300];
	const char *path = start("rate = 5/s\n", "--require-login");

	scratch_write(
	    "c", SCRATCH_TEXT("rate = 6/s\n\nrate = x\ncolour = 1\n"));
	cr_assert_eq(options_reload(&options, &next, &report), -1);
	snprintf(said, sizeof(said), "%s:3: rate: given twice, first in line 1",
	    path);
	cr_expect_str_eq(report.error, said);
	cr_expect_eq(options.rate.count, 5);
	cr_assert_eq(unlink(path), 0);
	cr_assert_eq(options_reload(&options, &next, &report), -1);
	cr_expect(strstr(report.error, "cannot be read: No such file"));
	scratch_write("c", SCRATCH_TEXT("rate = 6/s\n"));
	cr_assert_eq(options_reload(&options, &next, &report), 0);
	cr_expect_str_eq(report.taken, "rate");
}

Test(console_config, reload_without_a_file_finds_nothing_new)
{
	static struct options next;
	static struct reload_report report;

	parse("--rate=5/s", NULL);
	cr_assert_eq(options_reload(&options, &next, &report), 0);
	cr_expect_str_empty(report.taken);
	cr_expect_str_empty(report.restart);
	cr_expect_eq(next.rate.count, 5);
}

/* The example with its settings uncommented, those that are not the default
 * left out. A comment has a blank behind its #. */
static const char *
read_example(const char *const left_out[])
{
	static char text[10000];
	char line[200], name[100];
	FILE *file = fopen("console/throng.conf", "re");
	bool keep;

	cr_assert_not_null(file, "tests run at the tree's top");
	text[0] = '\0';
	while (fgets(line, sizeof(line), file)) {
		keep = line[0] == '#' && line[1] != ' ';
		cr_assert(keep || strchr("#\n", line[0]), "%s", line);
		if (!keep)
			continue;
		cr_assert_eq(sscanf(line + 1, "%99[a-z0-9-]", name), 1);
		for (int i = 0; left_out[i]; i++)
			keep = keep && strcmp(left_out[i], name) != 0;
		if (keep)
			strcat(text, line + 1);
	}
	fclose(file);
	return text;
}

Test(console_config, example_is_right_and_has_every_setting)
{
	static const char *const none[] = {NULL};
	const char *text = read_example(none);
	char name[100];

	cr_expect_eq(read_text(text), 0, "%s", told);
	for (unsigned i = 0; i < settings_count; i++) {
		snprintf(name, sizeof(name), "%s = ", settings[i].name);
		cr_expect_eq(!strstr(text, name),
		    !!(settings[i].traits & SETTING_NO_FILE), "%s", name);
	}
}

Test(console_config, example_has_the_defaults)
{
	static const char *const others[] = {"listen", "reactors",
	    "max-clients", "rate", "motd", "accounts", "bans", "control", "log",
	    "log-level", "metrics", "tls-cert", "tls-key", "user", "web-origin",
	    NULL};
	static struct options defaults;

	parse(NULL);
	defaults = options;
	/* Something else than the defaults, so that the file has to say them.
	 */
	memset(&options, 0, sizeof(options));
	cr_assert_eq(read_text(read_example(others)), 0, "%s", told);
	for (unsigned i = 0; i < settings_count; i++) {
		bool other = settings[i].traits & SETTING_NO_FILE;

		for (int o = 0; others[o]; o++)
			other = other || !strcmp(others[o], settings[i].name);
		if (!other)
			cr_expect(
			    setting_is_same(&settings[i], &options, &defaults),
			    "%s", settings[i].name);
	}
}
