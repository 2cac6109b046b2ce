/*
 * The scenarios `mixed` and `soak`: everything at once against one server, and
 * one verdict over all of it. This file sets them up and reports; mixed.h
 * says what else they are made of.
 */
#include "bench/mixed/mixed.h"

#include <ctype.h>
#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bench/clock.h"
#include "bench/crowd/names.h"
#include "bench/load/swarm.h"
#include "bench/report/progress.h"
#include "bench/report/quartiles.h"
#include "bench/scenario/scenario.h"
#include "reactor/check.h"

/* All ledgers of a life together, but for each room at least so many. */
#define LEDGER_ENTRIES     ((size_t)1 << 20)
#define LEDGER_ENTRIES_MIN ((size_t)1 << 12)

/* What the server may take more of at the end, beside the tolerance: it has new
 * accounts, for which it takes memory in steps of 2 MiB; about 200 bytes each,
 * and more where its table has just been made larger. */
#define MEMORY_SLACK      ((uint64_t)3 << 20)
#define MEMORY_ACCOUNT    320
#define DESCRIPTORS_SLACK 16

static const char *const row_names[MIXED_ROWS] = {"connect", "register",
    "login", "join", "resume", "deliver", "direct", "echo", "server", "stop"};

static const char *const count_names[MIXED_COUNTS] = {"messages", "deliveries",
    "gaps", "skipped", "resumed", "replayed", "forgotten", "started_over",
    "cuts", "reconnects", "joins", "leaves", "logouts", "stalls", "directs",
    "echoes", "accounts", "accounts_lost"};

static void
mixed_init_member(struct mixed *mixed, struct mixed_client *client)
{
	const struct mixed_options *options = mixed->options;
	bool resident = client->number < options->rooms;

	client->role = MIXED_MEMBER;
	client->prefers_text =
	    mixed_random(client->thread, 100) < options->text;
	client->is_slow =
	    !resident && mixed_random(client->thread, 100) < options->slow;
	for (unsigned seat = 0; seat < options->each; seat++)
		client->seats[seat].wanted = true;
}

static void
mixed_init_client(struct mixed *mixed, unsigned number)
{
	struct mixed_client *client = &mixed->clients[number];

	client->number = number;
	client->thread =
	    &mixed->threads[number % mixed->options->common.threads];
	bot_init(&client->bot, &client->thread->load);
	if (number < mixed->members)
		mixed_init_member(mixed, client);
	else if (number < mixed->members + mixed->guests)
		client->role = MIXED_GUEST;
	else
		client->role = MIXED_REGISTRAR;
	gate_await(&mixed->gate, MIXED_ENTER);
	gate_await(&mixed->gate, MIXED_QUIET);
	gate_await(&mixed->gate, MIXED_DRAIN);
}

static void
mixed_init_thread(struct mixed *mixed, unsigned index)
{
	const struct bench_options *common = &mixed->options->common;
	struct mixed_thread *thread = &mixed->threads[index];
	const struct load_options load_options = {
	    .ops = &mixed_load_ops,
	    .target = &common->target,
	    .timeout_ns = common->timeout_s * NS_PER_S,
	};

	load_init(&thread->load, &load_options);
	mixed->loads[index] = &thread->load;
	thread->mixed = mixed;
	thread->index = index;
	thread->random = (uint64_t)mixed->seed << 32 | index;
	gate_await(&mixed->gate, MIXED_TALK);
	mixed_march_init(thread);
	load_wake(&thread->load);
}

static void *
new_array(size_t count, size_t size)
{
	void *array = calloc(count, size);

	if (!array)
		err(EXIT_FAILURE, "memory for this many clients");
	return array;
}

static void
mixed_init_rooms(struct mixed *mixed)
{
	unsigned rooms = mixed->options->rooms;
	size_t seats = mixed->members * (size_t)mixed->options->each;
	unsigned lives = mixed->options->command ? MIXED_LIVES : 1;

	mixed->rooms = new_array(rooms, sizeof *mixed->rooms);
	for (unsigned i = 0; i < rooms; i++)
		check_zero(pthread_mutex_init(&mixed->rooms[i].lock, NULL));
	for (unsigned i = 0; i < lives; i++)
		mixed->voices[i] = new_array(seats, sizeof **mixed->voices);
	mixed->ledger_size = LEDGER_ENTRIES_MIN;
	while (mixed->ledger_size * 2 * rooms <= LEDGER_ENTRIES)
		mixed->ledger_size *= 2;
	for (char *at = strcpy(mixed->room_names, mixed->names); *at; at++)
		*at = (char)tolower((unsigned char)*at);
}

