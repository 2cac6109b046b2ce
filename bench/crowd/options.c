#include "bench/crowd/options.h"

#include "bench/crowd/number_option.h"
#include "bench/load/swarm.h"
#include "bench/report/picture.h"

#define TIMEOUT_S_MAX 3600

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

static const struct number_option numbers[] = {
    NUMBER_OPTION(
	'j', "threads", 1, SWARM_LOADS_MAX, struct bench_options, threads),
    NUMBER_OPTION(
	't', "timeout", 1, TIMEOUT_S_MAX, struct bench_options, timeout_s),
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
		options->threads_given = true;
		break;
	case KEY_JSON:
		options->form.json = true;
		return 0;
	case KEY_PLOT:
		parse_plot(state, &options->form, argument);
		return 0;
	}
	return number_option_parse(numbers, key, argument, state);
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
