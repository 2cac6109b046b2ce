/*
 * The hub: one reactor's part of the chat. It has this reactor's users and
 * their rooms, numbers the messages of the rooms that are at home here, and
 * hands everybody's messages to its own members. Hubs talk to each other by
 * envelope only. The reactor's thread, unless a call says otherwise.
 *
 * A message's way: session_say on the sender's reactor; once a turn from there
 * to the room's home, which gives each message the next number; once a turn
 * from the home to every hub with members; and there, rendered once a format,
 * into each member's output.
 */
#ifndef PROTO_HUB_H
#define PROTO_HUB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/directory.h"
#include "proto/home_rooms.h"
#include "proto/limits.h"
#include "proto/rate.h"
#include "proto/web_counts.h"
#include "reactor/mailbox.h"

struct account_service;
struct conn;
struct reactor;
struct reactor_ops;
struct room;
struct session;

/* What the operator can set; each hub has its copy, so that it can change. */
struct hub_options {
	uint32_t out_limit;        /* unsent bytes past which rooms skip */
	size_t out_total;          /* that wait for all clients together */
	uint32_t login_timeout_ms; /* in all, off this machine; 0: no limit */
	uint32_t unterminated_ms;  /* silence that ends a line; 0: none does */
	uint32_t password_min;     /* bytes */
	bool require_login;        /* guests cannot converse */
	bool tls_only;             /* no passwords in clear, off this machine */
	bool web;                  /* HTTP and WebSocket are spoken */
	uint32_t web_ms;           /* silence of a browser before a ping */
	enum web_counts web_counts;
	uint32_t history;     /* messages that a room keeps */
	size_t history_total; /* bytes that all rooms keep */
	bool rate_for_all;    /* else clients of this machine say any number */
	struct rate rate;     /* messages of one client, a second */
	struct rate register_rate; /* changes of accounts of one address that is
				      not this machine's, an hour */
	/* Of other hosts, that may open a WebSocket: with commas between. */
	char web_origins[WEB_ORIGINS_BYTES];
	const char *motd; /* lines for who logs in, each with its LF, or
			     NULL */
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
	struct hash_key key;              /* random: where rooms are at home */
	/* Called on any reactor's thread; must not block. */
	void (*on_client)(void *context, const struct client_event *event);
	void *context;
	/* Where a struct web_question goes, and who answers it there; NULL:
	 * there is nobody. */
	struct mailbox *questions;
	envelope_handler *on_question;
};

struct hub {
	uint32_t magic;
	/* Borrowed; its options are those of the start. */
	const struct hub_config *config;
	struct hub_options options; /* those that hold now; motd is owned */
	struct reactor *reactor;
	size_t asked;           /* bytes that answers under way may have */
	struct directory rooms; /* with members here, or at home here */
	struct directory users; /* sessions that are logged in here */
	struct room *lobby;     /* its members are all of those; in rooms */
	char *notices;          /* that wait, as text (notice.h); owned */
	uint32_t notices_len;
	struct timer hold; /* set while there are some */
	struct list busy;  /* rooms with work at the turn's end */
	struct home_rooms home_rooms;
};

#define HUB_MAGIC 0x4b0bb1e5u

/* The reactors' calls upward; owner is a struct hub, conns are sessions. */
extern const struct reactor_ops hub_reactor_ops;

/* Main thread, before the reactors start and after they have ended. */
struct hub *hub_new(const struct hub_config *config);
void hub_free(struct hub **hub);

/* Tells the hub its reactor, which was made with it as owner. */
void hub_set_reactor(struct hub *hub, struct reactor *reactor);

/* Puts other options into force, but for history and history_total, which stay
 * what they were. They are copied. Also before the reactor runs. */
void hub_set_options(struct hub *hub, const struct hub_options *options);

/* The room of this valid name (in any case) if it is known here: at its home
 * each one is, elsewhere those with members here. NULL when it is not. */
struct room *hub_room(const struct hub *hub, struct span name);

/* The reactor that numbers the room of this valid name. */
unsigned hub_home_reactor(const struct hub *hub, struct span name);

/* A new room of this valid name, which is not known here. NULL at its home when
 * there are too many. */
struct room *hub_new_room(struct hub *hub, struct span name);

/* The room has something to do, or to be freed, at the end of this turn. */
void hub_busy(struct hub *hub, struct room *room);

/* The session is logged in now, or no more: it leaves all its rooms. */
void hub_enter(struct hub *hub, struct session *session);
void hub_leave(struct hub *hub, struct session *session);

/* It leaves one of its rooms, which is not the lobby. */
void
hub_leave_room(struct hub *hub, struct session *session, struct room *room);

#endif
