/*
 * Reads a line that a throng server has sent, in the text format or in JSON
 * (proto/PROTOCOL.md); each line tells by its first byte which it is. Only what
 * the scenario `mixed` has a use for is taken out. Pure; any thread.
 */
#ifndef BENCH_MIXED_LINE_H
#define BENCH_MIXED_LINE_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/wire/span.h"

enum mixed_line_kind {
	LINE_WRONG, /* nothing of the protocol's */
	LINE_OK,    /* `re` in JSON, `text`; of a join in JSON `seq` */
	LINE_ERR,   /* `re` in JSON, `code` */
	LINE_ECHO,
	LINE_MESSAGE,   /* in `room`; in JSON `seq` */
	LINE_DIRECT,    /* `from`, `client`, `text` */
	LINE_GAP,       /* in `room`, behind number `after`, of `missed` */
	LINE_FORGOTTEN, /* in `room`, `missed` are no longer kept */
	LINE_OVER,      /* `room` starts over */
	LINE_ITEM,      /* of a listing */
	LINE_NEWS,      /* who came and went, and other notices: `text` */
};

struct mixed_line {
	enum mixed_line_kind kind;
	bool json;
	struct span tag, re, code, room, from,
	    text; /* into the line, as they
		     are there: with escapes */
	uint64_t client, seq, after, missed;
};

/* Takes a line without its LF apart. */
void mixed_line_read(struct mixed_line *out, struct span line);

#endif
