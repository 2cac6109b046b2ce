/* The operator's errands. */
#include "proto/errand.h"

#include <stdio.h>
#include <string.h>

#include "proto/account_service.h"
#include "proto/hub.h"
#include "proto/notice.h"
#include "proto/room_home.h"
#include "proto/session_answer.h"
#include "proto/session_room.h"
#include "proto/session_talk.h"
#include "proto/wire/name.h"
#include "reactor/memory.h"
#include "reactor/reactor.h"

static void
list_conn(struct conn *conn, void *context)
{
	struct errand *errand = context;
	const struct session *session = session_of(conn);
	struct client_row row = {
	    .id = conn->id,
	    .opened_s = conn->opened_s,
	    .bytes_in = conn->bytes_in,
	    .bytes_out = conn->bytes_out,
	    .rooms = session_seat_count(session),
	    .peer = conn->peer,
	};

	if (session->state == SESSION_USER)
		strcpy(row.name, session->name);
	memcpy(tour_reserve(&errand->tour, sizeof(row)), &row, sizeof(row));
	errand->tour.text_len += sizeof(row);
	errand->count++;
}

static void
rooms_room(struct directory_entry *entry, void *context)
{
	const struct room *room = list_entry(entry, struct room, entry);
	const struct room_home *home = room->home;
	struct errand *errand = context;
	struct room_row row = {0};

	if (!home || !room_home_is_known(room))
		return;
	row.members = home->members;
	row.kept = home->scrollback.count;
	row.kept_bytes = home->scrollback.bytes;
	strcpy(row.name, room->name);
	if (home->topic)
		strcpy(row.topic, home->topic);
	memcpy(tour_reserve(&errand->tour, sizeof(row)), &row, sizeof(row));
	errand->tour.text_len += sizeof(row);
	errand->count++;
}

static void
rooms_hub(struct errand *errand, struct hub *hub)
{
	directory_each(&hub->rooms, rooms_room, errand);
}

static void
notice_hub(struct errand *errand, struct hub *hub)
{
	errand->count += notice_tell_all(hub, span_of(errand->text));
}

static void
drain_hub(struct errand *errand, struct hub *hub)
{
	reactor_stop_listening(hub->reactor);
	notice_hub(errand, hub);
}

static void
settings_hub(struct errand *errand, struct hub *hub)
{
	hub_set_options(hub, errand->options);
}

static bool
kick_is_meant(const struct errand *errand, const struct session *session)
{
	if (errand->id != 0 && session->conn.id == errand->id)
		return true;
	if (!errand->name[0] || session->state != SESSION_USER)
		return false;
	return name_equals(span_of(errand->name), span_of(session->name));
}

static void
kick(struct errand *errand, struct session *session, const char *text)
{
	session_tell_gap(session);
	session_notice(session, span_of(text));
	session_close(session,
	    errand->work == ERRAND_KICK_BANNED ? CLOSE_BANNED : CLOSE_KICKED);
	errand->count++;
}

static void
kick_conn(struct conn *conn, void *context)
{
	struct errand *errand = context;
	struct session *session = session_of(conn);
	char text[LINE_BYTES_MAX + 64];

	if (!kick_is_meant(errand, session))
		return;
	snprintf(text, sizeof(text), "you were kicked%s%s",
	    errand->text[0] ? ": " : "", errand->text);
	kick(errand, session, text);
}

static void
kick_banned_conn(struct conn *conn, void *context)
{
	struct errand *errand = context;
	struct session *session = session_of(conn);
	bool is_user = session->state == SESSION_USER;
	uint8_t address[16];
	bool has_address = address_bytes(&conn->peer, address);
	char text[64], when[SESSION_UNTIL_BYTES];
	int64_t until;

	if (!auth_is_kept_out(
		account_service_auth(session_hub(session)->config->accounts),
		is_user ? span_of(session->name) : (struct span){0},
		has_address ? address : NULL, &until))
		return;
	session_until(until, when);
	snprintf(text, sizeof(text), "you are banned:%s",
	    *when ? when : " for ever");
	kick(errand, session, text);
}

static void
mute_conn(struct conn *conn, void *context)
{
	struct errand *errand = context;
	struct session *session = session_of(conn);
	char text[SESSION_MUTED_BYTES];

	if (session->state != SESSION_USER ||
	    (errand->name[0] &&
		!name_equals(span_of(errand->name), span_of(session->name))))
		return;
	if (!session_update_muted(session) && !errand->name[0])
		return;
	session_tell_gap(session);
	session_notice(session, span_of(session_muted_text(session, text)));
	errand->count++;
}

/* What each does at a hub: with it, or with each of its connections. */
static const struct {
	void (*hub)(struct errand *errand, struct hub *hub);
	void (*conn)(struct conn *conn, void *errand);
} works[] = {
    [ERRAND_LIST] = {.conn = list_conn},
    [ERRAND_ROOMS] = {.hub = rooms_hub},
    [ERRAND_NOTICE] = {.hub = notice_hub},
    [ERRAND_KICK] = {.conn = kick_conn},
    [ERRAND_KICK_BANNED] = {.conn = kick_banned_conn},
    [ERRAND_MUTE] = {.conn = mute_conn},
    [ERRAND_DRAIN] = {.hub = drain_hub},
    [ERRAND_SETTINGS] = {.hub = settings_hub},
    [ERRAND_ROUND] = {0},
};

static void
errand_visit(struct tour *tour, struct hub *hub)
{
	struct errand *errand = (struct errand *)tour;

	if (works[errand->work].hub)
		works[errand->work].hub(errand, hub);
	if (works[errand->work].conn)
		reactor_each_conn(
		    hub->reactor, works[errand->work].conn, errand);
}

static void
errand_come_home(struct tour *tour, struct hub *hub)
{
	struct errand *errand = (struct errand *)tour;

	(void)hub;
	tour->envelope.handle = errand->handle;
	mailbox_push(errand->home, &tour->envelope);
}

struct errand *
errand_new(
    struct mailbox *home, enum errand_work work, envelope_handler *handle)
{
	struct errand *errand = memory_new(sizeof(*errand));

	errand->tour.visit = errand_visit;
	errand->tour.done = errand_come_home;
	errand->work = work;
	errand->home = home;
	errand->handle = handle;
	return errand;
}

void
errand_start(struct errand *errand, struct reactor *first)
{
	tour_start_outside(&errand->tour, first);
}

struct client_row *
errand_rows(struct errand *errand)
{
	return (struct client_row *)(void *)errand->tour.text;
}

struct room_row *
errand_room_rows(struct errand *errand)
{
	return (struct room_row *)(void *)errand->tour.text;
}

void
errand_free(struct errand *errand)
{
	tour_fini(&errand->tour);
	free(errand);
}
