#include "bench/crowd/meter.h"

#include <sys/resource.h>

#include "bench/clock.h"
#include "bench/report/report.h"
#include "reactor/check.h"

static uint64_t
own_cpu_ns(void)
{
	struct rusage usage;

	check_zero(getrusage(RUSAGE_SELF, &usage));
	return ((uint64_t)usage.ru_utime.tv_sec +
		   (uint64_t)usage.ru_stime.tv_sec) *
		   NS_PER_S +
	       ((uint64_t)usage.ru_utime.tv_usec +
		   (uint64_t)usage.ru_stime.tv_usec) *
		   NS_PER_US;
}

static void
read_all(const struct meter *meter, struct meter_reading *reading)
{
	reading->server_known = process_read_cpu(meter->pid, &reading->server);
	reading->own_ns = own_cpu_ns();
	reading->wall_ns = clock_ns();
}

/* What one of the two has used; the keys are for all of it, and for each. */
static void
report_cost(struct report *report, const char *const keys[2], bool known,
    uint64_t used_ns, uint64_t operations)
{
	if (known)
		report_fact(
		    report, keys[0], "%.3f", (double)used_ns / NS_PER_S);
	else
		report_fact(report, keys[0], "-");
	if (known && operations > 0)
		report_fact(report, keys[1], "%.4f",
		    (double)used_ns / 1e3 / (double)operations);
	else
		report_fact(report, keys[1], "-");
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
meter_report(
    const struct meter *meter, struct report *report, uint64_t operations)
{
	const struct meter_reading *begin = &meter->begin;
	const struct meter_reading *end = &meter->end;
	static const char *const server[] = {"server_cpu_s", "server_cpu_us"};
	static const char *const bench[] = {"bench_cpu_s", "bench_cpu_us"};
	bool known = begin->server_known && end->server_known;
	uint64_t server_ns = 0;

	if (known)
		server_ns = process_cpu_between(&begin->server, &end->server);
	report_cost(report, server, known, server_ns, operations);
	report_cost(
	    report, bench, true, end->own_ns - begin->own_ns, operations);
}
