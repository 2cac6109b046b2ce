/*
 * A tour: what has to be done at every hub, as listing who is there. One
 * envelope goes round all reactors, gathers what it is for, and is done at the
 * last one. It is embedded, first, in what it is for. Nothing is shared and
 * nobody waits.
 */
#ifndef PROTO_TOUR_H
#define PROTO_TOUR_H

#include <stddef.h>

#include "reactor/mailbox.h"

struct hub;
struct reactor;

struct tour {
	struct envelope envelope;
	/* At each hub, on its thread. */
	void (*visit)(struct tour *tour, struct hub *hub);
	/* At the last hub, after its visit; frees the tour. */
	void (*done)(struct tour *tour, struct hub *hub);
	unsigned left; /* visits to come */
	char *text;    /* what visits have gathered; owned */
	size_t text_len;
	size_t text_cap;
};

/* Sends the tour off from a hub; it ends at that hub. `visit` and `done` are
 * set, the rest is zero. That hub's thread. */
void tour_start(struct tour *tour, struct hub *hub);

/* The same from a thread that is no reactor; it begins at `first`. */
void tour_start_outside(struct tour *tour, struct reactor *first);

/* Room for `len` more bytes of text; then add to text_len what was written. */
char *tour_reserve(struct tour *tour, size_t len);

/* Frees what was gathered; the tour itself is freed with what it is in. */
void tour_fini(struct tour *tour);

#endif
