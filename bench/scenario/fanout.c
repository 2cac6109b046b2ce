/*
 * The scenario `fanout`: a few publishers, each message of which goes to all
 * members. This file sets it up, moves the clients from stage to stage
 * (fanout_priv.h lists them) and reports.
 */
#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/clock.h"
#include "bench/crowd/number_option.h"
#include "bench/scenario/fanout_priv.h"
#include "bench/scenario/scenario.h"
#include "reactor/check.h"

#define MEMBERS_MAX    1000000
#define PUBLISHERS_MAX 4096
#define WINDOW_MAX     65536
#define WINDOW_DEFAULT 16
#define RATE_MAX       1000000
#define MESSAGES_MAX   1000000000
#define MESSAGE_BYTES  (PAYLOAD_BYTES_MAX + PEER_AROUND_BYTES)
#define RING_BYTES     ((size_t)16 * 1024 * 1024)

static const struct argp_option fanout_argp_options[] = {
    {"members", 'n', "M", 0, "clients in the room (default 100)", 0},
    {"publishers", 'p', "P", 0, "those of them who publish (default 10)", 0},
    {"window", 'w', "W", 0,
	"messages that each publisher keeps outstanding until it hears its own "
	"copy (default 16)",
	0},
    {"rate", 'r', "R", 0,
	"messages a second of all publishers, each at its time whatever has "
	"become of the others; instead of a window",
	0},
    {"messages", 'm', "N", 0,
	"end when so many have been published, each publisher its share, "
	"instead of after --seconds",
	0},
    {"bytes", 'b', "B", 0, "size of a message's text (default 100)", 0},
    {"slow", 'k', "K", 0,
	"members that do not read until all is over (default 0)", 0},
    {0},
};

static void
set_defaults(struct argp_state *state, struct fanout_options *options)
{
	options->members = 100;
	options->publishers = 10;
	options->window = 0;
	options->rate = 0;
	options->messages = 0;
	options->bytes = 100;
	options->slow = 0;
	options->steps = 1;
	state->child_inputs[0] = &options->run;
}

static const struct number_option numbers[] = {
    NUMBER_OPTION(
	'n', "members", 1, MEMBERS_MAX, struct fanout_options, members),
    NUMBER_OPTION('p', "publishers", 1, PUBLISHERS_MAX, struct fanout_options,
	publishers),
    NUMBER_OPTION('w', "window", 1, WINDOW_MAX, struct fanout_options, window),
    NUMBER_OPTION('r', "rate", 1, RATE_MAX, struct fanout_options, rate),
    NUMBER_OPTION(
	'm', "messages", 1, MESSAGES_MAX, struct fanout_options, messages),
    NUMBER_OPTION('b', "bytes", PAYLOAD_BYTES_MIN, PAYLOAD_BYTES_MAX,
	struct fanout_options, bytes),
    NUMBER_OPTION('k', "slow", 0, MEMBERS_MAX, struct fanout_options, slow),
    {0},
};

void
fanout_check_options(
    struct argp_state *state, const struct fanout_options *options)
{
	const struct peer *peer = options->run.peer;

	if (options->messages && options->run.seconds_given)
		argp_error(
		    state, "--seconds: it ends after so many --messages");
	if (options->rate && options->window)
		argp_error(state, "--window: with --rate there is none");
	if (options->publishers + options->slow > options->members)
		argp_error(state,
		    "--members %u: there must be as many as "
		    "publishers and slow members",
		    options->members);
	if (options->bytes > peer->text_max)
		argp_error(state, "--bytes %u: %s takes at most %u",
		    options->bytes, peer->name, peer->text_max);
	if (!peer->hears_itself && options->run.common.threads > 1)
		argp_error(state,
		    "--threads: one is all that --peer %s can "
		    "have here",
		    peer->name);
}

static error_t
parse_fanout(int key, char *argument, struct argp_state *state)
{
	struct fanout_options *options = state->input;

	if (key == ARGP_KEY_INIT) {
		set_defaults(state, options);
		return 0;
	}
	if (key == ARGP_KEY_SUCCESS) {
		fanout_check_options(state, options);
		if (!options->rate && !options->window)
			options->window = WINDOW_DEFAULT;
		return 0;
	}
	return number_option_parse(numbers, key, argument, state);
}

static struct fanout_thread *
fanout_thread(const struct fanout *fanout, unsigned index)
{
	return list_entry(
	    run_thread(&fanout->run, index), struct fanout_thread, thread);
}

