/*
 * What clients share: rooms and what was said in them, and direct messages from
 * each member to the next. Any thread.
 */
#ifndef BENCH_MIXED_ROOM_H
#define BENCH_MIXED_ROOM_H

#include <pthread.h>

#include "bench/expect/ledger.h"
#include "bench/expect/pair.h"
#include "proto/limits.h"

#define MIXED_LIVES 2 /* that a room's ledgers are kept of */

struct mixed;
struct mixed_client;

struct mixed_room {
	pthread_mutex_t lock; /* for all in here, and its voices */
	unsigned opened;      /* lives; its resident is in in the last */
	struct ledger ledgers[MIXED_LIVES]; /* of the last lives */
};

/* The room of a member's seat, by number; and the name of a room. */
unsigned
mixed_room_of(const struct mixed *mixed, unsigned number, unsigned seat);
void mixed_room_name(
    const struct mixed *mixed, unsigned room, char out[NAME_BYTES_MAX + 1]);

/* The name of a member's account. */
void mixed_account_name(
    const struct mixed *mixed, unsigned number, char out[NAME_BYTES_MAX + 1]);

/* The room of a client's seat. */
struct mixed_room *
mixed_seat_room(const struct mixed_client *client, unsigned seat);

/* Locks the room and returns its ledger of that life, NULL when that is gone
 * by; it is locked either way. */
struct ledger *
mixed_room_lock(struct mixed *mixed, struct mixed_room *room, unsigned life);
void mixed_room_unlock(struct mixed_room *room);

/* The members whom a member's direct messages go to, and come from; and these
 * messages, locked for the caller until mixed_pairs_unlock. */
unsigned mixed_next_member(const struct mixed *mixed, unsigned number);
unsigned mixed_previous_member(const struct mixed *mixed, unsigned number);
struct pair *mixed_pair_to_next(const struct mixed_client *client);
struct pair *mixed_pair_from_previous(const struct mixed_client *client);
void mixed_pairs_unlock(struct mixed *mixed);

#endif
