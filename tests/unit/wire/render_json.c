/* Each kind of object word for word, what is escaped, times and the bound. */
#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "proto/limits.h"
#include "proto/wire/frame.h"
#include "tests/unit/wire/kit.h"

/* `expected` has ' for ", and no LF. */
static void
expect_object(struct event event, const char *expected)
{
	size_t len;
	char *out = render_exactly(FORMAT_JSON, &event, &len);
	char *line = strdup(expected);

	for (char *c = line; *c; c++) {
		if (*c == '\'')
			*c = '"';
	}
	cr_assert_eq(out[len - 1], '\n');
	cr_assert(span_equals((struct span){out, len - 1}, span_of(line)),
	    "got %.*s for %s", (int)len - 1, out, line);
	free(line);
	free(out);
}

#define EXPECT_OBJECT(expected, ...)                                           \
	expect_object((struct event){__VA_ARGS__}, (expected))

Test(render_json, ok_is_a_reply)
{
	EXPECT_OBJECT("{'event':'reply','re':'ping','ok':true,'text':'pong'}",
	    .kind = EVENT_OK, .re = span_of("ping"), .text = span_of("pong"));
	EXPECT_OBJECT("{'event':'reply','re':'ping','ok':true,'tag':'t.1',"
		      "'text':'pong'}",
	    .kind = EVENT_OK, .re = span_of("ping"), .tag = span_of("t.1"),
	    .text = span_of("pong"));
	EXPECT_OBJECT("{'event':'reply','re':'quit','ok':true,'text':''}",
	    .kind = EVENT_OK, .re = span_of("quit"));
	EXPECT_OBJECT(
	    "{'event':'reply','ok':true,'text':''}", .kind = EVENT_OK);
}

Test(render_json, ok_names_the_user)
{
	EXPECT_OBJECT("{'event':'reply','re':'login','ok':true,'name':'alice',"
		      "'client':17,'text':'logged in'}",
	    .kind = EVENT_OK, .re = span_of("login"), .from = span_of("alice"),
	    .client = 17, .text = span_of("logged in"));
}

Test(render_json, ok_names_the_room_and_where_it_is)
{
	EXPECT_OBJECT("{'event':'reply','re':'join','ok':true,'tag':'t',"
		      "'room':'dev','members':3,'seq':42,'text':'joined'}",
	    .kind = EVENT_OK, .re = span_of("join"), .tag = span_of("t"),
	    .room = span_of("dev"), .members = 3, .seq = 42,
	    .text = span_of("joined"));
	EXPECT_OBJECT("{'event':'reply','re':'join','ok':true,'room':'dev',"
		      "'members':1,'seq':0,'text':''}",
	    .kind = EVENT_OK, .re = span_of("join"), .room = span_of("dev"),
	    .members = 1);
}

Test(render_json, err_is_a_reply_that_is_not_ok)
{
	EXPECT_OBJECT("{'event':'reply','re':'login','ok':false,'tag':'t',"
		      "'code':'bad-credentials','text':'try again'}",
	    .kind = EVENT_ERR, .code = ERR_BAD_CREDENTIALS, .tag = span_of("t"),
	    .re = span_of("login"), .text = span_of("try again"));
	EXPECT_OBJECT("{'event':'reply','re':'unknown','ok':false,"
		      "'code':'unknown-command','text':''}",
	    .kind = EVENT_ERR, .code = ERR_UNKNOWN_COMMAND,
	    .re = span_of("unknown"));
}

Test(render_json, item_is_a_client)
{
	EXPECT_OBJECT("{'event':'item','re':'who','tag':'t','name':'alice',"
		      "'client':17}",
	    .kind = EVENT_ITEM, .re = span_of("who"), .tag = span_of("t"),
	    .from = span_of("alice"), .client = 17);
	EXPECT_OBJECT("{'event':'item','re':'who','name':'alice','client':17,"
		      "'text':'away'}",
	    .kind = EVENT_ITEM, .re = span_of("who"), .from = span_of("alice"),
	    .client = 17, .text = span_of("away"));
}

Test(render_json, item_is_a_room)
{
	EXPECT_OBJECT("{'event':'item','re':'rooms','tag':'t','room':'dev',"
		      "'members':3,'text':'all about C'}",
	    .kind = EVENT_ITEM, .re = span_of("rooms"), .tag = span_of("t"),
	    .room = span_of("dev"), .members = 3,
	    .text = span_of("all about C"));
	EXPECT_OBJECT("{'event':'item','re':'rooms','room':'dev','members':0}",
	    .kind = EVENT_ITEM, .re = span_of("rooms"), .room = span_of("dev"));
}