static void
mixed_init(struct mixed *mixed, const struct mixed_options *options)
{
	unsigned threads = options->common.threads;
	struct timespec now;

	check_zero(clock_gettime(CLOCK_REALTIME, &now));
	*mixed = (struct mixed){
	    .options = options,
	    .seed = options->seed ? options->seed : (uint32_t)now.tv_nsec | 1,
	    .guests = options->clients * options->guests / 100,
	    .registrars = options->rates[ACT_REGISTER] ? 2 * threads : 0,
	};
	mixed->members = options->clients - mixed->guests;
	mixed->client_count = options->clients + mixed->registrars;
	mixed->clients = new_array(mixed->client_count, sizeof *mixed->clients);
	mixed->threads = new_array(threads, sizeof *mixed->threads);
	mixed->loads = new_array(threads, sizeof *mixed->loads);
	mixed->pairs = new_array(mixed->members, sizeof *mixed->pairs);
	names_of_run(mixed->names, options->prefix);
	check_zero(pthread_mutex_init(&mixed->lock, NULL));
	gate_init(&mixed->gate, MIXED_STAGES, mixed->loads, threads);
	report_init(&mixed->report, options->scenario, row_names, MIXED_ROWS);
	soak_init(&mixed->soak,
	    options->is_soak ? options->interval_ms * NS_PER_MS : 0,
	    options->length_ms * NS_PER_MS);
	mixed_init_rooms(mixed);
	for (unsigned i = 0; i < threads; i++)
		mixed_init_thread(mixed, i);
	for (unsigned i = 0; i < mixed->client_count; i++)
		mixed_init_client(mixed, i);
}

static void
mixed_fini(struct mixed *mixed)
{
	for (unsigned i = 0; i < mixed->options->common.threads; i++)
		load_fini(mixed->loads[i]);
	for (unsigned i = 0; i < mixed->options->rooms; i++) {
		for (unsigned life = 0; life < MIXED_LIVES; life++)
			ledger_fini(&mixed->rooms[i].ledgers[life]);
		check_zero(pthread_mutex_destroy(&mixed->rooms[i].lock));
	}
	for (unsigned life = 0; life < MIXED_LIVES; life++)
		free(mixed->voices[life]);
	soak_fini(&mixed->soak);
	report_fini(&mixed->report);
	gate_fini(&mixed->gate);
	check_zero(pthread_mutex_destroy(&mixed->lock));
	free(mixed->rooms);
	free(mixed->pairs);
	free(mixed->loads);
	free(mixed->threads);
	free(mixed->clients);
}

/* Messages that no ledger could tell of. */
static uint64_t
mixed_unchecked(struct mixed *mixed)
{
	uint64_t unchecked = 0;

	for (unsigned i = 0; i < mixed->options->rooms; i++)
		for (unsigned life = 0; life < MIXED_LIVES; life++) {
			struct ledger *ledger = &mixed->rooms[i].ledgers[life];

			ledger_close(ledger);
			unchecked += ledger->unchecked;
		}
	return unchecked;
}

static void
report_restarts(struct mixed *mixed)
{
	struct mixed_server *server = &mixed->server;
	struct report *report = &mixed->report;
	struct histogram *down = &mixed->threads[0].latencies[ROW_SERVER];
	struct quartiles quartiles = {0};
	unsigned count = mixed_server_downs(server);

	for (unsigned i = 0; i < count; i++)
		histogram_add(down, server->down_ns[i]);
	report_fact(report, "restarts", "%u", server->killed);
	if (count > 0)
		quartiles = quartiles_of(server->down_ns, count);
	report_fact(report, "down_ms", "%.1f", quartiles.median / NS_PER_MS);
}

/* The medians of the second quarter and the last, and whether they agree. */
static void
report_growth(struct mixed *mixed, uint64_t samples[], const char *keys[2],
    const char *what, uint64_t slack)
{
	struct report *report = &mixed->report;
	size_t count = mixed->soak.count;
	uint64_t medians[2];
	char expected[64], got[64];
	struct report_failure failure = {.who = "the server"};

	if (soak_has_grown(
		samples, count, mixed->options->tolerance, slack, medians)) {
		snprintf(expected, sizeof expected, "%s to stay at %" PRIu64,
		    what, medians[0]);
		snprintf(got, sizeof got, "%" PRIu64, medians[1]);
		failure.expected = span_of(expected);
		failure.got = span_of(got);
		report_fail(report, ROW_SERVER, &failure);
	}
	for (int i = 0; i < 2; i++)
		if (count < SOAK_SAMPLES_MIN)
			report_fact(report, keys[i], "-");
		else
			report_fact(report, keys[i], "%" PRIu64, medians[i]);
}

