/*
 * The scenario `guess`: does a login tell by its time which names exist? One
 * account is registered; then wrong passwords for it and logins with a name
 * that does not exist take turns, one at a time, in pairs whose order is drawn,
 * so that drift favours neither. The medians must agree.
 *
 * The comparison is fair when only the account's existence differs: both names
 * are of one length and have the same password, and both stay the same for the
 * whole run, so that what the server caches or counts by name is as warm, and
 * as full of failures, for one as for the other.
 *
 * The server makes those wait who fail too often at one name from one address,
 * so each try comes from a loopback address of its own (load/loopback.h). The
 * first from an address does not wait for a name's failures elsewhere.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/time.h>
#include <unistd.h>

#include "bench/clock.h"
#include "bench/crowd/names.h"
#include "bench/crowd/number_option.h"
#include "bench/crowd/options.h"
#include "bench/load/load.h"
#include "bench/load/loopback.h"
#include "bench/load/splitter.h"
#include "bench/report/progress.h"
#include "bench/report/quartiles.h"
#include "bench/report/report.h"
#include "bench/scenario/scenario.h"
#include "reactor/check.h"

#define TRIES_MAX        1000000
#define TOLERANCE_MAX    1000000
#define COMMAND_BYTES    128
#define ANSWER_BYTES     512
#define REFUSAL          "ERR bad-credentials "
#define NOTICE           "*** " /* the operator's, to everybody */
#define RIGHT_PASSWORD   "right-password"
#define GUESSED_PASSWORD "wrong-password"

/* What is asked; also the rows of the report. */
enum guess_kind {
	GUESS_KNOWN,
	GUESS_UNKNOWN,
	GUESS_REGISTER,
	GUESS_KINDS,
};

struct guess_options {
	struct bench_options common;
	unsigned tries;
	unsigned tolerance; /* percent */
};

struct guess {
	const struct guess_options *options;
	struct report report;
	uint32_t start; /* of the sources */
	uint32_t used;  /* sources */
	char commands[GUESS_KINDS][COMMAND_BYTES];
	char due[ANSWER_BYTES]; /* all answers; empty: as the first will be */
	uint64_t *times[2];     /* owned; of GUESS_KNOWN and GUESS_UNKNOWN */
	unsigned counts[2];
};

/* What came back, and how long that took. */
struct guess_answer {
	char bytes[ANSWER_BYTES];
	struct span line; /* in there, without its LF */
	uint64_t took_ns;
};

static const struct argp_option guess_argp_options[] = {
    {"tries", 'n', "N", 0, "logins of each kind (default 200)", 0},
    {"tolerance", 'p', "PERCENT", 0,
	"how far apart the medians may be (default 5)", 0},
    {0},
};

static const struct number_option numbers[] = {
    NUMBER_OPTION('n', "tries", 1, TRIES_MAX, struct guess_options, tries),
    NUMBER_OPTION(
	'p', "tolerance", 0, TOLERANCE_MAX, struct guess_options, tolerance),
    {0},
};

static void
check_options(struct argp_state *state, const struct guess_options *options)
{
	if (options->common.threads != 1)
		argp_error(state, "--threads: one is guessed after the other");
	if (!loopback_is(&options->common.target.address.any))
		argp_error(state,
		    "--connect %s: each try needs another address of its own, "
		    "so it must be an IPv4 address of loopback "
		    "(tcp://127.0.0.1:PORT)",
		    options->common.target.url);
}

static error_t
parse_guess(int key, char *argument, struct argp_state *state)
{
	struct guess_options *options = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		options->tries = 200;
		options->tolerance = 5;
		state->child_inputs[0] = &options->common;
		return 0;
	case ARGP_KEY_SUCCESS:
		check_options(state, options);
		return 0;
	default:
		return number_option_parse(numbers, key, argument, state);
	}
}

static uint32_t
random_number(void)
{
	uint32_t number;

	check(getrandom(&number, sizeof number, 0) == sizeof number);
	return number;
}

/* A blocking connection from that address; -1 with errno. */
static int
guess_connect(const struct guess *guess, const struct sockaddr_in *source)
{
	const struct target *target = &guess->options->common.target;
	const struct timeval most = {guess->options->common.timeout_s, 0};
	int fd = target_socket(target);
	int why;

	if (fd < 0)
		return -1;
	check_zero(fcntl(fd, F_SETFL, 0));
	check_zero(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &most, sizeof most));
	check_zero(setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &most, sizeof most));
	if (bind(fd, (const void *)source, sizeof *source) == 0 &&
	    connect(fd, &target->address.any, target->length) == 0)
		return fd;
	why = errno;
	close(fd);
	errno = why;
	return -1;
}