Test(render_json, item_is_a_text_even_an_empty_one)
{
	EXPECT_OBJECT("{'event':'item','re':'help','tag':'t','text':'/quit'}",
	    .kind = EVENT_ITEM, .re = span_of("help"), .tag = span_of("t"),
	    .text = span_of("/quit"));
	EXPECT_OBJECT("{'event':'item','re':'help','text':''}",
	    .kind = EVENT_ITEM, .re = span_of("help"));
}

Test(render_json, echo_has_the_text_as_it_stands)
{
	EXPECT_OBJECT("{'event':'echo','text':' hello '}", .kind = EVENT_ECHO,
	    .text = span_of(" hello "));
	EXPECT_OBJECT("{'event':'echo','text':''}", .kind = EVENT_ECHO);
}

Test(render_json, message_names_its_room_always)
{
	EXPECT_OBJECT("{'event':'message','room':'dev','seq':42,'from':'alice',"
		      "'client':17,'time':'2026-01-31T12:00:00.123Z',"
		      "'text':'hello'}",
	    .kind = EVENT_MESSAGE, .room = span_of("dev"), .seq = 42,
	    .from = span_of("alice"), .client = 17, .time_ms = 1769860800123,
	    .text = span_of("hello"));
	EXPECT_OBJECT("{'event':'message','room':'lobby','seq':1,'from':'a',"
		      "'client':2,'time':'1970-01-01T00:00:00.000Z',"
		      "'text':''}",
	    .kind = EVENT_MESSAGE, .seq = 1, .from = span_of("a"), .client = 2);
}

Test(render_json, direct_has_no_room)
{
	EXPECT_OBJECT("{'event':'direct','from':'alice','client':17,"
		      "'time':'2026-01-31T12:00:00.123Z','text':'psst'}",
	    .kind = EVENT_DIRECT, .from = span_of("alice"), .client = 17,
	    .time_ms = 1769860800123, .text = span_of("psst"));
}

Test(render_json, join_and_leave_say_who_and_where)
{
	EXPECT_OBJECT(
	    "{'event':'join','room':'dev','name':'alice','client':17}",
	    .kind = EVENT_JOIN, .room = span_of("dev"),
	    .from = span_of("alice"), .client = 17);
	EXPECT_OBJECT(
	    "{'event':'leave','room':'dev','name':'alice','client':17}",
	    .kind = EVENT_LEAVE, .room = span_of("dev"),
	    .from = span_of("alice"), .client = 17);
}

Test(render_json, notice_has_a_room_where_it_is_about_one)
{
	EXPECT_OBJECT("{'event':'notice','text':'going down'}",
	    .kind = EVENT_NOTICE, .text = span_of("going down"));
	EXPECT_OBJECT("{'event':'notice','room':'dev','text':'+12 -3'}",
	    .kind = EVENT_NOTICE, .room = span_of("dev"),
	    .text = span_of("+12 -3"));
}

Test(render_json, gap_says_after_what_how_many_were_missed)
{
	EXPECT_OBJECT("{'event':'gap','room':'dev','after':4711,'missed':12}",
	    .kind = EVENT_GAP, .room = span_of("dev"), .seq = 4711,
	    .missed = 12);
}

static void
expect_text(struct span text, const char *escaped)
{
	struct event event = {.kind = EVENT_ECHO, .text = text};
	char expected[256];
	size_t len;
	char *out = render_exactly(FORMAT_JSON, &event, &len);

	snprintf(expected, sizeof(expected),
	    "{\"event\":\"echo\",\"text\":\"%s\"}\n", escaped);
	cr_assert(span_equals((struct span){out, len}, span_of(expected)),
	    "got %.*s for %s", (int)len, out, expected);
	free(out);
}

Test(render_json, quotes_backslashes_and_tabs_are_escaped)
{
	expect_text(span_of("\""), "\\\"");
	expect_text(span_of("\\"), "\\\\");
	expect_text(span_of("\t"), "\\t");
	expect_text(span_of("a\"b"), "a\\\"b");
	expect_text(span_of("\"ab\""), "\\\"ab\\\"");
	expect_text(span_of("ab\\\\cd\tef"), "ab\\\\\\\\cd\\tef");
	expect_text(span_of("\\u0041 \\n"), "\\\\u0041 \\\\n");
}

