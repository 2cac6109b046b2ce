/* The hub: the reactor's calls upward, the rooms, who is here. */
#include "proto/hub.h"

#include <string.h>

#include "proto/notice.h"
#include "proto/room.h"
#include "proto/room_home.h"
#include "proto/room_mail.h"
#include "proto/session_input.h"
#include "proto/session_room.h"
#include "proto/wire/name.h"
#include "reactor/check.h"
#include "reactor/counters.h"
#include "reactor/mailbox.h"
#include "reactor/memory.h"
#include "reactor/reactor.h"

static void
hub_free_room(struct hub *hub, struct room *room)
{
	if (room->home)
		home_rooms_remove(hub, room);
	directory_remove(&hub->rooms, &room->entry);
	room_free(&room);
}

static void
hub_on_turn_end(void *owner)
{
	struct hub *hub = owner;
	struct list *link;
	struct list busy;

	list_init(&busy);
	list_move_all(&busy, &hub->busy);
	while ((link = list_take_first(&busy))) {
		struct room *room = list_entry(link, struct room, busy);

		room_turn(room, hub);
		if (room->gathered.count > 0 || room->inbox.count > 0)
			hub_busy(hub, room);
		else if (room_is_over(room))
			hub_free_room(hub, room);
	}
}

static void
hub_end_session(struct conn *conn, void *context)
{
	(void)context;
	session_going_down(session_of(conn));
}

static void
hub_on_stop(void *owner)
{
	struct hub *hub = owner;

	/* What was said before is heard before the goodbye. */
	hub_on_turn_end(hub);
	reactor_each_conn(hub->reactor, hub_end_session, NULL);
}

const struct reactor_ops hub_reactor_ops = {
    .on_open = session_on_open,
    .on_bytes = session_on_bytes,
    .on_end = session_on_end,
    .on_run = session_on_run,
    .on_closed = session_on_closed,
    .on_turn_end = hub_on_turn_end,
    .on_stop = hub_on_stop,
};

static const char *
room_entry_name(const struct directory_entry *entry)
{
	return list_entry(entry, const struct room, entry)->name;
}

static const char *
user_entry_name(const struct directory_entry *entry)
{
	return list_entry(entry, const struct session, user)->name;
}

struct hub *
hub_new(const struct hub_config *config)
{
	struct hub *hub = memory_new(sizeof(*hub));

	hub->magic = HUB_MAGIC;
	hub->config = config;
	hub->options = config->options;
	hub->options.motd = NULL;
	hub_set_options(hub, &config->options);
	directory_init(&hub->rooms, &config->key, room_entry_name);
	directory_init(&hub->users, &config->key, user_entry_name);
	list_init(&hub->busy);
	home_rooms_init(&hub->home_rooms);
	notice_init(hub);
	return hub;
}

static void
hub_free_entry(struct directory_entry *entry, void *context)
{
	struct room *room = list_entry(entry, struct room, entry);
	struct hub *hub = context;

	/* Not counted any more: the reactor has gone. */
	directory_remove(&hub->rooms, &room->entry);
	room_free(&room);
}

void
hub_free(struct hub **pointer)
{
	struct hub *hub = *pointer;

	check_magic(hub, HUB_MAGIC);
	directory_each(&hub->rooms, hub_free_entry, hub);
	directory_fini(&hub->rooms);
	directory_fini(&hub->users);
	free((char *)hub->options.motd);
	notice_fini(hub);
	hub->magic = 0;
	free(hub);
	*pointer = NULL;
}

void
hub_set_options(struct hub *hub, const struct hub_options *options)
{
	struct hub_options next = *options;

	if (options->motd) {
		next.motd = strdup(options->motd);
		if (!next.motd)
			memory_exhausted(strlen(options->motd));
	}
	next.history = hub->options.history;
	next.history_total = hub->options.history_total;
	free((char *)hub->options.motd);
	hub->options = next;
}

void
hub_set_reactor(struct hub *hub, struct reactor *reactor)
{
	check(!hub->reactor);
	hub->reactor = reactor;
	hub->lobby = hub_new_room(hub, span_of("lobby"));
	check(hub->lobby);
	hub->lobby->everyones = true;
}

struct room *
hub_room(const struct hub *hub, struct span name)
{
	struct directory_entry *entry = directory_find(&hub->rooms, name);

	return entry ? list_entry(entry, struct room, entry) : NULL;
}

unsigned
hub_home_reactor(const struct hub *hub, struct span name)
{
	/* The low bits choose a bucket. */
	return (unsigned)((directory_hash(&hub->config->key, name) >> 32) %
			  reactor_count(hub->reactor));
}

struct room *
hub_new_room(struct hub *hub, struct span name)
{
	unsigned home_reactor = hub_home_reactor(hub, name);
	struct room_home *home = NULL;
	char folded[NAME_BYTES_MAX + 1];
	struct room *room;

	if (home_reactor == reactor_index(hub->reactor)) {
		home = home_rooms_add(hub);
		if (!home)
			return NULL;
	}
	room = room_new(name_fold(name, folded), home_reactor, home);
	directory_add(&hub->rooms, &room->entry);
	return room;
}

void
hub_busy(struct hub *hub, struct room *room)
{
	if (list_is_empty(&room->busy))
		list_append(&hub->busy, &room->busy);
}

void
hub_enter(struct hub *hub, struct session *session)
{
	directory_add(&hub->users, &session->user);
	room_join(hub->lobby, session, &session->lobby);
	room_mail_entered(
	    hub, conn_handle(&session->conn), span_of(session->name));
	counter_add(&reactor_counters(hub->reactor)->logins, 1);
}

void
hub_leave_room(struct hub *hub, struct session *session, struct room *room)
{
	room_leave(room, hub, session, session_membership(session, room));
	session_drop_seat(session, room);
	room_mail_left(hub, room->name, conn_handle(&session->conn),
	    span_of(session->name));
}

void
hub_leave(struct hub *hub, struct session *session)
{
	while (session->seats)
		hub_leave_room(hub, session, session->seats->room);
	session->current = CURRENT_NONE;
	room_leave(hub->lobby, hub, session, &session->lobby);
	room_mail_left(hub, hub->lobby->name, conn_handle(&session->conn),
	    span_of(session->name));
	directory_remove(&hub->users, &session->user);
	counter_add(&reactor_counters(hub->reactor)->logouts, 1);
}
