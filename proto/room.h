/*
 * A room, as one reactor has it: the members that are on this reactor, and the
 * messages that the present turn has gathered. At the room's home the gathered
 * messages have their numbers; elsewhere they are on their way to the home.
 * The reactor's thread only; what crosses threads is a parcel of messages.
 */
#ifndef PROTO_ROOM_H
#define PROTO_ROOM_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/limits.h"
#include "proto/wire/span.h"
#include "reactor/conn.h"

struct blob;
struct hub;
struct parcel;
struct session;

struct room {
	char name[NAME_BYTES_MAX + 1];
	unsigned home;            /* index of the reactor that numbers */
	struct session **members; /* on this reactor; owned array */
	uint32_t member_count;
	uint32_t member_cap;
	struct parcel *gathered; /* messages of this turn; owned, or NULL */
	uint64_t seq;            /* last number given; at the home only */
	uint64_t seen;           /* last number that members here were sent */
};

/* A session's place in a room. */
struct membership {
	uint32_t index; /* in the room's members */
	bool joined;
	bool behind;    /* output was over the limit: gets nothing for now */
	uint64_t after; /* behind: the last number it was sent */
};

void room_init(struct room *room, const char *name, unsigned home);
void room_fini(struct room *room);

void room_join(
    struct room *room, struct session *session, struct membership *membership);
void room_leave(struct room *room, struct membership *membership);

/*
 * Gathers one message. Seals first when it would not fit. A message's number
 * is given here when this is the home.
 */
void room_gather(struct room *room, struct hub *hub, struct conn_handle sender,
    struct span name, struct span text);

/*
 * Closes what was gathered: at the home it goes to all hubs, this one at once;
 * elsewhere to the home. Nothing happens when nothing was gathered.
 */
void room_seal(struct room *room, struct hub *hub);

/* Its output has drained: tells the member what it missed, it is live again. */
void room_catch_up(
    struct room *room, struct session *session, struct membership *membership);

#endif
