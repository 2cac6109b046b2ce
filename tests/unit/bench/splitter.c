#include <criterion/criterion.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bench/load/splitter.h"

#define BUFFER_BYTES (2 * SPLITTER_KEEP_MAX)

/* All lines so far, each ended by a '|'. */
struct seen {
	struct splitter splitter;
	char *buffer;
	char lines[512];
	size_t len;
};

static void
seen_init(struct seen *seen)
{
	*seen = (struct seen){.buffer = malloc(BUFFER_BYTES)};
	cr_assert_not_null(seen->buffer);
}

static void
seen_fini(struct seen *seen)
{
	splitter_fini(&seen->splitter);
	free(seen->buffer);
}

static int
seen_feed(struct seen *seen, const char *bytes, size_t len)
{
	size_t have = splitter_begin(&seen->splitter, seen->buffer);
	struct span rest = {seen->buffer, have + len};
	struct span line;

	cr_assert_leq(have + len, BUFFER_BYTES);
	memcpy(seen->buffer + have, bytes, len);
	while (splitter_next(&rest, &line)) {
		cr_assert_lt(seen->len + line.len + 1, sizeof seen->lines);
		memcpy(seen->lines + seen->len, line.at, line.len);
		seen->len += line.len;
		seen->lines[seen->len++] = '|';
	}
	return splitter_keep(&seen->splitter, rest);
}

static const char input[] = "OK one\n\nEcho: a\ttab\r\n[a#1] hi\n\n";
static const char output[] = "OK one||Echo: a\ttab\r|[a#1] hi||";

Test(bench_splitter, whole_input_gives_all_lines)
{
	struct seen seen;

	seen_init(&seen);
	cr_expect_eq(seen_feed(&seen, input, strlen(input)), 0);
	cr_expect_str_eq(seen.lines, output);
	cr_expect_eq(seen.splitter.len, 0);
	seen_fini(&seen);
}

Test(bench_splitter, byte_by_byte_gives_the_same)
{
	struct seen seen;

	seen_init(&seen);
	for (const char *at = input; *at; at++)
		cr_expect_eq(seen_feed(&seen, at, 1), 0);
	cr_expect_str_eq(seen.lines, output);
	seen_fini(&seen);
}

Test(bench_splitter, split_anywhere_gives_the_same)
{
	size_t len = strlen(input);

	for (size_t one = 0; one <= len; one++) {
		for (size_t two = one; two <= len; two++) {
			struct seen seen;

			seen_init(&seen);
			seen_feed(&seen, input, one);
			seen_feed(&seen, input + one, two - one);
			seen_feed(&seen, input + two, len - two);
			cr_expect_str_eq(
			    seen.lines, output, "at %zu, %zu", one, two);
			seen_fini(&seen);
		}
	}
}

Test(bench_splitter, unfinished_line_is_kept_and_not_given)
{
	struct seen seen;

	seen_init(&seen);
	cr_expect_eq(seen_feed(&seen, "one\ntw", 6), 0);
	cr_expect_str_eq(seen.lines, "one|");
	cr_expect_eq(seen.splitter.len, 2);
	splitter_fini(&seen.splitter);
	cr_expect_eq(splitter_begin(&seen.splitter, seen.buffer), 0);
	seen_fini(&seen);
}

Test(bench_splitter, line_over_the_limit_is_an_error)
{
	struct seen seen;
	char *most = malloc(SPLITTER_KEEP_MAX);

	cr_assert_not_null(most);
	memset(most, 'x', SPLITTER_KEEP_MAX);
	seen_init(&seen);
	cr_expect_eq(seen_feed(&seen, most, SPLITTER_KEEP_MAX), 0);
	cr_expect_eq(seen.splitter.len, SPLITTER_KEEP_MAX);
	cr_expect_eq(seen_feed(&seen, "y", 1), EMSGSIZE);
	seen_fini(&seen);
	free(most);
}
