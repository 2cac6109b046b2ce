/*
 * The line framer: bytes in, lines out. Pure: no allocation, no copy, no
 * clock. Lines are UTF-8 text ended by LF (one CR before it is dropped) or by
 * CR NUL, as telnet sends it (RFC 854). Telnet's IAC sequences have been taken
 * out before (telnet.h). Any thread, one framer per connection.
 */
#ifndef PROTO_WIRE_LINE_H
#define PROTO_WIRE_LINE_H

#include <stdbool.h>
#include <stddef.h>

#include "proto/wire/span.h"

struct line_framer {
	bool skipping;   /* inside a line that is already over the limit */
	bool terminated; /* a LF has been seen: only endings end lines now */
};

enum line_result {
	LINE_MORE,     /* no whole line yet */
	LINE_OK,       /* *line is a line of clean text */
	LINE_TOO_LONG, /* a line over LINE_BYTES_MAX has ended; it is dropped */
	LINE_BAD_TEXT, /* *line has bad UTF-8 or a control character */
};

/*
 * Cuts the next line from `bytes`. *consumed is set in every case and may be
 * over 0 with LINE_MORE too (the middle of a line that is too long); the caller
 * keeps what was not consumed and passes it again with what follows it.
 * At most LINE_BYTES_MAX + 1 bytes are ever left unconsumed. *line points into
 * `bytes` and has no ending.
 */
enum line_result line_next(struct line_framer *framer, const char *bytes,
    size_t len, size_t *consumed, struct span *line);

/*
 * The unterminated rest of the input counts as a line: at the end of input, or
 * after a silence. `bytes` is all that line_next left unconsumed. LINE_MORE
 * when there is nothing. Leaves the framer ready for a new line.
 */
enum line_result line_end(struct line_framer *framer, const char *bytes,
    size_t len, struct span *line);

#endif
