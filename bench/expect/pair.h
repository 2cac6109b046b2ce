/*
 * Direct messages from one sender to one target, who come and go: each is heard
 * once at most, in order, and for certain if it was answered OK while the
 * target stayed logged in. The sender has one under way at a time. Pure; who
 * shares a pair locks it. All zero is a pair of which nobody is there.
 */
#ifndef BENCH_EXPECT_PAIR_H
#define BENCH_EXPECT_PAIR_H

#include <stdbool.h>
#include <stdint.h>

struct pair {
	uint32_t sent;    /* the last one's number, from 1 */
	uint32_t heard;   /* the same of the target */
	uint32_t certain; /* it must hear this one, at least; 0: none */
	uint32_t before;  /* `certain` when the last one was sent */
	uint32_t session; /* of the target: how often it has logged in */
	unsigned life;    /* of the server, when it last has */
	bool is_up;       /* the target is logged in */
};

/* The target is logged in, in that life of the server; or is not for long. */
void pair_open(struct pair *pair, unsigned life);
void pair_close(struct pair *pair);

/* The session of the target that one who is in that life of the server can
 * reach; 0: it is not there. */
uint32_t pair_session(const struct pair *pair, unsigned life);

/* One is about to be sent: its number. */
uint32_t pair_send(struct pair *pair);

/* It was answered OK, having been sent to that session. */
void pair_answered(struct pair *pair, uint32_t session);

/* The target has heard one. NULL when that is right, else what was to be
 * expected, a constant text. */
const char *pair_hear(struct pair *pair, uint32_t number);

/* Has the target heard all that it must? */
bool pair_has_all(const struct pair *pair);

#endif
