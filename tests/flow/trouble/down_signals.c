/*
 * Going down: each way to ask for it, at any moment, ends with status 0, and
 * what was acknowledged is there afterwards.
 */
#include "tests/kit/harness.h"

#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "tests/kit/stall.h"

#define GOODBYE "*** server is going down"

/* A line for the console, or a signal. */
static const struct way {
	const char *command;
	int signal;
} ways[] = {
    {NULL, SIGTERM}, {NULL, SIGINT}, {"exit\n", 0},
    {"exit 1\n", 0}, /* the drain's end */
};

static bool
way_drains(const struct way *way)
{
	return way->command && strlen(way->command) > strlen("exit\n");
}

static void
ask_to_end(struct server_process *server, const struct way *way)
{
	if (way->command)
		server_process_type(server, "%s", way->command);
	else
		server_process_signal(server, way->signal);
}

FLOW_TEST(down_each_way_ends_with_status_0_and_keeps_what_was_acknowledged)
{
	struct server_process *server = server_process_start(engine, NULL);

	test_client_close(test_client_user(server, "ann"));
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		struct test_client *ann = test_client_open(server);
		int64_t start_ms = harness_now_ms();

		test_client_enter(ann, "ann");
		test_client_send(
		    ann, "/logout\n/register ben%zu %s\n", i, HARNESS_PASSWORD);
		test_client_expect(ann, "OK logged out");
		test_client_expect(ann, "OK registered ben%zu", i);
		ask_to_end(server, &ways[i]);
		if (way_drains(&ways[i]))
			test_client_match(ann, "[*][*][*] * in 1 seconds");
		test_client_expect(ann, GOODBYE);
		test_client_expect_end(ann);
		test_client_close_all();
		server_process_expect(server, "all threads joined");
		cr_assert_eq(server_process_wait(server), 0);
		cr_assert_lt(harness_now_ms() - start_ms, HARNESS_DEADLINE_MS);
		cr_assert_str_eq(server_process_errors(server), "");
		server = server_process_restart(server);
		for (size_t n = 0; n <= i; n++) {
			char name[16];

			snprintf(name, sizeof(name), "ben%zu", n);
			test_client_again(server, name);
		}
		test_client_close_all();
	}
	server_process_stop(server);
}

/* Signals that end it, of one thread. */
static unsigned long long
blocked_in(const char *status)
{
	unsigned long long blocked = 0;
	char line[256];
	FILE *file = fopen(status, "r");

	cr_assert_not_null(file, "%s", status);
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "SigBlk: %llx", &blocked) == 1)
			break;
	fclose(file);
	return blocked;
}

/* The main thread reads them from a descriptor: where one thread took one, it
 * would end the process. */
FLOW_TEST(down_signals_are_blocked_in_every_thread)
{
	static const int signals[] = {SIGTERM, SIGINT, SIGHUP};
	struct server_process *server =
	    server_process_start(engine, "--metrics=tcp://127.0.0.1:0", NULL);
	struct dirent *entry;
	char path[300];
	int threads = 0;
	DIR *tasks;

	test_client_user(server, "ann"); /* workers are there */
	snprintf(path, sizeof(path), "/proc/%d/task", (int)server->pid);
	tasks = opendir(path);
	cr_assert_not_null(tasks);
	while ((entry = readdir(tasks)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "/proc/%d/task/%s/status",
		    (int)server->pid, entry->d_name);
		for (int i = 0; i < 3; i++)
			cr_expect(blocked_in(path) >> (signals[i] - 1) & 1,
			    "%s: signal %d", path, signals[i]);
		threads++;
	}
	closedir(tasks);
	cr_assert_gt(threads, 4, "main, two reactors, log, workers");
	server_process_stop(server);
}

/* Impatience: it is stopping already, and a client is waited for. */
FLOW_TEST(down_further_signals_while_it_stops_change_nothing)
{
	static const int further[] = {SIGINT, SIGTERM, SIGHUP, SIGINT};
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *ann = test_client_user(server, "ann");
	struct test_client *ben = test_client_open(server);

	test_client_fence(ben);
	stall_begin(server, "throng/hash0");
	test_client_send(ben, "/register ben %s\n", HARNESS_PASSWORD);
	test_client_await_taken(ben);
	server_process_type(server, "list\n");
	server_process_expect(server, "2 connected, 1 logged in");
	server_process_signal(server, SIGINT);
	server_process_expect(server, "[[]STOPPING] *");
	for (int i = 0; i < 4; i++) {
		server_process_signal(server, further[i]);
		poll(NULL, 0, 5); /* else they are one signal */
	}
	stall_end();
	test_client_match(ben, "@(OK registered ben|ERR going-down *)");
	test_client_expect(ben, GOODBYE);
	test_client_expect_end(ben);
	test_client_expect(ann, GOODBYE);
	test_client_expect_end(ann);
	test_client_close_all();
	server_process_expect(server, "all threads joined");
	cr_assert_eq(server_process_wait(server), 0);
}

/* At any moment of the start: as long as nothing has begun, it dies of the
 * signal; then it ends in order. It never hangs, nor leaves anything that the
 * next start would stumble over. */
FLOW_TEST(down_signal_at_any_moment_of_the_start_ends_it)
{
	enum {
		STARTS = 50
	};
	struct server_process *server = server_process_start(engine, NULL);
	struct server_setup setup = server->setup;
	int64_t took_ns = 0;
	int died = 0;

	test_client_close(test_client_user(server, "ann"));
	server_process_stop(server);
	setup.folder = server->folder;
	for (int i = -1; i < STARTS; i++) {
		struct timespec moment = {0};
		int64_t start_ms = harness_now_ms();
		int status;

		server = server_process_launch(&setup);
		/* How long it takes; and the last, for one gets so far. */
		if (i < 0 || i == STARTS - 1)
			server_process_expect(server, "[[]LISTENING] *");
		if (i < 0) {
			took_ns = (harness_now_ms() - start_ms + 2) * 1000000;
		} else {
			moment.tv_nsec = (long)(took_ns * i / STARTS);
			nanosleep(&moment, NULL);
		}
		server_process_signal(server, i % 2 ? SIGTERM : SIGINT);
		status = server_process_wait(server);
		cr_assert(status == 0 || status == 128 + SIGTERM ||
			      status == 128 + SIGINT,
		    "%d after %ld us: %s", status, moment.tv_nsec / 1000,
		    server_process_errors(server));
		died += status != 0;
	}
	cr_assert_lt(died, STARTS, "none came so far as to end in order");
	server = server_process_start_with(&setup);
	test_client_again(server, "ann");
	server_process_stop(server);
}
