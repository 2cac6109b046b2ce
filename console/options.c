/* Command line options. */
#include "console/options.h"

#include <argp.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/limits.h"
#include "reactor/check.h"
#include "reactor/log.h"

#define REACTORS_MAX   256
#define DEFAULT_LISTEN "tcp://127.0.0.1:5000"

const char *argp_program_version = "throng " THRONG_VERSION;

enum option_key {
	KEY_LISTEN = 256,
	KEY_ACCOUNTS,
	KEY_REACTORS,
	KEY_IO,
	KEY_MAX_CLIENTS,
	KEY_OUT_LIMIT,
	KEY_STALL_TIMEOUT,
	KEY_LOGIN_TIMEOUT,
	KEY_UNTERMINATED,
	KEY_MIN_PASSWORD,
	KEY_REQUIRE_LOGIN,
	KEY_HISTORY,
	KEY_HISTORY_TOTAL,
	KEY_RATE,
	KEY_ARGON2,
	KEY_LOG_LEVEL,
	KEY_CHECK,
};

static const struct argp_option option_table[] = {
    {"listen", KEY_LISTEN, "URL", 0,
	"tcp://127.0.0.1:5000 (the default), tcp://[::1]:5000 or unix:PATH; "
	"may be repeated; port 0 picks a free one",
	0},
    {"accounts", KEY_ACCOUNTS, "FILE", 0,
	"the account file (default: $STATE_DIRECTORY, else "
	"$XDG_STATE_HOME/throng, else ~/.local/state/throng)",
	0},
    {"reactors", KEY_REACTORS, "N", 0,
	"threads that serve clients (default: one per core)", 0},
    {"io", KEY_IO, "auto|uring|epoll", 0,
	"how to wait for the kernel (default: auto, io_uring where it works)",
	0},
    {"max-clients", KEY_MAX_CLIENTS, "N", 0,
	"connections at once (default: what the descriptor limit allows)", 0},
    {"out-limit", KEY_OUT_LIMIT, "BYTES", 0,
	"unread output past which a client is sent no more room messages "
	"(default: 1048576)",
	0},
    {"stall-timeout", KEY_STALL_TIMEOUT, "S", 0,
	"seconds after which a client that reads nothing is closed "
	"(default: 60)",
	0},
    {"login-timeout", KEY_LOGIN_TIMEOUT, "S", 0,
	"seconds a client from another machine has to log in (default: 60; "
	"0: no limit)",
	0},
    {"unterminated-after", KEY_UNTERMINATED, "MS", 0,
	"silence that ends a line of a client that has never sent a newline "
	"(default: 100; 0: off)",
	0},
    {"min-password", KEY_MIN_PASSWORD, "N", 0,
	"shortest new password in bytes (default: 8)", 0},
    {"require-login", KEY_REQUIRE_LOGIN, NULL, 0,
	"answer a guest's plain text with an error, not with an echo", 0},
    {"history", KEY_HISTORY, "N", 0,
	"messages that a room keeps for /history (default: 1000)", 0},
    {"history-total", KEY_HISTORY_TOTAL, "MIB", 0,
	"memory for what all rooms keep; the longest silent ones lose their "
	"oldest messages first (default: 64)",
	0},
    {"rate", KEY_RATE, "N/s[:BURST]", 0,
	"messages that one client may send, joins and topics counted; what is "
	"faster waits unread (default: 0, no limit)",
	0},
    {"argon2", KEY_ARGON2, "t=N,m=KIB", 0,
	"cost of hashing a new password (default: t=2,m=19456)", 0},
    {"log-level", KEY_LOG_LEVEL, "LEVEL", 0,
	"debug, info, warn or error (default: info)", 0},
    {"check", KEY_CHECK, NULL, 0,
	"read the account file, say what is wrong with it, change nothing", 0},
    {0},
};

/* Digits in a range, at the front of *text, which moves behind them. */
static bool
take_number(const char **text, uint32_t min, uint32_t max, uint32_t *out)
{
	uint64_t value = 0;
	const char *at = *text;

	while (*at >= '0' && *at <= '9' && value <= max)
		value = value * 10 + (uint64_t)(*at++ - '0');
	if (at == *text || value < min || value > max)
		return false;
	*text = at;
	*out = (uint32_t)value;
	return true;
}

