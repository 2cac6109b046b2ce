/* Who is in which room, and what a member must hear there. */
#include <criterion/criterion.h>

#include "bench/expect/roster.h"

static const struct roster shapes[] = {
    {.rooms = 1, .members = 7, .each = 1, .messages = 3},
    {.rooms = 20, .members = 5, .each = 1, .messages = 3},
    {.rooms = 6, .members = 5, .each = 3, .messages = 2},
    {.rooms = 9, .members = 4, .each = 6, .messages = 2},
    {.rooms = 8, .members = 3, .each = 8, .messages = 1},
};

#define SHAPES (sizeof shapes / sizeof *shapes)

/* Clients of the room by asking each of them; no one twice. */
static void
expect_room(const struct roster *roster, unsigned room)
{
	unsigned in_it = 0;
	size_t seat;

	for (unsigned i = 0; i < roster_clients(roster); i++) {
		if (!roster_find(roster, i, room, &seat))
			continue;
		in_it++;
		cr_expect_eq(roster_room(roster, seat), room);
		cr_expect_eq(seat / roster->each, i, "it is the client's own");
	}
	cr_expect_eq(in_it, roster->members);
	for (unsigned place = 0; place < roster->members; place++)
		cr_expect_eq(
		    roster_room(roster, roster_seat(roster, room, place)),
		    room);
}

Test(bench_roster, rooms_have_their_members_and_clients_their_rooms)
{
	for (size_t i = 0; i < SHAPES; i++) {
		cr_expect_null(roster_wrong(&shapes[i]));
		cr_expect_eq(roster_clients(&shapes[i]) * shapes[i].each,
		    roster_seats(&shapes[i]));
		for (unsigned room = 0; room < shapes[i].rooms; room++)
			expect_room(&shapes[i], room);
	}
}

Test(bench_roster, there_is_no_seat_in_a_room_that_there_is_not)
{
	size_t seat;

	cr_expect_not(roster_find(&shapes[1], 3, 20, &seat));
	cr_expect_not(roster_find(&shapes[1], 3, UINT32_MAX, &seat));
}

Test(bench_roster, shapes_that_cannot_be_are_wrong)
{
	cr_expect(roster_wrong(
	    &(struct roster){.rooms = 3, .members = 4, .each = 4}));
	cr_expect(roster_wrong(
	    &(struct roster){.rooms = 5, .members = 5, .each = 2}));
}

/* A room of two, of clients that are in two rooms each: the first says 1, 3 and
 * 5 there, the other 2, 4 and 6. */
static const struct roster two = {
    .rooms = 3, .members = 2, .each = 2, .messages = 3};

#define ROOM 0

static size_t
speaker(unsigned place)
{
	return roster_seat(&two, ROOM, place);
}

Test(bench_roster, each_member_is_heard_in_its_order)
{
	uint32_t said[2] = {0};
	struct seat seat = {.said = said};

	cr_assert_eq(speaker(0) % two.each, 0);
	cr_assert_eq(speaker(1) % two.each, 1);
	cr_expect(seat_hear(&two, &seat, speaker(0), 1));
	cr_expect(seat_hear(&two, &seat, speaker(1), 2));
	cr_expect(seat_hear(&two, &seat, speaker(1), 4));
	cr_expect(seat_hear(&two, &seat, speaker(0), 3));
	cr_expect(seat_hear(&two, &seat, speaker(0), 5));
	cr_expect(seat_hear(&two, &seat, speaker(1), 6));
	cr_expect_eq(seat.heard, roster_heard(&two));
	cr_expect_not(seat_hear(&two, &seat, speaker(0), 7), "one too many");
	cr_expect_eq(seat.heard, roster_heard(&two));
}

Test(bench_roster, what_is_lost_doubled_or_of_another_room_is_refused)
{
	uint32_t said[2] = {0};
	struct seat seat = {.said = said};

	cr_expect_not(seat_hear(&two, &seat, speaker(0), 3), "1 is lost");
	cr_expect(seat_hear(&two, &seat, speaker(0), 1));
	cr_expect_not(seat_hear(&two, &seat, speaker(0), 1), "doubled");
	cr_expect_not(seat_hear(&two, &seat, speaker(0), 2), "another room's");
	cr_expect_not(seat_hear(&two, &seat, speaker(1), 4), "2 is lost");
	cr_expect_not(seat_hear(&two, &seat, speaker(1), 0));
	cr_expect_eq(seat.heard, 1);
}

/* Who has spoken in which order; the hash of it. */
static uint64_t
order_of(const char *places)
{
	uint32_t said[2] = {0};
	struct seat seat = {.said = said};

	for (; *places; places++) {
		unsigned place = (unsigned)(*places - '0');

		cr_assert(seat_hear(&two, &seat, speaker(place),
		    said[place] * two.each + place + 1));
	}
	return seat.order;
}

Test(bench_roster, one_order_has_one_hash_and_others_have_others)
{
	static const char *const orders[] = {"000111", "001011", "001101",
	    "010011", "010101", "011001", "100011", "101010", "110010",
	    "111000"};

	for (size_t i = 0; i < sizeof orders / sizeof *orders; i++)
		for (size_t j = 0; j < sizeof orders / sizeof *orders; j++)
			cr_expect_eq(order_of(orders[i]) == order_of(orders[j]),
			    i == j, "%s and %s", orders[i], orders[j]);
}
