/*
 * The dispatcher: one line of a session in, the right handler called. Look-up,
 * state gate, arity, order, call, count, in that order, once. Pure routing: it
 * keeps nothing. The reactor's thread only.
 */
#ifndef PROTO_DISPATCH_H
#define PROTO_DISPATCH_H

#include <stdbool.h>

#include "proto/wire/span.h"

struct session;

/*
 * Handles one line of clean text. False when it has to wait, until the session
 * has been sent its own messages or may talk again; then nothing was done, and
 * the same line is passed again later. Lines with a password are wiped after
 * use.
 */
bool dispatch_line(struct session *session, char *line, size_t len);

#endif
