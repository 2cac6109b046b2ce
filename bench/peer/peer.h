/*
 * What the scenarios need to know of a server's protocol, so that the same work
 * can be given to throng and to its peers. A peer is a table of pure functions
 * without state: they write what a client sends, and tell what the bytes are
 * that it receives. One file per protocol (peer_<name>.c). Any thread.
 *
 * Where servers differ: with some a client hears its own messages; with others
 * a publisher is one connection and a second one, a member, hears for it.
 */
#ifndef BENCH_PEER_PEER_H
#define BENCH_PEER_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/wire/span.h"

/* Most that is written around a text. */
#define PEER_AROUND_BYTES 192
#define PEER_HELLO_BYTES  512
#define PEER_TOKEN        "ready" /* the text of a request made in a hello */

enum peer_role {
	PEER_GUEST,  /* connected; it can make requests */
	PEER_USER,   /* logged in; it can publish */
	PEER_MEMBER, /* in the room as well */
	PEER_NEW,    /* a guest who registers the account */
};

enum peer_kind {
	PEER_MORE,   /* not whole yet */
	PEER_WRONG,  /* an error, or nothing that this protocol knows */
	PEER_READY,  /* what hello asked for is done; `from` may be its name */
	PEER_ANSWER, /* to a request; `text` is what came back */
	PEER_DELIVERY, /* a message in the room: `text`, and who it is `from` */
	PEER_GAP,      /* `missed` messages of the room, those behind `after` */
	PEER_SAID,     /* the same in the `room` of that name */
	PEER_JOINED,   /* the `room` of that name has been entered */
	PEER_COMING,   /* others have entered or left it */
	PEER_CALL,     /* the server wants `reply` and `text` sent back */
	PEER_NOTHING,  /* announcements and the like */
};

struct peer_frame {
	size_t len;       /* of the whole frame, unless PEER_MORE */
	struct span from; /* empty when the protocol does not tell */
	struct span room; /* its name, where that is told */
	struct span text;
	uint64_t missed;
	uint64_t after;
};

/* Who a client is. */
struct peer_login {
	const char *account; /* may be shared by many clients */
	unsigned number;     /* is not */
};

/* What a user does in rooms that have a name. They write as those of struct
 * peer do. */
struct peer_rooms {
	/* Enters the room; PEER_JOINED follows. */
	size_t (*join)(char out[PEER_HELLO_BYTES], struct span room);
	/* A message in it; PEER_SAID follows, for all that are in it. */
	size_t (*say)(char *out, struct span room, struct span text);
	/* A request from within rooms; PEER_ANSWER follows. */
	size_t (*ask)(char *out, struct span text);
};

struct peer {
	const char *name;
	bool has_accounts;  /* they must be registered before */
	bool hears_itself;  /* a member's own messages come back to it */
	bool has_one_order; /* all hear a room's messages in the same order; if
			       not, those of one publisher in its order */
	bool varies;        /* a delivery tells more than text and sender */
	bool returns_text;  /* answers to requests carry their text */
	unsigned text_max;  /* bytes of a text */
	enum peer_role idle_role; /* one that many can have at once */
	const char *reply;        /* to PEER_CALL: this, its text, CR and LF */
	const char *quit; /* what has the server close, or NULL if there is
			     nothing, or if its answer is not known */
	const char *bye;  /* the whole frame that answers it */
	/* Writes what a client sends first; 0 when it needs to send nothing.
	 * PEER_READY or PEER_ANSWER will say that it is done. */
	size_t (*hello)(char out[PEER_HELLO_BYTES], enum peer_role role,
	    const struct peer_login *who);
	/* Writes what lets a member into the room after that, and a request of
	 * PEER_TOKEN; NULL where hello does it all. */
	size_t (*join)(char out[PEER_HELLO_BYTES]);
	/* Writes a request or a message; there is room for the text and
	 * PEER_AROUND_BYTES. Returns the length. */
	size_t (*request)(char *out, struct span text);
	size_t (*publish)(char *out, struct span text);
	/* NULL where the scenarios speak of the one room only. */
	const struct peer_rooms *rooms;
	/* Tells what the first frame of `bytes` is; its spans are in there. */
	enum peer_kind (*read)(struct span bytes, struct peer_frame *frame);
};

/* Every row's type is struct peer. */
extern const struct peer peer_throng;
extern const struct peer peer_json; /* throng's other format */
extern const struct peer peer_web;  /* the same by WebSocket */
extern const struct peer peer_redis;
extern const struct peer peer_nats;
extern const struct peer peer_irc;

/* The peer of that name; NULL when there is none. */
const struct peer *peer_find(const char *name);

/* True when `text` begins with `start`, which is then taken off its front. */
bool peer_skip(struct span *text, const char *start);

/* The first line, for peers that speak in lines: it becomes the frame and its
 * text. False when it is not whole yet. */
bool
peer_take_line(struct span bytes, struct peer_frame *frame, struct span *line);

/* Takes a decimal number off the front. False when there is none or it is too
 * large. */
bool peer_skip_number(struct span *text, uint64_t *number);

/* The first line of `bytes` without `ending`, or a span without an address
 * when there is none. */
struct span peer_line(struct span bytes, const char *ending);

/* What a line of throng's in JSON is; frame->len is set already. */
enum peer_kind peer_read_json(struct span line, struct peer_frame *frame);

/* Appends to what is being written; returns where it ends. */
char *peer_put(char *at, struct span text);

#endif
