#include "bench/expect/roster.h"

#include "reactor/check.h"

const char *
roster_wrong(const struct roster *roster)
{
	if (roster->each > roster->rooms)
		return "there must be as many rooms as each client is in";
	if (roster_seats(roster) % roster->each != 0)
		return "rooms times members must be a multiple of the rooms "
		       "that each client is in";
	return NULL;
}

size_t
roster_seats(const struct roster *roster)
{
	return (size_t)roster->rooms * roster->members;
}

size_t
roster_clients(const struct roster *roster)
{
	return roster_seats(roster) / roster->each;
}

unsigned
roster_room(const struct roster *roster, size_t seat)
{
	return (unsigned)(seat % roster->rooms);
}

size_t
roster_seat(const struct roster *roster, unsigned room, unsigned place)
{
	check(room < roster->rooms);
	check(place < roster->members);
	return room + (size_t)place * roster->rooms;
}

bool
roster_find(
    const struct roster *roster, unsigned client, unsigned room, size_t *seat)
{
	size_t first = (size_t)client * roster->each;
	unsigned behind;

	check(client < roster_clients(roster));
	if (room >= roster->rooms)
		return false;
	behind =
	    (room + roster->rooms - roster_room(roster, first)) % roster->rooms;
	*seat = first + behind;
	return behind < roster->each;
}

uint64_t
roster_heard(const struct roster *roster)
{
	return (uint64_t)roster->members * roster->messages;
}

bool
seat_hear(const struct roster *roster, struct seat *seat, size_t speaker,
    uint32_t number)
{
	size_t place = speaker / roster->rooms;
	uint32_t *said = &seat->said[place];

	check(speaker < roster_seats(roster));
	if (*said == roster->messages ||
	    number != *said * roster->each + speaker % roster->each + 1)
		return false;
	++*said;
	seat->heard++;
	seat->order ^= (uint64_t)place << 32 | number;
	seat->order *= 0x9e3779b97f4a7c15u;
	seat->order ^= seat->order >> 32;
	return true;
}
