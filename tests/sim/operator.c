#include "tests/sim/operator.h"

#include <stdio.h>
#include <stdlib.h>

#include "proto/errand.h"
#include "proto/store_job.h"
#include "reactor/check.h"
#include "tests/sim/clock.h"
#include "tests/sim/crowd.h"

static void
errand_back(struct envelope *envelope, void *owner)
{
	(void)owner;
	errand_free((struct errand *)envelope);
}

/* Whatever else happens, no number of a client is there twice. */
static void
list_back(struct envelope *envelope, void *owner)
{
	struct errand *errand = (struct errand *)envelope;
	const struct client_row *rows = errand_rows(errand);

	for (unsigned i = 0; i < errand->count; i++)
		for (unsigned j = 0; j < i; j++)
			if (rows[i].id == rows[j].id)
				world_fail("client %llu is listed twice",
				    (unsigned long long)rows[i].id);
	errand_back(envelope, owner);
}

static void
store_back(struct envelope *envelope, void *owner)
{
	(void)owner;
	free((struct store_job *)envelope);
}

static void
kick_one(struct crowd *crowd)
{
	unsigned count = crowd->client_count;
	struct client *client = &crowd->clients[1 + sim_below(count - 1)];
	struct errand *errand;

	if (!client->link || client->id == 0)
		return;
	errand = errand_new(&crowd->world->console, ERRAND_KICK, errand_back);
	errand->id = client->id;
	client->kicked = true;
	world_trace("kick %u", client->index);
	errand_start(errand, crowd->world->reactors[0]);
}

static void
announce(struct crowd *crowd)
{
	struct errand *errand =
	    errand_new(&crowd->world->console, ERRAND_NOTICE, errand_back);

	snprintf(errand->text, sizeof(errand->text), "announcement %llu",
	    (unsigned long long)crowd->step);
	errand_start(errand, crowd->world->reactors[0]);
}

static void
look(struct crowd *crowd)
{
	bool rooms = sim_chance(50);

	errand_start(errand_new(&crowd->world->console,
			 rooms ? ERRAND_ROOMS : ERRAND_LIST,
			 rooms ? errand_back : list_back),
	    crowd->world->reactors[0]);
}

static void
serve_file(struct crowd *crowd)
{
	struct world *world = crowd->world;

	store_job_submit(store_job_new(world->accounts,
	    sim_chance(50) ? WORK_COMPACT : WORK_VERIFY, &world->console,
	    store_back));
}

void
operator_act(struct crowd *crowd)
{
	static void (*const acts[])(struct crowd *) = {
	    announce, kick_one, look, look, serve_file};

	acts[sim_below(sizeof(acts) / sizeof(*acts))](crowd);
}
