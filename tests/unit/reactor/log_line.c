/* One line of the log, in both forms. */
#include <criterion/criterion.h>

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "proto/wire/utf8.h"
#include "reactor/address.h"
#include "reactor/log_line.h"

#define TIME        "2026-11-24T19:45:36.123Z"
#define TIME_MS     INT64_C(1795549536123)
#define FIELDS(...) ((const struct log_field[LOG_FIELDS_MAX + 1]){__VA_ARGS__})

static const char *
line(enum log_format format, const char *event, const struct log_field fields[])
{
	static char text[LOG_LINE_BYTES_MAX + 1];
	struct log_entry entry = {
	    .time_ms = TIME_MS,
	    .level = LOG_LEVEL_WARN,
	    .event = event,
	    .fields = fields,
	};
	size_t len = log_line_format(text, format, &entry);

	cr_assert_leq(len, (size_t)LOG_LINE_BYTES_MAX);
	text[len] = '\0';
	cr_assert_eq(strlen(text), len, "no NUL in it");
	cr_assert_eq(text[len - 1], '\n');
	text[len - 1] = '\0';
	cr_assert(utf8_is_text(text, len - 1), "%s", text);
	return text;
}

static void
is_text(const char *value, const char *expected)
{
	char want[256];

	snprintf(want, sizeof(want), TIME " warn e k=%s", expected);
	cr_expect_str_eq(
	    line(LOG_FORMAT_TEXT, "e", FIELDS(LOG_TEXT("k", value))), want);
}

static void
is_json(const char *value, const char *expected)
{
	char want[256];

	snprintf(want, sizeof(want),
	    "{\"time\":\"" TIME "\",\"level\":\"warn\",\"event\":\"e\","
	    "\"k\":\"%s\"}",
	    expected);
	cr_expect_str_eq(
	    line(LOG_FORMAT_JSON, "e", FIELDS(LOG_TEXT("k", value))), want);
}

Test(reactor_log_line, both_forms_have_the_same_fields_in_order)
{
	struct address peer = {
	    .family = AF_INET, .ip = {127, 0, 0, 1}, .port = 53422};
	const struct log_field fields[] = {
	    LOG_NUMBER("client", 17),
	    LOG_ADDRESS("address", &peer),
	    LOG_TEXT("name", "bob"),
	    LOG_ERRNO(ENOSPC),
	    {.kind = LOG_FIELD_END},
	};

	cr_expect_str_eq(line(LOG_FORMAT_TEXT, "login-failed", fields),
	    TIME " warn login-failed client=17 address=127.0.0.1:53422 "
		 "name=bob error=\"No space left on device\"");
	cr_expect_str_eq(line(LOG_FORMAT_JSON, "login-failed", fields),
	    "{\"time\":\"" TIME "\",\"level\":\"warn\","
	    "\"event\":\"login-failed\",\"client\":17,"
	    "\"address\":\"127.0.0.1:53422\",\"name\":\"bob\","
	    "\"error\":\"No space left on device\"}");
}

Test(reactor_log_line, event_needs_no_field_and_a_missing_text_is_none)
{
	cr_expect_str_eq(
	    line(LOG_FORMAT_TEXT, "started", FIELDS()), TIME " warn started");
	cr_expect_str_eq(
	    line(LOG_FORMAT_JSON, "started", FIELDS(LOG_TEXT("name", NULL))),
	    "{\"time\":\"" TIME "\",\"level\":\"warn\",\"event\":\"started\"}");
	cr_expect_str_eq(
	    line(LOG_FORMAT_TEXT, "e", FIELDS(LOG_NUMBER("n", UINT64_MAX))),
	    TIME " warn e n=18446744073709551615");
	cr_expect_str_eq(line(LOG_FORMAT_TEXT, "e", FIELDS(LOG_ERRNO(123456))),
	    TIME " warn e error=unknown");
}

Test(reactor_log_line, text_is_quoted_where_it_would_be_unclear)
{
	is_text("bob", "bob");
	is_text("[::1]:53", "[::1]:53");
	is_text("", "\"\"");
	is_text("two words", "\"two words\"");
	is_text("a=b", "\"a=b\"");
	is_text("say \"hi\"", "\"say \\\"hi\\\"\"");
	is_text("back\\slash", "\"back\\\\slash\"");
}

