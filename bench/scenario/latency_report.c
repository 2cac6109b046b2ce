/*
 * What `latency` tells: the costs of each step, and which rates were kept up
 * with.
 */
#include <inttypes.h>

#include "bench/clock.h"
#include "bench/scenario/latency_priv.h"

/* Behind is who hears the last of a step later, after it was due, than this
 * share of the step's length; and later than any machine may stall. */
#define BEHIND_SHARE  20
#define BEHIND_NS_MIN ((int64_t)(100 * NS_PER_MS))
/* A thread that is at work for so much of the time has none left. */
#define BUSY 0.9

/* By how much the step's last message was heard too late, as far as that is
 * more than may be; else 0. Its stages are over. */
static int64_t
behind_ns(const struct latency *latency, unsigned step)
{
	const struct run *run = &latency->fanout.run;
	unsigned talk = FANOUT_TALK + 2 * step;
	int64_t length = (int64_t)run->length_ns[talk];
	int64_t most = length / BEHIND_SHARE;
	int64_t late = (int64_t)run_begin_ns(run, talk + 2) -
		       (int64_t)run_end_ns(run, talk);

	if (most < BEHIND_NS_MIN)
		most = BEHIND_NS_MIN;
	return late > most ? late : 0;
}

/* Did the generator fall behind in the step? It sent late, or had no time. */
static bool
is_generators_fault(const struct latency *latency, unsigned step)
{
	const struct run *run = &latency->fanout.run;
	const struct meter *meter = &latency->meters[step];
	unsigned talk = FANOUT_TALK + 2 * step;
	uint64_t sent_ns = run_begin_ns(run, talk + 1);
	uint64_t own_ns = meter->end.own_ns - meter->begin.own_ns;
	double most = meter_seconds(meter) * run->options->common.threads;

	return sent_ns > run_end_ns(run, talk) +
			     (uint64_t)behind_ns(latency, step) / 2 ||
	       (double)own_ns > BUSY * most * 1e9;
}

static uint64_t
row_count(const struct latency *latency, unsigned row)
{
	return latency->fanout.run.report.rows[row].latencies.count;
}

/* What each of the `count` deliveries and answers of a step has cost the
 * server. */
static void
report_step(struct latency *latency, unsigned step, uint64_t count)
{
	struct report *report = &latency->fanout.run.report;
	const struct meter *meter = &latency->meters[step];

	if (count > 0 && meter->begin.server_known && meter->end.server_known)
		report_fact(report, latency->keys[step], "%.4f",
		    (double)process_cpu_between(
			&meter->begin.server, &meter->end.server) /
			1e3 / (double)count);
	else
		report_fact(report, latency->keys[step], "-");
}

/* A rate that was not kept up with has no latencies. */
static void
forget_behind(struct latency *latency)
{
	struct report *report = &latency->fanout.run.report;
	unsigned steps = latency->fanout.options->steps;
	unsigned first = latency_first_behind(latency, steps);
	unsigned row = RUN_ROW_WORK + first;

	if (first == steps)
		return;
	report->rows[row].latencies = (struct histogram){0};
	report->rows[row + steps].latencies = (struct histogram){0};
}

/* Which rates were kept up with. */
static void
report_behind(struct latency *latency)
{
	struct report *report = &latency->fanout.run.report;
	const unsigned *rates = latency->options->rates;
	unsigned steps = latency->fanout.options->steps;
	unsigned first = latency_first_behind(latency, steps);

	report_fact(report, "kept_up", "%u", first > 0 ? rates[first - 1] : 0);
	if (first == steps) {
		report_fact(report, "behind", "none");
		report_fact(report, "behind_by", "none");
		report_fact(report, "behind_ms", "0");
		return;
	}
	report_fact(report, "behind", "%u", rates[first]);
	report_fact(report, "behind_by", "%s",
	    is_generators_fault(latency, first) ? "generator" : "server");
	report_fact(report, "behind_ms", "%.1f",
	    (double)behind_ns(latency, first) / NS_PER_MS);
}

unsigned
latency_first_behind(const struct latency *latency, unsigned steps)
{
	for (unsigned i = 0; i < steps; i++)
		if (behind_ns(latency, i) > 0)
			return i;
	return steps;
}

int
latency_report(struct latency *latency)
{
	const struct latency_options *options = latency->options;
	struct run *run = &latency->fanout.run;
	struct report *report = &run->report;
	unsigned steps = options->fanout.steps;
	uint64_t deliveries = 0, answers = 0;
	uint64_t counts[FANOUT_STEPS_MAX];

	fanout_audit(&latency->fanout);
	for (unsigned i = 0; i < steps; i++) {
		uint64_t heard = row_count(latency, RUN_ROW_WORK + i);
		uint64_t told = row_count(latency, RUN_ROW_WORK + steps + i);

		deliveries += heard;
		answers += told;
		counts[i] = heard + told;
	}
	forget_behind(latency);
	run_report(run, deliveries + answers);
	report_fact(report, "members", "%u", options->fanout.members);
	report_fact(report, "publishers", "%u", options->fanout.publishers);
	report_fact(report, "askers", "%u", options->askers);
	report_fact(report, "bytes", "%u", options->fanout.bytes);
	report_fact(report, "deliveries", "%" PRIu64, deliveries);
	report_fact(report, "answers", "%" PRIu64, answers);
	fanout_report_gaps(&latency->fanout, report);
	for (unsigned i = 0; i < steps; i++)
		report_step(latency, i, counts[i]);
	report_behind(latency);
	return report_print(report);
}
