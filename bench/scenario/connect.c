/*
 * The scenario `connect`: N clients, each of which connects, asks one thing,
 * leaves when that is answered, and comes again, for a while: what a visit
 * costs. Where the server is on loopback each visit comes from another address
 * of it, so that the ports of one, which rest for a minute after a visit, are
 * never used up.
 */
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "bench/clock.h"
#include "bench/crowd/number_option.h"
#include "bench/crowd/run.h"
#include "bench/expect/payload.h"
#include "bench/load/loopback.h"
#include "bench/scenario/scenario.h"
#include "reactor/check.h"

#define CLIENTS_MAX 1000000
#define TEXT_BYTES  24
/* Some 28,000 ports each, which is more than anyone visits in a minute. */
#define SOURCES 1000

enum connect_stage {
	CONNECT_REGISTER, /* passed over: guests may ask */
	CONNECT_WARM,
	CONNECT_VISIT,
	CONNECT_STAGES,
};

enum connect_row {
	CONNECT_ROW_VISIT = RUN_ROW_WORK,
	CONNECT_ROW_ANSWER,
	CONNECT_ROW_LEAVE,
};

enum option_key {
	KEY_LEAVE = 768,
};

enum leave {
	LEAVE_CLOSE, /* its end of the connection */
	LEAVE_QUIT,  /* it says so, and the server closes */
	LEAVE_RESET, /* without an orderly end */
};

struct connect_options {
	struct run_options run;
	unsigned clients;
	enum leave leave;
};

struct visitor {
	struct client client;
	uint64_t asked_ns;
	uint64_t quit_ns;
	uint32_t visits; /* the last one's number is one less */
	enum connect_row row;
	bool said_bye; /* the server, in this visit */
};

static const char *const leave_words[] = {"close", "quit", "reset", NULL};

static const struct argp_option connect_argp_options[] = {
    {"clients", 'n', "N", 0, "clients at once (default 100)", 0},
    {"leave", KEY_LEAVE, "HOW", 0,
	"how a visit ends: the client closes (close, the default), says so and "
	"has the server close (quit), or resets the connection (reset)",
	0},
    {0},
};

static const struct number_option numbers[] = {
    NUMBER_OPTION(
	'n', "clients", 1, CLIENTS_MAX, struct connect_options, clients),
    {0},
};

static enum leave
parse_leave(struct argp_state *state, const char *argument)
{
	for (unsigned i = 0; leave_words[i]; i++)
		if (!strcmp(argument, leave_words[i]))
			return (enum leave)i;
	argp_error(
	    state, "--leave %s: it is none of close, quit and reset", argument);
	return LEAVE_CLOSE;
}

/* What single options cannot say. */
static void
finish_options(struct argp_state *state, struct connect_options *options)
{
	if (options->leave == LEAVE_QUIT && !options->run.peer->quit)
		argp_error(state, "--leave quit: --peer %s cannot have that",
		    options->run.peer->name);
	bench_options_fit_threads(&options->run.common, options->clients);
	if (!options->run.sources &&
	    loopback_is(&options->run.common.target.address.any))
		options->run.sources = SOURCES;
	options->run.at_once = INT_MAX; /* they are all, all the time */
}

static error_t
parse_connect(int key, char *argument, struct argp_state *state)
{
	struct connect_options *options = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		options->clients = 100;
		options->leave = LEAVE_CLOSE;
		state->child_inputs[0] = &options->run;
		return 0;
	case KEY_LEAVE:
		options->leave = parse_leave(state, argument);
		return 0;
	case ARGP_KEY_SUCCESS:
		finish_options(state, options);
		return 0;
	default:
		return number_option_parse(numbers, key, argument, state);
	}
}

static struct visitor *
visitor_of(struct client *client)
{
	return list_entry(client, struct visitor, client);
}

static enum leave
visitor_leaves_by(const struct visitor *visitor)
{
	const struct run_options *options =
	    client_run(&visitor->client)->options;

	return list_entry(options, struct connect_options, run)->leave;
}

