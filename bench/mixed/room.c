/* What clients share: rooms and what was said in them, direct messages. */
#include "bench/mixed/room.h"

#include "bench/crowd/names.h"
#include "bench/mixed/mixed.h"
#include "reactor/check.h"

struct mixed_room *
mixed_seat_room(const struct mixed_client *client, unsigned seat)
{
	struct mixed *mixed = client->thread->mixed;

	return &mixed->rooms[mixed_room_of(mixed, client->number, seat)];
}

struct ledger *
mixed_room_lock(struct mixed *mixed, struct mixed_room *room, unsigned life)
{
	struct ledger *ledger = &room->ledgers[life % MIXED_LIVES];

	check_zero(pthread_mutex_lock(&room->lock));
	if (ledger->ring && ledger->life > life)
		return NULL;
	if (!ledger->ring || ledger->life < life) {
		ledger_close(ledger);
		ledger_init(ledger, life, mixed->ledger_size,
		    mixed->voices[life % MIXED_LIVES]);
	}
	return ledger;
}

void
mixed_room_unlock(struct mixed_room *room)
{
	check_zero(pthread_mutex_unlock(&room->lock));
}

void
mixed_account_name(
    const struct mixed *mixed, unsigned number, char out[NAME_BYTES_MAX + 1])
{
	names_nth(out, mixed->names, number);
}

void
mixed_room_name(
    const struct mixed *mixed, unsigned room, char out[NAME_BYTES_MAX + 1])
{
	names_nth(out, mixed->room_names, room);
}

unsigned
mixed_room_of(const struct mixed *mixed, unsigned number, unsigned seat)
{
	unsigned rooms = mixed->options->rooms;

	return (number + seat * (rooms / mixed->options->each)) % rooms;
}

bool
mixed_is_resident(const struct mixed_client *client)
{
	return client->number < client->thread->mixed->options->rooms;
}

unsigned
mixed_next_member(const struct mixed *mixed, unsigned number)
{
	return (number + 1) % mixed->members;
}

unsigned
mixed_previous_member(const struct mixed *mixed, unsigned number)
{
	return (number + mixed->members - 1) % mixed->members;
}

struct pair *
mixed_pair_to_next(const struct mixed_client *client)
{
	struct mixed *mixed = client->thread->mixed;

	check_zero(pthread_mutex_lock(&mixed->lock));
	return &mixed->pairs[client->number];
}

struct pair *
mixed_pair_from_previous(const struct mixed_client *client)
{
	struct mixed *mixed = client->thread->mixed;

	check_zero(pthread_mutex_lock(&mixed->lock));
	return &mixed->pairs[mixed_previous_member(mixed, client->number)];
}

void
mixed_pairs_unlock(struct mixed *mixed)
{
	check_zero(pthread_mutex_unlock(&mixed->lock));
}
