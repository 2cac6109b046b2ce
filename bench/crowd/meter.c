#include "bench/crowd/meter.h"

#include <stdio.h>
#include <sys/resource.h>

#include "bench/load/load.h"
#include "reactor/check.h"

#define NS_PER_S 1e9

static uint64_t
own_cpu_ns(void)
{
	struct rusage usage;

	check_zero(getrusage(RUSAGE_SELF, &usage));
	return ((uint64_t)usage.ru_utime.tv_sec +
		   (uint64_t)usage.ru_stime.tv_sec) *
		   1000000000u +
	       ((uint64_t)usage.ru_utime.tv_usec +
		   (uint64_t)usage.ru_stime.tv_usec) *
		   1000u;
}

static void
read_all(const struct meter *meter, struct meter_reading *reading)
{
	reading->server_known = process_read_cpu(meter->pid, &reading->server);
	reading->own_ns = own_cpu_ns();
	reading->wall_ns = load_clock();
}

static void
print_cost(const char *who, bool known, uint64_t used_ns, uint64_t operations)
{
	if (known)
		printf(" %s_cpu_s=%.3f", who, (double)used_ns / NS_PER_S);
	else
		printf(" %s_cpu_s=-", who);
	if (known && operations > 0)
		printf(" %s_cpu_us=%.4f", who,
		    (double)used_ns / 1e3 / (double)operations);
	else
		printf(" %s_cpu_us=-", who);
}

void
meter_begin(struct meter *meter)
{
	read_all(meter, &meter->begin);
}

void
meter_end(struct meter *meter)
{
	read_all(meter, &meter->end);
}

double
meter_seconds(const struct meter *meter)
{
	return (double)(meter->end.wall_ns - meter->begin.wall_ns) / NS_PER_S;
}

void
meter_print(const struct meter *meter, uint64_t operations)
{
	const struct meter_reading *begin = &meter->begin;
	const struct meter_reading *end = &meter->end;
	bool known = begin->server_known && end->server_known;
	uint64_t server_ns = 0;

	if (known)
		server_ns = process_cpu_between(&begin->server, &end->server);
	print_cost("server", known, server_ns, operations);
	print_cost("bench", true, end->own_ns - begin->own_ns, operations);
}