/* The first line that is no notice. False when there is none yet. */
static bool
answer_find(struct guess_answer *answer, size_t len)
{
	struct span rest = {answer->bytes, len};

	while (splitter_next(&rest, &answer->line))
		if (answer->line.len < strlen(NOTICE) ||
		    memcmp(answer->line.at, NOTICE, strlen(NOTICE)) != 0)
			return true;
	return false;
}

/* NULL, or what came instead of an answer. */
static const char *
guess_exchange(int fd, const char *command, struct guess_answer *answer)
{
	uint64_t sent_ns = clock_ns();
	size_t len = 0;
	ssize_t got;

	if (send(fd, command, strlen(command), MSG_NOSIGNAL) < 0)
		return strerror(errno);
	while (len < sizeof answer->bytes) {
		got = recv(
		    fd, answer->bytes + len, sizeof answer->bytes - len, 0);
		answer->took_ns = clock_ns() - sent_ns;
		if (got < 0)
			return errno == EAGAIN ? "nothing in time"
					       : strerror(errno);
		if (got == 0)
			return "the end of the connection";
		len += (size_t)got;
		if (answer_find(answer, len))
			return NULL;
	}
	return "a line without an end";
}

/* Is it what is due? The first refusal says it for all the others. */
static bool
guess_is_due(struct guess *guess, enum guess_kind kind, struct span line)
{
	if (kind != GUESS_REGISTER && !*guess->due &&
	    line.len > strlen(REFUSAL) &&
	    !memcmp(line.at, REFUSAL, strlen(REFUSAL))) {
		memcpy(guess->due, line.at, line.len);
		guess->due[line.len] = '\0';
	}
	return span_equals(line, span_of(guess->due));
}

/* One try, on a connection of its own. False: it failed, and is counted. */
static bool
guess_try(struct guess *guess, enum guess_kind kind)
{
	struct sockaddr_in source =
	    loopback_source(guess->start, guess->used++);
	char from[INET_ADDRSTRLEN];
	struct guess_answer answer = {0};
	struct report_failure failure = {.who = from};
	const char *wrong;
	int fd = guess_connect(guess, &source);

	wrong = fd < 0 ? strerror(errno)
		       : guess_exchange(fd, guess->commands[kind], &answer);
	if (fd >= 0)
		close(fd);
	if (!wrong && guess_is_due(guess, kind, answer.line)) {
		histogram_add(
		    &guess->report.rows[kind].latencies, answer.took_ns);
		if (kind != GUESS_REGISTER)
			guess->times[kind][guess->counts[kind]++] =
			    answer.took_ns;
		return true;
	}
	inet_ntop(AF_INET, &source.sin_addr, from, sizeof from);
	failure.expected = span_of(*guess->due ? guess->due : REFUSAL "...");
	failure.got = wrong ? span_of(wrong) : answer.line;
	report_fail(&guess->report, kind, &failure);
	return false;
}

/* Ends with the first failure: what follows would be no comparison. */
static void
guess_go(struct guess *guess)
{
	unsigned tries = guess->options->tries;
	struct progress_state state = {.unit = "logins"};
	struct progress progress;
	enum guess_kind first;

	if (!guess_try(guess, GUESS_REGISTER))
		return;
	*guess->due = '\0';
	progress_init(&progress, "guess", tries);
	for (unsigned i = 0; i < tries; i++) {
		first = random_number() & 1 ? GUESS_UNKNOWN : GUESS_KNOWN;
		if (!guess_try(guess, first) ||
		    !guess_try(guess, GUESS_KNOWN + GUESS_UNKNOWN - first))
			break;
		state.done = i + 1;
		state.operations = 2 * state.done;
		progress_show(&progress, &state);
	}
	progress_end(&progress);
}

/* The keys are for the median and the quartiles. */
static void
report_quartiles(struct report *report, const char *const keys[3],
    const struct quartiles *quartiles)
{
	report_fact(report, keys[0], "%.1f", quartiles->median / 1e3);
	report_fact(report, keys[1], "%.1f", quartiles->first / 1e3);
	report_fact(report, keys[2], "%.1f", quartiles->third / 1e3);
}

