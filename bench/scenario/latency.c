/*
 * The scenario `latency`: how long people wait, at one rate after the other.
 * The members of a room hear `rate` messages a second, while others ask as
 * many things a second; everything goes out at its time whatever has become of
 * the rest, and counts from then, so that a stall shows in full. Whether the
 * members hear exactly what they should is checked as `fanout` does.
 *
 * A rate that is too much makes a queue, and its latencies tell only how long
 * that was let grow. So the first rate that somebody fell behind at is said,
 * and by whom; it has no latencies, and the rates above it are not tried.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/clock.h"
#include "bench/crowd/number_option.h"
#include "bench/scenario/latency_priv.h"
#include "bench/scenario/scenario.h"
#include "reactor/check.h"

#define MEMBERS_MAX    1000000
#define PUBLISHERS_MAX 4096
#define ASKERS_MAX     4096
#define RATE_MAX       1000000
#define RATES_DEFAULT  "100,300,1000,3000"

static const struct argp_option latency_argp_options[] = {
    {"members", 'n', "M", 0, "clients in the room (default 100)", 0},
    {"publishers", 'p', "P", 0, "those of them who publish (default 10)", 0},
    {"askers", 'a', "A", 0, "further clients, who ask (default 10)", 0},
    {"rates", 'r', "R,...", 0,
	"messages, and requests, a second of all together, one after the "
	"other (default " RATES_DEFAULT ")",
	0},
    {"bytes", 'b', "B", 0, "size of a message's text (default 100)", 0},
    {0},
};

static const struct number_option numbers[] = {
    NUMBER_OPTION(
	'n', "members", 1, MEMBERS_MAX, struct latency_options, fanout.members),
    NUMBER_OPTION('p', "publishers", 1, PUBLISHERS_MAX, struct latency_options,
	fanout.publishers),
    NUMBER_OPTION('a', "askers", 0, ASKERS_MAX, struct latency_options, askers),
    NUMBER_OPTION('b', "bytes", PAYLOAD_BYTES_MIN, PAYLOAD_BYTES_MAX,
	struct latency_options, fanout.bytes),
    {0},
};

/* Each must be more than the one before it. */
static void
parse_rates(
    struct argp_state *state, struct latency_options *options, const char *text)
{
	unsigned range[2] = {1, RATE_MAX};
	char *copy = strdup(text);
	char *rest = copy;
	const char *one;
	unsigned count = 0;

	if (!copy)
		err(EXIT_FAILURE, "memory");
	while ((one = strsep(&rest, ","))) {
		if (count == FANOUT_STEPS_MAX)
			argp_error(state, "--rates: more than %d of them",
			    FANOUT_STEPS_MAX);
		options->rates[count] =
		    number_option_read(state, "rates", one, range);
		range[0] = options->rates[count++] + 1;
	}
	free(copy);
	options->fanout.steps = count;
	options->fanout.rate = options->rates[0]; /* while warming up */
}

static void
set_defaults(struct argp_state *state, struct latency_options *options)
{
	*options = (struct latency_options){
	    .fanout = {.members = 100, .publishers = 10, .bytes = 100},
	    .askers = 10,
	};
	parse_rates(state, options, RATES_DEFAULT);
	state->child_inputs[0] = &options->fanout.run;
}

static error_t
parse_latency(int key, char *argument, struct argp_state *state)
{
	struct latency_options *options = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		set_defaults(state, options);
		return 0;
	case 'r':
		parse_rates(state, options, argument);
		return 0;
	case ARGP_KEY_SUCCESS:
		fanout_check_options(state, &options->fanout);
		return 0;
	default:
		return number_option_parse(numbers, key, argument, state);
	}
}

static struct latency *
latency_of_thread(const struct run_thread *thread)
{
	return list_entry(thread->run, struct latency, fanout.run);
}

/* The asker that this client is; NULL for none. */
static struct asker *
asker_of(struct client *client)
{
	if (client->number < latency_of(client)->first)
		return NULL;
	return list_entry(client, struct asker, client);
}

