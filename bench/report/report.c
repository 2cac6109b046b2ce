#include "bench/report/report.h"

#include <ctype.h>
#include <inttypes.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "reactor/check.h"

#define QUOTED_BYTES_MAX 200 /* of a line that is shown in a failure */

/* Printable ASCII only: a server's bytes must not steer the terminal. */
static void
print_quoted(FILE *out, struct span text)
{
	fputc('"', out);
	for (size_t i = 0; i < text.len && i < QUOTED_BYTES_MAX; i++) {
		unsigned char c = (unsigned char)text.at[i];

		if (c < ' ' || c > '~' || c == '"' || c == '\\')
			fprintf(out, "\\x%02x", c);
		else
			fputc(c, out);
	}
	fputs(text.len > QUOTED_BYTES_MAX ? "\"..." : "\"", out);
}

/* The text of a failure; NULL without memory, then it is only counted. */
static char *
describe(const char *step, const struct report_failure *failure)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	fprintf(out, "%s: %s expected ", step, failure->who);
	print_quoted(out, failure->expected);
	fputs(", got ", out);
	print_quoted(out, failure->got);
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}

static double
ms_at(const struct report_row *row, double percent)
{
	return (double)histogram_percentile(&row->latencies, percent) / 1e6;
}

static double
us_at(const struct report_row *row, double percent)
{
	return (double)histogram_percentile(&row->latencies, percent) / 1e3;
}

static void
print_row(const struct report_row *row)
{
	printf("%-10s %11" PRIu64 " %7" PRIu64, row->step, row->latencies.count,
	    row->failures);
	if (row->latencies.count == 0)
		printf(" %11s %11s %11s %11s\n", "-", "-", "-", "-");
	else
		printf(" %11.3f %11.3f %11.3f %11.3f\n", ms_at(row, 50),
		    ms_at(row, 99), ms_at(row, 99.9), ms_at(row, 100));
}

static void
print_rows(const struct report *report)
{
	const struct report_row *row;

	printf("\n%-10s %11s %7s %11s %11s %11s %11s\n", "step", "count",
	    "failed", "p50 ms", "p99 ms", "p99.9 ms", "max ms");
	for (size_t i = 0; i < report->row_count; i++)
		print_row(&report->rows[i]);
	putchar('\n');
	for (size_t i = 0; i < report->row_count; i++) {
		row = &report->rows[i];
		printf("scenario=%s step=%s count=%" PRIu64 " failures=%" PRIu64
		       " p50_us=%.1f p99_us=%.1f p999_us=%.1f max_us=%.1f\n",
		    report->scenario, row->step, row->latencies.count,
		    row->failures, us_at(row, 50), us_at(row, 99),
		    us_at(row, 99.9), us_at(row, 100));
	}
}

static void
print_facts(const struct report *report)
{
	printf("scenario=%s", report->scenario);
	for (size_t i = 0; i < report->fact_count; i++)
		printf(" %s=%s", report->facts[i].key, report->facts[i].value);
	printf(" failures=%" PRIu64 "\n", report->failures);
}

static int
print_verdict(const struct report *report)
{
	const char *separator = "";

	if (report->failures == 0) {
		puts("verdict: ok");
		return EXIT_SUCCESS;
	}
	for (size_t i = 0; i < REPORT_FAILURES_SHOWN; i++)
		if (report->shown[i])
			printf("failure: %s\n", report->shown[i]);
	if (report->failures > REPORT_FAILURES_SHOWN)
		printf("failure: ... and %" PRIu64 " more\n",
		    report->failures - REPORT_FAILURES_SHOWN);
	fputs("verdict: FAILED (", stdout);
	for (size_t i = 0; i < report->row_count; i++) {
		if (report->rows[i].failures == 0)
			continue;
		printf("%s%s %" PRIu64, separator, report->rows[i].step,
		    report->rows[i].failures);
		separator = ", ";
	}
	puts(")");
	return EXIT_FAILURE;
}

/* The processor's name as the kernel gives it, without its newline. */
static void
processor_name(char *name, size_t size)
{
	FILE *info = fopen("/proc/cpuinfo", "re");
	char line[256];

	snprintf(name, size, "unknown");
	while (info && fgets(line, sizeof line, info)) {
		if (strncmp(line, "model name", 10) || !strchr(line, ':'))
			continue;
		snprintf(name, size, "%s", strchr(line, ':') + 1);
		name[strcspn(name, "\n")] = '\0';
		break;
	}
	if (info)
		fclose(info);
}

void
report_init(struct report *report, const char *scenario,
    const char *const steps[], size_t count)
{
	check(count <= REPORT_ROWS_MAX);
	memset(report, 0, sizeof *report);
	report->scenario = scenario;
	report->row_count = count;
	for (size_t i = 0; i < count; i++)
		report->rows[i].step = steps[i];
	check_zero(pthread_mutex_init(&report->lock, NULL));
}

void
report_fini(struct report *report)
{
	for (size_t i = 0; i < REPORT_FAILURES_SHOWN; i++)
		free(report->shown[i]);
	check_zero(pthread_mutex_destroy(&report->lock));
}

void
report_fail(
    struct report *report, size_t row, const struct report_failure *failure)
{
	check(row < report->row_count);
	check_zero(pthread_mutex_lock(&report->lock));
	if (report->failures < REPORT_FAILURES_SHOWN)
		report->shown[report->failures] =
		    describe(report->rows[row].step, failure);
	report->failures++;
	report->rows[row].failures++;
	check_zero(pthread_mutex_unlock(&report->lock));
}

void
report_merge(
    struct report *report, size_t row, const struct histogram *latencies)
{
	check(row < report->row_count);
	histogram_merge(&report->rows[row].latencies, latencies);
}

void
report_print_machine(void)
{
	struct utsname kernel;
	cpu_set_t allowed;
	char name[128];
	const char *trimmed = name;

	check_zero(uname(&kernel));
	CPU_ZERO(&allowed);
	check_zero(sched_getaffinity(0, sizeof allowed, &allowed));
	processor_name(name, sizeof name);
	while (isspace((unsigned char)*trimmed))
		trimmed++;
	printf("machine cpus=%d processor=\"%s\" kernel=\"%s %s\"\n",
	    CPU_COUNT(&allowed), trimmed, kernel.sysname, kernel.release);
}

void
report_fact(struct report *report, const char *key, const char *format, ...)
{
	struct report_fact *fact = &report->facts[report->fact_count++];
	va_list arguments;

	check(report->fact_count <= REPORT_FACTS_MAX);
	fact->key = key;
	va_start(arguments, format);
	vsnprintf(fact->value, sizeof fact->value, format, arguments);
	va_end(arguments);
}

void
report_latencies(struct report *report, size_t row)
{
	const struct report_row *of = &report->rows[row];

	check(row < report->row_count);
	report_fact(report, "p50_us", "%.1f", us_at(of, 50));
	report_fact(report, "p99_us", "%.1f", us_at(of, 99));
	report_fact(report, "p999_us", "%.1f", us_at(of, 99.9));
	report_fact(report, "max_us", "%.1f", us_at(of, 100));
}

int
report_print(struct report *report)
{
	print_rows(report);
	print_facts(report);
	return print_verdict(report);
}