Test(render_json, text_cannot_add_a_key)
{
	expect_text(span_of("x\",\"event\":\"notice"),
	    "x\\\",\\\"event\\\":\\\"notice");
	expect_text(span_of("x\\\",\"y"), "x\\\\\\\",\\\"y");
}

Test(render_json, utf8_stays_as_it_is)
{
	expect_text(span_of("gr\u00fc\u00dfe / \u20ac \U0001f600"),
	    "gr\u00fc\u00dfe / \u20ac \U0001f600");
}

Test(render_json, every_ascii_byte_is_itself_or_escaped)
{
	for (int c = 0; c < 0x80; c++) {
		char text[] = {'x', (char)c, 'y'};
		char escaped[16];

		if (c == '"' || c == '\\')
			snprintf(escaped, sizeof(escaped), "x\\%cy", c);
		else if (c == '\t')
			snprintf(escaped, sizeof(escaped), "x\\ty");
		else if (c < 0x20 || c == 0x7f)
			snprintf(escaped, sizeof(escaped), "x\\u%04xy", c);
		else
			snprintf(escaped, sizeof(escaped), "x%cy", c);
		expect_text((struct span){text, sizeof(text)}, escaped);
	}
}

Test(render_json, every_string_is_escaped)
{
	EXPECT_OBJECT("{'event':'reply','re':'\\t','ok':true,'tag':'\\\\',"
		      "'name':'\\u0001','client':0,'room':'\\u000a',"
		      "'members':0,'seq':0,'text':'\\u000d'}",
	    .kind = EVENT_OK, .re = span_of("\t"), .tag = span_of("\\"),
	    .from = span_of("\1"), .room = span_of("\n"),
	    .text = span_of("\r"));
}

static void
expect_time(int64_t time_ms, const char *time)
{
	char expected[128];

	snprintf(expected, sizeof(expected),
	    "{'event':'direct','from':'a','client':1,'time':'%s','text':'x'}",
	    time);
	EXPECT_OBJECT(expected, .kind = EVENT_DIRECT, .from = span_of("a"),
	    .client = 1, .time_ms = time_ms, .text = span_of("x"));
}

Test(render_json, times_around_a_leap_day)
{
	expect_time(1709164799999, "2024-02-28T23:59:59.999Z");
	expect_time(1709164800000, "2024-02-29T00:00:00.000Z");
	expect_time(1709251199999, "2024-02-29T23:59:59.999Z");
	expect_time(1709251200000, "2024-03-01T00:00:00.000Z");
	expect_time(1677628799999, "2023-02-28T23:59:59.999Z");
	expect_time(1677628800000, "2023-03-01T00:00:00.000Z");
	expect_time(951782400000, "2000-02-29T00:00:00.000Z");
	expect_time(4107542399999, "2100-02-28T23:59:59.999Z");
	expect_time(4107542400000, "2100-03-01T00:00:00.000Z");
}

Test(render_json, times_at_the_ends_of_the_calendar)
{
	expect_time(0, "1970-01-01T00:00:00.000Z");
	expect_time(1, "1970-01-01T00:00:00.001Z");
	expect_time(1735689599999, "2024-12-31T23:59:59.999Z");
	expect_time(1735689600000, "2025-01-01T00:00:00.000Z");
	expect_time(253402300799999, "9999-12-31T23:59:59.999Z");
}

Test(render_json, times_beyond_the_calendar_are_its_ends)
{
	expect_time(-1, "1970-01-01T00:00:00.000Z");
	expect_time(INT64_MIN, "1970-01-01T00:00:00.000Z");
	expect_time(253402300800000, "9999-12-31T23:59:59.999Z");
	expect_time(INT64_MAX, "9999-12-31T23:59:59.999Z");
}

/* Over more than one whole turn of the calendar, at all times of the day. */
Test(render_json, every_day_is_the_one_of_the_c_library)
{
	for (int64_t day = 0; day < 450 * 366; day++) {
		time_t second = day * 86400 + day * 7919 % 86400;
		char expected[32];
		struct tm tm;

		cr_assert_not_null(gmtime_r(&second, &tm));
		strftime(
		    expected, sizeof(expected), "%Y-%m-%dT%H:%M:%S.007Z", &tm);
		expect_time((int64_t)second * 1000 + 7, expected);
	}
}

