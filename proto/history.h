/*
 * A room's last messages, kept at its home: bounded by number and by bytes, the
 * oldest go first. Numbers are consecutive. The reactor's thread only.
 */
#ifndef PROTO_HISTORY_H
#define PROTO_HISTORY_H

#include <stddef.h>
#include <stdint.h>

struct message;

struct history {
	struct message **ring; /* owned, as are the messages */
	uint32_t cap;          /* of the ring: a power of two, or 0 */
	uint32_t first;        /* the oldest message's place */
	uint32_t count;
	uint32_t count_max;
	size_t bytes;
};

/* Keeps `count_max` messages at most, and none for 0. */
void history_init(struct history *history, uint32_t count_max);
void history_fini(struct history *history);

/* Keeps a copy; its number follows the last one's. */
void history_add(struct history *history, const struct message *message);

/* The i-th oldest message, i below count. */
const struct message *history_at(const struct history *history, uint32_t i);

/* How many of the messages that are kept have numbers above `seq`. */
uint32_t history_count_since(const struct history *history, uint64_t seq);

#endif
