/*
 * A session and its rooms: its places there, and what it was not told. The
 * reactor's thread only.
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

/* Which of its rooms this is, one that it is in: 0 for the lobby, else its
 * seat, counted from 1 on. It stays so until it joins, leaves or logs out. */
unsigned session_place(const struct session *session, const struct room *room);

/* How many rooms it is in besides the lobby. */
unsigned session_seat_count(const struct session *session);

/* Delivers what has come here for its rooms, for what must come after that. */
void session_deliver(struct session *session);

/* If room messages were skipped for it, says so now; it is live again. */
void session_tell_gap(struct session *session);

#endif
