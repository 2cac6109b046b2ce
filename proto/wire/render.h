/*
 * What the server says, as values, and the codecs that turn them into bytes.
 * Pure. A line always begins with the server's own words, so that no user's
 * text can pass for another kind of line.
 */
#ifndef PROTO_WIRE_RENDER_H
#define PROTO_WIRE_RENDER_H

#include <stddef.h>
#include <stdint.h>

#include "proto/wire/span.h"

enum reply_code {
#define REPLY(id, code) ERR_##id,
#include "proto/replies.def"
#undef REPLY
	REPLY_COUNT
};

enum event_kind {
	EVENT_OK,      /* OK text               ends a command's answer */
	EVENT_ERR,     /* ERR code text         ends it: nothing was changed */
	EVENT_ITEM,    /* - text, - name#id or - #room (N members) topic: one
			* item of a listing */
	EVENT_ECHO,    /* Echo: text            the conversation */
	EVENT_MESSAGE, /* [name#id] text        in a room other than the lobby
			* "#room " before it */
	EVENT_DIRECT,  /* [name#id -> you] text */
	EVENT_JOIN,    /* *** #room: name#id joined */
	EVENT_LEAVE,   /* *** #room: name#id left */
	EVENT_NOTICE,  /* *** text, *** #room: text */
	EVENT_GAP,     /* *** #room: N messages skipped, /history ... */
};

/* Unused fields are zero. All spans are borrowed for the call. */
struct event {
	enum event_kind kind;
	enum reply_code code; /* ERR */
	struct span tag;      /* OK, ERR, ITEM: the command's tag, or empty */
	struct span re;       /* OK, ERR, ITEM: what it answers, for programs */
	struct span room;     /* a room's name without #; empty in a MESSAGE
			       * means the lobby */
	struct span from;     /* account name: who it is from or about */
	uint64_t client;      /* with from: the client's id */
	uint64_t members;     /* OK, ITEM with a room: how many it has */
	uint64_t seq;         /* MESSAGE: its number; OK with a room: the last
			       * number given; GAP: the last one seen */
	uint64_t missed;      /* GAP: how many were skipped after seq */
	int64_t time_ms;      /* MESSAGE, DIRECT: since 1970 */
	struct span text;
};

/* How a client wants to be told. */
enum format {
	FORMAT_TEXT, /* for people: the lines above */
	FORMAT_JSON, /* for programs: one object a line (RFC 8259) */
	/* The same two by WebSocket: a line, without its LF, is a text frame
	 * (RFC 6455). */
	FORMAT_WEB_TEXT,
	FORMAT_WEB_JSON,
	FORMAT_COUNT
};

/* Both are one bit. */
#define FORMAT_WEB FORMAT_WEB_TEXT
_Static_assert(FORMAT_WEB_JSON == (FORMAT_WEB | FORMAT_JSON), "format bits");

/* The code as it stands on the wire. */
const char *reply_code_text(enum reply_code code);

/* Most bytes that `render` writes for this event. Cheap; a bound. */
size_t render_bound(enum format format, const struct event *event);

/*
 * Writes the event as one line, LF included, or one frame to `out`, which has
 * room for render_bound(format, event) bytes, and returns the bytes written.
 */
size_t render(enum format format, const struct event *event, char *out);

#endif