/* Which clients speak; they need not be members. */
static void
fanout_init_publishers(struct fanout *fanout)
{
	const struct fanout_options *options = fanout->options;
	unsigned first = 0;
	unsigned stride = fanout_stride(options);

	if (!options->run.peer->hears_itself) {
		first = options->members;
		stride = 1;
	}
	for (unsigned i = 0; i < options->publishers; i++)
		fanout->publishers[i] = (struct fanout_publisher){
		    .speaker = run_client(&fanout->run, first + i * stride),
		    .stopped = true,
		};
}

static void
fanout_init_thread(struct fanout *fanout, unsigned index)
{
	const struct fanout_options *options = fanout->options;
	struct fanout_thread *thread = fanout_thread(fanout, index);
	const struct tape_size size = {
	    .publishers = options->publishers,
	    .text_bytes = options->bytes,
	    .ring_bytes = fanout->tapes > 1 ? RING_BYTES / 16 : RING_BYTES,
	    .varies = options->run.peer->varies,
	};

	thread->target = UINT64_MAX;
	thread->batch = malloc((size_t)FANOUT_BATCH_MAX * MESSAGE_BYTES);
	thread->tapes = calloc(fanout->tapes, sizeof *thread->tapes);
	if (!thread->batch || !thread->tapes)
		err(EXIT_FAILURE, "memory for messages");
	for (unsigned i = 0; i < fanout->tapes; i++)
		tape_init(&thread->tapes[i], &size);
}

void
fanout_init(struct fanout *fanout, const struct run_ops *ops,
    const struct fanout_options *options, size_t others)
{
	const struct peer *peer = options->run.peer;
	size_t clients = options->members;

	if (!peer->hears_itself)
		clients += options->publishers;
	*fanout = (struct fanout){
	    .options = options,
	    .tapes = peer->has_one_order ? 1 : options->publishers,
	    .publishers =
		calloc(options->publishers, sizeof *fanout->publishers),
	};
	fanout->heard = calloc(clients, fanout->tapes * sizeof *fanout->heard);
	if (!fanout->publishers || !fanout->heard)
		err(EXIT_FAILURE, "memory for %zu clients", clients);
	run_init(&fanout->run, ops, &options->run, clients + others);
	fanout->run.length_ns[FANOUT_WARM] = options->run.warmup_ms * NS_PER_MS;
	for (unsigned i = 0; i < options->steps && !options->messages; i++)
		fanout->run.length_ns[FANOUT_TALK + 2 * i] =
		    options->run.seconds_ms * NS_PER_MS;
	fanout_init_publishers(fanout);
	for (size_t i = 0; i < clients; i++)
		fanout_member_of(run_client(&fanout->run, i))->heard =
		    fanout->heard + i * fanout->tapes;
	for (unsigned i = 0; i < options->run.common.threads; i++)
		fanout_init_thread(fanout, i);
}

void
fanout_fini(struct fanout *fanout)
{
	for (unsigned i = 0; i < fanout->options->run.common.threads; i++) {
		struct fanout_thread *thread = fanout_thread(fanout, i);

		for (unsigned tape = 0; tape < fanout->tapes; tape++)
			tape_fini(&thread->tapes[tape]);
		free(thread->tapes);
		free(thread->batch);
	}
	run_fini(&fanout->run);
	free(fanout->heard);
	free(fanout->publishers);
}

static void
add_failure(struct fanout *fanout, const char *expected, const char *got)
{
	const struct report_failure failure = {
	    "the room", span_of(expected), span_of(got)};

	report_fail(&fanout->run.report, RUN_ROW_WORK, &failure);
}

/* The order is checked as a whole, and between threads. */
static void
fanout_audit_tape(
    struct fanout *fanout, unsigned tape, const uint32_t published[])
{
	const struct tape *first = &fanout_thread(fanout, 0)->tapes[tape];
	unsigned threads = fanout->options->run.common.threads;
	unsigned members = fanout->options->members;
	const struct tape *other;
	const char *wrong;

	for (unsigned i = 0; i < threads; i++) {
		if (run_thread(&fanout->run, i)->first >= members)
			continue; /* it has none */
		other = &fanout_thread(fanout, i)->tapes[tape];
		wrong = tape_audit(other, published);
		if (wrong)
			add_failure(fanout, "every message once", wrong);
		if (!tape_same_order(first, other))
			add_failure(fanout, "one order for all",
			    "another one in another thread");
	}
}

