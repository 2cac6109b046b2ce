/*
 * The scenario `login`: N clients that stay connected, log out and log in
 * again, for a while: how many logins a second there are, and what one costs.
 * Every answer is compared to the byte.
 *
 * With --wrong some tries have a wrong password, and each is followed by a
 * right one. So that the server does not make anyone wait for that, each client
 * has an account of its own, and the run an address, from which all were in
 * before.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bench/clock.h"
#include "bench/crowd/number_option.h"
#include "bench/crowd/run.h"
#include "bench/load/loopback.h"
#include "bench/scenario/scenario.h"
#include "reactor/check.h"

#define CLIENTS_MAX 10000
/* A wrong try at the most after every right one. */
#define WRONG_MAX 50
/* The server remembers some thousand accounts and addresses that were in. */
#define WRONG_CLIENTS_MAX 500
#define SHOWN_BYTES       (NAME_BYTES_MAX + 24) /* NAME#ID */

#define LOGOUT     "/logout\n"
#define LOGGED_OUT "OK logged out"
#define REFUSAL    "ERR bad-credentials wrong name or password"

/*
 *   register  the accounts are registered
 *   enter     all connect and log in
 *   warm      as `log in`, but not measured
 *   log in    all log out and in again
 */
enum login_stage {
	LOGIN_REGISTER,
	LOGIN_ENTER,
	LOGIN_WARM,
	LOGIN_LOG_IN,
	LOGIN_STAGES,
};

/* What a user waits for; also where it is counted. */
enum login_row {
	LOGIN_ROW_IN = RUN_ROW_WORK,
	LOGIN_ROW_OUT,
	LOGIN_ROW_REFUSED,
};

enum option_key {
	KEY_ACCOUNTS = 768,
	KEY_WRONG,
};

struct login_options {
	struct run_options run;
	unsigned clients;
	unsigned accounts; /* 0: as many */
	unsigned wrong;    /* per cent of the tries */
};

struct user {
	struct client client;
	uint64_t sent_ns; /* what it waits for; 0: for nothing */
	uint32_t tries;
	enum login_row row;
	char shown[SHOWN_BYTES]; /* NAME#ID */
};

static const struct argp_option login_argp_options[] = {
    {"clients", 'n', "N", 0, "clients at once (default 100)", 0},
    {"accounts", KEY_ACCOUNTS, "N", 0,
	"accounts that the clients share (default: one each)", 0},
    {"wrong", KEY_WRONG, "PERCENT", 0,
	"tries with a wrong password (default 0)", 0},
    {0},
};

/* What single options cannot say. */
static void
finish_options(struct argp_state *state, struct login_options *options)
{
	struct run_options *run = &options->run;

	run->accounts = options->accounts;
	if (run->accounts == 0 || run->accounts > options->clients)
		run->accounts = options->clients;
	bench_options_fit_threads(&run->common, options->clients);
	if (options->wrong == 0)
		return;
	if (options->clients > WRONG_CLIENTS_MAX)
		argp_error(state,
		    "--wrong: at most %d clients can be told "
		    "apart from those who guess",
		    WRONG_CLIENTS_MAX);
	if (run->accounts < options->clients)
		argp_error(
		    state, "--wrong: each client needs an account of its own");
	if (!loopback_is(&run->common.target.address.any))
		argp_error(state,
		    "--wrong: it needs an address of its own, so --connect "
		    "must have an IPv4 address of loopback");
	/* Drawn, so that 127.0.0.1 is not the one to wait later. */
	if (!run->sources)
		run->sources = 1;
}

static const struct number_option numbers[] = {
    NUMBER_OPTION(
	'n', "clients", 1, CLIENTS_MAX, struct login_options, clients),
    NUMBER_OPTION(KEY_ACCOUNTS, "accounts", 1, CLIENTS_MAX,
	struct login_options, accounts),
    NUMBER_OPTION(
	KEY_WRONG, "wrong", 0, WRONG_MAX, struct login_options, wrong),
    {0},
};

static error_t
parse_login(int key, char *argument, struct argp_state *state)
{
	struct login_options *options = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		options->clients = 100;
		options->accounts = 0;
		options->wrong = 0;
		state->child_inputs[0] = &options->run;
		return 0;
	case ARGP_KEY_SUCCESS:
		finish_options(state, options);
		return 0;
	default:
		return number_option_parse(numbers, key, argument, state);
	}
}

static struct user *
user_of(struct client *client)
{
	return list_entry(client, struct user, client);
}

static void
user_send(struct user *user, enum login_row row, struct span command)
{
	user->row = row;
	user->sent_ns = clock_ns();
	bot_arm(&user->client.bot);
	bot_send(&user->client.bot, command);
}

/* Are so many per cent of the tries wrong with this one? Evenly spread, for
 * each user and among them, and never two in a row. */
static bool
is_wrong_turn(const struct user *user)
{
	const struct run_options *options = client_run(&user->client)->options;
	uint64_t wrong = list_entry(options, struct login_options, run)->wrong;
	uint64_t turn = (uint64_t)user->tries + user->client.number;

	return (turn + 1) * wrong / 100 > turn * wrong / 100;
}

