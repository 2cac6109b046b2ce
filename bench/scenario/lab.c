/*
 * The scenario `lab`: N clients at once against one server, half of which
 * register new accounts while the others log in, converse and log out. This
 * file sets it up, moves the clients from stage to stage (lab_priv.h lists
 * them) and reports. Few clients broadcast, since each broadcast reaches all
 * that are logged in.
 */
#include <argp.h>
#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench/clock.h"
#include "bench/crowd/names.h"
#include "bench/crowd/number_option.h"
#include "bench/load/swarm.h"
#include "bench/report/progress.h"
#include "bench/scenario/lab_priv.h"
#include "bench/scenario/scenario.h"
#include "reactor/check.h"

#define CLIENTS_DEFAULT  100
#define MESSAGES_DEFAULT 5
#define CLIENTS_MAX      1000000 /* up to six digits in a name */
#define MESSAGES_MAX     10000

static const char *const step_names[LAB_STEPS] = {"connect", "prepare",
    "register", "login", "converse", "broadcast", "logout"};

static const struct argp_option lab_argp_options[] = {
    {"clients", 'n', "N", 0, "clients at once (default 100)", 0},
    {"messages", 'm', "M", 0,
	"messages that each of them says and has answered (default 5)", 0},
    {"names", 'p', "PREFIX", 0,
	"what the new accounts' names begin with (default lab); the rest is "
	"new in each run",
	0},
    {0},
};

static const struct number_option numbers[] = {
    NUMBER_OPTION('n', "clients", 1, CLIENTS_MAX, struct lab_options, clients),
    NUMBER_OPTION(
	'm', "messages", 1, MESSAGES_MAX, struct lab_options, messages),
    {0},
};

static error_t
parse_lab(int key, char *argument, struct argp_state *state)
{
	struct lab_options *options = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		*options = (struct lab_options){
		    .clients = CLIENTS_DEFAULT,
		    .messages = MESSAGES_DEFAULT,
		    .prefix = "lab",
		};
		state->child_inputs[0] = &options->common;
		return 0;
	case 'p':
		options->prefix = names_option(state, argument);
		return 0;
	default:
		return number_option_parse(numbers, key, argument, state);
	}
}

static void
lab_begin(struct march *march, size_t nth)
{
	struct lab_thread *thread = list_entry(march, struct lab_thread, march);

	lab_client_begin(&thread->clients[nth], (enum lab_stage)march->stage);
}

static void
lab_on_stage(struct march *march)
{
	if (march->stage == STAGES)
		load_stop(march->load);
}

static const struct march_ops lab_march_ops = {
    .begin = lab_begin,
    .on_stage = lab_on_stage,
};

static void
lab_on_wake(struct load *load)
{
	march_go_on(&list_entry(load, struct lab_thread, load)->march);
}

/* The count of steps is for the progress bar as it is. */
static void
lab_on_tick(struct load *load)
{
	static const char *const stage_names[STAGES] = {
	    "connect", "prepare", "run", "together"};
	struct lab_thread *thread = list_entry(load, struct lab_thread, load);

	load->progress.operations = load->progress.done;
	load->progress.unit = "steps";
	if (thread->march.stage < STAGES)
		load->progress.stage = stage_names[thread->march.stage];
}

static const struct load_ops lab_ops = {
    .on_open = lab_client_opened,
    .on_line = lab_client_heard,
    .on_timeout = lab_client_timed_out,
    .on_closed = lab_client_lost,
    .on_wake = lab_on_wake,
    .on_tick = lab_on_tick,
};

/* Which broadcast this client sends: up to ten, spread over the login half. */
static int
lab_speaker(const struct lab_options *options, unsigned number)
{
	unsigned half = (options->clients + 1) / 2;
	unsigned stride = (half + BROADCASTS_MAX - 1) / BROADCASTS_MAX;

	if (number % 2 != 0 || number / 2 % stride != 0)
		return -1;
	return (int)(number / 2 / stride);
}

static void
lab_init_thread(struct lab *lab, unsigned index)
{
	const struct lab_options *options = lab->options;
	const struct load_options load_options = {
	    .ops = &lab_ops,
	    .target = &options->common.target,
	    .timeout_ns = options->common.timeout_s * NS_PER_S,
	    .sources = lab->sources,
	};
	size_t threads = options->common.threads;
	size_t first = options->clients * (size_t)index / threads;
	size_t end = options->clients * ((size_t)index + 1) / threads;
	struct lab_thread *thread = &lab->threads[index];

	load_init(&thread->load, &load_options);
	lab->loads[index] = &thread->load;
	thread->lab = lab;
	thread->clients = &lab->clients[first];
	thread->march = (struct march){
	    .ops = &lab_march_ops,
	    .gate = &lab->gate,
	    .load = &thread->load,
	    .count = end - first,
	    .entering_max = SIZE_MAX,
	};
	for (size_t i = first; i < end; i++)
		lab_client_init(&lab->clients[i], thread, (unsigned)i,
		    lab_speaker(options, (unsigned)i));
	load_wake(&thread->load);
}

