/*
 * What was said in a room in one life of the server, in the server's order:
 * which message has which number, as the first to hear it has found it. All
 * others must hear the same. As soon as a message and all before it are known,
 * the sender's side is checked, too: what each has said in one connection has
 * come into the room in the order said, nothing of it twice or left out but the
 * end, which may be lost with the connection; and nothing that was not said.
 *
 * It keeps the latest of them, 24 bytes each; who is further behind than that
 * is not checked against it, and counted. Pure; who shares a ledger and its
 * voices locks them.
 */
#ifndef BENCH_EXPECT_LEDGER_H
#define BENCH_EXPECT_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Connections of one sender whose messages may still come. */
#define LEDGER_CONNECTIONS 4

/* What somebody has said in a room. Messages are numbered from 1 on, over all
 * connections. */
struct ledger_voice {
	unsigned life;  /* of the server; of another one it is empty */
	unsigned jumps; /* of the ledger, as known at the last message */
	struct {
		uint32_t first;
		uint32_t next;             /* that comes into the room */
		uint32_t end;              /* the last one said, and 1 */
	} connections[LEDGER_CONNECTIONS]; /* the latest first */
};

struct ledger_message {
	uint32_t voice;  /* whose it is: its place among the voices */
	uint32_t number; /* of that sender's */
	uint64_t mark;   /* what else tells it from others */
};

struct ledger_entry {
	uint64_t seq; /* 0: none */
	struct ledger_message message;
};

struct ledger {
	struct ledger_entry *ring;   /* owned; NULL before its first life */
	size_t size;                 /* a power of two */
	struct ledger_voice *voices; /* borrowed */
	unsigned life;
	unsigned jumps;     /* over entries that nobody has heard in time */
	uint64_t top;       /* the highest number heard */
	uint64_t audited;   /* up to this one, all senders' sides are checked */
	uint64_t unchecked; /* heard too late, or jumped over */
};

/* Empty, for a life of the server; `size` is a power of two. Ends the process
 * when there is no memory. It may be made anew for another life. */
void ledger_init(struct ledger *ledger, unsigned life, size_t size,
    struct ledger_voice *voices);
void ledger_fini(struct ledger *ledger);

/* A sender has come into the room by a new connection; the number of what it
 * says next is `number`. */
void ledger_connect(struct ledger *ledger, uint32_t voice, uint32_t number);

/* It is about to say its next message. */
void ledger_say(struct ledger *ledger, uint32_t voice, uint32_t number);

/* Somebody has heard a message with the room's number `seq`, from 1. NULL when
 * that is right, else what was to be expected, a constant text; a message that
 * its sender cannot have in this place is not kept. */
const char *ledger_hear(
    struct ledger *ledger, uint64_t seq, const struct ledger_message *message);

/* At the end: counts what was never audited. */
void ledger_close(struct ledger *ledger);

#endif
