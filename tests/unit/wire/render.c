/* Each kind of text line word for word, the numbers, and the room a line needs.
 */
#include <criterion/criterion.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "proto/limits.h"
#include "tests/unit/wire/kit.h"

static void
expect_line(struct event event, const char *expected)
{
	size_t len;
	char *out = render_exactly(FORMAT_TEXT, &event, &len);

	cr_assert(span_equals((struct span){out, len}, span_of(expected)),
	    "got \"%.*s\" for \"%s\"", (int)len, out, expected);
	free(out);
}

#define EXPECT_LINE(expected, ...)                                             \
	expect_line((struct event){__VA_ARGS__}, (expected))

Test(render, ok_has_its_text)
{
	EXPECT_LINE("OK registered alice\n", .kind = EVENT_OK,
	    .text = span_of("registered alice"));
	EXPECT_LINE("@t.1 OK pong x\n", .kind = EVENT_OK, .tag = span_of("t.1"),
	    .text = span_of("pong x"));
}

Test(render, ok_without_text_is_the_word_alone)
{
	EXPECT_LINE("OK\n", .kind = EVENT_OK);
	EXPECT_LINE("@t OK\n", .kind = EVENT_OK, .tag = span_of("t"));
}

Test(render, err_has_its_code_and_text)
{
	EXPECT_LINE("ERR bad-name use letters\n", .kind = EVENT_ERR,
	    .code = ERR_BAD_NAME, .text = span_of("use letters"));
	EXPECT_LINE("@t ERR going-down soon\n", .kind = EVENT_ERR,
	    .code = ERR_GOING_DOWN, .tag = span_of("t"),
	    .text = span_of("soon"));
	EXPECT_LINE("ERR internal\n", .kind = EVENT_ERR, .code = ERR_INTERNAL);
}

Test(render, every_code_stands_on_the_wire_as_in_the_table)
{
	static const struct {
		enum reply_code code;
		const char *text;
	} codes[] = {
#define REPLY(id, code) {ERR_##id, code},
#include "proto/replies.def"
#undef REPLY
	};
	char expected[64];

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		const char *text = reply_code_text(codes[i].code);
		cr_assert_str_eq(text, codes[i].text);
		snprintf(expected, sizeof(expected), "ERR %s why\n", text);
		EXPECT_LINE(expected, .kind = EVENT_ERR, .code = codes[i].code,
		    .text = span_of("why"));
	}
}

Test(render, item_is_a_text_a_client_or_both)
{
	EXPECT_LINE(
	    "- some text\n", .kind = EVENT_ITEM, .text = span_of("some text"));
	EXPECT_LINE("- alice#17\n", .kind = EVENT_ITEM,
	    .from = span_of("alice"), .client = 17);
	EXPECT_LINE("- alice#17 away\n", .kind = EVENT_ITEM,
	    .from = span_of("alice"), .client = 17, .text = span_of("away"));
	EXPECT_LINE("@t - alice#17\n", .kind = EVENT_ITEM, .tag = span_of("t"),
	    .from = span_of("alice"), .client = 17);
	EXPECT_LINE("@t - x\n", .kind = EVENT_ITEM, .tag = span_of("t"),
	    .text = span_of("x"));
}

Test(render, item_of_a_room_counts_its_members)
{
	EXPECT_LINE("- #dev (3 members) all about C\n", .kind = EVENT_ITEM,
	    .room = span_of("dev"), .members = 3,
	    .text = span_of("all about C"));
	EXPECT_LINE("@t - #lobby (0 members)\n", .kind = EVENT_ITEM,
	    .tag = span_of("t"), .room = span_of("lobby"));
}

Test(render, what_is_for_programs_is_not_in_the_text)
{
	EXPECT_LINE("OK joined #dev (3 members)\n", .kind = EVENT_OK,
	    .re = span_of("join"), .room = span_of("dev"), .members = 3,
	    .seq = 42, .text = span_of("joined #dev (3 members)"));
	EXPECT_LINE("OK logged in\n", .kind = EVENT_OK, .re = span_of("login"),
	    .from = span_of("alice"), .client = 17,
	    .text = span_of("logged in"));
	EXPECT_LINE("ERR busy\n", .kind = EVENT_ERR, .code = ERR_BUSY,
	    .re = span_of("login"));
	EXPECT_LINE("[a#1] x\n", .kind = EVENT_MESSAGE, .from = span_of("a"),
	    .client = 1, .time_ms = 1769860800123, .text = span_of("x"));
}

Test(render, echo_has_the_text_as_it_stands)
{
	EXPECT_LINE(
	    "Echo:  hello \n", .kind = EVENT_ECHO, .text = span_of(" hello "));
	EXPECT_LINE("Echo: \n", .kind = EVENT_ECHO);
}

Test(render, message_of_the_lobby_names_no_room)
{
	EXPECT_LINE("[alice#17] hello\n", .kind = EVENT_MESSAGE,
	    .from = span_of("alice"), .client = 17, .seq = 42,
	    .text = span_of("hello"));
	EXPECT_LINE("[alice#17] hello\n", .kind = EVENT_MESSAGE,
	    .room = span_of("lobby"), .from = span_of("alice"), .client = 17,
	    .text = span_of("hello"));
}

