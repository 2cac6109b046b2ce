/*
 * The broadcasts of a run, and whether each client hears them all: once, in
 * the form `[NAME#ID] TEXT`, and in one order. The first client to hear its
 * nth broadcast says which is the nth; all others must agree. Other people's
 * broadcasts are let through. Any thread; the lock is held for a moment only.
 */
#ifndef BENCH_EXPECT_BROADCAST_H
#define BENCH_EXPECT_BROADCAST_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "proto/wire/span.h"

#define BROADCASTS_MAX       10
#define BROADCAST_LINE_BYTES 160

enum broadcast_heard {
	BROADCAST_HEARD,
	BROADCAST_FOREIGN, /* well-formed, from somebody outside of this run */
	BROADCAST_WRONG,   /* malformed, altered, repeated or out of order */
};

struct broadcast {
	char line[BROADCAST_LINE_BYTES]; /* as all clients must see it */
	size_t len;                      /* 0: not announced */
	uint64_t sent_ns;                /* 0: not yet sent */
};

struct broadcasts {
	const char *names;    /* borrowed; what names of this run begin with */
	pthread_mutex_t lock; /* for all below */
	unsigned due;         /* announced, and not taken back */
	unsigned ordered;     /* how much of `order` is known */
	unsigned order[BROADCASTS_MAX];
	struct broadcast all[BROADCASTS_MAX];
};

/* Where a broadcast stands, for the client that has heard it. */
struct broadcast_place {
	unsigned which;
	uint64_t sent_ns;
};

/* Begins and ends it; `names` is borrowed until then. One thread. */
void broadcast_init(struct broadcasts *broadcasts, const char *names);
void broadcast_fini(struct broadcasts *broadcasts);

/* Speaker `which` is `who` (NAME#ID) and will send `text`. */
void broadcast_announce(struct broadcasts *broadcasts, unsigned which,
    struct span who, const char *text);

/* It is being sent now. */
void
broadcast_send(struct broadcasts *broadcasts, unsigned which, uint64_t now_ns);

/* Its speaker is lost: nobody waits for it, unless it may be on its way. */
void broadcast_take_back(struct broadcasts *broadcasts, unsigned which);

/* How many each client must hear; fixed once all speakers are logged in. */
unsigned broadcast_due(struct broadcasts *broadcasts);

/*
 * A client that has heard `before` broadcasts of this run hears `line`. Sets
 * *place when BROADCAST_HEARD, and *expected when BROADCAST_WRONG: the right
 * line or words for it, valid as long as the broadcasts.
 */
enum broadcast_heard
broadcast_hear(struct broadcasts *broadcasts, unsigned before, struct span line,
    struct broadcast_place *place, struct span *expected);

#endif
