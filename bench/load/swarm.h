/*
 * Runs the loads of a scenario, each on a thread of its own, while the calling
 * thread only shows progress: drawing must not disturb what is measured.
 */
#ifndef BENCH_SWARM_H
#define BENCH_SWARM_H

#include <stddef.h>

struct load;
struct progress;

/*
 * Makes room for `bots` connections by raising the soft limit of descriptors.
 * 0, or -1 after saying on standard error why they do not fit.
 */
int swarm_reserve(size_t bots, size_t loads);

/*
 * Returns when every load has stopped and its thread is joined. Ends the
 * process when a thread cannot be started.
 */
void
swarm_run(struct load *const loads[], size_t count, struct progress *progress);

#endif