/* This word at the front of *text, which moves behind it. */
static bool
take_word(const char **text, const char *word)
{
	size_t len = strlen(word);

	if (strncmp(*text, word, len) != 0)
		return false;
	*text += len;
	return true;
}

static void
parse_listen(struct argp_state *state, struct options *options, const char *url)
{
	const char *problem;

	if (options->listen_count == OPTIONS_LISTEN_MAX)
		argp_error(state, "--listen: more than %d addresses",
		    OPTIONS_LISTEN_MAX);
	problem = endpoint_parse(url, &options->listen[options->listen_count]);
	if (problem)
		argp_error(state, "--listen: %s: %s", url, problem);
	options->listen_count++;
}

static void
parse_io(struct argp_state *state, struct options *options, const char *text)
{
	if (!strcmp(text, "auto"))
		options->io = IO_AUTO;
	else if (!strcmp(text, "uring"))
		options->io = IO_URING;
	else if (!strcmp(text, "epoll"))
		options->io = IO_EPOLL;
	else
		argp_error(state, "--io: %s is not auto, uring or epoll", text);
}

static void
parse_argon2(
    struct argp_state *state, struct options *options, const char *text)
{
	const char *at = text;
	uint32_t passes = 0, memory = 0;

	if (!take_word(&at, "t=") || !take_number(&at, 1, 64, &passes) ||
	    !take_word(&at, ",m=") ||
	    !take_number(&at, 8, 1024 * 1024, &memory) || *at)
		argp_error(state,
		    "--argon2: %s is not t=N,m=KIB (t 1 to 64, m 8 to 1048576)",
		    text);
	options->argon2.passes = passes;
	options->argon2.memory_kib = memory;
}

static void
parse_rate(struct argp_state *state, struct options *options, const char *text)
{
	const char *at = text;
	uint32_t rate = 0, burst = 0;
	bool ok = take_number(&at, 0, 1000000, &rate);

	if (ok && rate > 0) {
		burst = rate;
		ok = take_word(&at, "/s");
		if (ok && take_word(&at, ":"))
			ok = take_number(&at, 1, 1000000, &burst);
	}
	if (!ok || *at)
		argp_error(state, "--rate: %s is not 0 or N/s[:BURST]", text);
	options->rate = rate;
	options->rate_burst = burst;
}

static void
parse_accounts(
    struct argp_state *state, struct options *options, const char *path)
{
	/* Room for .lock, .torn and the like. */
	if (!*path || strlen(path) > sizeof(options->accounts) - 16)
		argp_error(state, "--accounts: the path is empty or too long");
	strcpy(options->accounts, path);
	options->accounts_given = true;
}

static void
parse_log_level(struct argp_state *state, const char *text)
{
	int level = log_level_parse(text);

	if (level < 0)
		argp_error(state,
		    "--log-level: %s is not debug, info, warn or error", text);
	log_set_level((enum log_level)level);
}

/* Options that are one number: where it goes, its range, and what one
 * of what was typed is in it. */
static const struct number_option {
	int key;
	uint32_t min;
	uint32_t max;
	uint32_t unit;
	size_t offset; /* of a uint32_t in struct options */
} number_options[] = {
    {KEY_REACTORS, 1, REACTORS_MAX, 1, offsetof(struct options, reactors)},
    {KEY_MAX_CLIENTS, 1, 10 * 1000 * 1000, 1,
	offsetof(struct options, clients_max)},
    {KEY_OUT_LIMIT, 4096, 1u << 30, 1, offsetof(struct options, out_limit)},
    {KEY_STALL_TIMEOUT, 1, 86400, 1000, offsetof(struct options, stall_ms)},
    {KEY_LOGIN_TIMEOUT, 0, 86400, 1000,
	offsetof(struct options, login_timeout_ms)},
    {KEY_UNTERMINATED, 0, 60000, 1, offsetof(struct options, unterminated_ms)},
    {KEY_MIN_PASSWORD, 1, PASSWORD_BYTES_MAX, 1,
	offsetof(struct options, password_min)},
    {KEY_HISTORY, 0, 1000 * 1000, 1, offsetof(struct options, history)},
    {KEY_HISTORY_TOTAL, 1, 65536, 1,
	offsetof(struct options, history_total_mib)},
};

