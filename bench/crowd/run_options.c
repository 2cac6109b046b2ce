/* The options that the scenarios on struct run have in common. */
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

static const struct argp_option crowd_options[] = {
    {"peer", KEY_PEER, "NAME", 0,
	"what the server speaks: throng (default), redis, nats or irc", 2},
    {"accounts", KEY_ACCOUNTS, "N", 0,
	"accounts that the clients share (default 10)", 2},
    {0},
};

static const struct argp_option load_options[] = {
    {"pid", KEY_PID, "PID", 0,
	"the server's process, whose processor time is reported (default: the "
	"one that listens there, if it is on this machine)",
	2},
    {"sources", KEY_SOURCES, "N", 0,
	"addresses of loopback that clients come from (default: 127.0.0.1, or "
	"as many as they need ports)",
	2},
    {"seconds", 's', "S", 0, "how long it is measured (default 5)", 2},
    {"warmup", KEY_WARMUP, "S", 0, "how long it runs before (default 1)", 2},
    {"at-once", KEY_AT_ONCE, "N", 0,
	"clients that may be on their way in at once (default 1000)", 2},
    {"names", KEY_NAMES, "PREFIX", 0,
	"what their names begin with (default bench); the rest is new in each "
	"run",
	2},
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
parse_crowd(int key, char *argument, struct argp_state *state)
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
		return 0;
	case KEY_PEER:
		options->peer = peer_find(argument);
		if (!options->peer)
			argp_error(state,
			    "--peer %s: it is none of throng, "
			    "redis, nats and irc",
			    argument);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static error_t
parse_load(int key, char *argument, struct argp_state *state)
{
	struct run_options *options = state->input;
	static const unsigned at_once[2] = {1, AT_ONCE_MAX};
	static const unsigned seconds[2] = {0, SECONDS_MAX};
	static const unsigned pids[2] = {1, INT_MAX};
	static const unsigned sources[2] = {1, SOURCES_MAX};

	switch (key) {
	case ARGP_KEY_INIT:
		set_defaults(state, options);
		return 0;
	case KEY_AT_ONCE:
		options->at_once =
		    bench_option_number(state, "at-once", argument, at_once);
		return 0;
	case KEY_NAMES:
		options->prefix = names_option(state, argument);
		return 0;
	case KEY_PID:
		options->pid =
		    bench_option_number(state, "pid", argument, pids);
		return 0;
	case KEY_SOURCES:
		options->sources =
		    bench_option_number(state, "sources", argument, sources);
		return 0;
	case KEY_WARMUP:
		options->warmup_ms =
		    bench_option_ms(state, "warmup", argument, seconds);
		return 0;
	case 's':
		options->seconds_ms =
		    bench_option_ms(state, "seconds", argument, seconds);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_child load_children[] = {
    {&bench_options_argp, 0, NULL, 0}, {0}};

const struct argp run_load_argp = {
    .options = load_options,
    .parser = parse_load,
    .children = load_children,
};

static const struct argp_child crowd_children[] = {
    {&run_load_argp, 0, NULL, 0}, {0}};

const struct argp run_options_argp = {
    .options = crowd_options,
    .parser = parse_crowd,
    .children = crowd_children,
};
