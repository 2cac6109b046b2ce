/*
 * The scenario `exit`: N clients log in, and the server is told to end by a
 * signal. Each must hear the goodbye and then the end of its connection. It
 * measures how long that takes, and when the process has gone.
 */
#include <argp.h>
#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include "bench/clock.h"
#include "bench/crowd/number_option.h"
#include "bench/crowd/run.h"
#include "bench/scenario/scenario.h"
#include "reactor/check.h"

#define CLIENTS_MAX 1000000
#define GOODBYE     "*** server is going down"

/*
 *   register  accounts are registered
 *   enter     all clients log in
 *   leave     the server has been told: goodbyes, and ends of connections
 */
enum exit_stage {
	EXIT_REGISTER,
	EXIT_ENTER,
	EXIT_LEAVE,
	EXIT_STAGES,
};

struct exit_options {
	struct run_options run;
	unsigned clients;
};

struct exit_client {
	struct client client;
	bool told; /* it has heard the goodbye */
};

struct exit_run {
	struct run run;
	const struct exit_options *options;
	int process;      /* owned: the server's pidfd */
	uint64_t told_ns; /* when it was told, or 0; first thread */
	uint64_t gone_ns; /* when it had gone, or 0 */
};

static const struct argp_option exit_argp_options[] = {
    {"clients", 'n', "N", 0, "clients that are logged in (default 1000)", 0},
    {0},
};

static const struct number_option numbers[] = {
    NUMBER_OPTION('n', "clients", 1, CLIENTS_MAX, struct exit_options, clients),
    {0},
};

static error_t
parse_exit(int key, char *argument, struct argp_state *state)
{
	struct exit_options *options = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		options->clients = 1000;
		state->child_inputs[0] = &options->run;
		return 0;
	case ARGP_KEY_END:
		if (!options->run.peer->has_accounts)
			argp_error(state, "--peer %s: it says no goodbye",
			    options->run.peer->name);
		return 0;
	default:
		return number_option_parse(numbers, key, argument, state);
	}
}

static struct exit_client *
exit_client_of(struct client *client)
{
	return list_entry(client, struct exit_client, client);
}

static bool
exit_is_awaited(const struct client *client, unsigned stage)
{
	return stage != EXIT_REGISTER || client_is_registrar(client);
}

static bool
is_anyone_in(const struct run *run)
{
	unsigned threads = run->options->common.threads;

	for (unsigned i = 0; i < threads; i++)
		if (run_thread(run, i)->entered > 0)
			return true;
	return false;
}

/* All are in, or have failed: one thread tells the server; but nobody that has
 * not shown to be one. */
static void
exit_on_stage(struct run_thread *thread, unsigned stage)
{
	struct exit_run *exit_run =
	    list_entry(thread->run, struct exit_run, run);

	if (stage != EXIT_LEAVE || thread->index != 0 ||
	    !is_anyone_in(thread->run))
		return;
	exit_run->told_ns = clock_ns();
	if (pidfd_send_signal(exit_run->process, SIGTERM, NULL, 0))
		err(EXIT_FAILURE, "cannot end the server");
}

/* A client that does not hear of the server's end in time is a failure. */
static void
exit_begin(struct client *client, unsigned stage)
{
	if (stage == EXIT_REGISTER && client_is_registrar(client))
		client_register(client);
	else if (stage == EXIT_ENTER)
		client_enter(client, client_peer(client)->idle_role);
	else if (stage == EXIT_LEAVE && client->state == CLIENT_IN)
		bot_arm(&client->bot);
}

static void
exit_on_entered(struct client *client, struct span name)
{
	(void)name;
	client_pass(client, EXIT_ENTER);
}

static void
exit_heard(
    struct client *client, enum peer_kind kind, const struct peer_frame *frame)
{
	struct run_thread *thread = client_thread(client);
	struct exit_client *one = exit_client_of(client);

	(void)kind;
	if (one->told || !span_equals(frame->text, span_of(GOODBYE))) {
		client_fail(client, span_of(one->told ? "the end" : GOODBYE),
		    frame->text);
		return;
	}
	one->told = true;
	histogram_add(&thread->latencies[RUN_ROW_WORK],
	    thread->load.now_ns - run_begin_ns(thread->run, EXIT_LEAVE));
}

static size_t
exit_on_bytes(struct client *client, struct span bytes)
{
	return client_read_frames(client, bytes, exit_heard);
}

static bool
exit_may_lose(struct client *client, int error)
{
	return error == 0 && exit_client_of(client)->told;
}

static const struct run_ops exit_ops = {
    .scenario = "exit",
    .work = "goodbye",
    .unit = "goodbyes",
    .client_bytes = sizeof(struct exit_client),
    .thread_bytes = sizeof(struct run_thread),
    .stages = EXIT_STAGES,
    .measured = EXIT_LEAVE,
    .rest = EXIT_STAGES,
    .is_awaited = exit_is_awaited,
    .on_stage = exit_on_stage,
    .begin = exit_begin,
    .on_entered = exit_on_entered,
    .on_bytes = exit_on_bytes,
    .may_lose = exit_may_lose,
};

/* The clients have gone; the server may have something to do still. */
static void
await_process(struct exit_run *exit_run)
{
	const struct run_options *options = &exit_run->options->run;
	struct pollfd process = {.fd = exit_run->process, .events = POLLIN};
	const struct report_failure failure = {"the server", span_of("its end"),
	    span_of("a process that is still there")};

	if (exit_run->told_ns == 0)
		return;
	if (poll(&process, 1, (int)options->common.timeout_s * 1000) == 1)
		exit_run->gone_ns = clock_ns();
	else
		report_fail(&exit_run->run.report, RUN_ROW_WORK, &failure);
}

static int
exit_report(struct exit_run *exit_run)
{
	struct report *report = &exit_run->run.report;
	uint64_t goodbyes = report->rows[RUN_ROW_WORK].latencies.count;

	run_report(&exit_run->run, goodbyes);
	report_fact(report, "clients", "%u", exit_run->options->clients);
	report_fact(report, "goodbyes", "%" PRIu64, goodbyes);
	if (exit_run->gone_ns > 0)
		report_fact(report, "exit_s", "%.3f",
		    (double)(exit_run->gone_ns - exit_run->told_ns) / 1e9);
	else
		report_fact(report, "exit_s", "-");
	return report_print(report);
}

int
exit_main(int argc, char **argv)
{
	static const struct argp_child children[] = {
	    {&run_stay_argp, 0, NULL, 0}, {0}};
	const struct argp argp = {
	    .options = exit_argp_options,
	    .parser = parse_exit,
	    .doc = "N clients log in, and the server is told to end: do all "
		   "hear the goodbye, and when has it gone? " BENCH_STATUS_DOC,
	    .children = children,
	};
	struct exit_options options;
	struct exit_run exit_run = {.options = &options};
	int status;

	if (argp_parse(&argp, argc, argv, 0, NULL, &options))
		return 2;
	bench_options_fit_threads(&options.run.common, options.clients);
	run_init(&exit_run.run, &exit_ops, &options.run, options.clients);
	exit_run.process = pidfd_open(exit_run.run.meter.pid, 0);
	if (exit_run.process < 0)
		errx(
		    EXIT_FAILURE, "the server must be on this machine (--pid)");
	run_go(&exit_run.run);
	await_process(&exit_run);
	status = exit_report(&exit_run);
	close(exit_run.process);
	run_fini(&exit_run.run);
	return status;
}
