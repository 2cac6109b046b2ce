#include "reactor/handover.h"

#include <stdlib.h>
#include <unistd.h>

#include "reactor/memory.h"
#include "reactor/reactor_priv.h"

struct handover {
	struct envelope envelope; /* first: what the mailbox knows */
	struct reactor *to;       /* borrowed */
	int fd;                   /* owned */
	struct address peer;
};

/* Also of a reactor whose thread has ended already. */
static void
handover_arrived(struct envelope *envelope, void *owner)
{
	struct handover *handover =
	    list_entry(envelope, struct handover, envelope);
	struct reactor *reactor = handover->to;
	int socket;

	(void)owner;
	if (reactor->engine) {
		socket = reactor->config.engine->adopt(
		    reactor->engine, handover->fd);
		if (socket >= 0)
			conn_take(reactor, socket, &handover->peer);
	} else {
		close(handover->fd);
	}
	free(handover);
}

/* The one with the fewest connections, unless it is full as well. What others
 * count is a moment old: whoever is full by then refuses. */
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

bool
handover_send(struct reactor *reactor, int socket, const struct address *peer)
{
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
	handover->to = to;
	handover->fd = fd;
	handover->peer = *peer;
	reactor_post(reactor, to->config.index, &handover->envelope);
	return true;
}
