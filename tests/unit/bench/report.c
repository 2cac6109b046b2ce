#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/report/report_priv.h"

static const char *const steps[] = {"work", "rest"};
static struct report_form form;
static struct report report;
static char *text;

/* A report of two rows, of which the second has nothing. */
static void
setup(void)
{
	report_init(&report, "nap", steps, 2);
	report.form = &form;
	report.url = "unix:/tmp/x";
	for (uint64_t us = 1; us <= 10; us++)
		histogram_add(&report.rows[0].latencies, us * 1000);
}

static void
teardown(void)
{
	report_fini(&report);
	free(text);
}

TestSuite(bench_report, .init = setup, .fini = teardown);

/* What the form writes. */
static void
print(void (*write)(const struct report *, FILE *))
{
	size_t size;
	FILE *out;

	free(text);
	out = open_memstream(&text, &size);
	cr_assert_not_null(out);
	write(&report, out);
	fclose(out);
}

static void
expect(const char *part)
{
	cr_expect_not_null(strstr(text, part), "no %s in %s", part, text);
}

Test(bench_report, text_has_each_percentile_and_a_dash_for_unknown)
{
	print(report_text);
	expect("\nscenario=nap step=work count=10 failures=0 p50_us=5.1 "
	       "p90_us=9.1 p99_us=10.0 p999_us=10.0 p9999_us=10.0 "
	       "max_us=10.0\n");
	expect("\nscenario=nap step=rest count=0 failures=0 p50_us=- p90_us=- "
	       "p99_us=- p999_us=- p9999_us=- max_us=-\n");
	expect("\nscenario=nap failures=0\nverdict: ok\n");
}

Test(bench_report, json_has_each_percentile_and_null_for_unknown)
{
	print(report_json);
	expect("\"target\": \"unix:/tmp/x\",\n\"facts\": {},\n\"rows\": [\n"
	       "{\"step\": \"work\", \"count\": 10, \"failures\": 0, "
	       "\"p50_us\": 5.1, \"p90_us\": 9.1, \"p99_us\": 10.0, "
	       "\"p999_us\": 10.0, \"p9999_us\": 10.0, \"max_us\": 10.0},\n"
	       "{\"step\": \"rest\", \"count\": 0, \"failures\": 0, "
	       "\"p50_us\": null, \"p90_us\": null, \"p99_us\": null, "
	       "\"p999_us\": null, \"p9999_us\": null, \"max_us\": null}],\n"
	       "\"failures\": 0,\n\"failure_texts\": [],\n"
	       "\"verdict\": \"ok\"}\n");
}

Test(bench_report, facts_are_numbers_words_or_unknown)
{
	static const double zero;

	report_fact(&report, "count", "%u", 12);
	report_fact(&report, "less", "%.2f", -0.5);
	report_fact(&report, "word", "%s", "12 apples");
	report_fact(&report, "code", "%s", "007");
	report_fact(&report, "point", "%s", "1.");
	report_fact(&report, "infinite", "%.0f", 1 / zero);
	report_fact(&report, "nothing", "%.0f", zero / zero);
	report_fact(&report, "dash", "-");
	print(report_json);
	expect("\"facts\": {\"count\": 12, \"less\": -0.50, "
	       "\"word\": \"12 apples\", \"code\": \"007\", "
	       "\"point\": \"1.\", \"infinite\": null, \"nothing\": null, "
	       "\"dash\": null},\n");
	print(report_text);
	expect(" infinite=- nothing=- dash=- failures=0\n");
}

Test(bench_report, failures_are_told_in_both_forms)
{
	const struct report_failure failure = {
	    "ann", span_of("a\ttab"), span_of("\"\xff")};

	report.url = "unix:/tmp/\xff";
	for (int i = 0; i < REPORT_FAILURES_SHOWN + 2; i++)
		report_fail(&report, 1, &failure);
	print(report_text);
	expect("failure: rest: ann expected \"a\\x09tab\", got "
	       "\"\\x22\\xff\"\n");
	expect("failure: ... and 2 more\nverdict: FAILED (rest 12)\n");
	print(report_json);
	expect("\"target\": \"unix:/tmp/?\",\n");
	expect("\"failures\": 12,\n\"failure_texts\": [\"rest: ann expected "
	       "\\\"a\\\\x09tab\\\", got \\\"\\\\x22\\\\xff\\\"\",\n\"rest: ");
	expect("\"verdict\": \"failed\"}\n");
}

static bool
plot(void)
{
	bool drawable;
	size_t size;
	FILE *out;

	free(text);
	out = open_memstream(&text, &size);
	cr_assert_not_null(out);
	form.plot = "nap.svg";
	drawable = report_plot(&report, out);
	fclose(out);
	return drawable;
}

Test(bench_report, plot_has_a_curve_for_each_row_with_values)
{
	snprintf(report.title, sizeof report.title, "2 \"clients\"");
	report_fact(&report, "server_cpu_us", "%.4f", 1.23456);
	cr_expect(plot());
	expect("headline = \"nap: 2 clients, 1.23 µs of server CPU an "
	       "operation\"\n");
	expect("\nending = \"svg\"\n");
	expect("\nset yrange [1:10]\n");
	expect("\nset label 10 \"work\" at first 1, graph 0.958");
	expect("\n$row0 << END\n0.000 1.007\n");
	expect("\n1.000 9.087\nEND\n");
	expect("\nplot $row0 with lines linetype 1\n");
	cr_expect_null(strstr(text, "rest"), "%s", text);
}

Test(bench_report, plot_puts_labels_beside_each_other)
{
	report_merge(&report, 1, &report.rows[0].latencies);
	cr_expect(plot());
	expect("\nset label 10 \"work\" at first 1, graph 0.958");
	expect("\nset label 11 \"rest\" at first 1, graph 0.908");
	expect("\nplot $row0 with lines linetype 1, $row1 with lines linetype "
	       "2\n");
}

Test(bench_report, plot_has_room_for_a_value_that_stands_alone)
{
	static const uint64_t ns[] = {0, 1000};
	static const char *const ranges[] = {
	    "\nset yrange [0.0005:0.002]\n", "\nset yrange [0.5:2]\n"};

	for (int i = 0; i < 2; i++) {
		memset(&report.rows[0].latencies, 0,
		    sizeof report.rows[0].latencies);
		histogram_add(&report.rows[0].latencies, ns[i]);
		cr_expect(plot());
		expect(ranges[i]);
		expect("\nset label 10 \"work\" at first 0.30103, graph 0.5 ");
	}
}

Test(bench_report, plot_of_a_failed_run_says_so)
{
	const struct report_failure failure = {
	    "ann", span_of("this"), span_of("that")};

	report_fail(&report, 0, &failure);
	cr_expect(plot());
	expect("headline = \"nap:  (FAILED)\"\n");
}

Test(bench_report, plot_of_nothing_is_none)
{
	memset(&report.rows[0].latencies, 0, sizeof report.rows[0].latencies);
	cr_expect_not(plot());
}
