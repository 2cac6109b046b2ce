/*
 * The scenario `echo`: N clients, each of which keeps D requests outstanding
 * for a while. Every answer is compared to the byte, in the order asked. As
 * many new requests as a read has brought answers go out in one send.
 */
#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/clock.h"
#include "bench/crowd/number_option.h"
#include "bench/crowd/run.h"
#include "bench/expect/payload.h"
#include "bench/scenario/scenario.h"
#include "reactor/check.h"

#define CLIENTS_MAX  1000000
#define DEPTH_MAX    1024
#define REQUESTS_MAX 1000000000
#define TEXT_BYTES   64

enum echo_stage {
	ECHO_REGISTER, /* passed over: guests may converse */
	ECHO_ENTER,
	ECHO_WARM,
	ECHO_TALK,
	ECHO_STAGES,
};

struct echo_options {
	struct run_options run;
	unsigned clients;
	unsigned depth;
	unsigned requests; /* of each client; 0: as many as there is time for */
};

struct echo_client {
	struct client client;
	uint32_t sent;
	uint32_t answered;
	uint32_t last;     /* of this stage; the stage ends without it too */
	uint64_t *sent_ns; /* in times; of request i at i % depth */
};

struct echo_thread {
	struct run_thread thread;
	char *requests; /* owned; room for `depth` */
};

struct echo {
	struct run run;
	const struct echo_options *options;
	uint64_t *times; /* owned; depth of each client */
};

static const struct argp_option echo_argp_options[] = {
    {"clients", 'n', "N", 0, "clients at once (default 100)", 0},
    {"depth", 'd', "D", 0, "requests that each keeps outstanding (default 1)",
	0},
    {"requests", 'r', "R", 0,
	"end when each client has made R requests, instead of --seconds", 0},
    {0},
};

static const struct number_option numbers[] = {
    NUMBER_OPTION('n', "clients", 1, CLIENTS_MAX, struct echo_options, clients),
    NUMBER_OPTION('d', "depth", 1, DEPTH_MAX, struct echo_options, depth),
    NUMBER_OPTION(
	'r', "requests", 1, REQUESTS_MAX, struct echo_options, requests),
    {0},
};

static error_t
parse_echo(int key, char *argument, struct argp_state *state)
{
	struct echo_options *options = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		options->clients = 100;
		options->depth = 1;
		options->requests = 0;
		state->child_inputs[0] = &options->run;
		return 0;
	case ARGP_KEY_SUCCESS:
		if (options->requests && options->run.seconds_given)
			argp_error(state,
			    "--seconds: it ends after so many --requests");
		return 0;
	default:
		return number_option_parse(numbers, key, argument, state);
	}
}

static struct echo_client *
echo_client_of(struct client *client)
{
	return list_entry(client, struct echo_client, client);
}

static struct echo *
echo_of(const struct client *client)
{
	return list_entry(client_run(client), struct echo, run);
}

/* What a client says as its nth; unlike all that others say. */
static void
echo_text(const struct client *client, uint32_t nth, char out[TEXT_BYTES])
{
	static const char words[TEXT_BYTES + 1] =
	    "client 00000000 says 00000000: to be, or not to be, is the quest";

	memcpy(out, words, TEXT_BYTES);
	payload_put_hex(out + 7, client->number, 8);
	payload_put_hex(out + 21, nth, 8);
}

/* May it ask once more in this stage? */
static uint32_t
echo_wants(const struct echo_client *echoer)
{
	const struct echo *echo = echo_of(&echoer->client);
	const struct run_thread *thread = client_thread(&echoer->client);
	uint32_t room =
	    echo->options->depth - (echoer->sent - echoer->answered);
	uint32_t left = echoer->last - echoer->sent;

	if (thread->load.now_ns >=
		run_end_ns(&echo->run, thread->march.stage) &&
	    (!echo->options->requests || thread->march.stage == ECHO_WARM))
		return 0;
	return room < left ? room : left;
}

static void
echo_ask(struct echo_client *echoer, uint32_t count)
{
	const struct echo *echo = echo_of(&echoer->client);
	struct echo_thread *thread = list_entry(
	    client_thread(&echoer->client), struct echo_thread, thread);
	uint64_t now = clock_ns();
	char *at = thread->requests;
	char text[TEXT_BYTES];

	for (uint32_t i = 0; i < count; i++) {
		echoer->sent_ns[echoer->sent % echo->options->depth] = now;
		echo_text(&echoer->client, echoer->sent++, text);
		at += echo->run.options->peer->request(
		    at, (struct span){text, TEXT_BYTES});
	}
	bot_arm(&echoer->client.bot);
	bot_send(&echoer->client.bot,
	    (struct span){thread->requests, (size_t)(at - thread->requests)});
}

/* Asks as much as it may, or leaves the stage. */
static void
echo_go_on(struct echo_client *echoer)
{
	uint32_t count = echo_wants(echoer);

	if (count > 0) {
		echo_ask(echoer, count);
	} else if (echoer->sent == echoer->answered) {
		bot_disarm(&echoer->client.bot);
		client_pass(&echoer->client,
		    client_thread(&echoer->client)->march.stage);
	}
}

