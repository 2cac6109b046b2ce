/* The options of `mixed` and `soak`. */
#include <limits.h>

#include "bench/crowd/names.h"
#include "bench/crowd/number_option.h"
#include "bench/expect/payload.h"
#include "bench/mixed/mixed.h"

#define CLIENTS_MAX     60000
#define ROOMS_MAX       1000
#define RATE_MAX        1000000
#define AT_ONCE_MAX     10000
#define SECONDS_MAX     3600
#define SECONDS_DEFAULT 5
#define PAUSE_S_MAX     50 /* the server waits 60 seconds for a reader */
#define MINUTES_MAX     10080
#define MINUTES_DEFAULT 10
#define INTERVAL_MS_MIN 10
#define MS_PER_MINUTE   60000u

enum option_key {
	KEY_AT_ONCE = 1024,
	KEY_NAMES,
	KEY_PID,
	KEY_GUESTS,
	KEY_TEXT,
	KEY_PAUSE,
	KEY_CUTS,
	KEY_JOINS,
	KEY_LOGOUTS,
	KEY_DIRECTS,
	KEY_REGISTRATIONS,
	KEY_RESTART,
	KEY_RESTARTS,
	KEY_SEED,
	KEY_MINUTES,
	KEY_INTERVAL,
	KEY_TOLERANCE,
};

static const struct argp_option mixed_argp_options[] = {
    {"clients", 'n', "N", 0, "clients, the guests among them (default 100)", 0},
    {"rooms", 'm', "R", 0, "rooms (default 10)", 0},
    {"each", 'e', "K", 0, "rooms that each member is in (default 3)", 0},
    {"rate", 'r', "R", 0,
	"messages a second of all members, each at its time whatever has "
	"become of the others (default 100)",
	0},
    {"bytes", 'b', "B", 0, "size of a message's text (default 100)", 0},
    {"text", KEY_TEXT, "PERCENT", 0,
	"members who speak text, not JSON (default 25)", 0},
    {"guests", KEY_GUESTS, "PERCENT", 0,
	"clients who do not log in, and have a line a second echoed (default "
	"5)",
	0},
    {"slow", 'k', "PERCENT", 0,
	"members who stop reading now and then (default 5)", 0},
    {"pause", KEY_PAUSE, "S", 0, "for how long they do (default 1)", 0},
    {"cuts", KEY_CUTS, "R", 0,
	"connections a second that are lost without a word (default 2)", 0},
    {"joins", KEY_JOINS, "R", 0,
	"rooms a second that a member leaves, or comes back into (default 5)",
	0},
    {"logouts", KEY_LOGOUTS, "R", 0,
	"members a second who log out, and in again (default 2)", 0},
    {"directs", KEY_DIRECTS, "R", 0, "direct messages a second (default 10)",
	0},
    {"registrations", KEY_REGISTRATIONS, "R", 0,
	"further accounts a second (default 2)", 0},
    {"restart", KEY_RESTART, "COMMAND", 0,
	"start the server with this command, kill it in mid-run, start it "
	"again, and stop it at the end",
	0},
    {"restarts", KEY_RESTARTS, "K", 0, "how often it is killed (default 1)", 0},
    {"seed", KEY_SEED, "N", 0,
	"what the random choices are drawn from (default: another in each run)",
	0},
    {"seconds", 's', "S", 0,
	"how long they talk (default 5, of soak 10 minutes)", 2},
    {"at-once", KEY_AT_ONCE, "N", 0,
	"clients that may be on their way in at once (default 1000)", 2},
    {"names", KEY_NAMES, "PREFIX", 0,
	"what names of accounts and rooms begin with (default bench); the rest "
	"is new in each run",
	2},
    {"pid", KEY_PID, "PID", 0,
	"the server's process, whose processor time is reported (default: the "
	"one that listens there, if it is on this machine)",
	2},
    {0},
};

