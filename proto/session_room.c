/* A session and its rooms: seats, gaps. */
#include "proto/session_room.h"

#include "proto/wire/name.h"
#include "reactor/check.h"
#include "reactor/memory.h"

struct membership *
session_membership(struct session *session, const struct room *room)
{
	struct seat *seat = session->seats;

	if (room->everyones)
		return session->lobby.joined ? &session->lobby : NULL;
	while (seat && seat->room != room)
		seat = seat->next;
	return seat ? &seat->membership : NULL;
}

struct room *
session_room(struct session *session, struct span name)
{
	struct room *room;

	name = name_of_room(name);
	if (!name_is_valid(name))
		return NULL;
	room = hub_room(session_hub(session), name);
	return room && session_membership(session, room) ? room : NULL;
}

struct membership *
session_take_seat(struct session *session, struct room *room)
{
	struct seat *seat = memory_new(sizeof(*seat));

	check(!session_membership(session, room));
	/* The first one's place is taken. */
	if (session->current == CURRENT_SEAT)
		session->current = CURRENT_NONE;
	seat->room = room;
	seat->next = session->seats;
	session->seats = seat;
	return &seat->membership;
}

/* Takes a seat out of the list; the first one may be the current one. */
static struct seat *
session_unlink_seat(struct session *session, const struct room *room)
{
	struct seat **at = &session->seats;
	struct seat *seat;

	while ((*at)->room != room)
		at = &(*at)->next;
	seat = *at;
	if (at == &session->seats && session->current == CURRENT_SEAT)
		session->current = CURRENT_NONE;
	*at = seat->next;
	return seat;
}

void
session_drop_seat(struct session *session, const struct room *room)
{
	struct seat *seat = session_unlink_seat(session, room);

	check(!seat->membership.joined);
	free(seat);
}

struct room *
session_current_room(const struct session *session)
{
	switch ((enum session_current)session->current) {
	case CURRENT_NONE:
		return NULL;
	case CURRENT_LOBBY:
		return session_hub(session)->lobby;
	case CURRENT_SEAT:
		return session->seats->room;
	}
	unreachable("every place is above");
}

void
session_set_current(struct session *session, const struct room *room)
{
	struct seat *seat;

	if (room->everyones) {
		session->current = CURRENT_LOBBY;
		return;
	}
	seat = session_unlink_seat(session, room);
	seat->next = session->seats;
	session->seats = seat;
	session->current = CURRENT_SEAT;
}

unsigned
session_place(const struct session *session, const struct room *room)
{
	const struct seat *seat = session->seats;
	unsigned place = 1;

	if (room->everyones)
		return 0;
	for (; seat->room != room; seat = seat->next)
		place++;
	check(place <= SESSION_ROOMS_MAX);
	return place;
}

unsigned
session_seat_count(const struct session *session)
{
	unsigned count = 0;

	for (const struct seat *seat = session->seats; seat; seat = seat->next)
		count++;
	return count;
}

void
session_deliver(struct session *session)
{
	struct hub *hub = session_hub(session);

	room_deliver(hub->lobby, hub);
	for (struct seat *seat = session->seats; seat; seat = seat->next)
		room_deliver(seat->room, hub);
}

void
session_tell_gap(struct session *session)
{
	if (session->rooms_held == 0)
		return;
	if (session->lobby.behind)
		room_catch_up(
		    session_hub(session)->lobby, session, &session->lobby);
	for (struct seat *seat = session->seats; seat; seat = seat->next)
		if (seat->membership.behind)
			room_catch_up(seat->room, session, &seat->membership);
}
