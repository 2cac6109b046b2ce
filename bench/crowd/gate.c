#include "bench/crowd/gate.h"

#include <stdbool.h>

#include "bench/clock.h"
#include "bench/load/load.h"
#include "reactor/check.h"

/* Lock held. A stage that nobody is awaited in is passed over. */
static bool
gate_open(struct gate *gate)
{
	unsigned before = gate->stage;

	while (gate->stage < gate->stages && gate->awaited[gate->stage] == 0)
		gate->opened_ns[gate->stage++] = clock_ns();
	return gate->stage != before;
}

void
gate_init(struct gate *gate, unsigned stages, struct load *const *loads,
    size_t load_count)
{
	check(stages <= GATE_STAGES_MAX);
	*gate = (struct gate){
	    .stages = stages, .loads = loads, .load_count = load_count};
	check_zero(pthread_mutex_init(&gate->lock, NULL));
}

void
gate_fini(struct gate *gate)
{
	check_zero(pthread_mutex_destroy(&gate->lock));
}

void
gate_await(struct gate *gate, unsigned stage)
{
	check(stage < gate->stages);
	gate->awaited[stage]++;
}

void
gate_arrive(struct gate *gate, unsigned stage)
{
	bool opened;

	check(stage < gate->stages);
	check_zero(pthread_mutex_lock(&gate->lock));
	check(gate->awaited[stage] > 0);
	gate->awaited[stage]--;
	opened = gate_open(gate);
	check_zero(pthread_mutex_unlock(&gate->lock));
	for (size_t i = 0; opened && i < gate->load_count; i++)
		load_wake(gate->loads[i]);
}

unsigned
gate_stage(struct gate *gate)
{
	unsigned stage;

	check_zero(pthread_mutex_lock(&gate->lock));
	stage = gate->stage;
	check_zero(pthread_mutex_unlock(&gate->lock));
	return stage;
}
