/*
 * A server that is killed while many clients register, again and again on one
 * account file. After each kill it is started anew: every account of that round
 * that was acknowledged logs in with its own password, and so do some older
 * ones; no start finds fewer accounts than the one before it and what was
 * acknowledged since. At the end all log in.
 *
 * SIGKILL leaves the kernel's memory as it is: this shows what is said before
 * it is written, not what is said before it is synced (tests/fault_* do that).
 *
 * The seed decides when to kill and to compact; how far the server is by then
 * is the machine's. The test's own thread only.
 */
#ifndef TESTS_KIT_CRASH_LOOP_H
#define TESTS_KIT_CRASH_LOOP_H

#include <stdbool.h>

#define CRASH_WRITERS_MAX 64

struct crash_loop {
	const char *engine;
	int kills;
	int writers;       /* clients that register at once */
	int names;         /* accounts of each writer between two kills */
	int older;         /* accounts of former rounds to log in to */
	int compact_every; /* rounds; 0 for never */
	bool keep_folder;  /* of a run that fails, to be looked at */
	unsigned seed;
};

struct crash_result {
	int kills;
	int acknowledged;
	int lost;
	int torn;        /* starts that cut an end off */
	int compactions; /* killed before their file had its name */
	double seconds;
};

/* $THRONG_SEED, else the usual one. */
unsigned crash_loop_seed(unsigned usual);

/* Ends early when an account is lost, having printed which; anything else that
 * goes wrong ends the test. The server has been stopped afterwards. */
struct crash_result crash_loop_run(const struct crash_loop *loop);

#endif
