/*
 * Reads a file line by line in large pieces. One buffer, nothing copied but
 * the beginning of a line that a piece has cut. One thread.
 */
#ifndef AUTH_LINES_H
#define AUTH_LINES_H

#include <stdbool.h>
#include <sys/types.h>

#include "auth/fileio.h"
#include "proto/wire/span.h"

struct lines {
	const struct fileio *io;
	int fd;      /* borrowed */
	char *bytes; /* owned; LINES_BUFFER_BYTES */
	size_t start;
	size_t end;
	off_t base; /* where bytes[0] is in the file */
	bool ended; /* the file has no more */
};

enum lines_result {
	LINES_LINE,
	LINES_END,    /* the file ends here, behind a LF or empty */
	LINES_BROKEN, /* no LF before the end or within RECORD_BYTES_MAX */
	LINES_FAILED, /* errno says why */
};

/* Starts at the beginning of the file. 0, or -1 when there is no memory. */
int lines_init(struct lines *lines, const struct fileio *io, int fd);
void lines_fini(struct lines *lines);

/*
 * The next line without its LF, valid until the next call. *at is its place in
 * the file, also for the other results: there the file ends, or is broken, or
 * could not be read.
 */
enum lines_result lines_next(struct lines *lines, struct span *line, off_t *at);

#endif