/* A wrong password is the right one and a character more. */
static void
user_log_in(struct user *user)
{
	struct client *client = &user->client;
	char account[NAME_BYTES_MAX + 1];
	const struct peer_login who = {account, client->number};
	bool wrong = is_wrong_turn(user);
	char hello[PEER_HELLO_BYTES];
	size_t len;

	client_account(client, account);
	len = client_peer(client)->hello(hello, PEER_USER, &who);
	check(len < sizeof hello);
	if (wrong) {
		hello[len - 1] = '?';
		hello[len++] = '\n';
	}
	user->tries++;
	user_send(user, wrong ? LOGIN_ROW_REFUSED : LOGIN_ROW_IN,
	    (struct span){hello, len});
}

/* The next one, or the end of the stage; it is logged in. */
static void
user_go_on(struct user *user)
{
	struct client *client = &user->client;
	const struct run_thread *thread = client_thread(client);

	if (thread->load.now_ns <
	    run_end_ns(thread->run, thread->march.stage)) {
		user_send(user, LOGIN_ROW_OUT, span_of(LOGOUT));
		return;
	}
	bot_disarm(&client->bot);
	client_pass(client, thread->march.stage);
}

/* The line that it waits for. */
static void
user_due(const struct user *user, char out[SHOWN_BYTES + 32])
{
	if (!user->sent_ns)
		strcpy(out, "silence");
	else if (user->row == LOGIN_ROW_OUT)
		strcpy(out, LOGGED_OUT);
	else if (user->row == LOGIN_ROW_REFUSED)
		strcpy(out, REFUSAL);
	else
		snprintf(
		    out, SHOWN_BYTES + 32, "OK logged in as %s", user->shown);
}

static void
user_heard(
    struct client *client, enum peer_kind kind, const struct peer_frame *frame)
{
	struct user *user = user_of(client);
	struct run_thread *thread = client_thread(client);
	char due[SHOWN_BYTES + 32];

	user_due(user, due);
	if (!user->sent_ns || !span_equals(frame->text, span_of(due))) {
		client_tolerate(client, kind, frame, due);
		return;
	}
	if (thread->march.stage == LOGIN_LOG_IN)
		histogram_add(&thread->latencies[user->row],
		    thread->load.now_ns - user->sent_ns);
	user->sent_ns = 0;
	if (user->row == LOGIN_ROW_IN)
		user_go_on(user);
	else
		user_log_in(user);
}

static size_t
login_on_bytes(struct client *client, struct span bytes)
{
	return client_read_frames(client, bytes, user_heard);
}

static bool
login_is_awaited(const struct client *client, unsigned stage)
{
	return stage != LOGIN_REGISTER || client_is_registrar(client);
}

static void
login_begin(struct client *client, unsigned stage)
{
	switch (stage) {
	case LOGIN_REGISTER:
		if (client_is_registrar(client))
			client_register(client);
		return;
	case LOGIN_ENTER:
		client_enter(client, PEER_USER);
		return;
	default:
		user_go_on(user_of(client));
	}
}

static void
login_on_entered(struct client *client, struct span name)
{
	struct user *user = user_of(client);

	check(name.len < sizeof user->shown);
	memcpy(user->shown, name.at, name.len);
	client_pass(client, LOGIN_ENTER);
}

static unsigned
login_row_of(const struct client *client)
{
	return list_entry(client, const struct user, client)->row;
}

static const char *const login_more[] = {"log-out", "refused", NULL};

static const char *const login_stages[] = {
    "register", "enter", "warm", "log in"};

static const struct run_ops login_ops = {
    .scenario = "login",
    .work = "log-in", /* "login" is the row of those who come */
    .more = login_more,
    .unit = "logins",
    .stage_names = login_stages,
    .client_bytes = sizeof(struct user),
    .thread_bytes = sizeof(struct run_thread),
    .stages = LOGIN_STAGES,
    .measured = LOGIN_LOG_IN,
    .rest = LOGIN_STAGES,
    .is_awaited = login_is_awaited,
    .begin = login_begin,
    .on_entered = login_on_entered,
    .on_bytes = login_on_bytes,
    .row_of = login_row_of,
};

static int
login_report(struct run *run, const struct login_options *options)
{
	struct report *report = &run->report;
	uint64_t logins = report->rows[LOGIN_ROW_IN].latencies.count;
	uint64_t refused = report->rows[LOGIN_ROW_REFUSED].latencies.count;

	run_report(run, logins + refused);
	report_fact(report, "clients", "%u", options->clients);
	report_fact(report, "accounts", "%u", options->run.accounts);
	report_fact(report, "wrong", "%u", options->wrong);
	report_fact(report, "logins", "%" PRIu64, logins);
	report_fact(report, "refused", "%" PRIu64, refused);
	report_fact(report, "logins_per_s", "%.0f",
	    (double)logins / meter_seconds(&run->meter));
	return report_print(report);
}

int
login_main(int argc, char **argv)
{
	static const struct argp_child children[] = {
	    {&run_load_argp, 0, NULL, 0}, {0}};
	const struct argp argp = {
	    .options = login_argp_options,
	    .parser = parse_login,
	    .doc = "N clients log in, out and in again. Every answer is "
		   "checked. " BENCH_STATUS_DOC,
	    .children = children,
	};
	struct login_options options;
	struct run run;
	int status;

	if (argp_parse(&argp, argc, argv, 0, NULL, &options))
		return 2;
	run_init(&run, &login_ops, &options.run, options.clients);
	run.length_ns[LOGIN_WARM] = options.run.warmup_ms * NS_PER_MS;
	run.length_ns[LOGIN_LOG_IN] = options.run.seconds_ms * NS_PER_MS;
	run_go(&run);
	status = login_report(&run, &options);
	run_fini(&run);
	return status;
}
