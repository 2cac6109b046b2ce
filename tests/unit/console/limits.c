/*
 * The table of limits in proto/PROTOCOL.md is true: each row's default is the
 * one that the code has, no limit of limits.h and no option that sets one is
 * missing, and there is no row that this test does not know. What a client sees
 * beyond each is for the whole-server tests. Tests run at the tree's top.
 */
#include <criterion/criterion.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/throttle.h"
#include "console/server/server.h"
#include "console/setting/options.h"
#include "console/setting/setting.h"
#include "console/setting/value.h"
#include "proto/account_service.h"
#include "proto/limits.h"
#include "reactor/listen.h"

#define DOCUMENT "proto/PROTOCOL.md"
#define HEADER   "proto/limits.h"
#define HEAD                                                                   \
	"| what | default | to change it | clients of this machine | beyond "  \
	"it |\n"

#define OTHERS "as others"
#define EXEMPT "exempt"

enum {
	ROWS_MAX = 64,
	CONSTANTS_MAX = 64,
	FILE_BYTES = 65536
};

enum column {
	WHAT,
	DEFAULT,
	CHANGE,
	LOCAL,
	BEYOND,
	COLUMNS
};

static char document[FILE_BYTES];
static char *rows[ROWS_MAX][COLUMNS];
static bool known[ROWS_MAX]; /* by this test */
static int row_count;
static const char *constants[CONSTANTS_MAX]; /* that it has looked at */
static int constant_count;
static struct options defaults;

static void
read_file(const char *path, char text[FILE_BYTES])
{
	FILE *file = fopen(path, "re");
	size_t len;

	cr_assert_not_null(file, "%s", path);
	len = fread(text, 1, FILE_BYTES - 1, file);
	cr_assert_lt(len, FILE_BYTES - 1);
	text[len] = '\0';
	fclose(file);
}

/* Cuts a line into what is between its bars. */
static void
cut_row(char *line, char *cells[COLUMNS])
{
	for (int i = 0; i < COLUMNS; i++) {
		char *end;

		cr_assert_eq(strncmp(line, "| ", 2), 0, "`%s`", line);
		cells[i] = line + 2;
		end = strstr(cells[i], " |");
		cr_assert_not_null(end, "`%s` has too few cells", cells[i]);
		line = end + 1;
		*end = '\0';
	}
	cr_assert_str_eq(line, "|", "more cells than columns");
}

static void
setup(void)
{
	char *argv[] = {(char *)"throng", NULL};
	char *line;

	options_parse(&defaults, 1, argv);
	read_file(DOCUMENT, document);
	line = strstr(document, HEAD);
	cr_assert_not_null(line, "%s has no table of limits", DOCUMENT);
	line = strchr(line + strlen(HEAD), '\n') + 1;
	while (*line == '|') {
		char *end = strchr(line, '\n');

		*end = '\0';
		cr_assert_lt(row_count, ROWS_MAX);
		cut_row(line, rows[row_count++]);
		line = end + 1;
	}
}

TestSuite(console_limits, .init = setup);

static int
find_row(const char *what)
{
	int row = 0;

	while (row < row_count && strcmp(rows[row][WHAT], what) != 0)
		row++;
	cr_assert_lt(row, row_count, "there is no row `%s`", what);
	return row;
}

/* The row has this default, which is printf-like. */
static __attribute__((format(printf, 4, 5))) void
expect(const char *what, const char *change, const char *local,
    const char *format, ...)
{
	int row = find_row(what);
	char text[128];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	known[row] = true;
	cr_expect_str_eq(rows[row][DEFAULT], text, "%s: %s, not %s", what, text,
	    rows[row][DEFAULT]);
	cr_expect_str_eq(
	    rows[row][CHANGE], change, "%s: %s", what, rows[row][CHANGE]);
	cr_expect_str_eq(
	    rows[row][LOCAL], local, "%s: %s", what, rows[row][LOCAL]);
	cr_expect_str_not_empty(rows[row][BEYOND]);
}

/* 1,000,000; one of the last four. */
static const char *
number(uint64_t value)
{
	static char texts[4][32];
	static int next;
	char *text = texts[next++ % 4];

	if (value >= 1000000)
		snprintf(text, 32, "%u,%03u,%03u", (unsigned)(value / 1000000),
		    (unsigned)(value / 1000 % 1000), (unsigned)(value % 1000));
	else if (value >= 1000)
		snprintf(text, 32, "%u,%03u", (unsigned)(value / 1000),
		    (unsigned)(value % 1000));
	else
		snprintf(text, 32, "%u", (unsigned)value);
	return text;
}

