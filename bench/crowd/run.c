#include "bench/crowd/run.h"

#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench/clock.h"
#include "bench/crowd/names.h"
#include "bench/load/swarm.h"
#include "bench/peer/peer.h"
#include "bench/report/progress.h"
#include "reactor/check.h"

static struct run_thread *
thread_of(struct load *load)
{
	return list_entry(load, struct run_thread, load);
}

static struct run_thread *
marching(struct march *march)
{
	return list_entry(march, struct run_thread, march);
}

static void
run_on_stage(struct march *march)
{
	struct run_thread *thread = marching(march);
	struct run *run = thread->run;

	if (thread->index == 0 && march->stage == run->ops->measured)
		meter_begin(&run->meter);
	if (thread->index == 0 && march->stage == run->ops->rest)
		meter_end(&run->meter);
	if (march->stage == run->ops->stages)
		load_stop(&thread->load);
	else if (run->ops->on_stage)
		run->ops->on_stage(thread, march->stage);
}

static void
run_begin(struct march *march, size_t nth)
{
	struct run_thread *thread = marching(march);
	struct client *client = run_client(thread->run, thread->first + nth);

	if (client->state != CLIENT_OVER)
		thread->run->ops->begin(client, march->stage);
}

static const struct march_ops run_march_ops = {
    .begin = run_begin,
    .on_stage = run_on_stage,
};

static void
run_on_wake(struct load *load)
{
	march_go_on(&thread_of(load)->march);
}

static void
run_on_alarm(struct load *load)
{
	struct run_thread *thread = thread_of(load);

	thread->run->ops->on_alarm(thread);
}

/* Clients that have entered, and milliseconds of the stages that last. */
static uint64_t
thread_steps_done(const struct run_thread *thread)
{
	const struct run *run = thread->run;
	uint64_t done = thread->entered;
	uint64_t since;

	for (unsigned i = 0; i < thread->march.stage && i < GATE_STAGES_MAX;
	     i++)
		done += run->length_ns[i] / NS_PER_MS;
	if (thread->march.stage == 0 || thread->march.stage >= GATE_STAGES_MAX)
		return done;
	since = thread->load.now_ns - run_begin_ns(run, thread->march.stage);
	if (since > run->length_ns[thread->march.stage])
		since = run->length_ns[thread->march.stage];
	return done + since / NS_PER_MS;
}

/* For the progress bar: the work while it is measured, else who comes in. */
static void
thread_tell_progress(struct run_thread *thread)
{
	const struct run_ops *ops = thread->run->ops;
	struct progress_state *progress = &thread->load.progress;
	unsigned stage = thread->march.stage;

	progress->done = thread_steps_done(thread);
	if (ops->stage_names && stage < ops->stages)
		progress->stage = ops->stage_names[stage];
	if (stage == RUN_REGISTER) {
		progress->unit = "accounts";
		progress->operations =
		    thread->latencies[RUN_ROW_REGISTER].count;
	} else if (ops->unit && stage >= ops->measured && stage < ops->rest) {
		progress->unit = ops->unit;
		progress->operations = thread->latencies[RUN_ROW_WORK].count;
	} else {
		progress->unit = thread->march.entering > 0 ? "clients" : NULL;
		progress->operations = thread->entered;
	}
}

static void
run_on_tick(struct load *load)
{
	struct run_thread *thread = thread_of(load);

	thread_tell_progress(thread);
	if (thread->run->ops->on_tick)
		thread->run->ops->on_tick(thread);
}

static void
run_on_end(struct load *load)
{
	struct run_thread *thread = thread_of(load);

	for (size_t i = 0; i < thread->count; i++)
		bot_close(&run_client(thread->run, thread->first + i)->bot);
}

static const struct load_ops run_load_ops = {
    .on_open = client_opened,
    .on_bytes = client_heard,
    .on_timeout = client_timed_out,
    .on_closed = client_lost,
    .on_wake = run_on_wake,
    .on_alarm = run_on_alarm,
    .on_tick = run_on_tick,
    .on_end = run_on_end,
};

static void
run_init_thread(struct run *run, unsigned index)
{
	const struct bench_options *common = &run->options->common;
	const struct load_options load_options = {
	    .ops = &run_load_ops,
	    .target = &common->target,
	    .timeout_ns = common->timeout_s * NS_PER_S,
	    .sources = run->sources,
	};
	struct run_thread *thread = run_thread(run, index);
	size_t end = run->client_count * (index + (size_t)1) / common->threads;

	load_init(&thread->load, &load_options);
	run->loads[index] = &thread->load;
	thread->run = run;
	thread->index = index;
	thread->first = run->client_count * (size_t)index / common->threads;
	thread->count = end - thread->first;
	thread->march = (struct march){
	    .ops = &run_march_ops,
	    .gate = &run->gate,
	    .load = &thread->load,
	    .count = thread->count,
	    .entering_max = march_share(run->options->at_once, common->threads),
	};
	for (size_t i = thread->first; i < end; i++)
		client_init(run_client(run, i), thread, (unsigned)i);
	load_wake(&thread->load);
}

