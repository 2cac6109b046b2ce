/*
 * What a room has at its home only: the numbers, the history, the topic, and
 * how many members there are on each reactor. Here the one order is made. The
 * home's thread only.
 */
#ifndef PROTO_ROOM_HOME_H
#define PROTO_ROOM_HOME_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/scrollback.h"
#include "proto/wire/span.h"
#include "reactor/conn.h"
#include "reactor/list.h"

struct hub;
struct room;

/* What the home knows of a reactor. */
struct reach {
	uint32_t members;
	unsigned under_way; /* batches that it has not delivered yet */
	bool spoke;         /* a client there said something of this batch */
};

struct room_home {
	struct room *room; /* whose it is */
	uint64_t seq;      /* last number given */
	struct scrollback scrollback;
	char *topic;          /* owned; NULL: none */
	uint32_t members;     /* on all reactors */
	uint32_t joined;      /* not told yet, summed up */
	uint32_t left;        /* the same */
	struct list recent;   /* link in home_rooms, while it has scrollback */
	struct list deserted; /* the same, while it has that alone */
	uint64_t deserted_s;  /* since when; the reactor's clock */
	struct list summing;  /* the same, while it has sums to tell */
	unsigned reach_count;
	struct reach reach[]; /* a reactor each */
};

/* Keeps `history` messages, and works for `reactors`. */
struct room_home *room_home_new(unsigned reactors, uint32_t history);
void room_home_free(struct room_home **home);

/* Are there members, or something to remember? Else it is about to be freed. */
bool room_home_is_known(const struct room *room);

/* A client of `who.reactor` has come or gone; the members are told, but those
 * of the lobby. One that comes is told what is sealed after this call. */
void room_home_join(struct room *room, struct hub *hub, struct conn_handle who,
    struct span name);
void room_home_leave(struct room *room, struct hub *hub, struct conn_handle who,
    struct span name);

/* Sets the topic, or clears it (empty text), and tells the members. */
void room_home_set_topic(struct room *room, struct hub *hub,
    struct conn_handle who, struct span name, struct span text);

/* Drops all that it keeps: the next who comes finds a new room. */
void room_home_forget(struct room *room);

/* The most batches that one reactor has not delivered yet. */
unsigned room_home_under_way(const struct room *room);

/* Is a reactor so far behind that nothing more should be sealed for it? */
bool room_home_is_stalled(const struct room *room);

/* Tells the members the sums of who came and went. */
void room_home_sum_up(struct room *room, struct hub *hub);

/* May a batch be sealed, or are there some on their way? */
bool room_home_may_seal(const struct room *room);

/* Numbers what was gathered, if something was, and sends it off: the same for
 * everyone. */
void room_home_seal(struct room *room, struct hub *hub);

/* A reactor has delivered batches. */
void
room_home_on_delivered(struct room *room, unsigned reactor, unsigned batches);

#endif
