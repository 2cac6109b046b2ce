/*
 * The scenario `rooms`: many rooms, each of a few members, all of whom speak.
 * This file sets it up, moves the clients from stage to stage (rooms_priv.h
 * lists them) and reports.
 */
#include <ctype.h>
#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench/crowd/number_option.h"
#include "bench/expect/payload.h"
#include "bench/scenario/rooms_priv.h"
#include "bench/scenario/scenario.h"
#include "reactor/check.h"

#define CLIENTS_MAX   1000000
#define MEMBERS_MAX   10000
#define MESSAGES_MAX  1000000
#define WINDOW_MAX    256
#define MESSAGE_BYTES (PAYLOAD_BYTES_MAX + PEER_AROUND_BYTES)

#define KEY_EACH 768

static const struct argp_option rooms_argp_options[] = {
    {"rooms", 'r', "R", 0, "rooms (default 100)", 0},
    {"members", 'n', "M", 0, "members of each room (default 10)", 0},
    {"messages", 'm', "K", 0,
	"messages that each member says in a room (default 10)", 0},
    {"rooms-each", KEY_EACH, "J", 0, "rooms that each client is in (default 1)",
	0},
    {"window", 'w', "W", 0,
	"messages that each client keeps outstanding until it hears its own "
	"copy (default 4)",
	0},
    {"bytes", 'b', "B", 0, "size of a message's text (default 100)", 0},
    {0},
};

static const struct number_option numbers[] = {
    NUMBER_OPTION(
	'r', "rooms", 1, SERVER_ROOMS_MAX, struct rooms_options, roster.rooms),
    NUMBER_OPTION(
	'n', "members", 1, MEMBERS_MAX, struct rooms_options, roster.members),
    NUMBER_OPTION('m', "messages", 1, MESSAGES_MAX, struct rooms_options,
	roster.messages),
    NUMBER_OPTION(KEY_EACH, "rooms-each", 1, SESSION_ROOMS_MAX,
	struct rooms_options, roster.each),
    NUMBER_OPTION('w', "window", 1, WINDOW_MAX, struct rooms_options, window),
    NUMBER_OPTION('b', "bytes", PAYLOAD_BYTES_MIN, PAYLOAD_BYTES_MAX,
	struct rooms_options, bytes),
    {0},
};

static void
set_defaults(struct argp_state *state, struct rooms_options *options)
{
	options->roster = (struct roster){
	    .rooms = 100, .members = 10, .each = 1, .messages = 10};
	options->window = 4;
	options->bytes = 100;
	state->child_inputs[0] = &options->run;
}

/* What single options cannot say. */
static void
check_options(struct argp_state *state, const struct rooms_options *options)
{
	const char *wrong = roster_wrong(&options->roster);

	if (!options->run.peer->rooms)
		argp_error(state, "--peer %s: this is for throng's rooms alone",
		    options->run.peer->name);
	if (wrong)
		argp_error(
		    state, "--rooms %u: %s", options->roster.rooms, wrong);
	if (roster_clients(&options->roster) > CLIENTS_MAX)
		argp_error(state, "--rooms %u: these are %zu clients, of %d",
		    options->roster.rooms, roster_clients(&options->roster),
		    CLIENTS_MAX);
}

static error_t
parse_rooms(int key, char *argument, struct argp_state *state)
{
	switch (key) {
	case ARGP_KEY_INIT:
		set_defaults(state, state->input);
		return 0;
	case ARGP_KEY_SUCCESS:
		check_options(state, state->input);
		return 0;
	default:
		return number_option_parse(numbers, key, argument, state);
	}
}

static bool
rooms_is_awaited(const struct client *client, unsigned stage)
{
	return stage != ROOMS_REGISTER || client_is_registrar(client);
}

static void
rooms_begin(struct client *client, unsigned stage)
{
	struct rooms_client *member = rooms_client_of(client);

	switch ((enum rooms_stage)stage) {
	case ROOMS_REGISTER:
		if (client_is_registrar(client))
			client_register(client);
		break;
	case ROOMS_ENTER:
		client_enter(client, PEER_USER);
		break;
	case ROOMS_JOIN:
		rooms_join(member);
		break;
	case ROOMS_TALK:
		rooms_go_on(member);
		break;
	default:
		rooms_part(member);
	}
}

static void
rooms_on_entered(struct client *client, struct span name)
{
	struct rooms_client *member = rooms_client_of(client);

	check(name.len < sizeof member->name);
	*peer_put(member->name, name) = '\0';
	client_pass(client, ROOMS_ENTER);
}

/* Nobody may wait for ever for messages that do not come; as long as some do,
 * they may be many. */
static void
rooms_on_tick(struct run_thread *thread)
{
	uint64_t since_ns =
	    list_entry(thread, struct rooms_thread, thread)->heard_ns;
	struct client *client;

	if (thread->march.stage != ROOMS_TALK)
		return;
	if (since_ns < run_begin_ns(thread->run, ROOMS_TALK))
		since_ns = run_begin_ns(thread->run, ROOMS_TALK);
	if (thread->load.now_ns - since_ns < thread->load.timeout_ns)
		return;
	for (size_t i = 0; i < thread->count; i++) {
		client = run_client(thread->run, thread->first + i);
		if (client->passed <= ROOMS_TALK)
			client_fail(client, span_of("all messages"),
			    span_of("nothing more in time"));
	}
}

static const char *const stage_names[] = {
    "register", "enter", "join", "talk", "part"};