#define NUMBER_OPTIONS (sizeof(number_options) / sizeof(number_options[0]))

static const char *
option_name(int key)
{
	const struct argp_option *option = option_table;

	while (option->key != key)
		option++;
	return option->name;
}

/* False when the key is none of a number. */
static bool
parse_number(struct argp_state *state, struct options *options, int key,
    const char *text)
{
	const struct number_option *option = number_options;
	const char *at = text;
	uint32_t value = 0;

	while (option->key != key)
		if (++option == number_options + NUMBER_OPTIONS)
			return false;
	if (!take_number(&at, option->min, option->max, &value) || *at)
		argp_error(state, "--%s: %s is not a number from %u to %u",
		    option_name(key), text, option->min, option->max);
	value *= option->unit;
	memcpy((char *)options + option->offset, &value, sizeof(value));
	return true;
}

static error_t
parse_option(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case KEY_LISTEN:
		parse_listen(state, options, arg);
		break;
	case KEY_ACCOUNTS:
		parse_accounts(state, options, arg);
		break;
	case KEY_IO:
		parse_io(state, options, arg);
		break;
	case KEY_REQUIRE_LOGIN:
		options->require_login = true;
		break;
	case KEY_RATE:
		parse_rate(state, options, arg);
		break;
	case KEY_CHECK:
		options->check = true;
		break;
	case KEY_ARGON2:
		parse_argon2(state, options, arg);
		break;
	case KEY_LOG_LEVEL:
		parse_log_level(state, arg);
		break;
	case ARGP_KEY_ARG:
		argp_error(state, "%s: there are only options", arg);
		break;
	default:
		if (!parse_number(state, options, key, arg))
			return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

/* Where the accounts are when nobody says. */
static void
default_accounts(struct options *options)
{
	const char *state = getenv("STATE_DIRECTORY");
	const char *xdg = getenv("XDG_STATE_HOME");
	const char *home = getenv("HOME");
	char *out = options->accounts;
	size_t size = sizeof(options->accounts) - 16;

	if (state && *state)
		snprintf(out, size, "%s/accounts", state);
	else if (xdg && *xdg)
		snprintf(out, size, "%s/throng/accounts", xdg);
	else if (home && *home)
		snprintf(out, size, "%s/.local/state/throng/accounts", home);
	else
		snprintf(out, size, "accounts");
}

static unsigned
default_reactors(void)
{
	cpu_set_t cpus;

	if (sched_getaffinity(0, sizeof(cpus), &cpus) < 0)
		return 1;
	return (unsigned)CPU_COUNT(&cpus);
}

void
options_parse(struct options *options, int argc, char *argv[])
{
	static const struct argp argp = {
	    .options = option_table,
	    .parser = parse_option,
	    .doc = "A group-chat server. People talk to it with nc or telnet; "
		   "its operator types commands on its standard input (help "
		   "lists them, exit stops it).",
	};

	*options = (struct options){
	    .reactors = default_reactors(),
	    .io = IO_AUTO,
	    .out_limit = 1024 * 1024,
	    .stall_ms = 60 * 1000,
	    .login_timeout_ms = 60 * 1000,
	    .unterminated_ms = UNTERMINATED_MS,
	    .password_min = PASSWORD_BYTES_MIN,
	    .history = 1000,
	    .history_total_mib = 64,
	    .argon2 = {.passes = 2, .memory_kib = 19456},
	};
	default_accounts(options);
	argp_err_exit_status = 2;
	check_zero(argp_parse(&argp, argc, argv, 0, NULL, options));
	if (options->listen_count == 0) {
		check_zero(endpoint_parse(
			       DEFAULT_LISTEN, &options->listen[0]) != NULL);
		options->listen_count = 1;
	}
}
