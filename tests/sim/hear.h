/*
 * What a client hears is held against the promises, by parts: answers.c has the
 * answers to its commands, messages.c what others say, hear.c the rest. They
 * end the process by hear_wrong.
 */
#ifndef TESTS_SIM_HEAR_H
#define TESTS_SIM_HEAR_H

#include "tests/sim/crowd.h"

/* One line, and to whom. */
struct hearing {
	struct crowd *crowd;
	struct client *client;
	struct span whole;
	struct mixed_line line;
	char text[CROWD_TEXT_BYTES]; /* line.text without JSON's escapes */
};

/* Something else was due. */
void
hear_wrong(const struct hearing *h, const char *due) __attribute__((noreturn));

/* What is due next, NULL for nothing. A copy that a gap may have swallowed is
 * passed over, unless it is the one that `tag` asks for. */
struct want *hear_front(const struct hearing *h, struct span tag);

/* The room of this name; CROWD_ROOMS: none that is known. */
unsigned hear_room(struct span name);

/* It is wrong if the client is not in that room. */
void hear_need_in(const struct hearing *h, unsigned room);

/* The client is a guest from now on, out of every room. */
void hear_guest(const struct hearing *h);

/* answers.c */
void hear_answer(struct hearing *h);
void hear_echo(struct hearing *h);

/* messages.c: a message to a room, or to one, and word of what is left out. A
 * text that looks like one of ours and is none is wrong. */
struct said *hear_said(const struct hearing *h);
void hear_message(struct hearing *h);
void hear_direct(struct hearing *h);
void hear_gap(struct hearing *h);
void hear_resuming(struct hearing *h);

#endif
