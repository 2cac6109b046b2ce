/*
 * The scenario `register`: N clients, each of which registers one new account
 * after the other. Every answer is compared to the byte. When the server's
 * account file is on this machine, it also tells how many of them shared one
 * sync.
 */
#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench/clock.h"
#include "bench/crowd/batches.h"
#include "bench/crowd/number_option.h"
#include "bench/crowd/run.h"
#include "bench/scenario/scenario.h"
#include "reactor/check.h"

#define CLIENTS_MAX 1000000
#define WORDS_BYTES 64 /* "OK registered NAME" */

/*
 *   register  passed over: there is no account to be made before
 *   enter     all connect
 *   warm      as `talk`, but not measured
 *   before    nothing is under way; the account file's end is noted
 *   talk      all register
 */
enum register_stage {
	REGISTER_REGISTER,
	REGISTER_ENTER,
	REGISTER_WARM,
	REGISTER_BEFORE,
	REGISTER_TALK,
	REGISTER_STAGES,
};

enum option_key {
	KEY_FILE = 768,
};

struct register_options {
	struct run_options run;
	unsigned clients;
	const char *path; /* of the account file, or NULL */
};

struct registrar {
	struct client client;
	uint64_t sent_ns; /* what it waits for; 0: for nothing */
	uint32_t sent;    /* in all; the last one's number is one less */
};

struct registration {
	struct run run;
	const struct register_options *options;
	struct batches file; /* open if options->path */
};

static const struct argp_option register_argp_options[] = {
    {"clients", 'n', "N", 0, "clients at once (default 200)", 0},
    {"accounts-file", KEY_FILE, "FILE", 0,
	"the server's account file, if it is on this machine: tells how many "
	"registrations shared one sync; it is only read",
	0},
    {0},
};

static const struct number_option numbers[] = {
    NUMBER_OPTION(
	'n', "clients", 1, CLIENTS_MAX, struct register_options, clients),
    {0},
};

static error_t
parse_register(int key, char *argument, struct argp_state *state)
{
	struct register_options *options = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		options->clients = 200;
		options->path = NULL;
		state->child_inputs[0] = &options->run;
		return 0;
	case KEY_FILE:
		options->path = argument;
		return 0;
	default:
		return number_option_parse(numbers, key, argument, state);
	}
}

static struct registrar *
registrar_of(struct client *client)
{
	return list_entry(client, struct registrar, client);
}

static struct registration *
registration_of(const struct client *client)
{
	return list_entry(client_run(client), struct registration, run);
}

/* The name of its nth account; unlike those of all others. */
static void
registrar_name(const struct registrar *registrar, uint32_t nth,
    char out[NAME_BYTES_MAX + 1])
{
	const struct run *run = client_run(&registrar->client);
	uint64_t number =
	    nth * (uint64_t)run->client_count + registrar->client.number;
	int len =
	    snprintf(out, NAME_BYTES_MAX + 1, "%s%" PRIx64, run->names, number);

	check(len <= NAME_BYTES_MAX);
}

static void
registrar_ask(struct registrar *registrar)
{
	struct client *client = &registrar->client;
	char name[NAME_BYTES_MAX + 1];
	const struct peer_login who = {name, client->number};
	char hello[PEER_HELLO_BYTES];
	size_t len;

	registrar_name(registrar, registrar->sent++, name);
	len = client_peer(client)->hello(hello, PEER_NEW, &who);
	registrar->sent_ns = clock_ns();
	bot_arm(&client->bot);
	bot_send(&client->bot, (struct span){hello, len});
}

/* The next one, or the end of the stage. */
static void
registrar_go_on(struct registrar *registrar)
{
	struct client *client = &registrar->client;
	const struct run_thread *thread = client_thread(client);

	if (thread->load.now_ns <
	    run_end_ns(thread->run, thread->march.stage)) {
		registrar_ask(registrar);
		return;
	}
	bot_disarm(&client->bot);
	client_pass(client, thread->march.stage);
}

static void
registrar_heard(
    struct client *client, enum peer_kind kind, const struct peer_frame *frame)
{
	struct registrar *registrar = registrar_of(client);
	struct run_thread *thread = client_thread(client);
	char due[WORDS_BYTES] = "silence";
	char name[NAME_BYTES_MAX + 1];

	if (registrar->sent_ns) {
		registrar_name(registrar, registrar->sent - 1, name);
		snprintf(due, sizeof due, "OK registered %s", name);
	}
	if (kind != PEER_READY || !span_equals(frame->text, span_of(due))) {
		client_tolerate(client, kind, frame, due);
		return;
	}
	if (thread->march.stage == REGISTER_TALK)
		histogram_add(&thread->latencies[RUN_ROW_WORK],
		    thread->load.now_ns - registrar->sent_ns);
	registrar->sent_ns = 0;
	registrar_go_on(registrar);
}