static uint64_t
earlier(uint64_t a, uint64_t b)
{
	if (a == 0 || (b != 0 && b < a))
		return b;
	return a;
}

/* Has the thread's askers act; returns when they are to again. */
static uint64_t
thread_ask(const struct run_thread *thread, bool start)
{
	struct latency *latency = latency_of_thread(thread);
	size_t end = thread->first + thread->count;
	size_t i = thread->first;
	uint64_t next = 0;
	struct asker *asker;

	if (i < latency->first)
		i = latency->first;
	for (; i < end; i++) {
		asker = asker_of(run_client(thread->run, i));
		if (start)
			asker_start(asker);
		next = earlier(next, asker_go_on(asker));
	}
	return next;
}

/* Publishers and askers begin at `rate`, or not at all with 0. */
static void
thread_begin(struct run_thread *thread, unsigned rate)
{
	struct latency *latency = latency_of_thread(thread);
	struct latency_thread *own =
	    list_entry(thread, struct latency_thread, fanout.thread);
	uint64_t total =
	    rate * (thread->run->length_ns[thread->march.stage] / NS_PER_MS) /
	    MS_PER_S;
	unsigned askers = latency->options->askers;
	uint64_t next;

	if (rate == 0)
		rate = 1;
	own->asks = (struct schedule){
	    .start_ns = run_begin_ns(thread->run, thread->march.stage),
	    .total = total,
	    .rate = rate,
	    .publishers = askers ? askers : 1,
	};
	next = fanout_talk(&own->fanout, rate, total);
	load_alarm(&thread->load, earlier(next, thread_ask(thread, true)));
}

/* One thread's readings are for all. */
static void
thread_meter(const struct run_thread *thread, enum fanout_stage stage)
{
	struct latency *latency = latency_of_thread(thread);
	unsigned step = fanout_step_of(&latency->fanout, thread->march.stage);

	if (thread->index != 0)
		return;
	if (stage == FANOUT_TALK && step > 0)
		meter_end(&latency->meters[step - 1]);
	if (stage == FANOUT_CATCH_UP)
		meter_end(&latency->meters[step]);
	if (stage != FANOUT_TALK)
		return;
	latency->meters[step].pid = thread->run->meter.pid;
	meter_begin(&latency->meters[step]);
}

static void
latency_on_stage(struct run_thread *thread, unsigned stage)
{
	struct latency *latency = latency_of_thread(thread);
	enum fanout_stage what = fanout_stage_of(&latency->fanout, stage);
	unsigned step = fanout_step_of(&latency->fanout, stage);
	bool over;

	thread_meter(thread, what);
	if (what != FANOUT_WARM && what != FANOUT_TALK) {
		fanout_ops.on_stage(thread, stage);
		return;
	}
	over = latency_first_behind(latency, step) < step;
	thread_begin(thread, over ? 0 : latency->options->rates[step]);
}

static bool
latency_is_awaited(const struct client *client, unsigned stage)
{
	const struct latency *latency = latency_of(client);

	if (client->number < latency->first)
		return fanout_ops.is_awaited(client, stage);
	switch (fanout_stage_of(&latency->fanout, stage)) {
	case FANOUT_ENTER:
	case FANOUT_WARM:
	case FANOUT_SETTLE:
	case FANOUT_TALK:
	case FANOUT_DRAIN:
		return true;
	default:
		return false;
	}
}

static void
latency_begin(struct client *client, unsigned stage)
{
	struct asker *asker = asker_of(client);

	if (!asker)
		fanout_ops.begin(client, stage);
	else if (stage == FANOUT_ENTER)
		client_enter(client, PEER_GUEST);
	else
		asker_check_done(asker);
}

static void
latency_on_entered(struct client *client, struct span name)
{
	if (asker_of(client))
		client_pass(client, FANOUT_ENTER);
	else
		fanout_ops.on_entered(client, name);
}

static size_t
latency_on_bytes(struct client *client, struct span bytes)
{
	struct asker *asker = asker_of(client);

	return asker ? asker_hear(asker, bytes) : member_hear(client, bytes);
}

