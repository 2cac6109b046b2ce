/*
 * Does to a table what the records of a file say, one after the other. New
 * accounts wait in a short queue before they enter the table, so that the
 * cache lines they need are fetched side by side: a large file loads in half
 * the time. One thread, and no other knows the table yet.
 */
#ifndef AUTH_REPLAY_H
#define AUTH_REPLAY_H

#include <sys/types.h>

#include "auth/record.h"
#include "auth/table.h"

#define REPLAY_QUEUE 16

/* Where in the file a record stands, for messages. */
struct place {
	uint64_t line; /* the first is 1 */
	off_t at;      /* byte */
};

struct replay {
	struct table *table; /* borrowed */
	struct {
		struct entry *entry; /* owned */
		struct place place;
	} queue[REPLAY_QUEUE];
	size_t first;
	size_t count;
	struct place failed; /* where, if a call has returned a reason */
};

/* Begins with an empty queue; the table is borrowed. */
void replay_init(struct replay *replay, struct table *table);

/*
 * The next record, which stands at `place`. NULL, or why it cannot be, as a
 * static text; `failed` is then its place, or that of an earlier record that
 * was still in the queue.
 */
const char *replay_record(
    struct replay *replay, const struct record *record, struct place place);

/* Puts into the table what is still in the queue. As replay_record. */
const char *replay_finish(struct replay *replay);

#endif
