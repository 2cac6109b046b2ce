#include "bench/crowd/options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bench/load/swarm.h"
#include "bench/report/picture.h"

enum option_key {
	KEY_JSON = 1024, /* apart from those of the scenarios */
	KEY_PLOT,
};

static const struct argp_option common_options[] = {
    {"connect", 'c', "URL", 0,
	"the server: tcp://HOST:PORT, tcp://[IPv6]:PORT, tls:// or unix:PATH "
	"(default " TARGET_DEFAULT ")",
	1},
    {"threads", 'j', "T", 0,
	"threads that generate the load (default: 1, or more if the limit of "
	"descriptors wants it)",
	1},
    {"timeout", 't', "S", 0, "seconds that an answer may take (default 60)", 1},
    {"json", KEY_JSON, NULL, 0, "print the report as one JSON object", 1},
    {"plot", KEY_PLOT, "FILE", 0,
	"draw the latencies into FILE, which ends in .svg or .png (needs "
	"gnuplot)",
	1},
    {0},
};

static void
parse_target(struct argp_state *state, struct target *target, const char *url)
{
	const char *wrong = target_parse(target, url);

	if (wrong)
		argp_error(state, "--connect %s: %s", url, wrong);
}

static void
parse_plot(struct argp_state *state, struct report_form *form, const char *path)
{
	const char *wrong = picture_check(path);

	if (wrong)
		argp_error(state, "--plot %s: %s", path, wrong);
	form->plot = path;
}

static error_t
parse_common(int key, char *argument, struct argp_state *state)
{
	struct bench_options *options = state->input;
	static const unsigned threads[2] = {1, SWARM_LOADS_MAX};
	static const unsigned seconds[2] = {1, BENCH_TIMEOUT_S_MAX};

	switch (key) {
	case ARGP_KEY_INIT:
		*options =
		    (struct bench_options){.threads = 1, .timeout_s = 60};
		parse_target(state, &options->target, TARGET_DEFAULT);
		return 0;
	case 'c':
		parse_target(state, &options->target, argument);
		return 0;
	case 'j':
		options->threads =
		    bench_option_number(state, "threads", argument, threads);
		options->threads_given = true;
		return 0;
	case 't':
		options->timeout_s =
		    bench_option_number(state, "timeout", argument, seconds);
		return 0;
	case KEY_JSON:
		options->form.json = true;
		return 0;
	case KEY_PLOT:
		parse_plot(state, &options->form, argument);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

const struct argp bench_options_argp = {
    .options = common_options, .parser = parse_common};

void
bench_options_fit_threads(struct bench_options *options, size_t clients)
{
	size_t needed = swarm_loads_for(clients);

	if (!options->threads_given)
		options->threads = needed ? (unsigned)needed : SWARM_LOADS_MAX;
	if (options->threads > clients)
		options->threads = (unsigned)clients;
}

unsigned
bench_option_number(struct argp_state *state, const char *name,
    const char *text, const unsigned range[2])
{
	unsigned long number;
	char *end;

	errno = 0;
	number = strtoul(text, &end, 10);
	if (strspn(text, "0123456789") != strlen(text) || !*text || errno ||
	    number < range[0] || number > range[1])
		argp_error(state, "--%s %s: it must be a number from %u to %u",
		    name, text, range[0], range[1]);
	return (unsigned)number;
}

unsigned
bench_option_ms(struct argp_state *state, const char *name, const char *text,
    const unsigned range[2])
{
	size_t whole = strspn(text, "0123456789");
	size_t decimals = 0;
	double seconds;

	if (text[whole] == '.')
		decimals = strspn(text + whole + 1, "0123456789") + 1;
	seconds = strtod(text, NULL);
	if (whole == 0 || text[whole + decimals] || decimals == 1 ||
	    decimals > 4 || seconds < range[0] || seconds > range[1])
		argp_error(state, "--%s %s: it must be seconds from %u to %u",
		    name, text, range[0], range[1]);
	return (unsigned)(seconds * 1000 + 0.5);
}
