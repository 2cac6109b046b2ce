/*
 * The options that the scenarios on struct run have in common, in pieces: a
 * scenario offers those that it uses. Each piece has the next as its child, and
 * hands its input on to it.
 */
#include <limits.h>

#include "bench/crowd/names.h"
#include "bench/crowd/run.h"

#define SECONDS_MAX  3600
#define ACCOUNTS_MAX 10000
#define AT_ONCE_MAX  10000

enum option_key {
	KEY_ACCOUNTS = 512,
	KEY_AT_ONCE,
	KEY_NAMES,
	KEY_PEER,
	KEY_PID,
	KEY_SOURCES,
	KEY_WARMUP,
};

static const struct argp_option base_options[] = {
    {"pid", KEY_PID, "PID", 0,
	"the server's process, whose processor time is reported (default: the "
	"one that listens there, if it is on this machine)",
	2},
    {"sources", KEY_SOURCES, "N", 0,
	"addresses of loopback that clients come from (default: 127.0.0.1, or "
	"as many as they need ports)",
	2},
    {0},
};

static const struct argp_option entry_options[] = {
    {"at-once", KEY_AT_ONCE, "N", 0,
	"clients that may be on their way in at once (default 1000)", 2},
    {0},
};

static const struct argp_option time_options[] = {
    {"seconds", 's', "S", 0, "how long it is measured (default 5)", 2},
    {"warmup", KEY_WARMUP, "S", 0, "how long it runs before (default 1)", 2},
    {0},
};

static const struct argp_option name_options[] = {
    {"names", KEY_NAMES, "PREFIX", 0,
	"what their names begin with (default bench); the rest is new in each "
	"run",
	2},
    {0},
};

static const struct argp_option peer_options[] = {
    {"peer", KEY_PEER, "NAME", 0,
	"what the server speaks: throng (default), json, web, redis, nats "
	"or irc", 2},
    {0},
};

static const struct argp_option account_options[] = {
    {"accounts", KEY_ACCOUNTS, "N", 0,
	"accounts that the clients share (default 10)", 2},
    {0},
};

static void
set_defaults(struct argp_state *state, struct run_options *options)
{
	*options = (struct run_options){
	    .peer = &peer_throng,
	    .prefix = "bench",
	    .accounts = 10,
	    .at_once = 1000,
	    .seconds_ms = 5000,
	    .warmup_ms = 1000,
	};
	state->child_inputs[0] = &options->common;
}

static error_t
parse_base(int key, char *argument, struct argp_state *state)
{
	struct run_options *options = state->input;
	static const unsigned pids[2] = {1, INT_MAX};
	static const unsigned sources[2] = {1, SOURCES_MAX};

	switch (key) {
	case ARGP_KEY_INIT:
		set_defaults(state, options);
		return 0;
	case KEY_PID:
		options->pid =
		    bench_option_number(state, "pid", argument, pids);
		return 0;
	case KEY_SOURCES:
		options->sources =
		    bench_option_number(state, "sources", argument, sources);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static error_t
parse_entry(int key, char *argument, struct argp_state *state)
{
	struct run_options *options = state->input;
	static const unsigned at_once[2] = {1, AT_ONCE_MAX};

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = options;
		return 0;
	case KEY_AT_ONCE:
		options->at_once =
		    bench_option_number(state, "at-once", argument, at_once);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static error_t
parse_time(int key, char *argument, struct argp_state *state)
{
	struct run_options *options = state->input;
	static const unsigned seconds[2] = {0, SECONDS_MAX};

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = options;
		return 0;
	case KEY_WARMUP:
		options->warmup_ms =
		    bench_option_ms(state, "warmup", argument, seconds);
		return 0;
	case 's':
		options->seconds_ms =
		    bench_option_ms(state, "seconds", argument, seconds);
		options->seconds_given = true;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static error_t
parse_name(int key, char *argument, struct argp_state *state)
{
	struct run_options *options = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = options;
		return 0;
	case KEY_NAMES:
		options->prefix = names_option(state, argument);
		options->names_given = true;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static error_t
parse_peer(int key, char *argument, struct argp_state *state)
{
	struct run_options *options = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = options;
		return 0;
	case KEY_PEER:
		options->peer = peer_find(argument);
		if (!options->peer)
			argp_error(state,
			    "--peer %s: it is none of throng, json, "
			    "web, redis, nats and irc",
			    argument);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* Only a peer that has accounts has names for them. */
static void
check_accounts(struct argp_state *state, const struct run_options *options)
{
	if (options->peer->has_accounts)
		return;
	if (options->accounts_given || options->names_given)
		argp_error(state, "--%s: --peer %s has no accounts",
		    options->accounts_given ? "accounts" : "names",
		    options->peer->name);
}

static error_t
parse_account(int key, char *argument, struct argp_state *state)
{
	struct run_options *options = state->input;
	static const unsigned accounts[2] = {1, ACCOUNTS_MAX};

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = options;
		return 0;
	case KEY_ACCOUNTS:
		options->accounts =
		    bench_option_number(state, "accounts", argument, accounts);
		options->accounts_given = true;
		return 0;
	case ARGP_KEY_SUCCESS:
		check_accounts(state, options);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

#define PIECE(piece, next)                                                     \
	{                                                                      \
		.options = piece##_options, .parser = parse_##piece,           \
		.children = (const struct argp_child[])                        \
		{                                                              \
			{&(next), 0, NULL, 0}, {0},                            \
		}                                                              \
	}

static const struct argp base = PIECE(base, bench_options_argp);
static const struct argp entry = PIECE(entry, base);
static const struct argp entry_names = PIECE(name, entry);
static const struct argp entry_names_peers = PIECE(peer, entry_names);
static const struct argp timed = PIECE(time, entry);
static const struct argp timed_visits = PIECE(time, base);
static const struct argp timed_names_peers = PIECE(peer, run_load_argp);

const struct argp run_load_argp = PIECE(name, timed);
const struct argp run_guest_argp = PIECE(peer, timed);
const struct argp run_stay_argp = PIECE(account, entry_names_peers);
const struct argp run_visit_argp = PIECE(peer, timed_visits);
const struct argp run_options_argp = PIECE(account, timed_names_peers);
