/*
 * throng-bench: drives a server with scenarios, measures, and says whether
 * every client saw what it should. A new scenario is a file with an entry in
 * scenario.h and a row in the table below.
 */
#include <argp.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/scenario/scenario.h"
#include "console/setting/options.h"
#include "reactor/check.h"

#define STATUS_USAGE 2

struct scenario {
	const char *name;
	const char *summary;
	int (*main)(int argc, char **argv);
};

static const struct scenario scenarios[] = {
    {"lab", "half of N clients register, half log in, converse and log out",
	lab_main},
    {"echo", "N clients converse, each with D requests outstanding", echo_main},
    {"fanout", "a few publishers' messages to every member of a room",
	fanout_main},
    {"rooms", "many rooms, each member's messages to all others of its room",
	rooms_main},
    {"latency", "how long members and askers wait, at one rate after the other",
	latency_main},
    {"connect", "N clients connect, ask one thing, leave and come again",
	connect_main},
    {"idle", "N clients log in and stay: how fast, and what one costs",
	idle_main},
    {"exit", "N clients are logged in when the server is told to end",
	exit_main},
    {"register", "N clients register one new account after the other",
	register_main},
    {"login", "N clients log out and in again", login_main},
    {"guess", "is an unknown user refused as slowly as a wrong password?",
	guess_main},
    {"mixed",
	"N clients come, go, talk and stall, also while servers are killed",
	mixed_main},
    {"soak", "the same for long: does the server stay as it is?", soak_main},
};

#define SCENARIO_COUNT (sizeof scenarios / sizeof *scenarios)

const char *argp_program_version = "throng-bench " THRONG_VERSION;

static void
list_scenarios(FILE *out)
{
	fputs("Scenarios:\n", out);
	for (size_t i = 0; i < SCENARIO_COUNT; i++)
		fprintf(out, "  %-10s %s\n", scenarios[i].name,
		    scenarios[i].summary);
	fputs("\n`throng-bench SCENARIO --help' lists a scenario's options.\n",
	    out);
}

static const struct scenario *
find_scenario(const char *name)
{
	for (size_t i = 0; i < SCENARIO_COUNT; i++)
		if (!strcmp(scenarios[i].name, name))
			return &scenarios[i];
	return NULL;
}

/* The scenario's name ends the general options; the rest is the scenario's. */
static error_t
parse_general(int key, char *argument, struct argp_state *state)
{
	int *first = state->input;

	switch (key) {
	case ARGP_KEY_ARG:
		if (!find_scenario(argument))
			argp_error(state, "unknown scenario '%s'", argument);
		*first = state->next - 1;
		state->next = state->argc;
		return 0;
	case ARGP_KEY_NO_ARGS:
		fputs("Usage: throng-bench SCENARIO [OPTION...]\n\n", stderr);
		list_scenarios(stderr);
		exit(STATUS_USAGE);
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* The list goes where argp puts the text after the options. */
static char *
add_scenarios(int key, const char *text, void *input)
{
	char *list = NULL;
	size_t size;
	FILE *out;

	(void)input;
	if (key != ARGP_KEY_HELP_POST_DOC)
		return (char *)text;
	out = open_memstream(&list, &size);
	if (!out)
		return NULL;
	list_scenarios(out);
	fclose(out);
	return list;
}

int
main(int argc, char **argv)
{
	const struct argp general = {
	    .parser = parse_general,
	    .args_doc = "SCENARIO [OPTION...]",
	    .doc = "Drives a throng server and checks every answer.",
	    .help_filter = add_scenarios,
	};
	const struct scenario *scenario;
	char *name;
	int first = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	argp_err_exit_status = STATUS_USAGE;
	if (argp_parse(&general, argc, argv, ARGP_IN_ORDER, NULL, &first))
		return STATUS_USAGE;
	scenario = find_scenario(argv[first]);
	check(scenario);
	/* What argp and err print before their messages. */
	if (asprintf(&name, "throng-bench %s", scenario->name) < 0)
		err(EXIT_FAILURE, "memory");
	argv[first] = name;
	program_invocation_name = name;
	program_invocation_short_name = name;
	first = scenario->main(argc - first, argv + first);
	free(name);
	return first;
}
