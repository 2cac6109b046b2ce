/*
 * What a session is told, one line at a time: answers to the command at hand,
 * with its tag, and what is no answer. The reactor's thread only.
 */
#ifndef PROTO_SESSION_ANSWER_H
#define PROTO_SESSION_ANSWER_H

#include <stddef.h>
#include <stdint.h>

#include "proto/wire/render.h"

struct session;

/* Raw bytes, as they are sent. */
void session_send(struct session *session, const char *bytes, size_t len);

/* Sends one line, to nobody who asks by HTTP. Text of more than a line's length
 * never gets here. */
void session_event(struct session *session, const struct event *event);

/* The same for an OK, ERR or ITEM that answers the present command. */
void session_reply(struct session *session, struct event event);

/* The answer to the present command; printf-like, below 512 bytes. */
void session_ok(struct session *session, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void session_err(struct session *session, enum reply_code code,
    const char *format, ...) __attribute__((format(printf, 3, 4)));

/* The answer of who it is, a user, after some words. */
void session_ok_self(struct session *session, const char *before);

/* Seconds since 1970 as "2026-01-31T12:00:00Z"; returns `text`. */
#define SESSION_DATE_BYTES 32
const char *session_date(int64_t seconds, char text[SESSION_DATE_BYTES]);

/* " until " and that of the end of a ban or a mute, or "" where there is none
 * (AUTH_FOREVER); returns `text`. */
#define SESSION_UNTIL_BYTES (SESSION_DATE_BYTES + 8)
const char *session_until(int64_t seconds, char text[SESSION_UNTIL_BYTES]);

/* A notice to this client alone; the operator's greeting, one a line. */
void session_notice(struct session *session, struct span text);
void session_greet(struct session *session);

/* The tag of the command that is handled next; in its line, which is gone after
 * that, unless it is kept for an answer that comes later. */
void session_set_tag(struct session *session, struct span tag);
void session_keep_tag(struct session *session);

#endif
