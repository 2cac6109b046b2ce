/*
 * The scenario `idle`: N clients connect, log in and stay. It measures how fast
 * they are in, and the server's memory for each: its private anonymous bytes
 * before and after. A few log in before that and stay too, so that what a
 * server sets up for its first clients is not counted.
 */
#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench/clock.h"
#include "bench/crowd/number_option.h"
#include "bench/crowd/run.h"
#include "bench/scenario/scenario.h"
#include "reactor/check.h"

#define CLIENTS_MAX 1000000
#define FIRST       100 /* clients that are not counted */
/* Servers give back what logging in took only after a while. */
#define SETTLE_NS (3 * NS_PER_S)

/*
 *   register  accounts are registered
 *   first     the clients that are not counted enter
 *   before    the memory settles, and is read
 *   enter     all others enter
 *   after     the memory settles, and is read
 *   ask       each client asks one thing, to show that it is still there
 */
enum idle_stage {
	IDLE_REGISTER,
	IDLE_FIRST,
	IDLE_BEFORE,
	IDLE_ENTER,
	IDLE_AFTER,
	IDLE_ASK,
	IDLE_STAGES,
};

struct idle_options {
	struct run_options run;
	unsigned clients;
};

struct idle {
	struct run run;
	const struct idle_options *options;
	bool known; /* that the next two are */
	uint64_t bytes_before;
	uint64_t bytes_after;
};

static const struct argp_option idle_argp_options[] = {
    {"clients", 'n', "N", 0, "clients that are counted (default 1000)", 0},
    {0},
};

static const struct number_option numbers[] = {
    NUMBER_OPTION('n', "clients", 1, CLIENTS_MAX, struct idle_options, clients),
    {0},
};

static error_t
parse_idle(int key, char *argument, struct argp_state *state)
{
	struct idle_options *options = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		options->clients = 1000;
		state->child_inputs[0] = &options->run;
		return 0;
	default:
		return number_option_parse(numbers, key, argument, state);
	}
}

static struct idle *
idle_of(const struct run *run)
{
	return list_entry(run, struct idle, run);
}

/* Client 0 stands for the memory's reading. */
static bool
idle_is_awaited(const struct client *client, unsigned stage)
{
	switch ((enum idle_stage)stage) {
	case IDLE_REGISTER:
		return client->number == 0 || client_is_registrar(client);
	case IDLE_FIRST:
		return client->number < FIRST;
	case IDLE_ENTER:
		return client->number >= FIRST;
	case IDLE_BEFORE:
	case IDLE_AFTER:
		return client->number == 0;
	default:
		return true;
	}
}

static void
idle_ask(struct client *client)
{
	char request[PEER_AROUND_BYTES + sizeof PEER_TOKEN];
	size_t len = client_peer(client)->request(request, span_of(PEER_TOKEN));

	client->hello_ns = clock_ns();
	bot_arm(&client->bot);
	bot_send(&client->bot, (struct span){request, len});
}

static void
idle_begin(struct client *client, unsigned stage)
{
	bool first = client->number < FIRST;

	if (stage == IDLE_REGISTER && client_is_registrar(client))
		client_register(client);
	else if (stage == IDLE_REGISTER)
		client_pass(client, IDLE_REGISTER);
	else if (stage == (first ? IDLE_FIRST : IDLE_ENTER))
		client_enter(client, client_peer(client)->idle_role);
	else if (stage == IDLE_ASK)
		idle_ask(client);
}

static void
idle_on_entered(struct client *client, struct span name)
{
	(void)name;
	client_pass(client, client->number < FIRST ? IDLE_FIRST : IDLE_ENTER);
}

static void
idle_heard(
    struct client *client, enum peer_kind kind, const struct peer_frame *frame)
{
	struct run_thread *thread = client_thread(client);

	if (kind != PEER_ANSWER || thread->march.stage != IDLE_ASK) {
		client_tolerate(client, kind, frame, "silence");
		return;
	}
	bot_disarm(&client->bot);
	histogram_add(&thread->latencies[RUN_ROW_WORK],
	    thread->load.now_ns - client->hello_ns);
	client_pass(client, IDLE_ASK);
}

static size_t
idle_on_bytes(struct client *client, struct span bytes)
{
	return client_read_frames(client, bytes, idle_heard);
}

/* Reads the memory once it has had time to settle. */
static void
idle_on_tick(struct run_thread *thread)
{
	struct run *run = thread->run;
	struct idle *idle = idle_of(run);
	struct client *client;

	if (thread->index != 0 ||
	    (thread->march.stage != IDLE_BEFORE &&
		thread->march.stage != IDLE_AFTER) ||
	    thread->load.now_ns < run_end_ns(run, thread->march.stage))
		return;
	client = run_client(run, 0);
	if (client->passed > thread->march.stage)
		return;
	if (thread->march.stage == IDLE_BEFORE)
		idle->known =
		    process_read_memory(run->meter.pid, &idle->bytes_before);
	else if (!process_read_memory(run->meter.pid, &idle->bytes_after))
		idle->known = false;
	client_pass(client, thread->march.stage);
}

static const char *const stage_names[] = {
    "register", "first", "before", "enter", "after", "ask"};

static const struct run_ops idle_ops = {
    .scenario = "idle",
    .work = "ask",
    .stage_names = stage_names,
    .client_bytes = sizeof(struct client),
    .thread_bytes = sizeof(struct run_thread),
    .stages = IDLE_STAGES,
    .measured = IDLE_ENTER,
    .rest = IDLE_AFTER,
    .is_awaited = idle_is_awaited,
    .begin = idle_begin,
    .on_entered = idle_on_entered,
    .on_bytes = idle_on_bytes,
    .on_tick = idle_on_tick,
};

static int
idle_report(struct idle *idle)
{
	struct report *report = &idle->run.report;
	unsigned clients = idle->options->clients;
	double bytes = (double)idle->bytes_after - (double)idle->bytes_before;

	run_report(&idle->run, clients);
	report_fact(report, "clients", "%u", clients);
	report_fact(report, "clients_per_s", "%.0f",
	    (double)clients / meter_seconds(&idle->run.meter));
	if (idle->known) {
		report_fact(
		    report, "bytes_before", "%" PRIu64, idle->bytes_before);
		report_fact(
		    report, "bytes_after", "%" PRIu64, idle->bytes_after);
		report_fact(
		    report, "bytes_per_client", "%.0f", bytes / clients);
	} else {
		report_fact(report, "bytes_per_client", "-");
	}
	return report_print(report);
}

int
idle_main(int argc, char **argv)
{
	static const struct argp_child children[] = {
	    {&run_stay_argp, 0, NULL, 0}, {0}};
	const struct argp argp = {
	    .options = idle_argp_options,
	    .parser = parse_idle,
	    .doc = "N clients log in as fast as they can, and stay: what the "
		   "server needs for each. " BENCH_STATUS_DOC,
	    .children = children,
	};
	struct idle_options options;
	struct idle idle = {.options = &options};
	size_t clients;
	int status;

	if (argp_parse(&argp, argc, argv, 0, NULL, &options))
		return 2;
	clients = (size_t)options.clients + FIRST;
	bench_options_fit_threads(&options.run.common, clients);
	run_init(&idle.run, &idle_ops, &options.run, clients);
	idle.run.length_ns[IDLE_BEFORE] = SETTLE_NS;
	idle.run.length_ns[IDLE_AFTER] = SETTLE_NS;
	run_go(&idle.run);
	status = idle_report(&idle);
	run_fini(&idle.run);
	return status;
}
