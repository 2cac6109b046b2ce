#include "bench/crowd/march.h"

#include "bench/crowd/gate.h"
#include "bench/load/load.h"
#include "reactor/check.h"

#define BEGINS_PER_TURN 64

/* The gate has opened: the next stage. False when that was the last. */
static bool
march_advance(struct march *march)
{
	march->stage++;
	march->cursor = 0;
	march->ops->on_stage(march);
	return march->stage < march->gate->stages;
}

void
march_go_on(struct march *march)
{
	unsigned open = gate_stage(march->gate);

	for (int i = 0; i < BEGINS_PER_TURN; i++) {
		march->held = march->entering >= march->entering_max;
		if (march->held)
			return;
		if (march->cursor < march->count)
			march->ops->begin(march, march->cursor++);
		else if (march->stage == open || !march_advance(march))
			return;
	}
	load_wake(march->load);
}

void
march_enter(struct march *march)
{
	march->entering++;
}

void
march_arrive(struct march *march)
{
	check(march->entering > 0);
	march->entering--;
	if (march->held)
		load_wake(march->load);
	march->held = false;
}

size_t
march_share(unsigned at_once, unsigned threads)
{
	return ((size_t)at_once + threads - 1) / threads;
}
