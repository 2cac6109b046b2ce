/* A connection's way to a reactor that has room. */
#include "reactor/handover.h"

#include <stdlib.h>
#include <unistd.h>

#include "reactor/memory.h"
#include "reactor/reactor_priv.h"

struct handover {
	struct envelope envelope; /* first: what the mailbox knows */
	struct reactor *to;       /* borrowed */
	int fd;                   /* owned */
	unsigned times;           /* it was handed on */
	unsigned listener;        /* by which it came, of each reactor's */
	struct address peer;
};

/* The one with the fewest connections, unless it is full as well. What others
 * count is a moment old: whoever is full by then hands it on. */
static struct reactor *
handover_to(const struct reactor *reactor)
{
	uint64_t fewest = reactor->config.limits.conns_max;
	struct reactor *to = NULL;

	for (unsigned i = 0; i < reactor->config.count; i++) {
		const struct counters *counters = &reactor->peers[i]->counters;
		uint64_t closed = counter_read(&counters->closed);
		uint64_t open = counter_read(&counters->accepted) - closed;

		if (i == reactor->config.index || open >= fewest)
			continue;
		fewest = open;
		to = reactor->peers[i];
	}
	return to;
}

static void
handover_post(
    struct handover *handover, struct reactor *from, struct reactor *to)
{
	handover->to = to;
	reactor_post(from, to->config.index, &handover->envelope);
}

/* Whoever is full hands it on, but not for ever. */
static struct reactor *
handover_further(struct handover *handover)
{
	const struct reactor *reactor = handover->to;

	if (reactor->conn_count < reactor->config.limits.conns_max ||
	    ++handover->times >= reactor->config.count)
		return NULL;
	return handover_to(reactor);
}

/* Also of a reactor whose thread has ended already. */
static void
handover_arrived(struct envelope *envelope, void *owner)
{
	struct handover *handover =
	    list_entry(envelope, struct handover, envelope);
	struct reactor *reactor = handover->to;
	struct reactor *further;
	int socket;

	(void)owner;
	if (!reactor->engine) {
		close(handover->fd);
		free(handover);
		return;
	}
	further = handover_further(handover);
	if (further) {
		handover_post(handover, reactor, further);
		return;
	}
	socket = reactor->config.engine->adopt(reactor->engine, handover->fd);
	if (socket >= 0)
		conn_take(&reactor->listeners[handover->listener], socket,
		    &handover->peer);
	free(handover);
}

bool
handover_send(struct listener *listener, int socket, const struct address *peer)
{
	struct reactor *reactor = listener->reactor;
	struct reactor *to = handover_to(reactor);
	struct handover *handover;
	int fd;

	if (!to)
		return false;
	fd = reactor->config.engine->release(reactor->engine, socket);
	if (fd < 0)
		return false;
	handover = memory_new(sizeof(*handover));
	handover->envelope.handle = handover_arrived;
	handover->fd = fd;
	handover->listener = listener_index(listener);
	handover->peer = *peer;
	handover_post(handover, reactor, to);
	return true;
}
