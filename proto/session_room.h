/*
 * A session and its rooms: its places there, what it may say, and what it was
 * not told. The reactor's thread only.
 */
#ifndef PROTO_SESSION_ROOM_H
#define PROTO_SESSION_ROOM_H

#include "proto/session.h"

/* Its place in a room, NULL where it has none. */
struct membership *
session_membership(struct session *session, const struct room *room);

/* The room of this name, written with or without #, if it is in there. */
struct room *session_room(struct session *session, struct span name);

/* Another room than the lobby: a place to join with, or one to be given up. */
struct membership *
session_take_seat(struct session *session, struct room *room);
void session_drop_seat(struct session *session, const struct room *room);

/* The room that plain text is said in, NULL for none; one that it is in. */
struct room *session_current_room(const struct session *session);
void session_set_current(struct session *session, const struct room *room);

/* How many rooms it is in besides the lobby. */
unsigned session_seat_count(const struct session *session);

/* Delivers what has come here for its rooms, for what must come after that. */
void session_deliver(struct session *session);

/* If room messages were skipped for it, says so now; it is live again. */
void session_tell_gap(struct session *session);

/* A user's message to a room that it is in; the text is copied. It has one more
 * that is unseen, until its own copy is back. */
void session_say(struct session *session, struct room *room, struct span text);

/* A message of its own, of `len` bytes, has come back to it, or was skipped. */
void session_own_copy(struct session *session, size_t len);

/* May it say something to a room now? False: its input has to wait (for its
 * own copies, or for --rate), and it is seen to that it goes on. */
bool session_may_talk(struct session *session);

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
