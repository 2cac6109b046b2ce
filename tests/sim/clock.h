/*
 * The simulated world's time and chance. Time stands still until the world says
 * that it passes: clock_gettime(2) and time(2) of all that is linked into the
 * simulation tell it (ld's --wrap). Chance is one sequence of random numbers,
 * drawn from the seed; libsodium gets its own from there as well. So a seed is
 * a run, the same each time.
 */
#ifndef TESTS_SIM_CLOCK_H
#define TESTS_SIM_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/* Begins anew. */
void sim_seed(uint64_t seed);

/* The time of the world. */
uint64_t sim_now_us(void);
void sim_set_now_us(uint64_t now_us);

/* A number below `limit`, which is not 0. */
uint64_t sim_below(uint64_t limit);
/* One of a hundred such questions in `percent`. */
bool sim_chance(unsigned percent);

/* What has happened so far, as a number: two runs of one seed that differ have
 * different ones. */
void sim_note(uint64_t what);
uint64_t sim_notes(void);

#endif
