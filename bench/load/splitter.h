/*
 * Cuts what a server sends into lines, without copying: the lines are spans
 * of the buffer that was read into. Only the unfinished end of a read is kept,
 * in memory of the splitter's own, and laid in front of the next read. All
 * zero is an empty splitter. Lines end with LF alone; a CR before it is text,
 * so that a test of exact answers sees it.
 *
 *     have = splitter_begin(s, buffer);
 *     ... read behind the `have` bytes; rest = the whole ...
 *     while (splitter_next(&rest, &line)) ...
 *     splitter_keep(s, rest);
 */
#ifndef BENCH_LOAD_SPLITTER_H
#define BENCH_LOAD_SPLITTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/wire/span.h"

/* No server's line is longer: 4 KiB of text, six-fold in JSON, and a frame. */
#define SPLITTER_KEEP_MAX (32 * 1024)

struct splitter {
	char *tail; /* owned; the start of a line whose end is not here yet */
	uint32_t len;
	uint32_t size;
};

/*
 * Copies what was kept to the start of `buffer`, which has room for at least
 * SPLITTER_KEEP_MAX bytes, and returns its length.
 */
size_t splitter_begin(const struct splitter *splitter, char *buffer);

/*
 * Takes the next whole line off the front of *rest and sets *line to it,
 * without its LF. False when there is none; *rest is then what to keep.
 */
bool splitter_next(struct span *rest, struct span *line);

/*
 * Keeps a copy of `rest` for the next splitter_begin. 0, or EMSGSIZE when it
 * is longer than any line, or ENOMEM; nothing is kept then.
 */
int splitter_keep(struct splitter *splitter, struct span rest);

/* Frees what is kept; the splitter is empty and may be used again. */
void splitter_fini(struct splitter *splitter);

#endif
