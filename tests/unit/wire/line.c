/*
 * The framer as a connection uses it: bytes arrive in pieces, what was not
 * consumed is kept, and the input ends. Every input is fed whole, byte by byte
 * and cut in two at every position, and the lines must be the same.
 */
#include <criterion/criterion.h>

#include <stdint.h>

#include "proto/limits.h"
#include "proto/wire/line.h"

#define LOG_BYTES 65536

/* A connection: what is kept, and what came out, as text to compare. */
struct reader {
	struct line_framer framer;
	char kept[LOG_BYTES];
	size_t kept_len;
	char log[LOG_BYTES];
	size_t log_len;
};

/* A line is logged as "text|", the others as "<too-long>|", "<bad-text>|". */
static void
reader_log(struct reader *reader, enum line_result result, struct span line)
{
	if (result == LINE_TOO_LONG)
		line = span_of("<too-long>");
	if (result == LINE_BAD_TEXT)
		line = span_of("<bad-text>");
	cr_assert_lt(reader->log_len + line.len + 1, LOG_BYTES);
	memcpy(reader->log + reader->log_len, line.at, line.len);
	reader->log_len += line.len;
	reader->log[reader->log_len++] = '|';
}

static void
reader_feed(struct reader *reader, const char *bytes, size_t len)
{
	cr_assert_leq(reader->kept_len + len, LOG_BYTES);
	memcpy(reader->kept + reader->kept_len, bytes, len);
	reader->kept_len += len;

	enum line_result result;
	do {
		size_t consumed = SIZE_MAX;
		struct span line = {NULL, 0};
		result = line_next(&reader->framer, reader->kept,
		    reader->kept_len, &consumed, &line);
		cr_assert_leq(consumed, reader->kept_len);
		if (result == LINE_OK)
			cr_assert_eq(line.at, reader->kept);
		if (result != LINE_MORE)
			reader_log(reader, result, line);
		reader->kept_len -= consumed;
		memmove(
		    reader->kept, reader->kept + consumed, reader->kept_len);
	} while (result != LINE_MORE);
	cr_assert_leq(reader->kept_len, LINE_BYTES_MAX + 1);
}

static void
reader_end(struct reader *reader)
{
	struct span line = {NULL, 0};
	enum line_result result =
	    line_end(&reader->framer, reader->kept, reader->kept_len, &line);

	reader->kept_len = 0;
	if (result != LINE_MORE)
		reader_log(reader, result, line);
	cr_assert_not(reader->framer.skipping);
}

static void
expect_log(const struct reader *reader, const char *expected, size_t position)
{
	cr_assert(span_equals((struct span){reader->log, reader->log_len},
		      span_of(expected)),
	    "cut at %zu: got \"%.*s\" for \"%s\"", position,
	    (int)reader->log_len, reader->log, expected);
}

/* The lines are the same whichever pieces of `piece` bytes they come in. */
static void
expect_in_pieces(
    const char *bytes, size_t len, size_t piece, const char *expected)
{
	static struct reader reader;

	reader.framer = (struct line_framer){0};
	reader.kept_len = reader.log_len = 0;
	for (size_t at = 0; at < len; at += piece)
		reader_feed(
		    &reader, bytes + at, len - at < piece ? len - at : piece);
	reader_end(&reader);
	expect_log(&reader, expected, piece);
}

static void
expect_lines(const char *bytes, size_t len, const char *expected)
{
	static struct reader reader;

	expect_in_pieces(bytes, len, len + 1, expected);
	expect_in_pieces(bytes, len, 1, expected);
	expect_in_pieces(bytes, len, 3, expected);
	for (size_t cut = 0; cut <= len; cut++) {
		reader.framer = (struct line_framer){0};
		reader.kept_len = reader.log_len = 0;
		reader_feed(&reader, bytes, cut);
		reader_feed(&reader, bytes + cut, len - cut);
		reader_end(&reader);
		expect_log(&reader, expected, cut);
	}
}

#define EXPECT_LINES(bytes, expected)                                          \
	expect_lines((bytes), sizeof(bytes) - 1, (expected))

/*
 * A line of `count` letters, then `ending`, then a line that must come out
 * whole: the connection is in sync.
 */
