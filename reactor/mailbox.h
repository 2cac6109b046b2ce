/*
 * Mailbox: many senders, one owner, unbounded by itself (each sender bounds
 * what it has under way), first in first out for each sender.
 *
 * A Treiber stack that the owner empties in one exchange and then reverses: no
 * state between, no ABA, since nothing is ever popped alone. The owner sleeps
 * on `bell`, an eventfd, which a sender rings only when it found the mailbox
 * empty: one ring for a burst. Why no ring is lost:
 *
 *      sender                            owner
 *      old = head; head = mine           (woken) read(bell) clears it
 *      if old was empty: write(bell)     chain = exchange(head, empty)
 *
 * The owner clears the bell before it empties the mailbox. A push before the
 * exchange is in the chain. A push after it finds `empty` and rings after the
 * owner's read, so the owner's next sleep ends at once.
 */
#ifndef REACTOR_MAILBOX_H
#define REACTOR_MAILBOX_H

#include <stdatomic.h>
#include <stdbool.h>

#include "reactor/counters.h"

struct envelope;

/* Called by the owner of the mailbox; the envelope is then the handler's. */
typedef void envelope_handler(struct envelope *envelope, void *owner);

/*
 * What travels between threads: embedded at the start of a larger message.
 * Owned by the sender until it is pushed, then by the receiver.
 */
struct envelope {
	struct envelope *next; /* link in a mailbox or an outbox */
	envelope_handler *handle;
};

/* Envelopes of one burst, gathered by one thread before they are pushed. */
struct outbox {
	struct envelope *newest;
	struct envelope *oldest;
	unsigned count;
};

struct mailbox {
	/* Written by senders; on a cache line of their own. */
	_Atomic(struct envelope *) head __attribute__((aligned(64)));
	counter pushed; /* envelopes, since the start */
	/* Written by the owner. */
	counter drained __attribute__((aligned(64))); /* and handled */
	/* Read by all, written at init. */
	int bell __attribute__((aligned(64))); /* eventfd, owned */
};

/* Makes the eventfd. 0 or -errno. One thread, before any other call. */
int mailbox_init(struct mailbox *mailbox);

/* Closes the eventfd. The mailbox is empty and has no senders any more. */
void mailbox_fini(struct mailbox *mailbox);

/* Hands one envelope over. Any thread; never blocks. */
void mailbox_push(struct mailbox *mailbox, struct envelope *envelope);

/* Adds to a burst of one's own thread. */
void outbox_add(struct outbox *outbox, struct envelope *envelope);

/*
 * Hands a whole burst over at once, in the order added, with one ring at most;
 * the outbox is empty after. Nothing happens when it was empty. Any thread.
 */
void mailbox_push_all(struct mailbox *mailbox, struct outbox *outbox);

/* Clears the bell: the owner, when woken by it and before it drains. */
void mailbox_hush(struct mailbox *mailbox);

/*
 * Takes everything that is there and calls each envelope's handler with
 * `owner`, oldest first. The owner's thread. Returns how many there were.
 */
unsigned mailbox_drain(struct mailbox *mailbox, void *owner);

/* About how many envelopes wait or are being handled. Any thread. */
uint64_t mailbox_depth(const struct mailbox *mailbox);

#endif