static const struct argp_option soak_argp_options[] = {
    {"minutes", KEY_MINUTES, "M", 0, "how long they talk, instead of --seconds",
	1},
    {"interval", KEY_INTERVAL, "S", 0,
	"seconds between two lines of rates (default 10)", 1},
    {"tolerance", KEY_TOLERANCE, "PERCENT", 0,
	"how much more memory and descriptors the server may have in the last "
	"quarter than in the second (default 10)",
	1},
    {0},
};

#define NUMBER(key, name, min, max, field)                                     \
	NUMBER_OPTION(key, name, min, max, struct mixed_options, field)
#define SECONDS(key, name, max, field)                                         \
	SECONDS_OPTION(key, name, 0, max, struct mixed_options, field)

static const struct number_option mixed_numbers[] = {
    NUMBER('n', "clients", 1, CLIENTS_MAX, clients),
    NUMBER('m', "rooms", 1, ROOMS_MAX, rooms),
    NUMBER('e', "each", 1, MIXED_SEATS_MAX, each),
    NUMBER('r', "rate", 0, RATE_MAX, rates[ACT_SAY]),
    NUMBER('b', "bytes", PAYLOAD_BYTES_MIN, PAYLOAD_BYTES_MAX, bytes),
    NUMBER(KEY_TEXT, "text", 0, 100, text),
    NUMBER(KEY_GUESTS, "guests", 0, 100, guests),
    NUMBER('k', "slow", 0, 100, slow),
    SECONDS(KEY_PAUSE, "pause", PAUSE_S_MAX, pause_ms),
    NUMBER(KEY_CUTS, "cuts", 0, RATE_MAX, rates[ACT_CUT]),
    NUMBER(KEY_JOINS, "joins", 0, RATE_MAX, rates[ACT_JOIN]),
    NUMBER(KEY_LOGOUTS, "logouts", 0, RATE_MAX, rates[ACT_LOGOUT]),
    NUMBER(KEY_DIRECTS, "directs", 0, RATE_MAX, rates[ACT_DIRECT]),
    NUMBER(
	KEY_REGISTRATIONS, "registrations", 0, RATE_MAX, rates[ACT_REGISTER]),
    NUMBER(KEY_RESTARTS, "restarts", 0, MIXED_RESTARTS_MAX, restarts),
    NUMBER(KEY_SEED, "seed", 1, UINT32_MAX, seed),
    SECONDS('s', "seconds", SECONDS_MAX, length_ms),
    NUMBER(KEY_AT_ONCE, "at-once", 1, AT_ONCE_MAX, at_once),
    NUMBER(KEY_PID, "pid", 1, INT_MAX, pid),
    {0},
};

static const struct number_option soak_numbers[] = {
    SECONDS(KEY_INTERVAL, "interval", SECONDS_MAX, interval_ms),
    NUMBER(KEY_TOLERANCE, "tolerance", 0, 1000, tolerance),
    {0},
};

static void
set_defaults(struct argp_state *state, struct mixed_options *options)
{
	*options = (struct mixed_options){
	    .clients = 100,
	    .rooms = 10,
	    .each = 3,
	    .bytes = 100,
	    .text = 25,
	    .guests = 5,
	    .slow = 5,
	    .pause_ms = 1000,
	    .rates =
		{
		    [ACT_SAY] = 100,
		    [ACT_DIRECT] = 10,
		    [ACT_JOIN] = 5,
		    [ACT_CUT] = 2,
		    [ACT_LOGOUT] = 2,
		    [ACT_REGISTER] = 2,
		},
	    .restarts = 1,
	    .prefix = "bench",
	    .at_once = 1000,
	    .interval_ms = 10000,
	    .tolerance = 10,
	};
	state->child_inputs[0] = &options->common;
}

