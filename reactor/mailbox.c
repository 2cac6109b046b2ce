/* The mailbox; its story and its proof are in mailbox.h. */
#include "reactor/mailbox.h"

#include <errno.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "reactor/check.h"

static void
bell_ring(int bell)
{
	uint64_t one = 1;

	/* EAGAIN: the counter is full, so the bell rings already. */
	if (write(bell, &one, sizeof(one)) < 0)
		check(errno == EAGAIN);
}

/* Puts a chain, newest first, on top of the stack. */
static void
chain_push(struct mailbox *m, struct envelope *newest, struct envelope *oldest,
    unsigned count)
{
	/* Relaxed: only a guess for the exchange below, which pairs with
	 * the one in mailbox_drain. */
	struct envelope *old =
	    atomic_load_explicit(&m->head, memory_order_relaxed);

	counter_add_shared(&m->pushed, count);
	do {
		oldest->next = old;
		/* Release publishes the envelopes' contents: pairs with the
		 * acquire in mailbox_drain. A failed try publishes nothing. */
	} while (!atomic_compare_exchange_weak_explicit(&m->head, &old, newest,
	    memory_order_release, memory_order_relaxed));
	if (!old)
		bell_ring(m->bell);
}

int
mailbox_init(struct mailbox *m)
{
	atomic_init(&m->head, NULL);
	atomic_init(&m->pushed, 0);
	atomic_init(&m->drained, 0);
	m->bell = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	return m->bell < 0 ? -errno : 0;
}

void
mailbox_fini(struct mailbox *m)
{
	/* Relaxed: every sender has been joined; pairs with nothing live. */
	check(!atomic_load_explicit(&m->head, memory_order_relaxed));
	close(m->bell);
	m->bell = -1;
}

void
mailbox_push(struct mailbox *m, struct envelope *envelope)
{
	check(envelope->handle);
	chain_push(m, envelope, envelope, 1);
}

void
outbox_add(struct outbox *outbox, struct envelope *envelope)
{
	check(envelope->handle);
	envelope->next = outbox->newest;
	outbox->newest = envelope;
	if (!outbox->oldest)
		outbox->oldest = envelope;
	outbox->count++;
}

void
mailbox_push_all(struct mailbox *m, struct outbox *outbox)
{
	if (!outbox->newest)
		return;
	chain_push(m, outbox->newest, outbox->oldest, outbox->count);
	*outbox = (struct outbox){0};
}

void
mailbox_hush(struct mailbox *m)
{
	uint64_t rings;

	if (read(m->bell, &rings, sizeof(rings)) < 0)
		check(errno == EAGAIN);
}

/* Newest first becomes oldest first. */
static struct envelope *
chain_reverse(struct envelope *chain)
{
	struct envelope *reversed = NULL;

	while (chain) {
		struct envelope *next = chain->next;

		chain->next = reversed;
		reversed = chain;
		chain = next;
	}
	return reversed;
}

unsigned
mailbox_drain(struct mailbox *m, void *owner)
{
	unsigned count = 0;
	struct envelope *chain;

	/* Relaxed: a look before the costly exchange; a push that it misses
	 * rings the bell. Pairs with chain_push. */
	if (!atomic_load_explicit(&m->head, memory_order_relaxed))
		return 0;
	/* Acquire makes the envelopes' contents visible: pairs with the
	 * release in chain_push. */
	chain = atomic_exchange_explicit(&m->head, NULL, memory_order_acquire);
	chain = chain_reverse(chain);
	while (chain) {
		struct envelope *next = chain->next;

		chain->handle(chain, owner);
		chain = next;
		count++;
	}
	counter_add(&m->drained, count);
	return count;
}

uint64_t
mailbox_depth(const struct mailbox *m)
{
	uint64_t drained = counter_read(&m->drained);
	uint64_t pushed = counter_read(&m->pushed);

	return pushed > drained ? pushed - drained : 0;
}
