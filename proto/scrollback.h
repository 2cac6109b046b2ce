/*
 * A room's last messages, kept at its home: bounded by number and by bytes, the
 * oldest go first. Numbers are consecutive. The reactor's thread only.
 */
#ifndef PROTO_SCROLLBACK_H
#define PROTO_SCROLLBACK_H

#include <stddef.h>
#include <stdint.h>

struct message;

struct scrollback {
	struct message **ring; /* owned, as are the messages */
	uint32_t cap;          /* of the ring: a power of two, or 0 */
	uint32_t first;        /* the oldest message's place */
	uint32_t count;
	uint32_t count_max;
	size_t bytes;
};

/* Keeps `count_max` messages at most, and none for 0. */
void scrollback_init(struct scrollback *scrollback, uint32_t count_max);
void scrollback_fini(struct scrollback *scrollback);

/* Keeps a copy; its number follows the last one's. */
void
scrollback_add(struct scrollback *scrollback, const struct message *message);

/* Drops the oldest message; there is one. */
void scrollback_drop_oldest(struct scrollback *scrollback);

/* The i-th oldest message, i below count. */
const struct message *
scrollback_at(const struct scrollback *scrollback, uint32_t i);

/* How many of the messages that are kept have numbers above `seq`. */
uint32_t
scrollback_count_since(const struct scrollback *scrollback, uint64_t seq);

#endif
