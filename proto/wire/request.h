/*
 * The head of an HTTP request: where it ends, and what a server of a few files
 * wants to know of it. http-parser reads it; nothing is copied. Pure.
 */
#ifndef PROTO_WIRE_REQUEST_H
#define PROTO_WIRE_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#include "proto/wire/span.h"

/* Spans point into the head; empty: there is none. */
struct request {
	bool is_head;       /* HEAD, else GET */
	bool keeps;         /* the client can go on with another request */
	bool wants_upgrade; /* Connection has it as a word, */
	bool to_websocket;  /* and Upgrade has that */
	struct span path;   /* of the target: no query, never a host */
	struct span host;   /* of the target, or Host; with its port */
	struct span origin;
	struct span if_none_match;
	struct span key;     /* Sec-WebSocket-Key */
	struct span version; /* Sec-WebSocket-Version */
};

/*
 * Bytes of the head that `bytes` begin with, the empty line that ends it
 * included, or 0 when it is not all there. `from`: so many are known to be
 * without an end.
 */
size_t request_head_bytes(const char *bytes, size_t len, size_t from);

/*
 * Reads a whole head. 0, or the status to refuse it with: 400, 405 or 505. What
 * has been read until then is in *request.
 */
int request_parse(const char *head, size_t len, struct request *request);

#endif