static void
look_at(const char *constant)
{
	cr_assert_lt(constant_count, CONSTANTS_MAX);
	constants[constant_count++] = constant;
}

/* A constant of limits.h, in this unit. */
#define FIXED(what, constant, divisor, unit)                                   \
	do {                                                                   \
		look_at(#constant);                                            \
		expect(what, "fixed", OTHERS, "%s%s",                          \
		    number((constant) / (divisor)), unit);                     \
	} while (0)

static void
expect_clients(void)
{
	expect("connections", "`--max-clients`", OTHERS,
	    "what the descriptors allow");
	cr_expect_eq(defaults.clients_max, 0);
	expect("connections of one address", "`--max-per-address`", EXEMPT,
	    "%s", number(defaults.per_address_max));
	expect("time to log in", "`--login-timeout`", EXEMPT, "%u s",
	    defaults.login_timeout_ms / 1000);
	expect("silence that ends a line, before the first LF",
	    "`--unterminated-after`", OTHERS, "%u ms",
	    defaults.unterminated_ms);
	look_at("UNTERMINATED_MS");
	expect("messages, joins, topics and listings", "`--rate`",
	    "exempt, unless it is given", "%s at once, then %s a second",
	    number(defaults.rate.burst), number(defaults.rate.count));
	cr_expect_not(defaults.rate_for_all);
	expect("unread output", "`--out-limit`", OTHERS, "%s MiB",
	    number(defaults.out_limit >> 20));
	expect("unread output of all clients", "`--out-total`", OTHERS,
	    "%s MiB", number(defaults.out_total_mib));
	expect("listing", "`--out-limit`", OTHERS, "%s MiB",
	    number(defaults.out_limit >> 20));
	expect("reading nothing while output waits", "`--stall-timeout`",
	    OTHERS, "%u s", defaults.stall_ms / 1000);
	expect("unread output of a guest", "fixed, or less by `--out-limit`",
	    OTHERS, "%s KiB", number(GUEST_OUT_BYTES_MAX / 1024));
	look_at("GUEST_OUT_BYTES_MAX");
}

static void
expect_accounts(void)
{
	expect("shortest password", "`--min-password`", OTHERS, "%u bytes",
	    defaults.password_min);
	look_at("PASSWORD_BYTES_MIN");
	expect("accounts", "`--max-accounts`", OTHERS, "%s",
	    number(defaults.accounts_max));
	expect("accounts made or changed from one address", "`--register-rate`",
	    EXEMPT, "%s at once, then %s an hour",
	    number(defaults.register_rate.burst),
	    number(defaults.register_rate.count));
	expect("wrong passwords for one account from one address", "fixed",
	    OTHERS, "%d, then one in %d s, %d s, ... %d s", THROTTLE_PAIR_FREE,
	    THROTTLE_DELAY_MS / 1000, 2 * THROTTLE_DELAY_MS / 1000,
	    THROTTLE_DELAY_MS_MAX / 1000);
	expect("wrong passwords from one address", "fixed", OTHERS,
	    "%d, then the same", THROTTLE_ADDRESS_FREE);
	expect("wrong passwords for one account", "fixed", OTHERS,
	    "%d, then the same", THROTTLE_ACCOUNT_FREE);
	expect("waiting for a password to be checked", "fixed", OTHERS, "%d s",
	    ACCOUNT_WAIT_MS_MAX / 1000);
}

static void
expect_rooms(void)
{
	expect("messages kept of a room", "`--history`", OTHERS, "%s",
	    number(defaults.history));
	expect("messages kept of all rooms", "`--history-total`", OTHERS,
	    "%s MiB", number(defaults.history_total_mib));
	expect("rooms of the server", "fixed", OTHERS, "%s, or some less",
	    number(SERVER_ROOMS_MAX));
	look_at("SERVER_ROOMS_MAX");
	FIXED("messages kept of a room, their bytes", HISTORY_BYTES_MAX, 1024,
	    " KiB");
	FIXED("time that a room without members is remembered", HISTORY_KEPT_S,
	    1, " s");
	FIXED("rooms of a session, beside the lobby", SESSION_ROOMS_MAX, 1, "");
	FIXED("topic", TOPIC_BYTES_MAX, 1, " bytes");
	FIXED("members whose joins and leaves are told one by one",
	    NOTICED_MEMBERS_MAX, 1, "");
	FIXED("own messages under way", UNSEEN_MAX, 1, "");
	FIXED("own messages under way, their text", UNSEEN_BYTES_MAX, 1024,
	    " KiB");
}

static void
expect_lines(void)
{
	FIXED("line, without its ending", LINE_BYTES_MAX, 1, " bytes");
	FIXED("name of an account or room", NAME_BYTES_MAX, 1, " bytes");
	FIXED("tag", TAG_BYTES_MAX, 1, " bytes");
	FIXED("longest password", PASSWORD_BYTES_MAX, 1, " bytes");
	/* Nobody meets it: each command takes fewer, as /help says. */
	look_at("ARGUMENTS_MAX");
}

static void
expect_network(void)
{
	expect("connections that wait to be accepted", "fixed", OTHERS,
	    "%s, or less if the kernel says so", number(LISTEN_BACKLOG));
	expect("time to take what is owed, when the server stops", "fixed",
	    OTHERS, "%d s", SERVER_STOP_MS / 1000);
	expect("time to close, when the server has closed", "fixed", OTHERS,
	    "%d s", SERVER_LINGER_MS / 1000);
	expect("silence of the network (TCP keepalive)", "fixed", "of TCP only",
	    "%d s, then %d probes in %d s each", LISTEN_KEEP_IDLE_S,
	    LISTEN_KEEP_PROBES, LISTEN_KEEP_INTERVAL_S);
	expect("output that the network has not taken", "fixed", "of TCP only",
	    "%d s", LISTEN_UNTAKEN_S);
}

static void
expect_web(void)
{
	expect("silence of a WebSocket", "`--web-timeout`", OTHERS,
	    "%u s, and as long for the answer to a ping",
	    defaults.web_ms / 1000);
	expect("time for the head of a request", "a third of `--web-timeout`",
	    OTHERS, "%u s", defaults.web_ms / 1000 / 3);
	FIXED("head of a request", REQUEST_BYTES_MAX, 1024, " KiB");
	FIXED("requests of a connection", WEB_REQUESTS_MAX, 1, "");
	FIXED("message by WebSocket", WEB_MESSAGE_BYTES_MAX, 1024, " KiB");
	/* It is the operator's. */
	look_at("WEB_ORIGINS_BYTES");
}

static void
expect_all(void)
{
	expect_web();
	expect_clients();
	expect_accounts();
	expect_rooms();
	expect_lines();
	expect_network();
}

Test(console_limits, table_has_the_defaults_and_no_other_row)
{
	expect_all();
	for (int i = 0; i < row_count; i++)
		cr_expect(known[i], "`%s`: what is that?", rows[i][WHAT]);
}

static bool
is_looked_at(const char *name, size_t len)
{
	for (int i = 0; i < constant_count; i++)
		if (strlen(constants[i]) == len &&
		    !strncmp(constants[i], name, len))
			return true;
	return false;
}

Test(console_limits, table_has_every_limit_of_the_header)
{
	static char header[FILE_BYTES];
	const char *at = header;
	int count = 0;

	expect_all();
	read_file(HEADER, header);
	while ((at = strstr(at, "#define "))) {
		size_t len;

		at += strlen("#define ");
		len = strcspn(at, " \n");
		if (at[len] != ' ') /* the header's own guard */
			continue;
		cr_expect(is_looked_at(at, len), "%.*s is not in the table",
		    (int)len, at);
		count++;
	}
	cr_assert_gt(count, 10);
}

/* Those that bound what clients do; what a hash costs is no limit. */
static bool
is_limit(const struct setting *setting)
{
	return (setting->group == SETTING_CLIENTS ||
		   setting->group == SETTING_ACCOUNTS ||
		   setting->group == SETTING_ROOMS) &&
	       (setting->parse == value_number ||
		   setting->parse == value_rate ||
		   setting->parse == value_talk_rate);
}

Test(console_limits, table_has_every_option_that_sets_one)
{
	int count = 0;

	for (unsigned i = 0; i < settings_count; i++) {
		char cell[64];
		bool found = false;

		if (!is_limit(&settings[i]))
			continue;
		snprintf(cell, sizeof(cell), "`--%s`", settings[i].name);
		for (int row = 0; row < row_count; row++)
			found |= !strcmp(rows[row][CHANGE], cell);
		cr_expect(found, "--%s is not in the table", settings[i].name);
		count++;
	}
	cr_assert_geq(count, 12);
}
