/*
 * The dispatcher: one line of a session in, the right handler called. Look-up,
 * state gate, TLS, arity, mute, order and rate, count, call, in that order,
 * once. Pure routing: it keeps nothing. The reactor's thread only.
 */
#ifndef PROTO_DISPATCH_H
#define PROTO_DISPATCH_H

#include <stdbool.h>

#include "proto/wire/command.h"
#include "proto/wire/render.h"

struct session;

/*
 * Answers with one of the refusals that any command may get: ERR_NOT_LOGGED_IN,
 * ERR_ALREADY_LOGGED_IN, ERR_UNKNOWN_COMMAND, ERR_MUTED, ERR_FORBIDDEN where
 * TLS is asked for, or ERR_BAD_ARGUMENTS with the usage of `verb`, which only
 * that one looks at.
 */
void
dispatch_refuse(struct session *session, enum verb verb, enum reply_code code);

/* Could others read a password of its on the way, which --tls-only forbids? */
bool dispatch_is_in_clear(const struct session *session);

/*
 * Handles one line of clean text. False when it has to wait, until the session
 * has been sent its own messages or may talk again; then nothing was done, and
 * the same line is passed again later. Lines with a password are wiped after
 * use.
 */
bool dispatch_line(struct session *session, char *line, size_t len);

#endif
