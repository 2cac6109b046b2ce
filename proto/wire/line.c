/*
 * The line framer. It looks for an ending with memchr and judges the text once
 * the line is whole. What is not whole stays with the caller and is looked at
 * again when more has come; a line that can no longer fit is given back at
 * once and only its ending is waited for, so at most one line is ever kept.
 */
#include "proto/wire/line.h"

#include <string.h>

#include "proto/limits.h"
#include "proto/wire/utf8.h"
#include "reactor/check.h"

/* The longest line with the longest ending: no further need to look, which
 * matters when the buffer holds many lines that end in CR NUL. */
#define WINDOW_BYTES (LINE_BYTES_MAX + 2)

struct ending {
	size_t text_len; /* bytes before the ending */
	size_t next;     /* where the next line begins */
};

/*
 * CR NUL is rare, so is NUL: one fast look for that decides nearly always. The
 * slow search is linear whatever the bytes are.
 */
static const char *
find_cr_nul(const char *bytes, size_t len)
{
	const char *nul = memchr(bytes, '\0', len);

	if (nul == NULL)
		return NULL;
	const char *from = nul > bytes ? nul - 1 : nul;
	return memmem(from, len - (size_t)(from - bytes), "\r\0", 2);
}

static bool
find_ending(const char *bytes, size_t len, struct ending *ending)
{
	const char *lf = memchr(bytes, '\n', len);
	size_t before = lf != NULL ? (size_t)(lf - bytes) : len;
	const char *cr = find_cr_nul(bytes, before);

	if (cr != NULL) {
		ending->text_len = (size_t)(cr - bytes);
		ending->next = ending->text_len + 2;
		return true;
	}
	if (lf == NULL)
		return false;
	bool has_cr = before > 0 && bytes[before - 1] == '\r';
	ending->text_len = before - has_cr;
	ending->next = before + 1;
	return true;
}

/* Without an ending so far: can it still become a line? A CR at the end may be
 * half of one. */
static bool
can_fit(const char *bytes, size_t len)
{
	if (len == LINE_BYTES_MAX + 1)
		return bytes[LINE_BYTES_MAX] == '\r';
	return len <= LINE_BYTES_MAX;
}

static enum line_result
judge(const char *bytes, size_t len, struct span *line)
{
	if (len > LINE_BYTES_MAX)
		return LINE_TOO_LONG;
	*line = (struct span){bytes, len};
	return utf8_is_text(bytes, len) ? LINE_OK : LINE_BAD_TEXT;
}

/* Inside a line that is too long. A CR at the end is not consumed, since it
 * ends the line if NUL follows. */
static enum line_result
skip(
    struct line_framer *framer, const char *bytes, size_t len, size_t *consumed)
{
	struct ending ending;

	if (!find_ending(bytes, len, &ending)) {
		*consumed = len - (bytes[len - 1] == '\r');
		return LINE_MORE;
	}
	*consumed = ending.next;
	framer->skipping = false;
	framer->terminated |= bytes[ending.next - 1] == '\n';
	return LINE_TOO_LONG;
}

enum line_result
line_next(struct line_framer *framer, const char *bytes, size_t len,
    size_t *consumed, struct span *line)
{
	struct ending ending;

	*consumed = 0;
	if (len == 0)
		return LINE_MORE;
	if (framer->skipping)
		return skip(framer, bytes, len, consumed);

	size_t window = len < WINDOW_BYTES ? len : WINDOW_BYTES;
	if (find_ending(bytes, window, &ending)) {
		check(ending.next <= len);
		check(ending.text_len < ending.next);
		*consumed = ending.next;
		framer->terminated |= bytes[ending.next - 1] == '\n';
		return judge(bytes, ending.text_len, line);
	}
	if (can_fit(bytes, len))
		return LINE_MORE;
	framer->skipping = true;
	return skip(framer, bytes, len, consumed);
}

enum line_result
line_end(struct line_framer *framer, const char *bytes, size_t len,
    struct span *line)
{
	check(len <= LINE_BYTES_MAX + 1);
	if (framer->skipping) {
		framer->skipping = false;
		return LINE_TOO_LONG;
	}
	if (len == 0)
		return LINE_MORE;
	return judge(bytes, len - (bytes[len - 1] == '\r'), line);
}