Test(reactor_log_line, json_is_escaped)
{
	is_json("bob", "bob");
	is_json("", "");
	is_json("a=b c", "a=b c");
	is_json("say \"hi\"\\", "say \\\"hi\\\"\\\\");
}

/* Whatever a stranger's name is made of, it forges no line and drives no
 * terminal: not by C0, not by C1 (RFC 3629 or bare), not by DEL. */
Test(reactor_log_line, control_characters_never_get_through)
{
	for (int c = 1; c < 0x20; c++) {
		char text[] = {'x', (char)c, '.', '\0'};

		is_text(text, "x?.");
		is_json(text, "x?.");
	}
	is_text("\x7f", "?");
	for (int c = 0x80; c < 0xa0; c++) {
		char text[] = {'\xc2', (char)c, '[', '\0'};

		is_text(text, "??[");
		is_json(text, "??[");
	}
}

Test(reactor_log_line, invalid_utf8_is_replaced_and_letters_pass)
{
	is_text("\u00e9\u00df\u4e2d\U0001f600", "\u00e9\u00df\u4e2d\U0001f600");
	is_json("\u00e9\u00df\u4e2d\U0001f600", "\u00e9\u00df\u4e2d\U0001f600");
	is_text("a\xff.", "a?.");
	is_text("\xc3", "?");
	is_text("\xe4\xb8", "??");
	is_text("\xed\xa0\x80", "???"); /* a surrogate */
	is_text("\xc0\xaf", "??");      /* overlong */
	is_text("\xf0\x9f\x98x", "???x");
}

Test(reactor_log_line, long_value_is_cut_and_what_follows_stays)
{
	static char value[LOG_LINE_BYTES_MAX * 2];
	const char *text;

	memset(value, 'v', sizeof(value) - 1);
	text = line(LOG_FORMAT_TEXT, "e",
	    FIELDS(LOG_TEXT("k", value), LOG_NUMBER("n", 7)));
	cr_expect_eq(strlen(text), strlen(TIME " warn e k=") +
				       LOG_VALUE_BYTES_MAX + strlen("... n=7"));
	cr_expect(strstr(text, "vvv... n=7"), "%s", text);
	text = line(LOG_FORMAT_JSON, "e",
	    FIELDS(LOG_TEXT("k", value), LOG_NUMBER("n", 7)));
	cr_expect(strstr(text, "vvv...\",\"n\":7}"), "%s", text);
}

/* Every length around the edge, of what is escaped and what is not; after it
 * fields that have room or not. */
Test(reactor_log_line, line_of_any_length_is_whole)
{
	static const char *const letters[] = {"n", "\"", "\u4e2d", " "};
	static char value[2 * LOG_LINE_BYTES_MAX];

	for (unsigned l = 0; l < 4; l++)
		for (size_t n = 0; n < 400; n += l == 0 ? 1 : 3) {
			const struct log_field fields[] = {
			    LOG_TEXT("a", value),
			    LOG_TEXT("b", value),
			    LOG_TEXT("c", value),
			    LOG_NUMBER("d", UINT64_MAX),
			    LOG_TEXT("e", value),
			    {.kind = LOG_FIELD_END},
			};
			const char *text;

			for (size_t i = 0; i < n; i++)
				strcpy(
				    value + i * strlen(letters[l]), letters[l]);
			text = line(LOG_FORMAT_JSON, "e", fields);
			cr_assert_eq(text[strlen(text) - 1], '}');
			line(LOG_FORMAT_TEXT, "e", fields);
		}
}

Test(reactor_log_line, level_names_are_known_and_no_others)
{
	cr_expect_str_eq(log_level_name(LOG_LEVEL_DEBUG), "debug");
	cr_expect_str_eq(log_level_name(LOG_LEVEL_ERROR), "error");
	cr_expect_null(log_level_name(LOG_LEVEL_ERROR + 1));
}