/* What follows from the options, or single ones cannot say. */
static void
check_options(struct argp_state *state, struct mixed_options *options)
{
	unsigned guests = options->clients * options->guests / 100;
	unsigned members = options->clients - guests;
	unsigned slow_ms = options->pause_ms > 0 ? options->pause_ms : 1;

	if (options->each > options->rooms)
		argp_error(state, "--each %u: there are %u rooms",
		    options->each, options->rooms);
	if (members < options->rooms)
		argp_error(state,
		    "--rooms %u: there are %u members, of whom "
		    "each room needs one of its own",
		    options->rooms, members);
	/* A slow one reads for as long as it does not. */
	options->rates[ACT_STALL] =
	    (unsigned)(members * (uint64_t)options->slow * 10 / 2 / slow_ms);
	if (options->slow > 0 && options->rates[ACT_STALL] == 0)
		options->rates[ACT_STALL] = 1;
	options->rates[ACT_ECHO] = guests;
	if (!options->command)
		options->restarts = 0;
}

static error_t
parse_mixed(int key, char *argument, struct argp_state *state)
{
	struct mixed_options *options = state->input;
	error_t status;

	switch (key) {
	case ARGP_KEY_INIT:
		set_defaults(state, options);
		return 0;
	case ARGP_KEY_SUCCESS:
		check_options(state, options);
		return 0;
	case KEY_NAMES:
		options->prefix = names_option(state, argument);
		return 0;
	case KEY_RESTART:
		options->command = argument;
		return 0;
	}
	status = number_option_parse(mixed_numbers, key, argument, state);
	if (key == 's' && options->length_ms == 0)
		argp_error(state, "--seconds 0: it is too short");
	return status;
}

static error_t
parse_soak(int key, char *argument, struct argp_state *state)
{
	struct mixed_options *options = state->input;
	static const unsigned minutes[2] = {1, MINUTES_MAX};
	error_t status;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = options;
		return 0;
	case KEY_MINUTES:
		options->length_ms =
		    number_option_read(state, "minutes", argument, minutes) *
		    MS_PER_MINUTE;
		return 0;
	}
	status = number_option_parse(soak_numbers, key, argument, state);
	if (key == KEY_INTERVAL && options->interval_ms < INTERVAL_MS_MIN)
		argp_error(state, "--interval %s: it is too short", argument);
	return status;
}

#define VERDICT                                                                \
	"Every line is checked: one order in each room, nothing lost, "        \
	"doubled or altered between a join and its leave, gaps only where "    \
	"they were announced, what was missed while away, and no "             \
	"acknowledged account lost. "

static const struct argp_child common_children[] = {
    {&bench_options_argp, 0, NULL, 0}, {0}};

static const struct argp mixed_argp = {
    .options = mixed_argp_options,
    .parser = parse_mixed,
    .doc = "Members of rooms who talk, stall, lose their connections, come "
	   "back, leave and join, among guests and new accounts; with "
	   "--restart, servers that are killed. " VERDICT BENCH_STATUS_DOC,
    .children = common_children,
};

bool
mixed_options_parse(struct mixed_options *options, int argc, char **argv)
{
	if (argp_parse(&mixed_argp, argc, argv, 0, NULL, options))
		return false;
	options->scenario = "mixed";
	if (options->length_ms == 0)
		options->length_ms = SECONDS_DEFAULT * 1000;
	return true;
}

bool
mixed_options_parse_soak(struct mixed_options *options, int argc, char **argv)
{
	static const struct argp_child children[] = {
	    {&mixed_argp, 0, NULL, 0}, {0}};
	const struct argp argp = {
	    .options = soak_argp_options,
	    .parser = parse_soak,
	    .doc = "As mixed, for long: prints rates while it runs, and its "
		   "verdict includes that the server's memory and descriptors "
		   "do not grow. " BENCH_STATUS_DOC,
	    .children = children,
	};

	if (argp_parse(&argp, argc, argv, 0, NULL, options))
		return false;
	options->scenario = "soak";
	options->is_soak = true;
	if (options->length_ms == 0)
		options->length_ms = MINUTES_DEFAULT * MS_PER_MINUTE;
	return true;
}
