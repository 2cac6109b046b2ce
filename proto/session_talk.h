/*
 * What a session says to rooms, and whether it may: own messages that it has
 * not seen yet, --rate, and being muted. The reactor's thread only.
 */
#ifndef PROTO_SESSION_TALK_H
#define PROTO_SESSION_TALK_H

#include <stdbool.h>
#include <stddef.h>

#include "proto/wire/span.h"

struct room;
struct session;

/* A user's message to a room that it is in; the text is copied. It has one more
 * that is unseen, until its own copy is back. */
void session_say(struct session *session, struct room *room, struct span text);

/* A message of its own, of `len` bytes, has come back to it, or was skipped. */
void session_own_copy(struct session *session, size_t len);

/* May it say something to this room, which it is in, now? False: its input has
 * to wait (for its own copies, or for --rate), and it is seen to that it goes
 * on. A room keeps what is said there in order, two rooms do not: what it said
 * in another one has to come back first. */
bool session_may_talk(struct session *session, const struct room *room);

/* The part of that which is about --rate, for a message to one person. */
bool session_keeps_rate(struct session *session);

/* Has the operator muted it? Costs nothing if not; else the store is asked, for
 * a mute ends by itself. */
bool session_is_muted(struct session *session);

/* A user: the store is asked anew. True if its answer is another one. */
bool session_update_muted(struct session *session);

/* "you are muted until 2026-01-31T12:00:00Z", or without an end, or "you may
 * talk again", as the store has it; returns `text`. */
#define SESSION_MUTED_BYTES 64
const char *session_muted_text(
    const struct session *session, char text[SESSION_MUTED_BYTES]);

#endif
