/*
 * A question of a client to a room's home: it travels there, is answered with
 * what the home has, and comes back to the client's reactor, behind all that
 * the home had sent there before. The client's input waits meanwhile.
 */
#ifndef PROTO_QUESTION_H
#define PROTO_QUESTION_H

#include "proto/limits.h"
#include "proto/wire/render.h"
#include "reactor/conn.h"
#include "reactor/mailbox.h"

struct hub;
struct parcel;
struct room;
struct session;

struct question {
	struct envelope envelope;
	struct conn_handle client;
	char user[NAME_BYTES_MAX + 1];
	char room[NAME_BYTES_MAX + 1];
	/* On the home's thread; `room` is NULL when there is none of the
	 * name. Sets `refusal`, or what the answer needs. NULL: nothing is
	 * to be done, but to have been there. */
	void (*at_home)(
	    struct question *question, struct hub *hub, struct room *room);
	/* On the client's, when nothing refused it. `session` is NULL when it
	 * is gone; it is that of the same user, else. */
	void (*answer)(struct question *question, struct hub *hub,
	    struct session *session);
	enum reply_code refusal; /* REPLY_COUNT: none */
	bool outside;            /* the client is not in the room */
	uint32_t members;        /* of the room, on all reactors */
	uint64_t seq;            /* its last number */
	struct parcel *found;    /* messages or text; owned, or NULL */
	/* A range of messages. */
	bool by_seq; /* those after `since`; else the last `last` */
	uint64_t since;
	uint64_t last;
	size_t bytes_max; /* more is refused with ERR_BUSY; 0: none are asked
			     for */
	uint32_t count;
	uint64_t first;   /* number of the first one found; seq + 1: none */
	bool starts_over; /* `since` is ahead of the room */
	/* /join again: it was sent what is after `entered`, up to here. */
	uint64_t entered;
	uint64_t paused_at;
	bool rejoins;
};

/*
 * A zeroed question about the room of this name as typed, with nothing asked
 * yet. NULL, and answered, when that is no name.
 */
struct question *question_new(struct session *session, struct span room);

/* Sends it off; it frees itself after the answer. */
void question_ask(struct question *question, struct session *session);

/* For one that only those who are in the room may ask: asked by another, it
 * ends with the error that fits. */
void question_ask_as_member(struct question *question, struct session *session);

/* Frees one that is not under way, and gives back what it has found. */
void question_free(struct question *question);

/* Has it carry a text in `found`, there or back; copied. */
void question_put_text(struct question *question, struct span text);

/* Reads N or since=SEQ into the question. False when it is neither. */
bool question_read_range(struct question *question, struct span text);

/* At home: gathers the range out of what has been numbered. False, and it is
 * refused, when that is more than the client may be given. */
bool question_find_messages(struct question *question, const struct room *room);

/* Tells a session what was found, but what it was sent before, and first what
 * is missing. */
void question_tell_messages(
    const struct question *question, struct session *session);

#endif
