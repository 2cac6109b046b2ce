/*
 * Strings as JSON has them (RFC 8259). Pure; any thread. Bytes that are no
 * valid UTF-8 pass through, so text is checked before it comes here.
 */
#ifndef PROTO_WIRE_JSON_H
#define PROTO_WIRE_JSON_H

#include "proto/wire/span.h"

/* Bytes of the text once it is escaped, the quotes not counted. */
size_t json_escaped_bytes(struct span text);

/* Writes the text escaped and in quotes: two bytes more than the above, no NUL.
 * Returns the end. */
char *json_put_string(char *at, struct span text);

#endif