/* Half of the accounts came between the middles of the two quarters. */
static void
report_soak(struct mixed *mixed, uint64_t accounts)
{
	static const char *memory[] = {"bytes_before", "bytes_after"};
	static const char *descriptors[] = {
	    "descriptors_before", "descriptors_after"};

	if (!mixed->options->is_soak)
		return;
	report_growth(mixed, mixed->soak.memory, memory, "the server's memory",
	    MEMORY_SLACK + accounts / 2 * MEMORY_ACCOUNT);
	report_growth(mixed, mixed->soak.descriptors, descriptors,
	    "its descriptors", DESCRIPTORS_SLACK);
}

static int
mixed_report(struct mixed *mixed)
{
	const struct mixed_options *options = mixed->options;
	struct report *report = &mixed->report;
	struct meter *meter = &mixed->meter;
	uint64_t sum[MIXED_COUNTS] = {0};
	unsigned threads = options->common.threads;

	for (unsigned i = 0; i < threads; i++)
		for (int count = 0; count < MIXED_COUNTS; count++)
			sum[count] += mixed->threads[i].counts[count];
	report_fact(report, "clients", "%u", options->clients);
	report_fact(report, "threads", "%u", threads);
	report_fact(report, "rooms", "%u", options->rooms);
	report_fact(report, "rate", "%u", options->rates[ACT_SAY]);
	report_fact(report, "seed", "%u", mixed->seed);
	report_fact(report, "seconds", "%.3f", meter_seconds(meter));
	for (int count = 0; count < MIXED_COUNTS; count++)
		report_fact(report, count_names[count], "%" PRIu64, sum[count]);
	report_fact(report, "unchecked", "%" PRIu64, mixed_unchecked(mixed));
	report_restarts(mixed);
	report_soak(mixed, sum[COUNT_ACCOUNTS]);
	/* Of all the server's lives together. */
	meter->begin.server = (struct process_cpu){0};
	meter->end.server =
	    (struct process_cpu){.all_ns = mixed->cpu_ns[1] - mixed->cpu_ns[0]};
	meter->begin.server_known = meter->end.server_known = mixed->cpu_known;
	meter_report(meter, report, sum[COUNT_DELIVERIES]);
	for (unsigned i = 0; i < threads; i++)
		for (int row = 0; row < MIXED_ROWS; row++)
			report_merge(report, (size_t)row,
			    &mixed->threads[i].latencies[row]);
	report_latencies(report, ROW_DELIVER);
	return report_print(report);
}

/* The whole of it; the options are as they are to be. */
static int
mixed_go(const struct mixed_options *options)
{
	static struct mixed mixed; /* large */
	unsigned threads = options->common.threads;
	struct mixed_server_options server_options = {
	    .scenario = options->scenario,
	    .command = options->command,
	    .target = &options->common.target,
	    .timeout_ns = options->common.timeout_s * NS_PER_S,
	    .pid = (int)options->pid,
	    .row = ROW_SERVER,
	};
	struct progress progress;
	uint64_t stop_ns;
	int status;

	mixed_init(&mixed, options);
	if (swarm_reserve(mixed.client_count, threads) < 0)
		exit(EXIT_FAILURE);
	report_begin(&mixed.report, &options->common.form,
	    options->common.target.url, "%u clients, --seed %u",
	    options->clients, mixed.seed);
	mixed_server_open(&mixed.server, &server_options, &mixed.report);
	progress_init(&progress, options->scenario,
	    mixed.client_count + options->length_ms * (uint64_t)threads);
	swarm_run(mixed.loads, threads, &progress);
	stop_ns = mixed_server_close(&mixed.server);
	if (stop_ns > 0)
		histogram_add(&mixed.threads[0].latencies[ROW_STOP], stop_ns);
	status = mixed_report(&mixed);
	mixed_fini(&mixed);
	return status;
}

int
mixed_main(int argc, char **argv)
{
	struct mixed_options options;

	if (!mixed_options_parse(&options, argc, argv))
		return 2;
	return mixed_go(&options);
}

int
soak_main(int argc, char **argv)
{
	struct mixed_options options;

	if (!mixed_options_parse_soak(&options, argc, argv))
		return 2;
	return mixed_go(&options);
}
