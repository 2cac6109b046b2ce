/*
 * The form for programs: one object, whose numbers are the text form's, digit
 * for digit; what is unknown there is null here.
 */
#include <ctype.h>
#include <err.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "bench/report/machine.h"
#include "bench/report/report_priv.h"
#include "console/setting/options.h"
#include "proto/wire/json.h"
#include "proto/wire/utf8.h"

/* JSON is UTF-8: of text that is not, only what is ASCII is kept. */
static void
put_string(FILE *out, const char *given)
{
	char *text = strdup(given);
	struct span span;
	char *json;

	if (!text)
		err(EXIT_FAILURE, "memory for the report");
	if (!utf8_is_text(text, strlen(text)))
		for (char *at = text; *at; at++)
			*at = isascii(*at) ? *at : '?';
	span = span_of(text);
	json = malloc(json_escaped_bytes(span) + 2);
	if (!json)
		err(EXIT_FAILURE, "memory for the report");
	fwrite(json, 1, (size_t)(json_put_string(json, span) - json), out);
	free(json);
	free(text);
}

static const char *
skip_digits(const char *at)
{
	return at + strspn(at, "0123456789");
}

/* As JSON writes numbers: "007", "1." and "0x10" are none. */
static bool
is_number(const char *text)
{
	const char *at = text + (*text == '-');
	const char *whole = at;

	at = skip_digits(at);
	if (at == whole || (*whole == '0' && at > whole + 1))
		return false;
	if (*at == '.' && skip_digits(at + 1) > at + 1)
		at = skip_digits(at + 1);
	return *at == '\0';
}

static void
put_value(FILE *out, const char *text)
{
	if (!strcmp(text, "-"))
		fputs("null", out);
	else if (is_number(text))
		fputs(text, out);
	else
		put_string(out, text);
}

/* The name of a member behind the first. */
static void
put_next(FILE *out, const char *name)
{
	fputs(",\n\"", out);
	fputs(name, out);
	fputs("\": ", out);
}

static void
put_machine(FILE *out)
{
	struct machine machine;

	machine_read(&machine);
	put_next(out, "machine");
	fprintf(out, "{\"cpus\": %d, \"processor\": ", machine.cpus);
	put_string(out, machine.processor);
	fputs(", \"kernel\": ", out);
	put_string(out, machine.kernel);
	fputc('}', out);
}

static void
put_head(const struct report *report, FILE *out)
{
	char begun[sizeof "2026-11-24T20:49:35Z"];
	struct tm tm;

	gmtime_r(&report->begun, &tm);
	strftime(begun, sizeof begun, "%Y-%m-%dT%H:%M:%SZ", &tm);
	fputs("{\"scenario\": ", out);
	put_string(out, report->scenario);
	put_next(out, "version");
	put_string(out, THRONG_VERSION);
	put_next(out, "time");
	put_string(out, begun);
	put_machine(out);
	put_next(out, "target");
	put_string(out, report->url);
}

static void
put_facts(const struct report *report, FILE *out)
{
	const char *separator = "{";

	put_next(out, "facts");
	for (size_t i = 0; i < report->fact_count; i++) {
		fprintf(out, "%s\"%s\": ", separator, report->facts[i].key);
		put_value(out, report->facts[i].value);
		separator = ", ";
	}
	fputs(report->fact_count > 0 ? "}" : "{}", out);
}

static void
put_row(const struct report_row *row, FILE *out)
{
	char value[REPORT_FACT_BYTES];

	fprintf(out,
	    "{\"step\": \"%s\", \"count\": %" PRIu64 ", \"failures\": %" PRIu64,
	    row->step, row->latencies.count, row->failures);
	for (int i = 0; i < REPORT_PERCENTILES; i++) {
		report_us(value, row, &report_percentiles[i]);
		fprintf(out, ", \"%s\": ", report_percentiles[i].key);
		put_value(out, value);
	}
	fputc('}', out);
}

static void
put_rows(const struct report *report, FILE *out)
{
	put_next(out, "rows");
	for (size_t i = 0; i < report->row_count; i++) {
		fputs(i == 0 ? "[\n" : ",\n", out);
		put_row(&report->rows[i], out);
	}
	fputc(']', out);
}

static void
put_failures(const struct report *report, FILE *out)
{
	const char *separator = "";

	put_next(out, "failures");
	fprintf(out, "%" PRIu64, report->failures);
	put_next(out, "failure_texts");
	fputc('[', out);
	for (size_t i = 0; i < REPORT_FAILURES_SHOWN; i++) {
		if (!report->shown[i])
			continue;
		fputs(separator, out);
		put_string(out, report->shown[i]);
		separator = ",\n";
	}
	fputc(']', out);
}

void
report_json(const struct report *report, FILE *out)
{
	put_head(report, out);
	put_facts(report, out);
	put_rows(report, out);
	put_failures(report, out);
	put_next(out, "verdict");
	put_string(out, report->failures == 0 ? "ok" : "failed");
	fputs("}\n", out);
}
