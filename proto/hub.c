/* The hub: the reactor's calls upward, and the lobby. */
#include "proto/hub.h"

#include <string.h>

#include "proto/session.h"
#include "proto/wire/name.h"
#include "reactor/blob.h"
#include "reactor/check.h"
#include "reactor/counters.h"
#include "reactor/memory.h"
#include "reactor/reactor.h"

/* The reactor that numbers the lobby's messages. */
#define LOBBY_HOME 0

static void
hub_on_turn_end(void *owner)
{
	struct hub *hub = owner;

	room_turn(&hub->lobby, hub);
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
	room_turn(&hub->lobby, hub);
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

struct hub *
hub_new(const struct hub_config *config, unsigned reactors)
{
	struct hub *hub = memory_new(sizeof(*hub));

	hub->magic = HUB_MAGIC;
	hub->config = config;
	room_init(&hub->lobby, "lobby", LOBBY_HOME, reactors,
	    config->options.history);
	return hub;
}

void
hub_free(struct hub **pointer)
{
	struct hub *hub = *pointer;

	check_magic(hub, HUB_MAGIC);
	room_fini(&hub->lobby);
	hub->magic = 0;
	free(hub);
	*pointer = NULL;
}

void
hub_set_reactor(struct hub *hub, struct reactor *reactor)
{
	check(!hub->reactor);
	hub->reactor = reactor;
}

struct room *
hub_room(struct hub *hub, struct span name)
{
	char folded[NAME_BYTES_MAX + 1];

	if (name.len > 0 && name.at[0] == '#')
		name = (struct span){name.at + 1, name.len - 1};
	if (!name_is_valid(name) ||
	    strcmp(name_fold(name, folded), hub->lobby.name) != 0)
		return NULL;
	return &hub->lobby;
}

void
hub_say(struct hub *hub, struct session *session, struct span text)
{
	check(session->state == SESSION_USER);
	session->unseen++;
	session->unseen_bytes += (uint32_t)text.len;
	room_say(&hub->lobby, conn_handle(&session->conn),
	    span_of(session->name), text);
}

void
hub_enter(struct hub *hub, struct session *session)
{
	room_join(&hub->lobby, session, &session->lobby);
	counter_add(&reactor_counters(hub->reactor)->logins, 1);
}

void
hub_leave(struct hub *hub, struct session *session)
{
	room_leave(&hub->lobby, &session->lobby);
	counter_add(&reactor_counters(hub->reactor)->logouts, 1);
}

struct notice {
	struct blob *blob;
	unsigned count;
};

static void
hub_push_notice(struct conn *conn, void *context)
{
	struct notice *notice = context;

	if (!session_has_room(session_of(conn)))
		return;
	conn_push(conn, notice->blob);
	notice->count++;
}

unsigned
hub_notice(struct hub *hub, struct span text)
{
	struct event event = {.kind = EVENT_NOTICE, .text = text};
	struct blob_pool *pool = reactor_blobs(hub->reactor);
	struct notice notice = {
	    .blob = blob_new(pool, render_text_bound(&event)),
	};

	notice.blob->len = (uint32_t)render_text(&event, notice.blob->bytes);
	reactor_each_conn(hub->reactor, hub_push_notice, &notice);
	blob_unref(pool, notice.blob);
	return notice.count;
}
