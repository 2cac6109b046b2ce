/*
 * Mail between a room's home and the reactors that have members: each function
 * below tells the other side that something has happened here, and its handler
 * there does what follows from it.
 *
 *   entered, left   to the home: somebody has come to the lobby; has gone
 *   gathered        to the home: what is to be numbered
 *   sealed          from the home: what is numbered now, to be delivered
 *   delivered       to the home: so many batches have been delivered
 *
 * Mail is posted at the end of the turn, in order. The reactor's thread only.
 */
#ifndef PROTO_ROOM_MAIL_H
#define PROTO_ROOM_MAIL_H

#include "proto/wire/span.h"
#include "reactor/conn.h"

struct hub;
struct room;

/* A client has been logged in, and is in the lobby. */
void
room_mail_entered(struct hub *hub, struct conn_handle who, struct span name);

/* A client has left the room, or one who asked to come in is not there any
 * more. */
void room_mail_left(struct hub *hub, const char *room, struct conn_handle who,
    struct span name);

/* Elsewhere than at home: all that was gathered goes there. */
void room_mail_gathered(struct room *room, struct hub *hub);

/* At home: references to all that was gathered go to a reactor. */
void room_mail_sealed(struct room *room, struct hub *hub, unsigned to);

/* So many batches of the home's were delivered here. */
void room_mail_delivered(
    const char *room, struct hub *hub, unsigned home_reactor, unsigned batches);

#endif
