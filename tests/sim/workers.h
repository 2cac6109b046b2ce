/* The simulated world's worker pools: see workers.c. */
#ifndef TESTS_SIM_WORKERS_H
#define TESTS_SIM_WORKERS_H

#include <stdbool.h>

/* Has one of the pools a job, and nothing under way? */
bool workers_are_ready(void);

/* One of them, by chance, runs some of its jobs. */
void workers_run(void);

#endif
