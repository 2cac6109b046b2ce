/*
 * Who is in which of many rooms, and what a member of one has heard there. A
 * seat is one client's membership in one room; a client has as many, in rooms
 * that follow one another. The members of a room are far apart in the clients'
 * numbers, so that they are on different threads, where there are several.
 *
 * Each client numbers its messages from 1 and speaks in its rooms in turn; so a
 * number tells in which of them it must be heard, and a room's messages from
 * one client have numbers that are `each` apart. Pure; a seat belongs to its
 * client's thread.
 */
#ifndef BENCH_EXPECT_ROSTER_H
#define BENCH_EXPECT_ROSTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct roster {
	unsigned rooms;
	unsigned members;  /* of each room */
	unsigned each;     /* rooms that each client is in */
	unsigned messages; /* that each member says in each of its rooms */
};

struct seat {
	uint64_t order; /* a hash of who spoke, in the order heard */
	uint64_t heard; /* messages */
	uint32_t *said; /* borrowed; how many of them are from each place */
};

/* NULL, or why there cannot be such rooms, a constant text. */
const char *roster_wrong(const struct roster *roster);

/* All there are: each client has the `each` seats from number * each on. */
size_t roster_seats(const struct roster *roster);
size_t roster_clients(const struct roster *roster);

/* The room that a seat is in; the seat of a room's member at `place`, from 0.
 */
unsigned roster_room(const struct roster *roster, size_t seat);
size_t roster_seat(const struct roster *roster, unsigned room, unsigned place);

/* The client's seat in the room. False when it has none. */
bool roster_find(
    const struct roster *roster, unsigned client, unsigned room, size_t *seat);

/* Messages in a room in all. */
uint64_t roster_heard(const struct roster *roster);

/*
 * The one who has `seat` hears a message from the member at the seat `speaker`
 * of the same room. True when it is that one's next there.
 */
bool seat_hear(const struct roster *roster, struct seat *seat, size_t speaker,
    uint32_t number);

#endif