static int
run_server_pid(const struct run_options *options)
{
	int pid = (int)options->pid;

	if (pid == 0)
		pid = process_find(&options->common.target);
	if (pid == 0)
		warnx("the server's process is not found on this machine: its "
		      "cost is not told (--pid)");
	return pid;
}

static void
run_init_report(struct run *run)
{
	const char *rows[RUN_ROWS_MAX] = {
	    "connect", "register", "login", run->ops->work};
	const char *const *more = run->ops->more;
	size_t count = RUN_ROW_WORK + 1;

	while (more && *more) {
		check(count < RUN_ROWS_MAX);
		rows[count++] = *more++;
	}
	report_init(&run->report, run->ops->scenario, rows, count);
}

void
run_init(struct run *run, const struct run_ops *ops,
    const struct run_options *options, size_t clients)
{
	unsigned threads = options->common.threads;

	check(ops->stages <= GATE_STAGES_MAX);
	*run = (struct run){
	    .ops = ops,
	    .options = options,
	    .client_count = clients,
	    .clients = calloc(clients, ops->client_bytes),
	    .threads = calloc(threads, ops->thread_bytes),
	    .loads = calloc(threads, sizeof *run->loads),
	    .meter.pid = run_server_pid(options),
	};
	if (!run->clients || !run->threads || !run->loads)
		err(EXIT_FAILURE, "memory for %zu clients", clients);
	if (swarm_reserve(clients, threads) < 0 ||
	    sources_settle(&run->sources, &options->common.target, clients,
		options->sources) < 0)
		exit(EXIT_FAILURE);
	names_of_run(run->names, options->prefix);
	gate_init(&run->gate, ops->stages, run->loads, threads);
	run_init_report(run);
	for (unsigned i = 0; i < threads; i++)
		run_init_thread(run, i);
}

void
run_fini(struct run *run)
{
	for (unsigned i = 0; i < run->options->common.threads; i++)
		load_fini(run->loads[i]);
	report_fini(&run->report);
	gate_fini(&run->gate);
	free(run->loads);
	free(run->threads);
	free(run->clients);
}

void
run_go(struct run *run)
{
	const struct run_options *options = run->options;
	uint64_t steps = run->client_count;
	struct progress progress;

	report_begin(&run->report, &options->common.form,
	    options->common.target.url, "%zu clients (%s)", run->client_count,
	    options->peer->name);
	for (unsigned i = 0; i < GATE_STAGES_MAX; i++)
		steps +=
		    run->length_ns[i] / NS_PER_MS * options->common.threads;
	progress_init(&progress, run->ops->scenario, steps);
	run->start_ns = clock_ns();
	swarm_run(run->loads, options->common.threads, &progress);
	for (unsigned i = 0; i < options->common.threads; i++)
		for (size_t row = 0; row < run->report.row_count; row++)
			report_merge(&run->report, row,
			    &run_thread(run, i)->latencies[row]);
}

struct client *
run_client(const struct run *run, size_t number)
{
	check(number < run->client_count);
	return (void *)(run->clients + number * run->ops->client_bytes);
}

struct run_thread *
run_thread(const struct run *run, size_t index)
{
	check(index < run->options->common.threads);
	return (void *)(run->threads + index * run->ops->thread_bytes);
}

uint64_t
run_begin_ns(const struct run *run, unsigned stage)
{
	return stage == 0 ? run->start_ns : run->gate.opened_ns[stage - 1];
}

uint64_t
run_end_ns(const struct run *run, unsigned stage)
{
	return run_begin_ns(run, stage) + run->length_ns[stage];
}

void
run_report(struct run *run, uint64_t operations)
{
	const struct run_options *options = run->options;
	struct report *report = &run->report;

	report_fact(report, "peer", "%s", options->peer->name);
	report_fact(report, "threads", "%u", options->common.threads);
	report_fact(report, "seconds", "%.3f", meter_seconds(&run->meter));
	report_fact(report, "operations", "%" PRIu64, operations);
	meter_report(&run->meter, report, operations);
	report_latencies(report, RUN_ROW_WORK);
}