/* Too far apart is a failure. */
static void
guess_judge(struct guess *guess, double ratio)
{
	double tolerance = guess->options->tolerance / 100.0;
	struct report_failure failure = {.who = "the median"};
	char due[64], is[64];

	if (ratio >= 1 - tolerance && ratio <= 1 + tolerance)
		return;
	snprintf(due, sizeof due, "that of known, within %u %%",
	    guess->options->tolerance);
	snprintf(is, sizeof is, "%.4f times that", ratio);
	failure.expected = span_of(due);
	failure.got = span_of(is);
	report_fail(&guess->report, GUESS_UNKNOWN, &failure);
}

static int
guess_report(struct guess *guess)
{
	static const char *const known_keys[] = {
	    "known_median_us", "known_q1_us", "known_q3_us"};
	static const char *const unknown_keys[] = {
	    "unknown_median_us", "unknown_q1_us", "unknown_q3_us"};
	const struct guess_options *options = guess->options;
	struct report *report = &guess->report;
	struct quartiles known, unknown;
	bool whole = report->failures == 0;
	double ratio;

	report_fact(report, "tries", "%u", options->tries);
	report_fact(report, "tolerance_percent", "%u", options->tolerance);
	if (whole) {
		known = quartiles_of(
		    guess->times[GUESS_KNOWN], guess->counts[GUESS_KNOWN]);
		unknown = quartiles_of(
		    guess->times[GUESS_UNKNOWN], guess->counts[GUESS_UNKNOWN]);
		ratio = unknown.median / known.median;
		report_quartiles(report, known_keys, &known);
		report_quartiles(report, unknown_keys, &unknown);
		report_fact(report, "ratio", "%.4f", ratio);
		guess_judge(guess, ratio);
	} else {
		report_fact(report, "ratio", "-");
	}
	return report_print(report);
}

static void
guess_init(struct guess *guess, const struct guess_options *options)
{
	static const char *const rows[] = {"known", "unknown", "register"};
	char names[NAME_BYTES_MAX + 1];
	const struct {
		const char *verb;
		unsigned name;
		const char *password;
	} ask[GUESS_KINDS] = {
	    [GUESS_KNOWN] = {"login", 0, GUESSED_PASSWORD},
	    [GUESS_UNKNOWN] = {"login", 1, GUESSED_PASSWORD},
	    [GUESS_REGISTER] = {"register", 0, RIGHT_PASSWORD},
	};

	*guess = (struct guess){
	    .options = options,
	    .start = random_number(),
	};
	report_init(&guess->report, "guess", rows, GUESS_KINDS);
	names_of_run(names, "guess");
	for (int i = 0; i < GUESS_KINDS; i++)
		snprintf(guess->commands[i], COMMAND_BYTES, "/%s %s%u %s\n",
		    ask[i].verb, names, ask[i].name, ask[i].password);
	snprintf(guess->due, sizeof guess->due, "OK registered %s0", names);
	for (int i = 0; i < 2; i++) {
		guess->times[i] = calloc(options->tries, sizeof(uint64_t));
		if (!guess->times[i])
			err(EXIT_FAILURE, "memory for %u tries",
			    options->tries);
	}
}

int
guess_main(int argc, char **argv)
{
	static const struct argp_child children[] = {
	    {&bench_options_argp, 0, NULL, 0}, {0}};
	const struct argp argp = {
	    .options = guess_argp_options,
	    .parser = parse_guess,
	    .doc = "Does an unknown user's login take as long as a wrong "
		   "password? Against a server on loopback, over IPv4. Exit "
		   "status: 0 when all were refused in the same words and the "
		   "medians agree, 1 when not, 2 on bad usage.",
	    .children = children,
	};
	struct guess_options options;
	struct guess guess;
	int status;

	if (argp_parse(&argp, argc, argv, 0, NULL, &options))
		return 2;
	guess_init(&guess, &options);
	report_begin(&guess.report, &options.common.form,
	    options.common.target.url, "%u tries of each kind", options.tries);
	guess_go(&guess);
	status = guess_report(&guess);
	report_fini(&guess.report);
	free(guess.times[GUESS_KNOWN]);
	free(guess.times[GUESS_UNKNOWN]);
	return status;
}