Test(render_json, greatest_numbers_are_whole)
{
	EXPECT_OBJECT("{'event':'gap','room':'r','after':18446744073709551615,"
		      "'missed':18446744073709551615}",
	    .kind = EVENT_GAP, .room = span_of("r"), .seq = UINT64_MAX,
	    .missed = UINT64_MAX);
	EXPECT_OBJECT("{'event':'message','room':'lobby',"
		      "'seq':18446744073709551615,'from':'a',"
		      "'client':18446744073709551615,"
		      "'time':'9999-12-31T23:59:59.999Z','text':'x'}",
	    .kind = EVENT_MESSAGE, .seq = UINT64_MAX, .from = span_of("a"),
	    .client = UINT64_MAX, .time_ms = INT64_MAX, .text = span_of("x"));
}

/* Every kind with all that it can hold, or with none of it. */
static void
expect_bound(char c, size_t name_len, size_t text_len)
{
	static char text[LINE_BYTES_MAX];
	struct span name = {text, name_len};

	memset(text, c, sizeof(text));
	for (int kind = EVENT_OK; kind <= EVENT_GAP; kind++) {
		for (int code = 0; code < REPLY_COUNT; code++) {
			struct event event = {
			    .kind = (enum event_kind)kind,
			    .code = (enum reply_code)code,
			    .tag = name,
			    .re = name,
			    .room = name,
			    .from = name,
			    .client = UINT64_MAX,
			    .members = UINT64_MAX,
			    .seq = UINT64_MAX,
			    .missed = UINT64_MAX,
			    .time_ms = INT64_MAX,
			    .text = {text, text_len},
			};
			size_t len;
			char *out = render_exactly(FORMAT_JSON, &event, &len);
			cr_assert_eq(memchr(out, '\n', len), out + len - 1);
			free(out);
		}
	}
}

Test(render_json, longest_events_are_within_their_bound)
{
	for (int c = 0; c < 0x100; c++)
		expect_bound((char)c, NAME_BYTES_MAX, 9);
	expect_bound('\1', NAME_BYTES_MAX, LINE_BYTES_MAX);
	expect_bound('x', NAME_BYTES_MAX, LINE_BYTES_MAX);
	expect_bound('"', NAME_BYTES_MAX, LINE_BYTES_MAX);
	expect_bound('x', 1, 1);
	expect_bound('x', 0, 0);
}

/* A reply with all of its keys leaves nothing of it. */
Test(render_json, bound_is_exact_where_a_line_has_most)
{
	struct event event = {
	    .kind = EVENT_OK,
	    .tag = span_of("t"),
	    .re = span_of("join"),
	    .room = span_of("dev"),
	    .from = span_of("alice"),
	    .client = UINT64_MAX,
	    .members = UINT64_MAX,
	    .seq = UINT64_MAX,
	    .text = span_of("\1\"\t\\x"),
	};
	size_t len;
	char *out = render_exactly(FORMAT_JSON, &event, &len);

	cr_assert_eq(len, render_bound(FORMAT_JSON, &event));
	free(out);
}

Test(render_json, bound_is_not_wasteful)
{
	struct event event = {.kind = EVENT_ECHO, .text = {"x", 1}};

	cr_assert_leq(render_bound(FORMAT_JSON, &event), 192);
}

/* By WebSocket a line is a frame, whatever its length. */
Test(render, web_formats_are_the_others_in_frames)
{
	static char text[70000];
	static const size_t lens[] = {0, 50, 100, 118, 119, 120, 126, 200, 4096,
	    65528, 65529, 65530, 65531, 65536, sizeof(text)};

	memset(text, 'x', sizeof(text));
	for (size_t i = 0; i < 2 * sizeof(lens) / sizeof(*lens); i++) {
		enum format format = i % 2 ? FORMAT_JSON : FORMAT_TEXT;
		struct event event = {
		    .kind = EVENT_ECHO, .text = {text, lens[i / 2]}};
		char head[FRAME_HEAD_BYTES_MAX];
		size_t line_len, len, head_len;
		char *line = render_exactly(format, &event, &line_len);
		char *frame = render_exactly(format | FORMAT_WEB, &event, &len);

		head_len = frame_put_head(head, FRAME_TEXT, line_len - 1);
		cr_assert_eq(len, head_len + line_len - 1);
		cr_expect_eq(memcmp(frame, head, head_len), 0);
		cr_expect_eq(memcmp(frame + head_len, line, line_len - 1), 0);
		free(line);
		free(frame);
	}
}
