#include "tests/kit/crash_loop.h"

#include <fnmatch.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/kit/harness.h"

#define NAME_BYTES    40
#define REQUEST_BYTES 128
#define LOGINS        8 /* from one address: fewer than are throttled */
#define LOSSES_TOLD   5
#define PAUSE_US      3000  /* a batch or two */
#define COMPACT_US    20000 /* as long as it takes with many accounts */

struct crash {
	const struct crash_loop *loop;
	struct crash_result result;
	struct server_process *server;
	unsigned dice;      /* the state of rand_r */
	int *answers;       /* [kill * writers + writer] */
	long long accounts; /* that the last start has found */
	int addresses;      /* used up since then */
	int told;           /* losses that were printed */
};

/* The name that a writer has asked for; the same place gives the same one. */
struct account_name {
	char text[NAME_BYTES];
};

static struct account_name
name_at(int round, int writer, int number)
{
	struct account_name name;

	snprintf(
	    name.text, sizeof(name.text), "r%dw%dn%d", round, writer, number);
	return name;
}

static int
dice_below(struct crash *crash, int limit)
{
	return rand_r(&crash->dice) % limit;
}

unsigned
crash_loop_seed(unsigned usual)
{
	const char *given = getenv("THRONG_SEED");

	return given && *given ? (unsigned)strtoul(given, NULL, 10) : usual;
}

/* All that it will ever say, in one go. */
static struct test_client *
writer_open(struct crash *crash, int writer)
{
	struct test_client *client = test_client_open(crash->server);
	char *text = malloc((size_t)crash->loop->names * REQUEST_BYTES);
	int len = 0;

	cr_assert_not_null(text);
	for (int n = 0; n < crash->loop->names; n++) {
		struct account_name name =
		    name_at(crash->result.kills, writer, n);

		len += sprintf(text + len, "/register %s password-of-%s\n",
		    name.text, name.text);
	}
	test_client_send_bytes(client, text, (size_t)len);
	free(text);
	return client;
}

static int
count_lines(const struct test_client *client)
{
	int lines = 0;

	for (size_t i = client->in.start; i < client->in.len; i++)
		lines += client->in.bytes[i] == '\n';
	return lines;
}

/* Reads from whoever has something, until so many answers are there. */
static void
await_answers(struct crash *crash, struct test_client *writers[], int wanted)
{
	int64_t deadline_ms = harness_now_ms() + HARNESS_DEADLINE_MS;
	int count = crash->loop->writers;
	struct pollfd fds[CRASH_WRITERS_MAX];

	for (;;) {
		int lines = 0;

		for (int w = 0; w < count; w++) {
			lines += count_lines(writers[w]);
			fds[w] = (struct pollfd){
			    .fd = writers[w]->in.fd, .events = POLLIN};
		}
		if (lines >= wanted)
			return;
		if (poll(fds, (nfds_t)count, HARNESS_DEADLINE_MS) <= 0)
			harness_fail(
			    "%d answers of %d, then none", lines, wanted);
		for (int w = 0; w < count; w++)
			if (fds[w].revents &&
			    !harness_stream_fill(&writers[w]->in, deadline_ms))
				harness_fail("it ended before it was killed: "
					     "%s",
				    server_process_errors(crash->server));
	}
}

/* What was on its way when the server was killed is said as well. */
static void
take_answers(struct crash *crash, struct test_client *client, int writer)
{
	int round = crash->result.kills;
	const char *line;
	int count = 0;

	while ((line = harness_stream_line(&client->in)) != NULL) {
		char expected[REQUEST_BYTES];

		snprintf(expected, sizeof(expected), "OK registered %s",
		    name_at(round, writer, count).text);
		cr_assert_str_eq(line, expected);
		count++;
	}
	test_client_close(client);
	crash->answers[round * crash->loop->writers + writer] = count;
	crash->result.acknowledged += count;
}

/* Answers come right behind a sync; a pause of any length lets the kill hit
 * what follows it, up to the next one. */
static void
pause_below(struct crash *crash, int limit_us)
{
	struct timespec pause = {
	    .tv_nsec = 1000L * dice_below(crash, limit_us)};

	nanosleep(&pause, NULL);
}

/* A kill in the middle of a compaction leaves what it was writing. */
static void
note_compaction(struct crash *crash)
{
	char path[128];

	snprintf(path, sizeof(path), "%s.new", crash->server->accounts);
	crash->result.compactions += access(path, F_OK) == 0;
}

/* Everyone registers, and earlier or later the server is killed. */
static void
kill_while_they_register(struct crash *crash)
{
	const struct crash_loop *loop = crash->loop;
	struct test_client *writers[CRASH_WRITERS_MAX];
	int awaited = 1 + dice_below(crash, loop->writers * loop->names);
	int every = loop->compact_every;
	bool compact = every > 0 && crash->result.kills % every == every - 1;

	for (int w = 0; w < loop->writers; w++)
		writers[w] = writer_open(crash, w);
	if (compact) {
		/* Half of the kills hit it, the others what follows. */
		await_answers(crash, writers,
		    dice_below(crash, 2) ? awaited
					 : dice_below(crash, awaited));
		server_process_type(crash->server, "compact\n");
	}
	await_answers(crash, writers, awaited);
	pause_below(crash, compact ? COMPACT_US : PAUSE_US);
	server_process_signal(crash->server, SIGKILL);
	cr_assert_eq(server_process_wait(crash->server), 128 + SIGKILL);
	note_compaction(crash);
	for (int w = 0; w < loop->writers; w++)
		take_answers(crash, writers[w], w);
	crash->result.kills++;
}