static const struct run_ops rooms_ops = {
    .scenario = "rooms",
    .work = "deliver",
    .unit = "deliveries",
    .stage_names = stage_names,
    .client_bytes = sizeof(struct rooms_client),
    .thread_bytes = sizeof(struct rooms_thread),
    .stages = ROOMS_STAGES,
    .measured = ROOMS_TALK,
    .rest = ROOMS_PART,
    .is_awaited = rooms_is_awaited,
    .begin = rooms_begin,
    .on_entered = rooms_on_entered,
    .on_bytes = rooms_hear,
    .on_tick = rooms_on_tick,
};

static void
rooms_init_seats(struct rooms *rooms)
{
	const struct roster *roster = &rooms->options->roster;
	size_t seats = roster_seats(roster);

	rooms->seats = calloc(seats, sizeof *rooms->seats);
	rooms->said = calloc(seats, roster->members * sizeof *rooms->said);
	if (!rooms->seats || !rooms->said)
		err(EXIT_FAILURE, "memory for %zu members", seats);
	for (size_t i = 0; i < seats; i++)
		rooms->seats[i].said = rooms->said + i * roster->members;
}

/* One thread's: room for a window of messages, and for all of a client's
 * joins. */
static void
rooms_init_thread(struct rooms *rooms, unsigned index)
{
	struct rooms_thread *thread = list_entry(
	    run_thread(&rooms->run, index), struct rooms_thread, thread);

	thread->batch =
	    malloc((size_t)rooms->options->window * MESSAGE_BYTES +
		   (size_t)rooms->options->roster.each * PEER_HELLO_BYTES);
	if (!thread->batch)
		err(EXIT_FAILURE, "memory for messages");
}

static void
rooms_init(struct rooms *rooms, const struct rooms_options *options)
{
	*rooms = (struct rooms){.options = options};
	rooms_init_seats(rooms);
	run_init(&rooms->run, &rooms_ops, &options->run,
	    roster_clients(&options->roster));
	for (unsigned i = 0; i < options->run.common.threads; i++)
		rooms_init_thread(rooms, i);
	/* As a server shows rooms' names. */
	for (size_t i = 0; rooms->run.names[i]; i++)
		rooms->prefix[i] =
		    (char)tolower((unsigned char)rooms->run.names[i]);
}

static void
rooms_fini(struct rooms *rooms)
{
	for (unsigned i = 0; i < rooms->options->run.common.threads; i++)
		free(list_entry(
		    run_thread(&rooms->run, i), struct rooms_thread, thread)
			 ->batch);
	run_fini(&rooms->run);
	free(rooms->said);
	free(rooms->seats);
}

/* Whether all members of the room that have heard all have heard one order. */
static void
rooms_audit(struct rooms *rooms, unsigned room)
{
	const struct roster *roster = &rooms->options->roster;
	const struct seat *first = NULL;
	struct report_failure failure = {
	    .expected = span_of("one order for all its members"),
	    .got = span_of("another one for one of them"),
	};
	char who[32];

	for (unsigned place = 0; place < roster->members; place++) {
		const struct seat *seat =
		    &rooms->seats[roster_seat(roster, room, place)];

		if (seat->heard < roster_heard(roster))
			continue; /* a failure already */
		if (!first)
			first = seat;
		if (seat->order == first->order)
			continue;
		snprintf(who, sizeof who, "room %u", room);
		failure.who = who;
		report_fail(&rooms->run.report, RUN_ROW_WORK, &failure);
	}
}

static int
rooms_report(struct rooms *rooms)
{
	const struct rooms_options *options = rooms->options;
	struct report *report = &rooms->run.report;
	uint64_t heard = report->rows[RUN_ROW_WORK].latencies.count;

	for (unsigned room = 0; room < options->roster.rooms; room++)
		rooms_audit(rooms, room);
	run_report(&rooms->run, heard);
	report_fact(report, "clients", "%zu", rooms->run.client_count);
	report_fact(report, "rooms", "%u", options->roster.rooms);
	report_fact(report, "members", "%u", options->roster.members);
	report_fact(report, "messages", "%" PRIu64,
	    (uint64_t)roster_seats(&options->roster) *
		options->roster.messages);
	report_fact(report, "rooms_each", "%u", options->roster.each);
	report_fact(report, "window", "%u", options->window);
	report_fact(report, "bytes", "%u", options->bytes);
	report_fact(report, "deliveries_per_s", "%.0f",
	    (double)heard / meter_seconds(&rooms->run.meter));
	return report_print(report);
}

struct rooms *
rooms_of(const struct client *client)
{
	return list_entry(client_run(client), struct rooms, run);
}

struct rooms_thread *
rooms_thread_of(const struct client *client)
{
	return list_entry(client_thread(client), struct rooms_thread, thread);
}

struct rooms_client *
rooms_client_of(struct client *client)
{
	return list_entry(client, struct rooms_client, client);
}

int
rooms_main(int argc, char **argv)
{
	static const struct argp_child children[] = {
	    {&run_stay_argp, 0, NULL, 0}, {0}};
	const struct argp argp = {
	    .options = rooms_argp_options,
	    .parser = parse_rooms,
	    .doc = "R rooms of M members each, all of whom say K messages, "
		   "which all members of their room hear. Each checks each "
		   "message: whole, in the right room, from a member of it and "
		   "that one's next; and the members of a room hear one "
		   "order. " BENCH_STATUS_DOC,
	    .children = children,
	};
	struct rooms_options options;
	struct rooms rooms;
	int status;

	if (argp_parse(&argp, argc, argv, 0, NULL, &options))
		return 2;
	bench_options_fit_threads(
	    &options.run.common, roster_clients(&options.roster));
	rooms_init(&rooms, &options);
	run_go(&rooms.run);
	status = rooms_report(&rooms);
	rooms_fini(&rooms);
	return status;
}