/* True when the answer is the one that is due. */
static bool
echo_answered(struct echo_client *echoer, struct span text)
{
	struct echo *echo = echo_of(&echoer->client);
	struct run_thread *thread = client_thread(&echoer->client);
	char due[TEXT_BYTES];
	struct span expected = {due, TEXT_BYTES};
	uint64_t sent_ns;

	echo_text(&echoer->client, echoer->answered, due);
	if (echoer->answered == echoer->sent)
		expected = span_of("silence");
	if (echoer->answered == echoer->sent ||
	    (echo->run.options->peer->returns_text &&
		!span_equals(text, expected))) {
		client_fail(&echoer->client, expected, text);
		return false;
	}
	sent_ns = echoer->sent_ns[echoer->answered % echo->options->depth];
	echoer->answered++;
	if (thread->march.stage == ECHO_TALK)
		histogram_add(&thread->latencies[RUN_ROW_WORK],
		    thread->load.now_ns - sent_ns);
	return true;
}

static size_t
echo_on_bytes(struct client *client, struct span bytes)
{
	struct echo_client *echoer = echo_client_of(client);
	const struct peer *peer = client_peer(client);
	struct peer_frame frame;
	enum peer_kind kind;
	bool answered = false;
	size_t used = 0;

	for (;;) {
		kind = peer->read(
		    (struct span){bytes.at + used, bytes.len - used}, &frame);
		if (kind == PEER_MORE)
			break;
		used += frame.len;
		answered = answered || kind == PEER_ANSWER;
		if (kind == PEER_ANSWER
			? !echo_answered(echoer, frame.text)
			: !client_tolerate(client, kind, &frame, "an answer"))
			return used;
	}
	/* A server's own calls come at any time. */
	if (answered)
		echo_go_on(echoer);
	return used;
}

static bool
echo_is_awaited(const struct client *client, unsigned stage)
{
	return stage != ECHO_REGISTER || client->number == 0;
}

static void
echo_begin(struct client *client, unsigned stage)
{
	struct echo_client *echoer = echo_client_of(client);
	struct echo *echo = echo_of(client);

	if (stage == ECHO_REGISTER) {
		client_pass(client, ECHO_REGISTER);
		return;
	}
	if (stage == ECHO_ENTER) {
		client_enter(client, PEER_GUEST);
		return;
	}
	echoer->last = UINT32_MAX;
	if (stage == ECHO_TALK && echo->options->requests)
		echoer->last = echoer->sent + echo->options->requests;
	echo_go_on(echoer);
}

static void
echo_on_entered(struct client *client, struct span name)
{
	(void)name;
	client_pass(client, ECHO_ENTER);
}

static const char *const stage_names[] = {"register", "enter", "warm", "talk"};

static const struct run_ops echo_ops = {
    .scenario = "echo",
    .work = "echo",
    .unit = "requests",
    .stage_names = stage_names,
    .client_bytes = sizeof(struct echo_client),
    .thread_bytes = sizeof(struct echo_thread),
    .stages = ECHO_STAGES,
    .measured = ECHO_TALK,
    .rest = ECHO_STAGES,
    .is_awaited = echo_is_awaited,
    .begin = echo_begin,
    .on_entered = echo_on_entered,
    .on_bytes = echo_on_bytes,
};

static void
echo_init(struct echo *echo, const struct echo_options *options)
{
	size_t depth = options->depth;
	struct echo_thread *thread;
	struct echo_client *echoer;

	echo->options = options;
	echo->times = calloc(options->clients, depth * sizeof *echo->times);
	run_init(&echo->run, &echo_ops, &options->run, options->clients);
	echo->run.length_ns[ECHO_WARM] = options->run.warmup_ms * NS_PER_MS;
	if (!options->requests)
		echo->run.length_ns[ECHO_TALK] =
		    options->run.seconds_ms * NS_PER_MS;
	for (unsigned i = 0; i < options->run.common.threads; i++) {
		thread = list_entry(
		    run_thread(&echo->run, i), struct echo_thread, thread);
		thread->requests =
		    malloc(depth * (TEXT_BYTES + PEER_AROUND_BYTES));
		if (!thread->requests || !echo->times)
			err(EXIT_FAILURE, "memory for requests");
	}
	for (unsigned i = 0; i < options->clients; i++) {
		echoer = echo_client_of(run_client(&echo->run, i));
		echoer->sent_ns = echo->times + i * depth;
	}
}

static void
echo_fini(struct echo *echo)
{
	for (unsigned i = 0; i < echo->options->run.common.threads; i++)
		free(list_entry(
		    run_thread(&echo->run, i), struct echo_thread, thread)
			 ->requests);
	run_fini(&echo->run);
	free(echo->times);
}

static int
echo_report(struct echo *echo)
{
	struct report *report = &echo->run.report;
	uint64_t answers = report->rows[RUN_ROW_WORK].latencies.count;

	run_report(&echo->run, answers);
	report_fact(report, "clients", "%u", echo->options->clients);
	report_fact(report, "depth", "%u", echo->options->depth);
	report_fact(report, "requests_per_s", "%.0f",
	    (double)answers / meter_seconds(&echo->run.meter));
	return report_print(report);
}

int
echo_main(int argc, char **argv)
{
	static const struct argp_child children[] = {
	    {&run_guest_argp, 0, NULL, 0}, {0}};
	const struct argp argp = {
	    .options = echo_argp_options,
	    .parser = parse_echo,
	    .doc = "N clients converse, each with D requests outstanding. "
		   "Every answer is checked. " BENCH_STATUS_DOC,
	    .children = children,
	};
	struct echo_options options;
	struct echo echo;
	int status;

	if (argp_parse(&argp, argc, argv, 0, NULL, &options))
		return 2;
	bench_options_fit_threads(&options.run.common, options.clients);
	echo_init(&echo, &options);
	run_go(&echo.run);
	status = echo_report(&echo);
	echo_fini(&echo);
	return status;
}
