/* Lines out of a buffer that is filled in large pieces. */
#include "auth/lines.h"

#include <stdlib.h>
#include <string.h>

#include "auth/record.h"
#include "reactor/check.h"

#define LINES_BUFFER_BYTES (64 * 1024)

int
lines_init(struct lines *lines, const struct fileio *io, int fd)
{
	*lines = (struct lines){.io = io, .fd = fd};
	lines->bytes = malloc(LINES_BUFFER_BYTES);
	return lines->bytes ? 0 : -1;
}

void
lines_fini(struct lines *lines)
{
	free(lines->bytes);
	lines->bytes = NULL;
}

/* Moves what is left to the front and reads more behind it. */
static int
fill(struct lines *lines)
{
	size_t left = lines->end - lines->start;
	size_t room = LINES_BUFFER_BYTES - left;
	ssize_t n;

	check(left < RECORD_BYTES_MAX);
	memmove(lines->bytes, lines->bytes + lines->start, left);
	lines->base += (off_t)lines->start;
	lines->start = 0;
	lines->end = left;
	n = fileio_read(lines->io, lines->fd, lines->bytes + left, room,
	    lines->base + (off_t)left);
	if (n < 0)
		return -1;
	lines->end += (size_t)n;
	lines->ended = (size_t)n < room;
	return 0;
}

enum lines_result
lines_next(struct lines *lines, struct span *line, off_t *at)
{
	for (;;) {
		char *start = lines->bytes + lines->start;
		size_t left = lines->end - lines->start;
		size_t look = left < RECORD_BYTES_MAX ? left : RECORD_BYTES_MAX;
		char *lf = look ? memchr(start, '\n', look) : NULL;

		*at = lines->base + (off_t)lines->start;
		if (lf) {
			*line = (struct span){start, (size_t)(lf - start)};
			lines->start += line->len + 1;
			return LINES_LINE;
		}
		if (left >= RECORD_BYTES_MAX)
			return LINES_BROKEN;
		if (lines->ended)
			return left ? LINES_BROKEN : LINES_END;
		if (fill(lines) < 0)
			return LINES_FAILED;
	}
}