static size_t
register_on_bytes(struct client *client, struct span bytes)
{
	return client_read_frames(client, bytes, registrar_heard);
}

static bool
register_is_awaited(const struct client *client, unsigned stage)
{
	return (stage != REGISTER_REGISTER && stage != REGISTER_BEFORE) ||
	       client->number == 0;
}

static void
register_begin(struct client *client, unsigned stage)
{
	struct registration *registration = registration_of(client);

	switch (stage) {
	case REGISTER_ENTER:
		client_enter(client, PEER_GUEST);
		return;
	case REGISTER_BEFORE:
		if (client->number == 0 && registration->options->path)
			batches_begin(&registration->file);
		client_pass(client, stage);
		return;
	case REGISTER_WARM:
	case REGISTER_TALK:
		registrar_go_on(registrar_of(client));
		return;
	default:
		client_pass(client, stage);
	}
}

static void
register_on_entered(struct client *client, struct span name)
{
	(void)name;
	client_pass(client, REGISTER_ENTER);
}

static const char *const stage_names[] = {
    "register", "enter", "warm", "before", "talk"};

static const struct run_ops register_ops = {
    .scenario = "register",
    .work = "sign-up", /* "register" is the row of accounts made before */
    .unit = "registrations",
    .stage_names = stage_names,
    .client_bytes = sizeof(struct registrar),
    .thread_bytes = sizeof(struct run_thread),
    .stages = REGISTER_STAGES,
    .measured = REGISTER_TALK,
    .rest = REGISTER_STAGES,
    .is_awaited = register_is_awaited,
    .begin = register_begin,
    .on_entered = register_on_entered,
    .on_bytes = register_on_bytes,
};

/* Each account that was acknowledged must be in the file, if it is the right
 * one. */
static void
report_syncs(struct registration *registration, uint64_t registrations)
{
	struct report *report = &registration->run.report;
	struct batches_count count = {0};
	bool known = false;

	if (registration->options->path)
		known = batches_read(&registration->file, &count);
	if (known && count.registered < registrations) {
		warnx("%s has %" PRIu64 " new accounts of %" PRIu64
		      ": is it the server's?",
		    registration->options->path, count.registered,
		    registrations);
		known = false;
	}
	if (known && count.batches > 0) {
		report_fact(report, "batches", "%" PRIu64, count.batches);
		report_fact(report, "registrations_per_sync", "%.1f",
		    (double)count.registered / (double)count.batches);
	} else {
		report_fact(report, "batches", "-");
		report_fact(report, "registrations_per_sync", "-");
	}
}

static int
register_report(struct registration *registration)
{
	struct run *run = &registration->run;
	struct report *report = &run->report;
	uint64_t count = report->rows[RUN_ROW_WORK].latencies.count;

	run_report(run, count);
	report_fact(report, "clients", "%u", registration->options->clients);
	report_fact(report, "registrations", "%" PRIu64, count);
	report_fact(report, "registrations_per_s", "%.0f",
	    (double)count / meter_seconds(&run->meter));
	report_syncs(registration, count);
	return report_print(report);
}

int
register_main(int argc, char **argv)
{
	static const struct argp_child children[] = {
	    {&run_load_argp, 0, NULL, 0}, {0}};
	const struct argp argp = {
	    .options = register_argp_options,
	    .parser = parse_register,
	    .doc = "N clients register one new account after the other. Every "
		   "answer is checked. " BENCH_STATUS_DOC,
	    .children = children,
	};
	struct register_options options;
	struct registration registration = {.options = &options};
	int status;

	if (argp_parse(&argp, argc, argv, 0, NULL, &options))
		return 2;
	bench_options_fit_threads(&options.run.common, options.clients);
	if (options.path && batches_open(&registration.file, options.path)) {
		warn("--accounts-file %s", options.path);
		return 2;
	}
	run_init(
	    &registration.run, &register_ops, &options.run, options.clients);
	registration.run.length_ns[REGISTER_WARM] =
	    options.run.warmup_ms * NS_PER_MS;
	registration.run.length_ns[REGISTER_TALK] =
	    options.run.seconds_ms * NS_PER_MS;
	run_go(&registration.run);
	status = register_report(&registration);
	run_fini(&registration.run);
	if (options.path)
		batches_close(&registration.file);
	return status;
}
