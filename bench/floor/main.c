/*
 * throng-floor: what the kernel alone asks on this machine, for comparison with
 * what a server takes (floor.h).
 *
 *   throng-floor WORK [OPTION...]
 */
#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "bench/floor/floor.h"

#define STATUS_USAGE 2

struct work {
	const char *name;
	void (*main)(const struct floor_options *options);
};

static const struct work works[] = {
    {"echo", floor_echo},
    {"fanout", floor_fanout},
    {"connect", floor_connect},
};

static const char doc[] =
    "What the kernel alone asks for a chat server's work.\v"
    "echo answers each line of its clients, which throng-bench echo may be, "
    "until it is killed. fanout sends one blob of messages to all clients, "
    "again and again. connect accepts clients and tells what memory the kernel "
    "takes for them.";

static const struct argp_option table[] = {
    {"bytes", 'b', "B", 0, "bytes of a message (default: 120)", 0},
    {"clients", 'n', "N", 0, "clients of fanout and connect (default: 1000)",
	0},
    {"io", 'i', "uring|epoll", 0, "how (default: uring)", 0},
    {"messages", 'm', "K", 0, "messages in a send (default: 1)", 0},
    {"port", 'p', "PORT", 0, "of echo; 0, the default, picks a free one", 0},
    {"seconds", 's', "S", 0, "that fanout is measured (default: 1)", 0},
    {0},
};

struct command {
	const struct work *work;
	struct floor_options options;
};

static double
number(struct argp_state *state, const char *text, double min, double max)
{
	char *end;
	double value;

	errno = 0;
	value = strtod(text, &end);
	if (errno || end == text || *end || !(value >= min && value <= max))
		argp_error(state, "'%s' is not a number from %g to %g", text,
		    min, max);
	return value;
}

static void
choose(struct argp_state *state, struct command *command, const char *name)
{
	for (size_t i = 0; i < sizeof works / sizeof *works; i++)
		if (!strcmp(works[i].name, name))
			command->work = &works[i];
	if (!command->work)
		argp_error(state, "unknown work '%s'", name);
}

static error_t
parse(int key, char *text, struct argp_state *state)
{
	struct command *command = state->input;
	struct floor_options *options = &command->options;

	switch (key) {
	case 'b':
		options->bytes = (unsigned)number(state, text, 1, 65536);
		return 0;
	case 'i':
		options->uring = !strcmp(text, "uring");
		if (!options->uring && strcmp(text, "epoll") != 0)
			argp_error(state, "--io is uring or epoll");
		return 0;
	case 'm':
		/* A send takes less than 2 GiB. */
		options->messages = (unsigned)number(state, text, 1, 16384);
		return 0;
	case 'n':
		options->clients = (unsigned)number(state, text, 1, 1e6);
		return 0;
	case 'p':
		options->port = (unsigned)number(state, text, 0, 65535);
		return 0;
	case 's':
		options->seconds = number(state, text, 0, 3600);
		return 0;
	case ARGP_KEY_ARG:
		choose(state, command, text);
		return 0;
	case ARGP_KEY_END:
		if (!command->work)
			argp_usage(state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* As many clients as the system lets a process have. */
static void
raise_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

int
main(int argc, char **argv)
{
	const struct argp argp = {table, parse, "WORK", doc, NULL, NULL, NULL};
	struct command command = {
	    .options = {.uring = true,
		.clients = 1000,
		.messages = 1,
		.bytes = 120,
		.seconds = 1},
	};

	setvbuf(stdout, NULL, _IOLBF, 0);
	argp_err_exit_status = STATUS_USAGE;
	if (argp_parse(&argp, argc, argv, 0, NULL, &command))
		return STATUS_USAGE;
	raise_limit();
	command.work->main(&command.options);
	return EXIT_SUCCESS;
}
