/* A server's process from outside (observe.h). */
#include "tests/kit/observe.h"

#include <dirent.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "bench/crowd/process.h"
#include "tests/kit/harness.h"

#define PAUSE_MS     20
#define REST_PERIODS 10

/* What the console counts now; valid until its next line. */
static const char *
count_now(struct server_process *server)
{
	server_process_type(server, "count\n");
	return server_process_expect(server, "* connected, * logged in");
}

void
observe_count(struct server_process *server, const char *count)
{
	int64_t deadline_ms = harness_now_ms() + HARNESS_DEADLINE_MS;
	const char *line;

	while (strcmp(line = count_now(server), count) != 0) {
		if (harness_now_ms() > deadline_ms)
			harness_fail("expected `%s`, got `%s`", count, line);
		poll(NULL, 0, PAUSE_MS);
	}
}

void
observe_open(struct server_process *server, unsigned connected)
{
	int64_t deadline_ms = harness_now_ms() + HARNESS_DEADLINE_MS;
	const char *line;

	while (strtoul(line = count_now(server), NULL, 10) != connected) {
		if (harness_now_ms() > deadline_ms)
			harness_fail("expected %u, got `%s`", connected, line);
		poll(NULL, 0, PAUSE_MS);
	}
}

uint64_t
observe_descriptors(const struct server_process *server)
{
	uint64_t count = 0;

	cr_assert(process_read_descriptors(server->pid, &count));
	return count;
}

void
observe_as_many_descriptors(
    const struct server_process *server, uint64_t before)
{
	int64_t deadline_ms = harness_now_ms() + HARNESS_DEADLINE_MS;
	uint64_t count;

	while ((count = observe_descriptors(server)) != before) {
		if (harness_now_ms() > deadline_ms)
			harness_fail("%ju descriptors are open, %ju before",
			    (uintmax_t)count, (uintmax_t)before);
		poll(NULL, 0, PAUSE_MS);
	}
}

uint64_t
observe_memory(const struct server_process *server)
{
	uint64_t bytes = 0;

	cr_assert(process_read_memory(server->pid, &bytes));
	return bytes;
}

/* Processor time of all its threads so far. */
static uint64_t
processor_us(const struct server_process *server)
{
	struct process_cpu cpu;

	cr_assert(process_read_cpu(server->pid, &cpu));
	return (cpu.tasks_ns ? cpu.tasks_ns : cpu.all_ns) / 1000;
}

void
observe_rest(const struct server_process *server, int ms)
{
	uint64_t used_us = 0;
	int64_t took_ms = 0;

	for (int i = 0; i < REST_PERIODS; i++) {
		int64_t start_ms = harness_now_ms();

		used_us = processor_us(server);
		poll(NULL, 0, ms);
		used_us = processor_us(server) - used_us;
		took_ms = harness_now_ms() - start_ms;
		if (used_us < (uint64_t)took_ms * 1000 / 20)
			return;
	}
	harness_fail("the server does not rest: %ju us of processor in %jd ms",
	    (uintmax_t)used_us, (intmax_t)took_ms);
}

/* 0 when there is none of this name, or not yet: threads name themselves. */
static pid_t
find_thread(const struct server_process *server, const char *name)
{
	char path[300], text[32];
	struct dirent *entry;
	pid_t found = 0;
	DIR *tasks;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)server->pid);
	tasks = opendir(path);
	cr_assert_not_null(tasks);
	while (!found && (entry = readdir(tasks)) != NULL) {
		FILE *file;

		snprintf(path, sizeof(path), "/proc/%d/task/%s/comm",
		    (int)server->pid, entry->d_name);
		file = fopen(path, "r");
		if (!file)
			continue;
		if (fgets(text, sizeof(text), file) &&
		    !strncmp(text, name, strlen(name)) &&
		    text[strlen(name)] == '\n')
			found = (pid_t)atoi(entry->d_name);
		fclose(file);
	}
	closedir(tasks);
	return found;
}

pid_t
observe_thread(const struct server_process *server, const char *name)
{
	int64_t deadline_ms = harness_now_ms() + HARNESS_DEADLINE_MS;
	pid_t found;

	while ((found = find_thread(server, name)) == 0) {
		if (harness_now_ms() > deadline_ms)
			harness_fail("there is no thread %s", name);
		poll(NULL, 0, PAUSE_MS);
	}
	return found;
}

uint64_t
observe_limit(const struct server_process *server, uint64_t limit)
{
	struct rlimit before, now;

	cr_assert_eq(prlimit(server->pid, RLIMIT_NOFILE, NULL, &before), 0);
	now = before;
	now.rlim_cur = limit;
	cr_assert_eq(prlimit(server->pid, RLIMIT_NOFILE, &now, NULL), 0);
	return before.rlim_cur;
}

/* What is left are the free numbers below the limit. */
uint64_t
observe_leave(const struct server_process *server, unsigned more)
{
	char path[64];
	uint64_t limit = 0;

	for (unsigned left = more + 1; left > 0; limit++) {
		snprintf(path, sizeof(path), "/proc/%d/fd/%ju",
		    (int)server->pid, (uintmax_t)limit);
		left -= access(path, F_OK) != 0;
	}
	return observe_limit(server, limit - 1);
}
