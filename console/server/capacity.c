/* How many clients fit, and what keeps out more. */
#include "console/server/capacity.h"

#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/resource.h>

#include "console/setting/format.h"
#include "console/setting/options.h"
#include "reactor/check.h"
#include "reactor/engine.h"

/* Descriptors that are not clients': files, rings, bells, and slack. */
#define DESCRIPTORS_KEPT  64
#define DESCRIPTORS_EACH  3             /* reactor, besides its listeners */
#define TABLE_DEFAULT_MAX (128u * 1024) /* 8 bytes of the kernel's for each */

static uint64_t
descriptors_max(void)
{
	struct rlimit limit;

	check_zero(getrlimit(RLIMIT_NOFILE, &limit));
	return limit.rlim_cur;
}

unsigned
capacity_cores(void)
{
	cpu_set_t cpus;

	if (sched_getaffinity(0, sizeof(cpus), &cpus) < 0)
		return 1;
	return (unsigned)CPU_COUNT(&cpus);
}

void
capacity_raise_descriptors(void)
{
	struct rlimit limit;

	check_zero(getrlimit(RLIMIT_NOFILE, &limit));
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

/* A reactor's; one of them has that of --metrics. */
static unsigned
listeners(const struct options *options)
{
	return options->listen_count + (options->metrics.length > 0);
}

unsigned
capacity_reactors(
    const struct options *options, const struct engine_ops *engine)
{
	uint64_t reactors = capacity_cores();
	uint64_t each, needed;

	if (options->reactors > 0)
		return options->reactors;
	if (options->clients_max > 0) {
		each = engine->conns_max(listeners(options));
		needed = (options->clients_max + each - 1) / each;
		reactors = needed > reactors ? needed : reactors;
	}
	return reactors < REACTORS_MAX ? (unsigned)reactors : REACTORS_MAX;
}

/* The process's own descriptors are few, but with epoll they are all there
 * is. */
static uint64_t
process_clients(const struct options *options, unsigned reactors)
{
	uint64_t own =
	    DESCRIPTORS_KEPT +
	    (uint64_t)reactors * (DESCRIPTORS_EACH + listeners(options));
	uint64_t descriptors = descriptors_max();

	return descriptors > own + 1 ? descriptors - own : 1;
}

struct capacity
capacity_of(const struct options *options, const struct engine_ops *engine,
    unsigned reactors)
{
	struct capacity capacity = {
	    .each = engine->conns_max(listeners(options)),
	    .descriptors = descriptors_max(),
	    .asked = options->clients_max,
	    .bound = CAPACITY_REACTOR,
	};
	uint64_t asked = capacity.asked;

	if (capacity.each == UINT32_MAX) {
		capacity.bound = CAPACITY_PROCESS;
		capacity.clients = process_clients(options, reactors);
	} else {
		if (asked == 0 && capacity.each > TABLE_DEFAULT_MAX) {
			capacity.bound = CAPACITY_TABLE;
			capacity.each = TABLE_DEFAULT_MAX;
		}
		capacity.clients = (uint64_t)capacity.each * reactors;
	}
	if (asked > 0 && asked <= capacity.clients) {
		capacity.bound = CAPACITY_ASKED;
		capacity.clients = asked;
	}
	if (capacity.each > capacity.clients)
		capacity.each = (uint32_t)capacity.clients;
	return capacity;
}

const char *
capacity_format(const struct capacity *capacity, char text[CAPACITY_TEXT_BYTES])
{
	unsigned long long descriptors = capacity->descriptors;
	int used = snprintf(text, CAPACITY_TEXT_BYTES, "%llu client%s",
	    (unsigned long long)capacity->clients,
	    format_plural(capacity->clients));
	char *rest = text + used;
	size_t room = CAPACITY_TEXT_BYTES - (size_t)used;

	if (capacity->asked > capacity->clients)
		used = snprintf(rest, room, ", not %u", capacity->asked);
	else
		used = 0;
	rest += used;
	room -= (size_t)used;
	switch (capacity->bound) {
	case CAPACITY_ASKED:
		snprintf(rest, room, " (--max-clients)");
		break;
	case CAPACITY_PROCESS:
		snprintf(rest, room,
		    " (the limit of %llu descriptors, ulimit -n)", descriptors);
		break;
	case CAPACITY_REACTOR:
		snprintf(rest, room,
		    " (%u a reactor: the limit of %llu descriptors, "
		    "ulimit -n, is each one's)",
		    capacity->each, descriptors);
		break;
	case CAPACITY_TABLE:
		snprintf(rest, room,
		    " (%u a reactor, unless --max-clients asks for more)",
		    capacity->each);
		break;
	}
	return text;
}
