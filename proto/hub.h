/*
 * The hub: one reactor's part of the chat. It has this reactor's users and
 * their rooms, numbers the messages of the rooms that are at home here, and
 * hands everybody's messages to its own members. Hubs talk to each other by
 * envelope only. The reactor's thread, unless a call says otherwise.
 *
 * A message's way: hub_say on the sender's reactor; once a turn from there to
 * the room's home, which gives each message the next number; once a turn from
 * the home to every hub; and there, rendered once, into each member's output.
 */
#ifndef PROTO_HUB_H
#define PROTO_HUB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/room.h"

struct account_service;
struct conn;
struct reactor;
struct reactor_ops;
struct session;

/* What the operator can set, read by every hub. */
struct hub_options {
	uint32_t out_limit;        /* unsent bytes past which rooms skip */
	uint32_t login_timeout_ms; /* in all, off this machine; 0: no limit */
	uint32_t unterminated_ms;  /* silence that ends a line; 0: none does */
	uint32_t password_min;     /* bytes */
	bool require_login;        /* guests cannot converse */
	uint32_t history;          /* messages that a room keeps */
	uint32_t rate;       /* messages a client may say a second; 0: any */
	uint32_t rate_burst; /* and at once, after a pause */
};

/* A client came or went: for the operator's console. */
struct client_event {
	const struct conn *conn;
	const char *name; /* account name, or NULL for a guest */
	bool gone;
};

struct hub_config {
	struct hub_options options;
	struct account_service *accounts; /* shared, borrowed */
	/* Called on any reactor's thread; must not block. */
	void (*on_client)(void *context, const struct client_event *event);
	void *context;
};

struct hub {
	uint32_t magic;
	const struct hub_config *config; /* borrowed */
	struct reactor *reactor;
	struct room lobby; /* its members are all who are logged in here */
};

#define HUB_MAGIC 0x4b0bb1e5u

/* The reactors' calls upward; owner is a struct hub, conns are sessions. */
extern const struct reactor_ops hub_reactor_ops;

/* Main thread, before the reactors start and after they have ended. */
struct hub *hub_new(const struct hub_config *config, unsigned reactors);
void hub_free(struct hub **hub);

/* Tells the hub its reactor, which was made with it as owner. */
void hub_set_reactor(struct hub *hub, struct reactor *reactor);

/* The room of this name (in any case, with or without #); NULL when there is
 * none. */
struct room *hub_room(struct hub *hub, struct span name);

/* A session's message to the lobby. The text is copied. */
void hub_say(struct hub *hub, struct session *session, struct span text);

/* The session is logged in now, or no more. */
void hub_enter(struct hub *hub, struct session *session);
void hub_leave(struct hub *hub, struct session *session);

/* A notice to every open connection of this hub but those whose output is over
 * the limit; returns how many it went to. */
unsigned hub_notice(struct hub *hub, struct span text);

#endif
