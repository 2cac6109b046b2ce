/*
 * What the scenario `rooms` is made of: rooms.c sets it up, moves it from stage
 * to stage and reports; rooms_client.c is what a client says, and checks of
 * what it hears.
 */
#ifndef BENCH_SCENARIO_ROOMS_PRIV_H
#define BENCH_SCENARIO_ROOMS_PRIV_H

#include <stddef.h>
#include <stdint.h>

#include "bench/crowd/run.h"
#include "bench/expect/roster.h"

#define ROOMS_NAME_BYTES 64

/*
 *   register  accounts are registered
 *   enter     all connect and log in
 *   join      each enters its rooms
 *   talk      each says all that it has to say, and hears all there is
 *   part      each asks one thing more, and hears nothing but that
 */
enum rooms_stage {
	ROOMS_REGISTER,
	ROOMS_ENTER,
	ROOMS_JOIN,
	ROOMS_TALK,
	ROOMS_PART,
	ROOMS_STAGES,
};

struct rooms_options {
	struct run_options run;
	struct roster roster;
	unsigned window; /* outstanding of each client */
	unsigned bytes;  /* of a text */
};

struct rooms_client {
	struct client client;
	uint32_t sent;               /* messages, to all of its rooms */
	uint32_t acked;              /* own copies heard */
	unsigned joined;             /* rooms */
	unsigned full;               /* rooms of which it has heard all */
	char name[ROOMS_NAME_BYTES]; /* as messages show it; set before the
					first is sent */
};

struct rooms_thread {
	struct run_thread thread;
	uint64_t heard_ns; /* when one of its clients last heard a message */
	char *batch;       /* owned; lines on their way into one send */
};

struct rooms {
	struct run run;
	const struct rooms_options *options;
	char prefix[NAME_BYTES_MAX + 1]; /* what the rooms' names begin with */
	struct seat *seats;              /* owned */
	uint32_t *said;                  /* owned; of each seat, each place */
};

/* Whose it is. */
struct rooms *rooms_of(const struct client *client);
struct rooms_thread *rooms_thread_of(const struct client *client);
struct rooms_client *rooms_client_of(struct client *client);

/* on_bytes: checks what it has received. */
size_t rooms_hear(struct client *client, struct span bytes);

/* Enters its rooms; the answers end the stage. */
void rooms_join(struct rooms_client *member);

/* Says what it may by now; passes the stage when it has heard all there is. */
void rooms_go_on(struct rooms_client *member);

/* Asks what is to be answered in the stage `part`. */
void rooms_part(struct rooms_client *member);

#endif
