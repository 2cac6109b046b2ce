#include "bench/report/report.h"

#include <err.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/report/machine.h"
#include "bench/report/picture.h"
#include "bench/report/report_priv.h"
#include "reactor/check.h"

#define QUOTED_BYTES_MAX 200 /* of a line that is shown in a failure */

const struct report_percentile report_percentiles[REPORT_PERCENTILES] = {
    {50, "p50", "p50_us"},
    {90, "p90", "p90_us"},
    {99, "p99", "p99_us"},
    {99.9, "p99.9", "p999_us"},
    {99.99, "p99.99", "p9999_us"},
    {100, "max", "max_us"},
};

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

/* What is no finite number is not known. */
static void
keep_known(char value[REPORT_FACT_BYTES])
{
	char *end;
	double number = strtod(value, &end);

	if (end != value && *end == '\0' && !isfinite(number))
		strcpy(value, "-");
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
report_begin(struct report *report, const struct report_form *form,
    const char *url, const char *format, ...)
{
	struct machine machine;
	va_list arguments;

	report->form = form;
	report->url = url;
	report->begun = time(NULL);
	va_start(arguments, format);
	vsnprintf(report->title, sizeof report->title, format, arguments);
	va_end(arguments);
	if (form->json)
		return;
	machine_read(&machine);
	printf("%s: %s on %s\n", report->scenario, report->title, url);
	machine_print(&machine);
}

FILE *
report_news(const struct report *report)
{
	return report->form->json ? stderr : stdout;
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
report_fact(struct report *report, const char *key, const char *format, ...)
{
	struct report_fact *fact = &report->facts[report->fact_count++];
	va_list arguments;

	check(report->fact_count <= REPORT_FACTS_MAX);
	fact->key = key;
	va_start(arguments, format);
	vsnprintf(fact->value, sizeof fact->value, format, arguments);
	va_end(arguments);
	keep_known(fact->value);
}

void
report_us(char text[REPORT_FACT_BYTES], const struct report_row *row,
    const struct report_percentile *percentile)
{
	uint64_t ns =
	    histogram_percentile(&row->latencies, percentile->percent);

	if (row->latencies.count > 0)
		snprintf(text, REPORT_FACT_BYTES, "%.1f", (double)ns / 1e3);
	else
		strcpy(text, "-");
}

void
report_latencies(struct report *report, size_t row)
{
	char value[REPORT_FACT_BYTES];

	check(row < report->row_count);
	for (int i = 0; i < REPORT_PERCENTILES; i++) {
		report_us(value, &report->rows[row], &report_percentiles[i]);
		report_fact(report, report_percentiles[i].key, "%s", value);
	}
}

/* Printed in one piece: whoever interrupts it leaves nothing halved. */
static int
print_form(const struct report *report)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		err(EXIT_FAILURE, "memory for the report");
	if (report->form->json)
		report_json(report, out);
	else
		report_text(report, out);
	if (fclose(out) != 0)
		err(EXIT_FAILURE, "memory for the report");
	fwrite(text, 1, size, stdout);
	free(text);
	if (fflush(stdout) == 0 && !ferror(stdout))
		return 0;
	warn("standard output");
	return -1;
}

static int
draw_picture(const struct report *report)
{
	char *script = NULL;
	size_t size;
	FILE *out = open_memstream(&script, &size);
	bool drawable;
	int status = -1;

	if (!out)
		err(EXIT_FAILURE, "memory for the picture");
	drawable = report_plot(report, out);
	if (fclose(out) != 0)
		err(EXIT_FAILURE, "memory for the picture");
	if (drawable)
		status = picture_draw(report->form->plot, script, size);
	else
		warnx(
		    "--plot %s: there is nothing to draw", report->form->plot);
	free(script);
	return status;
}

int
report_print(struct report *report)
{
	bool well = report->failures == 0;

	check_nonzero(report->form);
	well = print_form(report) == 0 && well;
	if (report->form->plot)
		well = draw_picture(report) == 0 && well;
	return well ? EXIT_SUCCESS : EXIT_FAILURE;
}
