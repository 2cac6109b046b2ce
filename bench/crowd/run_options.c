#include "bench/crowd/run_options.h"

#include <limits.h>

#include "bench/crowd/names.h"
#include "bench/crowd/number_option.h"
#include "bench/load/sources.h"

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

/* clang-format off */
#define OPTIONS_SERVER                                                         \
    {"pid", KEY_PID, "PID", 0,                                                 \
	"the server's process, whose processor time is reported (default: "    \
	"the one that listens there, if it is on this machine)", 2},           \
    {"sources", KEY_SOURCES, "N", 0,                                           \
	"addresses of loopback that clients come from (default: 127.0.0.1, "   \
	"or as many as they need ports)", 2}

#define OPTION_AT_ONCE                                                         \
    {"at-once", KEY_AT_ONCE, "N", 0,                                           \
	"clients that may be on their way in at once (default 1000)", 2}

#define OPTIONS_TIME                                                           \
    {"seconds", 's', "S", 0, "how long it is measured (default 5)", 2},        \
    {"warmup", KEY_WARMUP, "S", 0,                                             \
	"how long it runs before (default 1)", 2}

#define OPTION_NAMES                                                           \
    {"names", KEY_NAMES, "PREFIX", 0,                                          \
	"what their names begin with (default bench); the rest is new in "     \
	"each run", 2}

#define OPTION_PEER                                                            \
    {"peer", KEY_PEER, "NAME", 0,                                              \
	"what the server speaks: throng (default), json, web, redis, nats or " \
	"irc", 2}

#define OPTION_ACCOUNTS                                                        \
    {"accounts", KEY_ACCOUNTS, "N", 0,                                         \
	"accounts that the clients share (default 10)", 2}
/* clang-format on */

static const struct number_option numbers[] = {
    NUMBER_OPTION(KEY_PID, "pid", 1, INT_MAX, struct run_options, pid),
    NUMBER_OPTION(
	KEY_SOURCES, "sources", 1, SOURCES_MAX, struct run_options, sources),
    NUMBER_OPTION(
	KEY_AT_ONCE, "at-once", 1, AT_ONCE_MAX, struct run_options, at_once),
    SECONDS_OPTION(
	's', "seconds", 0, SECONDS_MAX, struct run_options, seconds_ms),
    SECONDS_OPTION(
	KEY_WARMUP, "warmup", 0, SECONDS_MAX, struct run_options, warmup_ms),
    NUMBER_OPTION(KEY_ACCOUNTS, "accounts", 1, ACCOUNTS_MAX, struct run_options,
	accounts),
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

static void
parse_peer(struct argp_state *state, const struct peer **peer, const char *name)
{
	*peer = peer_find(name);
	if (!*peer)
		argp_error(state,
		    "--peer %s: it is none of throng, json, web, redis, nats "
		    "and irc",
		    name);
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
parse_run(int key, char *argument, struct argp_state *state)
{
	struct run_options *options = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		set_defaults(state, options);
		return 0;
	case KEY_NAMES:
		options->prefix = names_option(state, argument);
		options->names_given = true;
		return 0;
	case KEY_PEER:
		parse_peer(state, &options->peer, argument);
		return 0;
	case ARGP_KEY_SUCCESS:
		check_accounts(state, options);
		return 0;
	case 's':
		options->seconds_given = true;
		break;
	case KEY_ACCOUNTS:
		options->accounts_given = true;
		break;
	}
	return number_option_parse(numbers, key, argument, state);
}

static const struct argp_option load_options[] = {
    OPTION_NAMES, OPTIONS_TIME, OPTION_AT_ONCE, OPTIONS_SERVER, {0}};
static const struct argp_option guest_options[] = {
    OPTION_PEER, OPTIONS_TIME, OPTION_AT_ONCE, OPTIONS_SERVER, {0}};
static const struct argp_option stay_options[] = {OPTION_ACCOUNTS, OPTION_PEER,
    OPTION_NAMES, OPTION_AT_ONCE, OPTIONS_SERVER, {0}};
static const struct argp_option visit_options[] = {
    OPTION_PEER, OPTIONS_TIME, OPTIONS_SERVER, {0}};
static const struct argp_option all_options[] = {OPTION_ACCOUNTS, OPTION_PEER,
    OPTION_NAMES, OPTIONS_TIME, OPTION_AT_ONCE, OPTIONS_SERVER, {0}};

static const struct argp_child children[] = {
    {&bench_options_argp, 0, NULL, 0}, {0}};

#define OFFER(offered)                                                         \
	{                                                                      \
		.options = (offered), .parser = parse_run,                     \
		.children = children                                           \
	}

const struct argp run_load_argp = OFFER(load_options);
const struct argp run_guest_argp = OFFER(guest_options);
const struct argp run_stay_argp = OFFER(stay_options);
const struct argp run_visit_argp = OFFER(visit_options);
const struct argp run_options_argp = OFFER(all_options);
