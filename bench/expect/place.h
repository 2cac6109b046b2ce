/*
 * Where a member is in a room: which of the room's numbers it must hear next.
 * It follows a member from its join to its leave, over announced gaps, and
 * over lost connections, after which it asks for what it has missed. Pure; a
 * place belongs to one thread.
 *
 * The functions that take what the server has said return NULL when that is
 * right, else what was to be expected, a constant text. The place means nothing
 * after that.
 */
#ifndef BENCH_EXPECT_PLACE_H
#define BENCH_EXPECT_PLACE_H

#include <stdbool.h>
#include <stdint.h>

enum place_state {
	PLACE_OUT,
	PLACE_JOINING,  /* asked for what follows, and nothing before */
	PLACE_RESUMING, /* asked for all since `since` */
	PLACE_IN,
};

struct place {
	uint64_t next;  /* the number that comes next, if `known` */
	uint64_t since; /* of the question, while PLACE_RESUMING */
	enum place_state state;
	bool known; /* false before the first join */
	bool over;  /* the room has said that it starts over */
	bool told;  /* a notice has come in this answer, or a message */
};

/* It asks to join: for what follows alone, or for what came since. */
void place_join(struct place *place);
void place_resume(struct place *place, uint64_t since);

/* It is out of the room, or not connected; it keeps its number. */
void place_leave(struct place *place);

/* The notices that an answer to place_resume may begin with: so many messages
 * are no longer kept; the room starts over. */
const char *place_forgotten(struct place *place, uint64_t count);
const char *place_starts_over(struct place *place);

/* The reply: it is in, and the room's last number is `seq`. */
const char *place_joined(struct place *place, uint64_t seq);

/* A message of this number. */
const char *place_hear(struct place *place, uint64_t seq);

/* A gap is announced: `missed` messages behind number `after`. */
const char *place_skip(struct place *place, uint64_t after, uint64_t missed);

#endif
