/*
 * A room, as one reactor has it. Messages go through it in batches:
 *
 *   gathered   said here, or (at the home) sent here by other reactors to be
 *              numbered: waits to be sealed
 *   sealed     at the home: put into the history and sent to every reactor
 *   inbox      numbered, waits to be delivered to the members on this reactor
 *   delivered  rendered once, one reference into each member's output
 *
 * Sealing and delivering happen at the end of a turn, and only when what was
 * delivered before has been handed to the kernel for every member, here and
 * (give or take a batch) on every other reactor. So the more there is to do,
 * the more messages share a rendering, a reference and a send.
 *
 * The reactor's thread only; what crosses threads are parcels of messages.
 */
#ifndef PROTO_ROOM_H
#define PROTO_ROOM_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/limits.h"
#include "proto/scrollback.h"
#include "proto/wire/span.h"
#include "reactor/conn.h"

struct hub;
struct parcel;
struct session;

/* Parcels in order, each with one reference that is ours. */
struct parcels {
	struct parcel **at; /* owned */
	uint32_t count;
	uint32_t cap;
};

struct room {
	char name[NAME_BYTES_MAX + 1];
	unsigned home;            /* index of the reactor that numbers */
	struct session **members; /* on this reactor; owned array */
	uint32_t member_count;
	uint32_t member_cap;
	struct parcels gathered;
	struct parcels inbox;
	unsigned inbox_batches; /* in it, that the home waits to hear of */
	uint64_t seen;          /* last number that members here were sent */
	/* At the home only. */
	uint64_t seq; /* last number given */
	struct scrollback history;
	unsigned *under_way; /* batches each reactor has not delivered; owned */
};

/* A session's place in a room. */
struct membership {
	uint64_t after; /* behind: the last number it was sent */
	uint32_t index; /* in the room's members */
	bool joined;
	bool behind; /* output was over the limit: gets nothing for now */
};

/* `reactors` in all; the home keeps `history` messages. */
void room_init(struct room *room, const char *name, unsigned home,
    unsigned reactors, uint32_t history);
void room_fini(struct room *room);

void room_join(
    struct room *room, struct session *session, struct membership *membership);
void room_leave(struct room *room, struct membership *membership);

/* Gathers one message of a session on this reactor. */
void room_say(struct room *room, struct conn_handle sender, struct span name,
    struct span text);

/* At the end of each turn: seals and delivers what can be. */
void room_turn(struct room *room, struct hub *hub);

/* Delivers the inbox now, for something that must come after it. */
void room_deliver(struct room *room, struct hub *hub);

/* Its output has drained: tells the member what it missed, it is live again. */
void room_catch_up(
    struct room *room, struct session *session, struct membership *membership);

#endif