static void
expect_long_line(size_t count, const char *ending, size_t ending_len, bool fits)
{
	static char input[LOG_BYTES], expected[LOG_BYTES];

	memset(input, 'x', count);
	memcpy(input + count, ending, ending_len);
	memcpy(input + count + ending_len, "next\n", 5);
	strcpy(expected, "<too-long>");
	if (fits) {
		memset(expected, 'x', count);
		expected[count] = '\0';
	}
	strcat(expected, "|next|");
	expect_lines(input, count + ending_len + 5, expected);
}

Test(line, lf_ends_a_line)
{
	EXPECT_LINES("hello\n", "hello|");
	EXPECT_LINES("one\ntwo\n", "one|two|");
	EXPECT_LINES("\n\n", "||");
}

Test(line, cr_lf_drops_one_cr)
{
	EXPECT_LINES("one\r\ntwo\r\n", "one|two|");
	EXPECT_LINES("\r\n", "|");
	EXPECT_LINES("one\r\r\ntwo\n", "<bad-text>|two|");
}

Test(line, cr_nul_ends_a_line)
{
	EXPECT_LINES("one\r\0two\r\0", "one|two|");
	EXPECT_LINES("\r\0\r\0", "||");
	EXPECT_LINES("one\r\0two\nthree\r\n", "one|two|three|");
	EXPECT_LINES("one\r\r\0two\n", "<bad-text>|two|");
}

Test(line, cr_elsewhere_is_bad_text)
{
	EXPECT_LINES("a\rb\nnext\n", "<bad-text>|next|");
	EXPECT_LINES("\ra\r\nnext\n", "<bad-text>|next|");
}

Test(line, nul_elsewhere_is_bad_text)
{
	EXPECT_LINES("a\0b\nnext\n", "<bad-text>|next|");
	EXPECT_LINES("\0\nnext\n", "<bad-text>|next|");
	EXPECT_LINES("\n\0\nnext\n", "|<bad-text>|next|");
	EXPECT_LINES("a\0b\r\0next\n", "<bad-text>|next|");
	EXPECT_LINES("a\r\n\0b\nnext\n", "a|<bad-text>|next|");
	EXPECT_LINES("a\r\0\0\nnext\n", "a|<bad-text>|next|");
}

Test(line, bad_utf8_is_bad_text_and_in_sync)
{
	EXPECT_LINES("caf\xE9\nnext\n", "<bad-text>|next|");
	EXPECT_LINES("\xC3\nnext\n", "<bad-text>|next|");
	EXPECT_LINES("caf\xC3\xA9\nnext\n", "caf\xC3\xA9|next|");
}

Test(line, every_control_but_tab_is_bad_text)
{
	for (int c = 0; c < 0x20; c++) {
		char input[] = {'a', (char)c, 'b', '\n', 'c', '\n'};
		if (c == '\n')
			continue;
		expect_lines(input, sizeof(input),
		    c == '\t' ? "a\tb|c|" : "<bad-text>|c|");
	}
	EXPECT_LINES("a\x7F\nc\n", "<bad-text>|c|");
	EXPECT_LINES("a\xC2\x85\nc\n", "<bad-text>|c|");
}

Test(line, unterminated_rest_counts_at_the_end)
{
	EXPECT_LINES("one\ntwo", "one|two|");
	EXPECT_LINES("one", "one|");
	EXPECT_LINES("one\n", "one|");
	EXPECT_LINES("", "");
	EXPECT_LINES("bad\x01", "<bad-text>|");
}

Test(line, cr_at_the_end_of_input_is_an_ending)
{
	EXPECT_LINES("one\r", "one|");
	EXPECT_LINES("\r", "|");
	EXPECT_LINES("one\r\r", "<bad-text>|");
}

Test(line, limit_counts_without_the_ending)
{
	expect_long_line(LINE_BYTES_MAX, "\n", 1, true);
	expect_long_line(LINE_BYTES_MAX, "\r\n", 2, true);
	expect_long_line(LINE_BYTES_MAX, "\r\0", 2, true);
	expect_long_line(LINE_BYTES_MAX - 1, "\r\n", 2, true);
}

Test(line, one_byte_over_the_limit_is_too_long)
{
	expect_long_line(LINE_BYTES_MAX + 1, "\n", 1, false);
	expect_long_line(LINE_BYTES_MAX + 1, "\r\n", 2, false);
	expect_long_line(LINE_BYTES_MAX + 1, "\r\0", 2, false);
	expect_long_line(LINE_BYTES_MAX, "\r\r\n", 3, false);
	expect_long_line(LINE_BYTES_MAX, "\r\r\0", 3, false);
	expect_long_line(LINE_BYTES_MAX, "\rx\n", 3, false);
}