Test(render, message_of_a_room_begins_with_it)
{
	EXPECT_LINE("#games [alice#17] hello\n", .kind = EVENT_MESSAGE,
	    .room = span_of("games"), .from = span_of("alice"), .client = 17,
	    .text = span_of("hello"));
	EXPECT_LINE("#lobby2 [a#1] x\n", .kind = EVENT_MESSAGE,
	    .room = span_of("lobby2"), .from = span_of("a"), .client = 1,
	    .text = span_of("x"));
	EXPECT_LINE("#lobb [a#1] x\n", .kind = EVENT_MESSAGE,
	    .room = span_of("lobb"), .from = span_of("a"), .client = 1,
	    .text = span_of("x"));
}

Test(render, direct_is_addressed_to_you)
{
	EXPECT_LINE("[alice#17 -> you] psst\n", .kind = EVENT_DIRECT,
	    .from = span_of("alice"), .client = 17, .text = span_of("psst"));
}

Test(render, notice_begins_with_stars)
{
	EXPECT_LINE("*** going down\n", .kind = EVENT_NOTICE,
	    .text = span_of("going down"));
}

Test(render, notice_of_a_room_begins_with_it)
{
	EXPECT_LINE("*** #dev: alice#17 set the topic: C\n",
	    .kind = EVENT_NOTICE, .room = span_of("dev"),
	    .text = span_of("alice#17 set the topic: C"));
	EXPECT_LINE("*** #lobby: x\n", .kind = EVENT_NOTICE,
	    .room = span_of("lobby"), .text = span_of("x"));
}

Test(render, join_and_leave_say_who_and_where)
{
	EXPECT_LINE("*** #dev: alice#17 joined\n", .kind = EVENT_JOIN,
	    .room = span_of("dev"), .from = span_of("alice"), .client = 17);
	EXPECT_LINE("*** #dev: alice#17 left\n", .kind = EVENT_LEAVE,
	    .room = span_of("dev"), .from = span_of("alice"), .client = 17);
}

Test(render, gap_says_how_to_get_what_was_missed)
{
	EXPECT_LINE("*** #games: 12 messages skipped, /history games "
		    "since=4711\n",
	    .kind = EVENT_GAP, .room = span_of("games"), .missed = 12,
	    .seq = 4711);
	EXPECT_LINE("*** #lobby: 1 messages skipped, /history lobby since=0\n",
	    .kind = EVENT_GAP, .room = span_of("lobby"), .missed = 1);
}

static void
expect_number(uint64_t number)
{
	char expected[64];

	snprintf(expected, sizeof(expected), "- n#%" PRIu64 "\n", number);
	EXPECT_LINE(expected, .kind = EVENT_ITEM, .from = span_of("n"),
	    .client = number);
}

Test(render, numbers_of_every_length_are_decimal)
{
	uint64_t power = 1;

	for (uint64_t number = 0; number < 1100; number++)
		expect_number(number);
	for (int digits = 1; digits < 20; digits++) {
		power *= 10;
		expect_number(power - 1);
		expect_number(power);
		expect_number(power + 1);
	}
	expect_number(UINT64_MAX);
	expect_number(UINT64_MAX - 1);
}

/* Every kind with all that it can hold at its longest. */
Test(render, longest_events_are_within_their_bound)
{
	static char text[LINE_BYTES_MAX];
	struct span name = {text, NAME_BYTES_MAX};

	memset(text, 'x', sizeof(text));
	for (int kind = EVENT_OK; kind <= EVENT_GAP; kind++) {
		for (int code = 0; code < REPLY_COUNT; code++) {
			struct event event = {
			    .kind = (enum event_kind)kind,
			    .code = (enum reply_code)code,
			    .tag = {text, TAG_BYTES_MAX},
			    .room = name,
			    .from = name,
			    .client = UINT64_MAX,
			    .members = UINT64_MAX,
			    .seq = UINT64_MAX,
			    .missed = UINT64_MAX,
			    .text = {text, sizeof(text)},
			};
			size_t len;
			char *out = render_exactly(FORMAT_TEXT, &event, &len);
			cr_assert_eq(out[len - 1], '\n');
			cr_assert_eq(memchr(out, '\n', len), out + len - 1);
			free(out);
		}
	}
}

/* The one with most words of ours, and nothing in it to borrow room from. */
Test(render, longest_gap_is_within_its_bound)
{
	EXPECT_LINE("*** #r: 18446744073709551615 messages skipped, "
		    "/history r since=18446744073709551615\n",
	    .kind = EVENT_GAP, .room = span_of("r"), .missed = UINT64_MAX,
	    .seq = UINT64_MAX);
}

Test(render, bound_is_not_wasteful)
{
	struct event event = {.kind = EVENT_ECHO, .text = {"x", 1}};

	cr_assert_leq(render_bound(FORMAT_TEXT, &event), 128);
}
