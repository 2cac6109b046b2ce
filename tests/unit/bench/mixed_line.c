#include <criterion/criterion.h>

#include "bench/mixed/line.h"

static struct mixed_line
read(const char *text)
{
	struct mixed_line line;

	mixed_line_read(&line, span_of(text));
	return line;
}

static void
expect_span(struct span got, const char *expected)
{
	cr_expect(span_equals(got, span_of(expected)), "`%.*s`, not `%s`",
	    (int)got.len, got.at, expected);
}

static void
expect_kind(const char *text, enum mixed_line_kind kind)
{
	cr_expect_eq(read(text).kind, kind, "%s", text);
}

Test(bench_mixed_line, answers)
{
	struct mixed_line line = read("OK logged in as ann#4");

	cr_expect_eq(line.kind, LINE_OK);
	expect_span(line.text, "logged in as ann#4");
	line = read("ERR no-such-user nobody is there");
	cr_expect_eq(line.kind, LINE_ERR);
	expect_span(line.code, "no-such-user");
	line = read("{\"event\":\"reply\",\"re\":\"login\",\"ok\":true,"
		    "\"name\":\"ann\",\"client\":4,\"text\":\"logged in\"}");
	cr_expect_eq(line.kind, LINE_OK);
	expect_span(line.re, "login");
	cr_expect_eq(line.client, 4);
	line = read("{\"event\":\"reply\",\"re\":\"msg\",\"ok\":false,"
		    "\"code\":\"busy\",\"text\":\"later\"}");
	cr_expect_eq(line.kind, LINE_ERR);
	expect_span(line.code, "busy");
	expect_kind("Echo: OK", LINE_ECHO);
	expect_kind("{\"event\":\"echo\",\"text\":\"OK\"}", LINE_ECHO);
}

Test(bench_mixed_line, messages)
{
	struct mixed_line line = read("#dev [ann#4] hi [bob#5] ho");

	cr_expect_eq(line.kind, LINE_MESSAGE);
	expect_span(line.room, "dev");
	expect_span(line.from, "ann");
	cr_expect_eq(line.client, 4);
	expect_span(line.text, "hi [bob#5] ho");
	line = read("[ann#4] hi");
	cr_expect_eq(line.kind, LINE_MESSAGE);
	expect_span(line.room, "lobby");
	line = read("[ann#4 -> you] hi");
	cr_expect_eq(line.kind, LINE_DIRECT);
	expect_span(line.text, "hi");
	line = read("{\"event\":\"message\",\"room\":\"dev\",\"seq\":12,"
		    "\"from\":\"ann\",\"client\":4,\"time\":\"2026-01-31T12:"
		    "00:00.123Z\",\"text\":\"a \\\"b\\\" \\\\\"}");
	cr_expect_eq(line.kind, LINE_MESSAGE);
	cr_expect(line.json);
	cr_expect_eq(line.seq, 12);
	expect_span(line.text, "a \\\"b\\\" \\\\");
}

Test(bench_mixed_line, gaps_and_what_is_gone)
{
	struct mixed_line line =
	    read("*** #dev: 3 messages skipped, /history dev since=7");

	cr_expect_eq(line.kind, LINE_GAP);
	expect_span(line.room, "dev");
	cr_expect_eq(line.missed, 3);
	cr_expect_eq(line.after, 7);
	line = read("{\"event\":\"gap\",\"room\":\"dev\",\"after\":7,"
		    "\"missed\":3}");
	cr_expect_eq(line.kind, LINE_GAP);
	cr_expect_eq(line.after, 7);
	cr_expect_eq(line.missed, 3);
	line = read("{\"event\":\"notice\",\"room\":\"dev\",\"text\":\"5 "
		    "messages are no longer kept\"}");
	cr_expect_eq(line.kind, LINE_FORGOTTEN);
	cr_expect_eq(line.missed, 5);
	expect_kind("*** #dev: starts over", LINE_OVER);
	expect_kind("{\"event\":\"notice\",\"room\":\"dev\",\"text\":\"starts "
		    "over\"}",
	    LINE_OVER);
}

Test(bench_mixed_line, news)
{
	expect_kind("*** #dev: ann#4 joined", LINE_NEWS);
	expect_kind("*** #dev: 12 angry men", LINE_NEWS);
	expect_kind("*** starts over", LINE_NEWS);
	expect_kind(
	    "{\"event\":\"notice\",\"text\":\"starts over\"}", LINE_NEWS);
	expect_kind("{\"event\":\"leave\",\"room\":\"dev\",\"name\":\"ann\","
		    "\"client\":4}",
	    LINE_NEWS);
}

Test(bench_mixed_line, fields_may_be_added)
{
	struct mixed_line line =
	    read("{\"event\":\"message\",\"mood\":\"glad\",\"room\":\"dev\","
		 "\"level\":3,\"seq\":9,\"loud\":false,\"text\":\"x\"}");

	cr_expect_eq(line.kind, LINE_MESSAGE);
	cr_expect_eq(line.seq, 9);
}

Test(bench_mixed_line, what_is_no_line_is_wrong)
{
	static const char *const wrong[] = {"", "hello", "[ann] hi",
	    "[ann#] hi", "#dev ann#4 hi", "{}", "{\"event\":\"message\"",
	    "{\"event\":\"message\"}}", "{\"event\":\"riot\"}",
	    "{\"event\":message}", "{\"event\":\"echo\",}",
	    "{\"event\":\"echo\" \"text\":\"x\"}", "{\"event\":\"ec\\"};

	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		expect_kind(wrong[i], LINE_WRONG);
}
