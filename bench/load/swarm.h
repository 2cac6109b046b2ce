/*
 * Runs the loads of a scenario, each on a thread of its own, while the calling
 * thread only shows progress: drawing must not disturb what is measured.
 *
 * Each thread has a table of descriptors of its own, so that the limit of
 * descriptors is one for each thread, not for all together. Memory is shared as
 * ever. What was open before is in all of the tables; what a thread opens is in
 * its own alone, must be closed there, and ends with it.
 */
#ifndef BENCH_LOAD_SWARM_H
#define BENCH_LOAD_SWARM_H

#include <stddef.h>

#define SWARM_LOADS_MAX 16

struct load;
struct progress;

/*
 * The least number of loads, up to SWARM_LOADS_MAX, that have room for `bots`
 * (at least 1) connections, dealt out evenly, within the hard limit of
 * descriptors; 0 when none has.
 */
size_t swarm_loads_for(size_t bots);

/*
 * Makes room for `bots` connections of `loads` by raising the soft limit of
 * descriptors. 0, or -1 after saying on standard error why they do not fit, and
 * what would.
 */
int swarm_reserve(size_t bots, size_t loads);

/*
 * Returns when every load has stopped and its thread is joined. Ends the
 * process when a thread cannot be started.
 */
void
swarm_run(struct load *const loads[], size_t count, struct progress *progress);

#endif