static void
visitor_count(const struct visitor *visitor, enum connect_row row, uint64_t ns)
{
	struct run_thread *thread = client_thread(&visitor->client);

	histogram_add(&thread->latencies[row], thread->load.now_ns - ns);
}

/* What it asks in this visit; unlike what anyone asks in any other. */
static void
visitor_text(const struct visitor *visitor, char out[TEXT_BYTES])
{
	static const char words[TEXT_BYTES + 1] = "client 00000000 00000000";

	memcpy(out, words, TEXT_BYTES);
	payload_put_hex(out + 7, visitor->client.number, 8);
	payload_put_hex(out + 16, visitor->visits, 8);
}

static void
visitor_ask(struct visitor *visitor)
{
	struct client *client = &visitor->client;
	char request[PEER_AROUND_BYTES + TEXT_BYTES];
	char text[TEXT_BYTES];
	size_t len;

	visitor_text(visitor, text);
	len = client_peer(client)->request(
	    request, (struct span){text, TEXT_BYTES});
	visitor->row = CONNECT_ROW_ANSWER;
	visitor->asked_ns = clock_ns();
	bot_arm(&client->bot);
	bot_send(&client->bot, (struct span){request, len});
}

/* The next visit, or the end of the stage. */
static void
visitor_go_on(struct visitor *visitor)
{
	struct client *client = &visitor->client;
	const struct run_thread *thread = client_thread(client);

	if (thread->load.now_ns < run_end_ns(thread->run, thread->march.stage))
		client_enter(client, PEER_GUEST);
	else
		client_pass(client, thread->march.stage);
}

/* The visit is over, and the connection. */
static void
visitor_left(struct visitor *visitor)
{
	visitor_count(
	    visitor, CONNECT_ROW_VISIT, visitor->client.bot.connect_ns);
	visitor->visits++;
	visitor->said_bye = false;
	client_leave(&visitor->client);
	visitor_go_on(visitor);
}

static void
visitor_leave(struct visitor *visitor)
{
	struct client *client = &visitor->client;

	switch (visitor_leaves_by(visitor)) {
	case LEAVE_QUIT:
		visitor->row = CONNECT_ROW_LEAVE;
		visitor->quit_ns = clock_ns();
		bot_arm(&client->bot);
		bot_send(&client->bot, span_of(client_peer(client)->quit));
		return;
	case LEAVE_RESET:
		bot_reset(&client->bot);
		visitor_left(visitor);
		return;
	case LEAVE_CLOSE:
		visitor_left(visitor);
		return;
	}
}

/* The answer to what it has asked must be the only one. */
static void
visitor_answered(struct visitor *visitor, struct span text)
{
	const struct peer *peer = client_peer(&visitor->client);
	char due[TEXT_BYTES];
	struct span expected = {due, TEXT_BYTES};

	visitor_text(visitor, due);
	if (peer->returns_text && !span_equals(text, expected)) {
		client_fail(&visitor->client, expected, text);
		return;
	}
	visitor_count(visitor, CONNECT_ROW_ANSWER, visitor->asked_ns);
	visitor_leave(visitor);
}

/* One frame. Returns its length; 0 when it is not whole. */
static size_t
visitor_heard(struct visitor *visitor, struct span bytes)
{
	struct client *client = &visitor->client;
	const struct peer *peer = client_peer(client);
	bool quits = visitor->row == CONNECT_ROW_LEAVE;
	struct peer_frame frame = {0};
	enum peer_kind kind = peer->read(bytes, &frame);

	if (kind == PEER_MORE)
		return 0;
	if (kind == PEER_ANSWER && !quits)
		visitor_answered(visitor, frame.text);
	else if (quits && !visitor->said_bye &&
		 span_equals(
		     (struct span){bytes.at, frame.len}, span_of(peer->bye)))
		visitor->said_bye = true;
	else
		client_tolerate(client, kind, &frame,
		    visitor->said_bye ? "the end of the connection"
		    : quits           ? peer->bye
				      : "an answer");
	return frame.len;
}