Test(line, too_long_takes_precedence_over_bad_text)
{
	expect_long_line(LINE_BYTES_MAX, "\x01\n", 2, false);
	expect_long_line(LINE_BYTES_MAX, "\0\r\n", 3, false);
	expect_long_line(LINE_BYTES_MAX, "\xFF\xFF\r\0", 4, false);
}

Test(line, far_too_long_is_reported_once)
{
	expect_long_line(3 * LINE_BYTES_MAX + 7, "\r\n", 2, false);
	expect_long_line(3 * LINE_BYTES_MAX + 7, "\r\0", 2, false);
	expect_long_line(2 * LINE_BYTES_MAX, "\rx\r\r\0", 5, false);
}

Test(line, too_long_at_the_end_of_input_is_reported)
{
	static char input[LINE_BYTES_MAX + 3];
	static char expected[LINE_BYTES_MAX + 2];

	memset(input, 'x', sizeof(input));
	expect_lines(input, LINE_BYTES_MAX + 1, "<too-long>|");
	input[LINE_BYTES_MAX + 1] = '\r';
	expect_lines(input, LINE_BYTES_MAX + 2, "<too-long>|");

	memset(expected, 'x', LINE_BYTES_MAX);
	expected[LINE_BYTES_MAX] = '|';
	expect_lines(input, LINE_BYTES_MAX, expected);
	input[LINE_BYTES_MAX] = '\r';
	expect_lines(input, LINE_BYTES_MAX + 1, expected);
}

Test(line, skipping_keeps_no_bytes)
{
	struct line_framer framer = {0};
	static char input[2 * LINE_BYTES_MAX];
	struct span line;
	size_t consumed;

	memset(input, 'x', sizeof(input));
	cr_assert_eq(LINE_MORE,
	    line_next(&framer, input, LINE_BYTES_MAX + 1, &consumed, &line));
	cr_assert_eq(consumed, LINE_BYTES_MAX + 1);
	cr_assert_eq(LINE_MORE,
	    line_next(&framer, input, sizeof(input), &consumed, &line));
	cr_assert_eq(consumed, sizeof(input));
}

Test(line, first_lf_sets_terminated)
{
	static const struct {
		const char *bytes;
		size_t len;
		bool terminated;
	} cases[] = {
	    {"hello", 5, false},
	    {"hello\r", 6, false},
	    {"hel\0lo", 6, false},
	    {"hello\n", 6, true},
	    {"hello\r\0", 7, false},
	    {"\xFF\n", 2, true},
	};
	static struct reader reader;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		reader.framer = (struct line_framer){0};
		reader.kept_len = reader.log_len = 0;
		reader_feed(&reader, cases[i].bytes, cases[i].len);
		cr_assert_eq(reader.framer.terminated, cases[i].terminated,
		    "case %zu", i);
	}
}

Test(line, end_of_a_silence_leaves_terminated_alone)
{
	static struct reader reader;

	reader_feed(&reader, "hello", 5);
	reader_end(&reader);
	cr_assert_not(reader.framer.terminated);
	reader_feed(&reader, "there\n", 6);
	cr_assert(reader.framer.terminated);
	expect_log(&reader, "hello|there|", 0);
}

Test(line, ending_of_a_too_long_line_sets_terminated)
{
	static char input[LINE_BYTES_MAX + 2];
	static struct reader reader;

	memset(input, 'x', sizeof(input));
	reader_feed(&reader, input, sizeof(input));
	cr_assert_not(reader.framer.terminated);
	reader_feed(&reader, "\n", 1);
	cr_assert(reader.framer.terminated);
}

Test(line, many_lines_in_one_buffer_come_one_by_one)
{
	static char input[9000], expected[9001];

	for (size_t i = 0; i < sizeof(input); i += 3) {
		memcpy(input + i, i % 2 ? "a\r\0" : "b\r\n", 3);
		memcpy(expected + i / 3 * 2, i % 2 ? "a|" : "b|", 2);
	}
	expect_in_pieces(input, sizeof(input), sizeof(input), expected);
	expect_in_pieces(input, sizeof(input), 1, expected);
	expect_in_pieces(input, sizeof(input), 1000, expected);
}