static struct lab *
lab_new(const struct lab_options *options, const struct sources *sources)
{
	struct lab *lab = calloc(1, sizeof *lab);
	unsigned threads = options->common.threads;

	if (!lab)
		err(EXIT_FAILURE, "memory");
	lab->options = options;
	lab->sources = *sources;
	lab->clients = calloc(options->clients, sizeof *lab->clients);
	lab->threads = calloc(threads, sizeof *lab->threads);
	lab->loads = calloc(threads, sizeof *lab->loads);
	if (!lab->clients || !lab->threads || !lab->loads)
		err(EXIT_FAILURE, "memory for %u clients", options->clients);
	names_of_run(lab->names, options->prefix);
	gate_init(&lab->gate, STAGES, lab->loads, threads);
	broadcast_init(&lab->broadcasts, lab->names);
	report_init(&lab->report, "lab", step_names, LAB_STEPS);
	for (unsigned i = 0; i < threads; i++)
		lab_init_thread(lab, i);
	lab->start_ns = clock_ns();
	return lab;
}

static void
lab_free(struct lab **lab_at)
{
	struct lab *lab = *lab_at;

	for (unsigned i = 0; i < lab->options->common.threads; i++)
		load_fini(lab->loads[i]);
	report_fini(&lab->report);
	broadcast_fini(&lab->broadcasts);
	gate_fini(&lab->gate);
	free(lab->loads);
	free(lab->threads);
	free(lab->clients);
	free(lab);
	*lab_at = NULL;
}

/* All steps of all clients, for the progress bar. */
static uint64_t
lab_steps(const struct lab_options *options)
{
	uint64_t half = (options->clients + 1) / 2;
	uint64_t speakers = 0;

	for (unsigned i = 0; i < options->clients; i++)
		speakers += lab_speaker(options, i) >= 0;
	return options->clients * (uint64_t)2 +
	       half * (2 + options->messages + speakers);
}

static double
seconds(uint64_t from_ns, uint64_t to_ns)
{
	return (double)(to_ns - from_ns) / NS_PER_S;
}

static int
lab_report(struct lab *lab)
{
	const struct lab_options *options = lab->options;
	const uint64_t *opened_ns = lab->gate.opened_ns;
	struct report *report = &lab->report;
	uint64_t notices = 0, foreign = 0, backlog_waits = 0;

	for (unsigned i = 0; i < options->common.threads; i++) {
		const struct lab_thread *thread = &lab->threads[i];

		for (size_t step = 0; step < LAB_STEPS; step++)
			report_merge(
			    &lab->report, step, &thread->latencies[step]);
		notices += thread->notices;
		foreign += thread->foreign;
		backlog_waits += thread->load.backlog_waits;
	}
	report_fact(report, "clients", "%u", options->clients);
	report_fact(report, "threads", "%u", options->common.threads);
	report_fact(report, "messages", "%u", options->messages);
	report_fact(
	    report, "connect_s", "%.3f", seconds(lab->start_ns, opened_ns[0]));
	report_fact(report, "prepare_s", "%.3f",
	    seconds(opened_ns[STAGE_CONNECT], opened_ns[STAGE_PREPARE]));
	report_fact(report, "run_s", "%.3f",
	    seconds(opened_ns[STAGE_PREPARE], opened_ns[STAGE_TOGETHER]));
	report_fact(report, "notices", "%" PRIu64, notices);
	report_fact(report, "foreign_broadcasts", "%" PRIu64, foreign);
	report_fact(report, "backlog_waits", "%" PRIu64, backlog_waits);
	return report_print(report);
}

int
lab_main(int argc, char **argv)
{
	static const struct argp_child children[] = {
	    {&bench_options_argp, 0, NULL, 0}, {0}};
	const struct argp argp = {
	    .options = lab_argp_options,
	    .parser = parse_lab,
	    .doc = "N clients at once: half register new accounts, while half "
		   "log in, converse, hear each other's broadcasts and log "
		   "out. Every answer is checked. " BENCH_STATUS_DOC,
	    .children = children,
	};
	struct lab_options options;
	struct progress progress;
	struct sources sources;
	struct lab *lab;
	int status;

	if (argp_parse(&argp, argc, argv, 0, NULL, &options))
		return 2;
	bench_options_fit_threads(&options.common, options.clients);
	if (swarm_reserve(options.clients, options.common.threads) < 0 ||
	    sources_settle(
		&sources, &options.common.target, options.clients, 0) < 0)
		return EXIT_FAILURE;
	lab = lab_new(&options, &sources);
	report_begin(&lab->report, &options.common.form,
	    options.common.target.url, "%u clients", options.clients);
	progress_init(&progress, "lab", lab_steps(&options));
	swarm_run(lab->loads, options.common.threads, &progress);
	status = lab_report(lab);
	lab_free(&lab);
	return status;
}
