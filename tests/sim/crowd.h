/*
 * The clients of the simulated world, who do at random what clients do, and
 * what they may rely on: each line that one gets is held against the promises
 * of proto/PROTOCOL.md as soon as it is there.
 *
 *   orderly   lines of the protocol, pipelined, each command with a tag; may
 *             read slowly, or vanish at any moment
 *   wild      anything: half of the protocol, broken text, telnet, web clients
 *   mute      connects, and says nothing
 *   witness   one orderly client in JSON that is in every room, reads at once,
 *             asks for what it has missed, and is left alone: it knows all that
 *             was said, and in which order
 *
 * An account belongs to one client, who alone changes it; others log in with it
 * as well. One life is from a server's start to its end; accounts outlive it.
 */
#ifndef TESTS_SIM_CROWD_H
#define TESTS_SIM_CROWD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench/mixed/line.h"
#include "tests/sim/client.h"
#include "tests/sim/world.h"

struct sim_account {
	char name[CROWD_WORD_BYTES];
	char password[CROWD_WORD_BYTES];
	char next[CROWD_WORD_BYTES]; /* it may be this one already */
	enum account_state state;
	bool asked; /* a change is under way */
	uint64_t changed_step;
	uint64_t failed_step; /* somebody has tried a wrong one; 0: never */
};

struct crowd {
	struct world *world;
	struct client clients[CROWD_CLIENTS_MAX];
	unsigned client_count;
	struct sim_account accounts[CROWD_CLIENTS_MAX];
	unsigned life;
	uint64_t step;
	uint64_t tags;
	uint64_t heard;    /* lines, by all */
	struct said *said; /* owned */
	size_t said_count, said_cap;
	struct room_ledger rooms[CROWD_ROOMS];
	struct past_stay *past; /* owned */
	size_t past_count, past_cap;
	bool narrow;  /* all are in one room or the lobby, and come and go */
	bool broken;  /* disk or kernel fail at times: errors are excused */
	bool closing; /* the server stops */
};

extern const char *const crowd_rooms[CROWD_ROOMS];

/* Nobody is there yet; the world is borrowed. */
void crowd_init(struct crowd *crowd, struct world *world);
void crowd_fini(struct crowd *crowd);

/* A server has started: nobody is connected, and nothing was said. The witness
 * comes, and is in all rooms when this returns. */
void crowd_begin_life(struct crowd *crowd);

/* One client does something. */
void crowd_act(struct crowd *crowd);

/* Everybody says what was begun, reads all there is, and gets what is owed. */
void crowd_settle(struct crowd *crowd);

/* At the end of a life, all is compared: what was said, heard, missed. */
void crowd_audit(struct crowd *crowd);

/* The server stops: reads until it is gone, for whoever is there. */
void crowd_say_goodbye(struct crowd *crowd);

/* The server was killed: what is not answered may have happened or not. */
void crowd_lose_server(struct crowd *crowd);

/* The accounts are what they should be, of those that are sure; the others are
 * from now on what they are found to be. */
void crowd_check_accounts(struct crowd *crowd);

/* For hear.c and audit.c. */
void crowd_heard(struct crowd *crowd, struct client *client, struct span line);
void client_end_stay(struct crowd *crowd, struct client *client, unsigned room);
void client_fail(const struct client *client, const char *wrong,
    struct span line) __attribute__((noreturn));
void crowd_keep_stay(struct crowd *crowd, struct client *client, unsigned room);
void crowd_forget_stays(struct crowd *crowd);
void ledger_note(struct crowd *crowd, unsigned room, uint64_t seq, uint64_t id,
    const char *text);
struct want *
client_want(struct crowd *crowd, struct client *client, enum want_kind kind);
void client_write(struct client *client, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void client_catch_up(
    struct crowd *crowd, struct client *client, unsigned room, uint64_t after);

#endif
