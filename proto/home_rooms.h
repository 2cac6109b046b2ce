/*
 * The rooms that are at home on one reactor: how many there may be, what all
 * their scrollbacks may keep, how long a room is remembered that nobody is in,
 * and what they tell once a second. Part of a hub; the reactor's thread only.
 */
#ifndef PROTO_HOME_ROOMS_H
#define PROTO_HOME_ROOMS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "reactor/list.h"
#include "reactor/timer.h"

struct hub;
struct room;
struct room_home;

struct home_rooms {
	uint32_t count;
	size_t scrollback_bytes; /* of all of them */
	struct list recent;      /* with scrollback, the longest silent first */
	struct list deserted;    /* with that alone, the longest so first */
	struct list summing;     /* with sums of joins and leaves to tell */
	struct timer second;     /* set while one of the last two has rooms */
};

/* None yet. The struct is in a hub, as its `home_rooms`. */
void home_rooms_init(struct home_rooms *rooms);

/* What a new room is to have at its home. NULL when there are too many, though
 * one that is only remembered would give its place. */
struct room_home *home_rooms_add(struct hub *hub);

/* The room is about to be freed. */
void home_rooms_remove(struct hub *hub, const struct room *room);

/* It has sums to tell within a second. */
void home_rooms_summing(struct hub *hub, struct room *room);

/* Its last member has left, and there is something to remember. */
void home_rooms_deserted(struct hub *hub, struct room *room);

/* It has numbered something and keeps so many bytes more, or less, than before.
 * Of all rooms the longest silent ones make place for it. */
void home_rooms_kept(struct hub *hub, struct room *room, ssize_t more);

#endif
