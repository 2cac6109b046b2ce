/*
 * A session: what one connection is to the chat. Lines come in, in order, and
 * each is finished before the next is begun: while one waits (for a password
 * to be hashed, for the sender's own copy, for output to drain) the rest of the
 * input is held and the connection is not read. The reactor's thread only.
 */
#ifndef PROTO_SESSION_H
#define PROTO_SESSION_H

#include "proto/hub.h"
#include "proto/input.h"
#include "proto/room.h"
#include "proto/wire/command.h"
#include "proto/wire/line.h"
#include "proto/wire/render.h"
#include "proto/wire/telnet.h"
#include "reactor/reactor.h"

enum session_state {
	SESSION_GUEST,
	SESSION_USER,
};

/* Why input is held; bits. */
enum session_wait {
	WAIT_ANSWER = 1, /* a worker or other reactors are asked */
	WAIT_COPY = 2,   /* messages of its own that it has not been sent yet */
	WAIT_DRAIN = 4,  /* its output is over the limit */
	WAIT_RATE = 8,   /* it talks faster than --rate */
	WAITS = 15,      /* all of them */
};

/* Where plain text is said. */
enum session_current {
	CURRENT_NONE, /* nowhere: it is echoed */
	CURRENT_LOBBY,
	CURRENT_SEAT, /* the room of the first of its seats */
};

#define SESSION_MAGIC 0x5e551041u

struct web;

struct session {
	struct conn conn; /* first: the reactor knows no more */
	uint32_t magic;
	uint32_t unseen_bytes; /* of own messages not delivered to it yet */
	uint32_t talk_tokens;  /* messages it may say at once, in thousandths */
	uint32_t talk_ms;      /* when that was so, the clock's low bits */
	struct membership lobby;
	struct seat *seats; /* in other rooms; owned */
	const char *tag;    /* of the command being answered */
	union {
		struct directory_entry user; /* users: in the hub's users */
		uint32_t owed_from; /* unknown: of what notice.c holds */
	};
	struct input input; /* not handled yet */
	struct timer silence;
	struct timer deadline; /* guests: to log in; users: until it may talk */
	uint64_t account;      /* uid; users only */
	union {
		struct { /* it speaks in lines */
			struct line_framer framer;
			struct telnet telnet;
		};
		struct web *web; /* is_web: it has begun with HTTP; owned */
	};
	uint16_t unseen : 9;    /* own messages said, not yet delivered to it */
	uint16_t unseen_at : 7; /* where it said them: session_place */
	uint8_t state : 1;      /* enum session_state */
	bool muted : 1;         /* it was, when the store was asked last */
	bool late : 1; /* its time to log in is over: it goes when told */
	bool is_web : 1;
	uint8_t waits : 4;  /* enum session_wait bits */
	uint8_t rooms_held; /* that it gets nothing from for now */
	uint8_t verb;       /* enum verb of the command being answered */
	uint8_t tag_len;
	uint8_t format : 2;  /* enum format */
	uint8_t current : 2; /* enum session_current */
	bool prompting : 1;  /* the next line is the password to log in with */
	bool greeted : 1;    /* a line of clean text has come: no HTTP */
	bool leaving : 1;    /* the server stops: goodbye after the answer */
	bool tag_kept : 1;   /* the tag is a copy of ours, else in the line */
	/* Of a user; while prompting, the one that was typed. */
	char name[NAME_BYTES_MAX + 1];
};

/* With its place in the slab, which is of whole cache lines, in the lobby and
 * among the users, which take some 25 more. */
_Static_assert(
    sizeof(struct session) <= 448, "an idle client costs 512 bytes at most");

/* The session that a connection of a client is part of. */
static inline struct session *
session_of(struct conn *conn)
{
	return (struct session *)conn;
}

/* Its reactor's hub. */
static inline struct hub *
session_hub(const struct session *session)
{
	return reactor_owner(session->conn.reactor);
}

/* A client of this hub, found again; NULL when it is gone. */
struct session *session_find(struct hub *hub, struct conn_handle client);

/* The reactor's calls (hub_reactor_ops), but for those of session_input.h. */
void session_on_open(struct conn *conn);
void session_on_closed(struct conn *conn);

/* What is pending is sent, and by WebSocket why it ends; then it closes. */
void session_close(struct session *session, enum close_reason reason);

/* It asks by HTTP: what is not an answer to that is no news for it. */
static inline bool
session_is_deaf(const struct session *session)
{
	return session->is_web && !(session->format & FORMAT_WEB);
}

/* It has shown nothing that tells what it speaks, which may not be lines. */
static inline bool
session_is_unknown(const struct session *session)
{
	return !session->greeted && conn_speaks(&session->conn) != SPEAKS_LINES;
}

/* The server stops: a last answer if one is awaited, goodbye, close. */
void session_going_down(struct session *session);

/* Holds input until session_answered; for handlers that answer later. */
void session_await(struct session *session);
void session_answered(struct session *session);

/* Guest to user and back. */
void
session_log_in(struct session *session, const char *name, uint64_t account);
void session_log_out(struct session *session);

#endif