static size_t
connect_on_bytes(struct client *client, struct span bytes)
{
	size_t used = 0;
	size_t one;

	do {
		one = visitor_heard(visitor_of(client),
		    (struct span){bytes.at + used, bytes.len - used});
		used += one;
	} while (one > 0 && client->state == CLIENT_IN);
	return used;
}

/* The server closes when it has said goodbye, and then in order. */
static bool
connect_may_lose(struct client *client, int error)
{
	struct visitor *visitor = visitor_of(client);

	if (!visitor->said_bye || error)
		return false;
	visitor_count(visitor, CONNECT_ROW_LEAVE, visitor->quit_ns);
	visitor_left(visitor);
	return true;
}

static bool
connect_is_awaited(const struct client *client, unsigned stage)
{
	return stage != CONNECT_REGISTER || client->number == 0;
}

/* No visit is under way then: what was counted before is not measured. */
static void
connect_on_stage(struct run_thread *thread, unsigned stage)
{
	if (stage == CONNECT_VISIT)
		memset(thread->latencies, 0, sizeof thread->latencies);
}

static void
connect_begin(struct client *client, unsigned stage)
{
	if (stage == CONNECT_REGISTER)
		client_pass(client, stage);
	else
		visitor_go_on(visitor_of(client));
}

static void
connect_on_entered(struct client *client, struct span name)
{
	(void)name;
	visitor_ask(visitor_of(client));
}

static unsigned
connect_row_of(const struct client *client)
{
	return list_entry(client, const struct visitor, client)->row;
}

static const char *const connect_more[] = {"answer", "leave", NULL};

static const char *const connect_stages[] = {NULL, "warm", "visit"};

static const struct run_ops connect_ops = {
    .scenario = "connect",
    .work = "visit",
    .unit = "visits",
    .stage_names = connect_stages,
    .more = connect_more,
    .client_bytes = sizeof(struct visitor),
    .thread_bytes = sizeof(struct run_thread),
    .stages = CONNECT_STAGES,
    .measured = CONNECT_VISIT,
    .rest = CONNECT_STAGES,
    .is_awaited = connect_is_awaited,
    .on_stage = connect_on_stage,
    .begin = connect_begin,
    .on_entered = connect_on_entered,
    .on_bytes = connect_on_bytes,
    .may_lose = connect_may_lose,
    .row_of = connect_row_of,
};

static int
connect_report(struct run *run, const struct connect_options *options)
{
	struct report *report = &run->report;
	uint64_t visits = report->rows[CONNECT_ROW_VISIT].latencies.count;

	run_report(run, visits);
	report_fact(report, "clients", "%u", options->clients);
	report_fact(report, "leave", "%s", leave_words[options->leave]);
	report_fact(report, "visits", "%" PRIu64, visits);
	report_fact(report, "visits_per_s", "%.0f",
	    (double)visits / meter_seconds(&run->meter));
	return report_print(report);
}

int
connect_main(int argc, char **argv)
{
	static const struct argp_child children[] = {
	    {&run_visit_argp, 0, NULL, 0}, {0}};
	const struct argp argp = {
	    .options = connect_argp_options,
	    .parser = parse_connect,
	    .doc = "N clients connect, ask one thing, leave when it is "
		   "answered, and come again. Every answer is checked, and "
		   "every goodbye. " BENCH_STATUS_DOC,
	    .children = children,
	};
	struct connect_options options;
	struct run run;
	int status;

	if (argp_parse(&argp, argc, argv, 0, NULL, &options))
		return 2;
	run_init(&run, &connect_ops, &options.run, options.clients);
	run.length_ns[CONNECT_WARM] = options.run.warmup_ms * NS_PER_MS;
	run.length_ns[CONNECT_VISIT] = options.run.seconds_ms * NS_PER_MS;
	run_go(&run);
	status = connect_report(&run, &options);
	run_fini(&run);
	return status;
}
