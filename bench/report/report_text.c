/* The form for people, and the key=value lines for programs. */
#include <inttypes.h>

#include "bench/report/report_priv.h"

#define MS_EXACT_MAX 1000 /* beyond it there are fewer decimals */

static void
print_ms(const struct report_row *row, double percent, FILE *out)
{
	double ms =
	    (double)histogram_percentile(&row->latencies, percent) / 1e6;

	if (row->latencies.count == 0)
		fprintf(out, " %8s", "-");
	else
		fprintf(out, " %8.*f", ms < MS_EXACT_MAX ? 3 : 1, ms);
}

static void
print_table(const struct report *report, FILE *out)
{
	const struct report_row *row;

	fprintf(out, "\n%-9s %9s %6s", "step (ms)", "count", "failed");
	for (int i = 0; i < REPORT_PERCENTILES; i++)
		fprintf(out, " %8s", report_percentiles[i].name);
	fputc('\n', out);
	for (size_t i = 0; i < report->row_count; i++) {
		row = &report->rows[i];
		fprintf(out, "%-9s %9" PRIu64 " %6" PRIu64, row->step,
		    row->latencies.count, row->failures);
		for (int k = 0; k < REPORT_PERCENTILES; k++)
			print_ms(row, report_percentiles[k].percent, out);
		fputc('\n', out);
	}
	fputc('\n', out);
}

static void
print_rows(const struct report *report, FILE *out)
{
	const struct report_row *row;
	char value[REPORT_FACT_BYTES];

	for (size_t i = 0; i < report->row_count; i++) {
		row = &report->rows[i];
		fprintf(out,
		    "scenario=%s step=%s count=%" PRIu64 " failures=%" PRIu64,
		    report->scenario, row->step, row->latencies.count,
		    row->failures);
		for (int k = 0; k < REPORT_PERCENTILES; k++) {
			report_us(value, row, &report_percentiles[k]);
			fprintf(
			    out, " %s=%s", report_percentiles[k].key, value);
		}
		fputc('\n', out);
	}
}

static void
print_facts(const struct report *report, FILE *out)
{
	fprintf(out, "scenario=%s", report->scenario);
	for (size_t i = 0; i < report->fact_count; i++)
		fprintf(out, " %s=%s", report->facts[i].key,
		    report->facts[i].value);
	fprintf(out, " failures=%" PRIu64 "\n", report->failures);
}

static void
print_verdict(const struct report *report, FILE *out)
{
	const char *separator = "";

	if (report->failures == 0) {
		fputs("verdict: ok\n", out);
		return;
	}
	for (size_t i = 0; i < REPORT_FAILURES_SHOWN; i++)
		if (report->shown[i])
			fprintf(out, "failure: %s\n", report->shown[i]);
	if (report->failures > REPORT_FAILURES_SHOWN)
		fprintf(out, "failure: ... and %" PRIu64 " more\n",
		    report->failures - REPORT_FAILURES_SHOWN);
	fputs("verdict: FAILED (", out);
	for (size_t i = 0; i < report->row_count; i++) {
		if (report->rows[i].failures == 0)
			continue;
		fprintf(out, "%s%s %" PRIu64, separator, report->rows[i].step,
		    report->rows[i].failures);
		separator = ", ";
	}
	fputs(")\n", out);
}

void
report_text(const struct report *report, FILE *out)
{
	print_table(report, out);
	print_rows(report, out);
	print_facts(report, out);
	print_verdict(report, out);
}