static unsigned
latency_row_of(const struct client *client)
{
	const struct latency *latency = latency_of(client);

	if (client->number >= latency->first)
		return asker_row(
		    list_entry(client, const struct asker, client));
	return RUN_ROW_WORK + fanout_step_of(&latency->fanout, client->passed);
}

static void
latency_on_alarm(struct run_thread *thread)
{
	struct latency *latency = latency_of_thread(thread);
	enum fanout_stage stage =
	    fanout_stage_of(&latency->fanout, thread->march.stage);
	uint64_t next =
	    fanout_go_on(list_entry(thread, struct fanout_thread, thread));

	if (stage == FANOUT_WARM || stage == FANOUT_TALK)
		next = earlier(next, thread_ask(thread, false));
	load_alarm(&thread->load, next);
}

/* The rows: what members hear at each rate, then what askers are answered. */
static void
latency_init_rows(struct latency *latency)
{
	unsigned steps = latency->options->fanout.steps;

	check(steps > 0);
	for (unsigned i = 0; i < 2 * steps; i++) {
		snprintf(latency->rows[i], LATENCY_ROW_BYTES, "%s@%u",
		    i < steps ? "deliver" : "echo",
		    latency->options->rates[i % steps]);
		if (i > 0)
			latency->more[i - 1] = latency->rows[i];
	}
	for (unsigned i = 0; i < steps; i++)
		snprintf(latency->keys[i], LATENCY_ROW_BYTES,
		    "server_cpu_us@%u", latency->options->rates[i]);
}

static void
latency_init(struct latency *latency, const struct latency_options *options)
{
	const struct fanout_options *room = &options->fanout;
	unsigned more = fanout_more_stages(room);

	*latency = (struct latency){.options = options, .ops = fanout_ops};
	latency->first = room->members;
	if (!room->run.peer->hears_itself)
		latency->first += room->publishers;
	latency_init_rows(latency);
	latency->ops.scenario = "latency";
	latency->ops.work = latency->rows[0];
	latency->ops.more = latency->more;
	latency->ops.client_bytes = sizeof(union latency_client);
	latency->ops.thread_bytes = sizeof(struct latency_thread);
	latency->ops.stages += more;
	latency->ops.rest += more;
	latency->ops.is_awaited = latency_is_awaited;
	latency->ops.on_stage = latency_on_stage;
	latency->ops.begin = latency_begin;
	latency->ops.on_entered = latency_on_entered;
	latency->ops.on_bytes = latency_on_bytes;
	latency->ops.row_of = latency_row_of;
	latency->ops.on_alarm = latency_on_alarm;
	latency->ops.unit = NULL; /* what counts changes with the step */
	latency->ops.stage_names = latency->stages;
	fanout_init(&latency->fanout, &latency->ops, room, options->askers);
	for (unsigned i = 0; i < latency->ops.stages; i++)
		latency->stages[i] =
		    fanout_ops
			.stage_names[fanout_stage_of(&latency->fanout, i)];
}

struct latency *
latency_of(const struct client *client)
{
	return latency_of_thread(client_thread(client));
}

struct latency_thread *
latency_thread_of(const struct client *client)
{
	return list_entry(
	    fanout_thread_of(client), struct latency_thread, fanout);
}

int
latency_main(int argc, char **argv)
{
	static const struct argp_child children[] = {
	    {&run_options_argp, 0, NULL, 0}, {0}};
	const struct argp argp = {
	    .options = latency_argp_options,
	    .parser = parse_latency,
	    .doc = "M members of a room hear messages, while others ask, at "
		   "one rate after the other; --seconds is for each. What is "
		   "heard is checked as fanout does. " BENCH_STATUS_DOC,
	    .children = children,
	};
	struct latency_options options;
	struct latency latency;
	int status;

	if (argp_parse(&argp, argc, argv, 0, NULL, &options))
		return 2;
	if (options.fanout.run.peer->hears_itself)
		bench_options_fit_threads(&options.fanout.run.common,
		    options.fanout.members + options.askers);
	latency_init(&latency, &options);
	run_go(&latency.fanout.run);
	status = latency_report(&latency);
	fanout_fini(&latency.fanout);
	return status;
}
