/* A session and its rooms: seats, gaps, talking. */
#include "proto/session_room.h"

#include <stdio.h>

#include "proto/account_service.h"
#include "proto/session_answer.h"
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
	if (session->held == 0)
		return;
	if (session->lobby.behind)
		room_catch_up(
		    session_hub(session)->lobby, session, &session->lobby);
	for (struct seat *seat = session->seats; seat; seat = seat->next)
		if (seat->membership.behind)
			room_catch_up(seat->room, session, &seat->membership);
}

void
session_say(struct session *session, struct room *room, struct span text)
{
	check(session->state == SESSION_USER);
	session->unseen++;
	session->unseen_bytes += (uint32_t)text.len;
	room_gather(room, session_hub(session), EVENT_MESSAGE,
	    conn_handle(&session->conn), span_of(session->name), text);
}

void
session_own_copy(struct session *session, size_t len)
{
	check(session->unseen > 0);
	check(session->unseen_bytes >= len);
	session->unseen_bytes -= (uint32_t)len;
	if (--session->unseen == 0 && (session->waits & WAIT_COPY))
		conn_run_soon(&session->conn);
}

/* A token bucket: true, and one is taken, when there is one. */
static bool
talk_take_token(struct session *session)
{
	const struct hub_options *options = &session_hub(session)->options;
	uint32_t now_ms = (uint32_t)reactor_now_ms(session->conn.reactor);
	uint64_t tokens =
	    session->talk_tokens +
	    (uint64_t)(now_ms - session->talk_ms) * options->rate.count;

	if (tokens > (uint64_t)options->rate.burst * 1000)
		tokens = (uint64_t)options->rate.burst * 1000;
	session->talk_ms = now_ms;
	session->talk_tokens = (uint32_t)tokens;
	if (tokens < 1000)
		return false;
	session->talk_tokens -= 1000;
	return true;
}

bool
session_keeps_rate(struct session *session)
{
	const struct hub_options *options = &session_hub(session)->options;

	if (options->rate.count == 0 ||
	    (!options->rate_for_all && address_is_local(&session->conn.peer)) ||
	    talk_take_token(session))
		return true;
	session->waits |= WAIT_RATE;
	reactor_set_timer(session->conn.reactor, &session->deadline,
	    (1000 - session->talk_tokens) / options->rate.count);
	return false;
}

bool
session_may_talk(struct session *session)
{
	return session->unseen < UNSEEN_MAX &&
	       session->unseen_bytes < UNSEEN_BYTES_MAX &&
	       session_keeps_rate(session);
}

static bool
ask_muted(const struct session *session, int64_t *until)
{
	return auth_is_muted(
	    account_service_auth(session_hub(session)->config->accounts),
	    span_of(session->name), until);
}

bool
session_is_muted(struct session *session)
{
	if (session->muted)
		session_update_muted(session);
	return session->muted;
}

bool
session_update_muted(struct session *session)
{
	bool before = session->muted;
	int64_t until;

	check(session->state == SESSION_USER);
	session->muted = ask_muted(session, &until);
	return session->muted != before;
}

const char *
session_muted_text(
    const struct session *session, char text[SESSION_MUTED_BYTES])
{
	char date[SESSION_DATE_BYTES];
	int64_t until;

	if (!ask_muted(session, &until))
		snprintf(text, SESSION_MUTED_BYTES, "you may talk again");
	else if (until == AUTH_FOREVER)
		snprintf(text, SESSION_MUTED_BYTES, "you are muted");
	else
		snprintf(text, SESSION_MUTED_BYTES, "you are muted until %s",
		    session_date(until, date));
	return text;
}
