/* What the simulated world's operator does: see crowd.h. */
#ifndef TESTS_SIM_OPERATOR_H
#define TESTS_SIM_OPERATOR_H

struct crowd;

/* An announcement, a kick, a look at who is there, a look at the account file
 * or a new one. */
void operator_act(struct crowd *crowd);

#endif