/* That a torn end was cut is all that it may have to tell. */
static void
check_errors(struct crash *crash)
{
	const char *errors = server_process_errors(crash->server);

	if (!*errors)
		return;
	if (fnmatch("* warn accounts-recovered reason=*.torn file*\n", errors,
		0) != 0 ||
	    strchr(errors, '\n')[1] != '\0')
		harness_fail("on standard error: %s", errors);
}

/* The harness's restart, but that it looks at what is said before it listens.
 * `since` are the accounts acknowledged after the last start. */
static void
start_again(struct crash *crash, int since)
{
	struct server_setup setup = crash->server->setup;
	long long least = crash->accounts + since;
	const char *line;

	setup.folder = crash->server->folder;
	crash->server = server_process_launch(&setup);
	crash->addresses = 0;
	line = server_process_expect(crash->server, "[[]ACCOUNTS] * in *");
	cr_assert_eq(sscanf(line, "[ACCOUNTS] %lld in", &crash->accounts), 1);
	line = server_process_expect(crash->server, "[[]LISTENING] *");
	snprintf(crash->server->listen[0], sizeof(crash->server->listen[0]),
	    "%s", line + strlen("[LISTENING] "));
	check_errors(crash);
	crash->result.torn += *server_process_errors(crash->server) != '\0';
	if (crash->accounts >= least)
		return;
	crash->result.lost += (int)(least - crash->accounts);
	fprintf(stderr, "kill %d: %lld accounts, %lld were promised\n",
	    crash->result.kills, crash->accounts, least);
}

static struct test_client *
open_from_new_address(struct crash *crash)
{
	int number = crash->addresses++;
	char address[32];

	snprintf(address, sizeof(address), "127.1.%d.%d", number / 250,
	    number % 250 + 1);
	return test_client_open_from(crash->server, address);
}

/* Logs in to each of some accounts. The number of those that are lost. */
static int
log_in(struct crash *crash, const struct account_name names[], int count)
{
	struct test_client *client = open_from_new_address(crash);
	char expected[REQUEST_BYTES];
	int lost = 0;

	for (int i = 0; i < count; i++)
		test_client_send(client, "/login %s password-of-%s\n/logout\n",
		    names[i].text, names[i].text);
	for (int i = 0; i < count; i++) {
		const char *line = test_client_line(client);

		snprintf(expected, sizeof(expected), "OK logged in as %s#*",
		    names[i].text);
		if (fnmatch(expected, line, 0) == 0) {
			test_client_expect(client, "OK logged out");
			continue;
		}
		lost++;
		if (crash->told++ < LOSSES_TOLD)
			fprintf(stderr, "kill %d: %s is lost: %s\n",
			    crash->result.kills, names[i].text, line);
		test_client_match(client, "ERR not-logged-in *");
	}
	test_client_close(client);
	return lost;
}

/* All accounts of rounds from `first` to before `end`, then some of any. */
static void
check_accounts(struct crash *crash, int first, int end, int older)
{
	const struct crash_loop *loop = crash->loop;
	size_t room = (size_t)((end - first) * loop->writers * loop->names);
	struct account_name *names =
	    calloc(room + (size_t)older, sizeof(*names));
	int count = 0, lost = 0;

	cr_assert_not_null(names);
	for (int place = first * loop->writers; place < end * loop->writers;
	     place++)
		for (int n = 0; n < crash->answers[place]; n++)
			names[count++] = name_at(
			    place / loop->writers, place % loop->writers, n);
	for (int i = 0; i < older; i++) {
		int place = dice_below(crash, end * loop->writers);

		if (crash->answers[place] > 0)
			names[count++] = name_at(place / loop->writers,
			    place % loop->writers,
			    dice_below(crash, crash->answers[place]));
	}
	for (int i = 0; i < count; i += LOGINS)
		lost += log_in(
		    crash, names + i, count - i < LOGINS ? count - i : LOGINS);
	/* Those that the start has missed are the same ones. */
	if (lost > crash->result.lost)
		crash->result.lost = lost;
	free(names);
}

static void
crash_rounds(struct crash *crash)
{
	const struct crash_loop *loop = crash->loop;
	struct crash_result *result = &crash->result;

	while (result->kills < loop->kills && result->lost == 0) {
		int before = result->acknowledged;

		kill_while_they_register(crash);
		start_again(crash, result->acknowledged - before);
		check_accounts(
		    crash, result->kills - 1, result->kills, loop->older);
	}
	if (result->lost == 0)
		check_accounts(crash, 0, result->kills, 0);
	test_client_close_all();
	server_process_type(crash->server, "exit\n");
	cr_assert_eq(server_process_wait(crash->server), 0);
	check_errors(crash);
}

struct crash_result
crash_loop_run(const struct crash_loop *loop)
{
	int64_t start_ms = harness_now_ms();
	struct crash crash = {.loop = loop, .dice = loop->seed};
	struct server_process *first;

	cr_assert_leq(loop->writers, CRASH_WRITERS_MAX);
	crash.answers = calloc(
	    (size_t)(loop->kills * loop->writers), sizeof(*crash.answers));
	cr_assert_not_null(crash.answers);
	first = server_process_start(loop->engine, NULL);
	crash.server = first;
	first->folder_owned = !loop->keep_folder;
	if (loop->keep_folder) {
		printf("torture engine=%s seed=%u folder=%s\n", loop->engine,
		    loop->seed, first->folder);
		fflush(stdout);
	}
	crash_rounds(&crash);
	if (crash.result.lost == 0)
		first->folder_owned = true;
	free(crash.answers);
	crash.result.seconds = (double)(harness_now_ms() - start_ms) / 1000;
	return crash.result;
}
