/* Tours. */
#include "proto/tour.h"

#include "proto/hub.h"
#include "reactor/check.h"
#include "reactor/memory.h"
#include "reactor/reactor.h"

static void
tour_go_on(struct tour *tour, struct hub *hub)
{
	unsigned next =
	    (reactor_index(hub->reactor) + 1) % reactor_count(hub->reactor);

	reactor_post(hub->reactor, next, &tour->envelope);
}

static void
tour_handle(struct envelope *envelope, void *owner)
{
	struct tour *tour = (struct tour *)envelope;
	struct hub *hub = owner;

	check_magic(hub, HUB_MAGIC);
	check(tour->left > 0);
	tour->visit(tour, hub);
	if (--tour->left > 0)
		tour_go_on(tour, hub);
	else
		tour->done(tour, hub);
}

void
tour_start(struct tour *tour, struct hub *hub)
{
	check(tour->left == 0);
	tour->envelope.handle = tour_handle;
	tour->left = reactor_count(hub->reactor);
	tour_go_on(tour, hub);
}

void
tour_start_outside(struct tour *tour, struct reactor *first)
{
	check(tour->left == 0);
	tour->envelope.handle = tour_handle;
	tour->left = reactor_count(first);
	reactor_send(first, &tour->envelope);
}

char *
tour_reserve(struct tour *tour, size_t len)
{
	if (tour->text_cap - tour->text_len < len) {
		tour->text_cap = (tour->text_len + len) * 2;
		tour->text = memory_resize(tour->text, tour->text_cap);
	}
	return tour->text + tour->text_len;
}

void
tour_fini(struct tour *tour)
{
	free(tour->text);
	tour->text = NULL;
}
