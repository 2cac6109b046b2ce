/*
 * A session and one line of its input, whatever it came in: a command, text, or
 * the password that it was asked for. The reactor's thread only.
 */
#ifndef PROTO_SESSION_LINE_H
#define PROTO_SESSION_LINE_H

#include <stdbool.h>

#include "proto/wire/line.h"

struct session;

/* One line, whole or broken; a whole one may be changed. False: nothing was
 * done, and it is known what to wait for. */
bool session_line(
    struct session *session, enum line_result result, struct span line);

/* Asks for the password to log in as `name` with. */
void session_prompt(struct session *session, struct span name);

#endif
