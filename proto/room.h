/*
 * A room, as one reactor has it. What its members are to be told goes through
 * it in batches:
 *
 *   gathered   said here, or (at the home) sent here by other reactors to be
 *              numbered: waits to be sealed
 *   sealed     at the home (room_home.h): put into the history and sent to the
 *              reactors that have members
 *   inbox      numbered, waits to be delivered to the members on this reactor
 *   delivered  rendered once a format, one reference into each member's output
 *
 * Sealing and delivering happen at the end of a turn, and only when what was
 * delivered before has been handed to the kernel for every member, here and
 * (give or take a batch) on every other reactor. So the more there is to do,
 * the more messages share a rendering, a reference and a send.
 *
 * The reactor's thread only; what crosses threads are parcels of messages. A
 * room that has something to do at the end of the turn is in its hub's list of
 * busy rooms (hub_busy); one that nobody needs any more is freed there.
 */
#ifndef PROTO_ROOM_H
#define PROTO_ROOM_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/directory.h"
#include "proto/limits.h"
#include "proto/parcels.h"
#include "proto/wire/render.h"
#include "reactor/conn.h"
#include "reactor/list.h"

struct hub;
struct room_home;
struct session;

struct room {
	struct directory_entry entry; /* in its hub's rooms */
	struct list busy; /* link in its hub's busy rooms, or none */
	char name[NAME_BYTES_MAX + 1]; /* lower case */
	bool everyones;           /* the lobby: all users are in, on all hubs */
	unsigned home_reactor;    /* index of the reactor that numbers */
	struct room_home *home;   /* owned; at the home only, else NULL */
	struct session **members; /* on this reactor; owned array */
	uint32_t member_count;
	uint32_t member_cap;
	struct parcels gathered;
	struct parcels inbox;
	uint32_t gathered_bytes; /* of the last batch: what the next may need */
	unsigned inbox_batches;  /* in it, that the home waits to hear of */
	uint64_t seen;           /* last number that members here were sent */
};

/* A session's place in a room. */
struct membership {
	uint64_t entered; /* it was sent all from here to the present */
	uint64_t after;   /* behind: the last number it was sent */
	uint32_t index;   /* in the room's members */
	bool joined;
	bool behind; /* output was over the limit: gets nothing for now */
	bool paused; /* asked for what came before: gets nothing for now */
};

/* A membership of another room than the lobby. */
struct seat {
	struct seat *next; /* in the session's seats */
	struct room *room;
	struct membership membership;
};

/* `name` is folded; `home` becomes the room's. */
struct room *
room_new(const char *name, unsigned home_reactor, struct room_home *home);
void room_free(struct room **room);

/* Is it of no use any more, to its members and as a memory? */
bool room_is_over(const struct room *room);

/* Makes the session a member, from what the room has seen so far on; it is none
 * yet. The membership stays its own. */
void room_join(
    struct room *room, struct session *session, struct membership *membership);
/* What it has said is on its way to the home before that hears of more. */
void room_leave(struct room *room, struct hub *hub, struct session *session,
    struct membership *membership);

/* Gathers something for the members, of a client on this reactor; at the home,
 * of any. The text is copied. */
void room_gather(struct room *room, struct hub *hub, enum event_kind kind,
    struct conn_handle sender, struct span name, struct span text);

/* At the end of each turn while busy: seals and delivers what can be. */
void room_turn(struct room *room, struct hub *hub);

/* Whose messages these are has seen them now, or has missed them: it may go on.
 * Of those on this reactor. */
void room_acknowledge(const struct parcels *batch, struct hub *hub);

/* Delivers the inbox now, for something that must come after it. */
void room_deliver(struct room *room, struct hub *hub);

/* Its output has drained: tells the member what it missed, it is live again. */
void room_catch_up(
    struct room *room, struct session *session, struct membership *membership);

/* Nothing for this member until room_resume; not one that is behind. */
void room_pause(struct session *session, struct membership *membership);
/* It has been told all from `since` up to what was delivered last. */
void room_resume(
    struct session *session, struct membership *membership, uint64_t since);
/* It is told nothing of that: what it was not sent since `after` is a gap like
 * any other, for room_catch_up. */
void room_resume_behind(struct membership *membership, uint64_t after);

#endif
