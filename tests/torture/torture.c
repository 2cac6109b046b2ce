#include "tests/torture/torture.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "bench/crowd/process.h"

#define ASK_AGAIN_MS 20
#define NS_PER_MS    1000000

unsigned
torture_seconds(void)
{
	const char *given = getenv("TORTURE_SECONDS");
	unsigned long seconds = given ? strtoul(given, NULL, 10) : 0;

	return seconds > 0 ? (unsigned)seconds : TORTURE_SECONDS;
}

unsigned
torture_scaled(unsigned count, unsigned least)
{
	uint64_t scaled = (uint64_t)count * torture_seconds() / TORTURE_SECONDS;

	return scaled > least ? (unsigned)scaled : least;
}

struct torture_size
torture_size_of(const struct server_process *server)
{
	struct torture_size size;

	cr_assert(process_read_descriptors(server->pid, &size.descriptors));
	cr_assert(process_read_memory(server->pid, &size.bytes));
	return size;
}

uint64_t
torture_cpu_ms(const struct server_process *server)
{
	struct process_cpu cpu;

	cr_assert(process_read_cpu(server->pid, &cpu));
	return cpu.tasks_ns / NS_PER_MS;
}

void
torture_await_count(struct server_process *server, const char *count)
{
	int64_t deadline_ms = harness_now_ms() + HARNESS_DEADLINE_MS;
	const char *line = "";

	do {
		if (harness_now_ms() > deadline_ms)
			harness_fail("expected `%s`, got `%s`", count, line);
		poll(NULL, 0, ASK_AGAIN_MS);
		server_process_type(server, "count\n");
		line =
		    server_process_expect(server, "* connected, * logged in");
	} while (strcmp(line, count) != 0);
}