void
fanout_audit(struct fanout *fanout)
{
	unsigned publishers = fanout->options->publishers;
	uint32_t *published = calloc(publishers, sizeof *published);

	if (!published)
		err(EXIT_FAILURE, "memory");
	for (unsigned tape = 0; tape < fanout->tapes; tape++) {
		for (unsigned i = 0; i < publishers; i++)
			published[i] = fanout->tapes == 1 || i == tape
					   ? fanout->publishers[i].sent
					   : 0;
		fanout_audit_tape(fanout, tape, published);
	}
	free(published);
}

/* When the last member that is awaited has heard the nth message of a tape, and
 * when it was due; false for one that is not measured. */
static bool
fanout_spread(
    const struct fanout *fanout, unsigned tape, size_t nth, uint64_t *spread_ns)
{
	const struct tape_entry *entry;
	uint64_t last = 0;

	for (unsigned i = 0; i < fanout->options->run.common.threads; i++) {
		const struct tape *one = &fanout_thread(fanout, i)->tapes[tape];

		if (nth >= one->count)
			continue;
		entry = &one->entries[nth];
		if (entry->last_ns > last) {
			last = entry->last_ns;
			*spread_ns = last - entry->due_ns;
		}
	}
	return last > 0;
}

/* How long a message took to reach all: from when it was due. */
static void
fanout_report_spread(const struct fanout *fanout, struct report *report)
{
	struct histogram spreads = {0};
	uint64_t spread_ns;

	for (unsigned tape = 0; tape < fanout->tapes; tape++)
		for (size_t i = 0;
		     i < fanout_thread(fanout, 0)->tapes[tape].count; i++)
			if (fanout_spread(fanout, tape, i, &spread_ns))
				histogram_add(&spreads, spread_ns);
	report_fact(report, "spread_p50_ms", "%.3f",
	    (double)histogram_percentile(&spreads, 50) / NS_PER_MS);
	report_fact(report, "last_ms", "%.3f", (double)spreads.max / NS_PER_MS);
}

void
fanout_report_gaps(const struct fanout *fanout, struct report *report)
{
	unsigned threads = fanout->options->run.common.threads;
	uint64_t gaps = 0, skipped = 0, slow_lost = 0;

	for (unsigned i = 0; i < threads; i++) {
		gaps += fanout_thread(fanout, i)->gaps;
		skipped += fanout_thread(fanout, i)->skipped;
		slow_lost += fanout_thread(fanout, i)->slow_lost;
	}
	report_fact(report, "gaps", "%" PRIu64, gaps);
	report_fact(report, "skipped", "%" PRIu64, skipped);
	report_fact(report, "slow_lost", "%" PRIu64, slow_lost);
}

static int
fanout_report(struct fanout *fanout)
{
	const struct fanout_options *options = fanout->options;
	struct report *report = &fanout->run.report;
	uint64_t heard = report->rows[RUN_ROW_WORK].latencies.count;
	uint64_t sent = 0;

	fanout_audit(fanout);
	for (unsigned i = 0; i < options->publishers; i++)
		sent +=
		    fanout->publishers[i].sent - fanout->publishers[i].before;
	run_report(&fanout->run, heard);
	report_fact(report, "members", "%u", options->members);
	report_fact(report, "publishers", "%u", options->publishers);
	report_fact(report, "window", "%u", options->window);
	report_fact(report, "rate", "%u", options->rate);
	report_fact(report, "bytes", "%u", options->bytes);
	report_fact(report, "slow", "%u", options->slow);
	report_fact(report, "messages", "%" PRIu64, sent);
	fanout_report_spread(fanout, report);
	report_fact(report, "deliveries_per_s", "%.0f",
	    (double)heard / meter_seconds(&fanout->run.meter));
	fanout_report_gaps(fanout, report);
	return report_print(report);
}

int
fanout_main(int argc, char **argv)
{
	static const struct argp_child children[] = {
	    {&run_options_argp, 0, NULL, 0}, {0}};
	const struct argp argp = {
	    .options = fanout_argp_options,
	    .parser = parse_fanout,
	    .doc = "P publishers among M members of a room, whose every "
		   "message goes to all. Each member checks each message: "
		   "nothing lost, doubled, altered or reordered, one order for "
		   "all, and gaps only where they are announced, to the "
		   "message. " BENCH_STATUS_DOC,
	    .children = children,
	};
	struct fanout_options options;
	struct fanout fanout;
	int status;

	if (argp_parse(&argp, argc, argv, 0, NULL, &options))
		return 2;
	if (options.run.peer->hears_itself)
		bench_options_fit_threads(&options.run.common, options.members);
	fanout_init(&fanout, &fanout_ops, &options, 0);
	run_go(&fanout.run);
	status = fanout_report(&fanout);
	fanout_fini(&fanout);
	return status;
}
