/*
 * The same lines for any split, and those that a plain second framer finds,
 * which has all the input before it and goes through it byte by byte. A silence
 * ends a line wherever it comes, and the next one begins anew.
 *
 * The first byte of the data chooses how the input is cut; from 0x80 on, a
 * stretch of letters is put before it, so that the limit is soon found. The
 * second one chooses where the silence is.
 */
/* Covers: proto/wire/line.c */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "proto/limits.h"
#include "proto/wire/line.h"
#include "proto/wire/utf8.h"
#include "reactor/check.h"
#include "tests/fuzz/source.h"

#define INPUT_BYTES_MAX 20000
#define LETTERS         (LINE_BYTES_MAX - 4)

/* What came out: for each line its result, then its text and a LF. */
struct log {
	size_t len;
	char bytes[2 * INPUT_BYTES_MAX + 64];
};

static void
log_add(struct log *log, enum line_result result, struct span line)
{
	if (result == LINE_MORE)
		return;
	check(log->len + line.len + 2 <= sizeof(log->bytes));
	log->bytes[log->len++] = (char)('0' + result);
	if (result == LINE_OK) {
		memcpy(log->bytes + log->len, line.at, line.len);
		log->len += line.len;
	}
	log->bytes[log->len++] = '\n';
}

static void
plain_judge(struct log *log, const char *bytes, size_t len)
{
	struct span line = {bytes, len};

	if (len > LINE_BYTES_MAX)
		log_add(log, LINE_TOO_LONG, line);
	else if (!utf8_is_text(bytes, len))
		log_add(log, LINE_BAD_TEXT, line);
	else
		log_add(log, LINE_OK, line);
}

static void
plain_lines(struct log *log, const char *bytes, size_t len)
{
	size_t start = 0;

	for (size_t i = 0; i < len; i++) {
		bool after_cr = i > start && bytes[i - 1] == '\r';
		if (bytes[i] == '\n' || (bytes[i] == '\0' && after_cr)) {
			plain_judge(log, bytes + start, i - after_cr - start);
			start = i + 1;
		}
	}
	if (start < len) {
		len -= bytes[len - 1] == '\r';
		plain_judge(log, bytes + start, len - start);
	}
}

/* Takes all lines of bytes[at..len), and returns where the kept bytes begin. */
static size_t
take_lines(struct line_framer *framer, const char *bytes, size_t at, size_t len,
    struct log *log)
{
	for (;;) {
		struct span line = {NULL, 0};
		size_t consumed = SIZE_MAX;
		enum line_result result =
		    line_next(framer, bytes + at, len - at, &consumed, &line);
		check(consumed <= len - at);
		if (result == LINE_OK) {
			check(line.at == bytes + at);
			check(line.len < consumed);
			check(line.len <= LINE_BYTES_MAX);
		}
		log_add(log, result, line);
		at += consumed;
		if (result == LINE_MORE)
			break;
		check(consumed > 0);
	}
	check(len - at <= LINE_BYTES_MAX + 1);
	return at;
}

/* In pieces of 1 to `piece` bytes, from a generator seeded with it, up to the
 * end of them, which ends a line. A stretch as long as the letters' is one
 * piece, as every other one has all that is kept looked at again. */
static void
split_lines(struct line_framer *framer, struct log *log, const char *bytes,
    size_t len, size_t piece)
{
	struct span line = {NULL, 0};
	uint32_t seed = (uint32_t)piece;
	size_t kept = 0, fed = 0;

	while (fed < len) {
		seed = seed * 1664525 + 1013904223;
		size_t step = 1 + (seed >> 8) % piece;

		if (fed == 0 && len > LETTERS && piece < LETTERS)
			step = LETTERS - 8;
		fed += step < len - fed ? step : len - fed;
		kept = take_lines(framer, bytes, kept, fed, log);
	}
	enum line_result result =
	    line_end(framer, bytes + kept, len - kept, &line);
	check(!framer->skipping);
	log_add(log, result, line);
}

static void
compare(const struct log *expected, const char *bytes, size_t len, size_t piece)
{
	struct line_framer framer = {0};
	static struct log log;

	log.len = 0;
	split_lines(&framer, &log, bytes, len, piece);
	check(framer.terminated == (memchr(bytes, '\n', len) != NULL));
	check(log.len == expected->len);
	check(!memcmp(log.bytes, expected->bytes, log.len));
}

/* With a silence behind the first `first` bytes. */
static void
compare_with_silence(const char *bytes, size_t len, size_t first)
{
	struct line_framer framer = {0};
	static struct log expected, log;

	expected.len = log.len = 0;
	plain_lines(&expected, bytes, first);
	plain_lines(&expected, bytes + first, len - first);
	split_lines(&framer, &log, bytes, first, INPUT_BYTES_MAX);
	split_lines(&framer, &log, bytes + first, len - first, 3);
	check(log.len == expected.len);
	check(!memcmp(log.bytes, expected.bytes, log.len));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct log expected;

	if (size < 2 || size - 2 + LETTERS > INPUT_BYTES_MAX)
		return 0;
	size_t letters = data[0] < 0x80 ? 0 : LETTERS;
	size_t len = letters + size - 2;
	char *input = malloc(len + 1); /* never NULL, as a buffer is not */
	memset(input, 'x', letters);
	memcpy(input + letters, data + 2, size - 2);

	expected.len = 0;
	plain_lines(&expected, input, len);
	compare(&expected, input, len, INPUT_BYTES_MAX);
	compare(&expected, input, len, 1 + data[0] % 0x80u);
	compare(&expected, input, len, 2);
	compare(&expected, input, len, 1);
	compare_with_silence(input, len, len * data[1] / 255);
	free(input);
	return 0;
}
