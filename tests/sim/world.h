/*
 * The simulated world: a whole server, but for its threads, on simulated
 * kernels (engine.c, net.c), clock, worker pools and disk. One thread runs all
 * of it, a step at a time, and chance chooses whose turn it is; between two
 * steps anything may be looked at.
 *
 * What goes wrong ends the process by world_fail, or by a check() of the
 * server's own.
 */
#ifndef TESTS_SIM_WORLD_H
#define TESTS_SIM_WORLD_H

#include <stdbool.h>
#include <stdint.h>

#include "auth/auth.h"
#include "proto/hub.h"
#include "reactor/counters.h"
#include "reactor/mailbox.h"
#include "tests/kit/simdisk.h"
#include "tests/sim/engine.h"

#define WORLD_REACTORS_MAX 4
#define WORLD_ACCOUNTS     "/sim/accounts"

struct world_setup {
	unsigned reactors;
	uint32_t conns_max; /* of a reactor */
	uint64_t clients_max;
	uint32_t network_max; /* of one address; 0: any number */
	uint32_t stall_ms;
	struct hub_options hub;
	struct engine_habits habits;
	bool curt; /* nobody asks for long answers: output is bounded */
};

struct world {
	struct world_setup setup;
	struct simdisk *disk; /* owned; outlives servers */
	struct reactor *reactors[WORLD_REACTORS_MAX];
	struct hub *hubs[WORLD_REACTORS_MAX];
	bool ended[WORLD_REACTORS_MAX]; /* its last turn was taken */
	int listeners[WORLD_REACTORS_MAX];
	struct census census;
	struct tally *tally; /* owned */
	struct auth *auth;
	struct account_service *accounts;
	struct hub_config hub_config;
	struct mailbox console; /* errands and jobs of the operator's */
	bool running;
	bool stopping;
	bool syncing;  /* the journal is inside of a call to the disk */
	bool restless; /* reactors wake for nothing at times */
	unsigned power_fails_in;     /* changes of the disk; 0: it does not */
	struct simdisk *after_power; /* the disk as the failure left it */
};

/* Ends the process with a line that says what is wrong. */
void world_fail(const char *format, ...)
    __attribute__((format(printf, 1, 2), noreturn));
/* A line for who watches (--trace). */
void world_trace(const char *format, ...) __attribute__((format(printf, 1, 2)));
void world_set_tracing(bool on);

/* An empty disk, and no server yet. */
void world_init(struct world *world);
void world_fini(struct world *world);

/* A server opens its account file and listens. */
void world_start(struct world *world, const struct world_setup *setup);

/* Somebody who has something to do does it; false: nobody has. Looks after it
 * whether connections keep to their bounds. */
bool world_step(struct world *world);

/* Until nobody has anything to do at this time. */
void world_settle(struct world *world);

/* Lets time pass, with all that is due in it. */
void world_pass(struct world *world, uint64_t us);

/* Has the server begin to stop; has all gone by now? */
void world_stop(struct world *world);
bool world_is_empty(const struct world *world);

/* Joins what has stopped, and frees it. The disk stays. */
void world_join(struct world *world);

/* The process is killed, or the machine loses power (the disk is then what it
 * may be after that): no orderly word to anybody. */
void world_crash(struct world *world, bool power);

#endif
