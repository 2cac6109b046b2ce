/*
 * The simulated engine: what a turn needs from the kernel, out of the simulated
 * network. Of each life of the world it is one of two kinds, as the real ones
 * are: of readiness (epoll: a send is done at once, as far as there is room) or
 * of completion (io_uring: a send is under way for a while, and what it was
 * given must not change). Everything that may take its time does, by chance;
 * pieces have any size.
 *
 * It holds the reactor to the contract of reactor/engine.h: no two sends under
 * way on one connection, nothing sent behind our FIN, no word of a connection
 * after it was detached.
 */
#ifndef TESTS_SIM_ENGINE_H
#define TESTS_SIM_ENGINE_H

#include <stdbool.h>
#include <stdint.h>

struct reactor;

extern const struct engine_ops engine_sim;

/* What is said to whose network has as many connections as it may. */
#define WORLD_NETWORK_REFUSAL                                                  \
	"ERR busy too many connections from your address\n"

/* How the engines that are made from now on behave. */
struct engine_habits {
	bool completes;        /* else it tells readiness */
	unsigned late_percent; /* what could happen, and does not yet */
	uint32_t network_max;  /* connections of an address; 0: any number */
	unsigned fail_percent; /* accepts that find no descriptor, attaches
				  that find no memory */
};

/* From now on the kernel of all reactors is like this. */
void engine_set_habits(const struct engine_habits *habits);

/* Has the kernel something for this reactor? */
bool engine_is_ready(const struct reactor *reactor);

#endif
