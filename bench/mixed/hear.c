/*
 * What a member of rooms hears. Its place in a room (place.h) says which
 * number comes next, the room's ledger (ledger.h), which all members of
 * the room share, what that is, and the text itself (payload.h) what all of its
 * bytes are.
 */
#include <inttypes.h>
#include <stdio.h>

#include "bench/expect/payload.h"
#include "bench/mixed/mixed.h"
#include "bench/peer/peer.h"

/* The seat of member `number` in that room, or `each` for none. */
static unsigned
seat_in(const struct mixed *mixed, unsigned number, unsigned room)
{
	unsigned seat = 0;

	while (seat < mixed->options->each &&
	       mixed_room_of(mixed, number, seat) != room)
		seat++;
	return seat;
}

/* The room of that name, which is one of ours; else as many as there are. */
static unsigned
find_room(const struct mixed *mixed, struct span name)
{
	uint64_t room;

	if (!peer_skip(&name, mixed->room_names) ||
	    !peer_skip_number(&name, &room) || name.len > 0 ||
	    room >= mixed->options->rooms)
		return mixed->options->rooms;
	return (unsigned)room;
}

static bool
is_name_of(const struct mixed *mixed, struct span name, unsigned number)
{
	uint64_t told;

	return peer_skip(&name, mixed->names) &&
	       peer_skip_number(&name, &told) && name.len == 0 &&
	       told == number;
}

/* A message in a room: is it what all hear in this place? */
static const char *
member_audit(struct mixed_client *client, unsigned seat, uint64_t seq,
    const struct ledger_message *message)
{
	struct mixed_room *room = mixed_seat_room(client, seat);
	struct ledger *ledger =
	    mixed_room_lock(client->thread->mixed, room, client->life);
	const char *wrong = NULL;

	if (ledger)
		wrong = ledger_hear(ledger, seq, message);
	mixed_room_unlock(room);
	return wrong;
}

/* Its own copy. */
static const char *
member_heard_itself(struct mixed_client *client, struct mixed_seat *seat,
    const struct payload *payload, const struct mixed_line *line)
{
	/* One of an earlier connection; the ledger knows these. */
	if (payload->number < seat->first)
		return NULL;
	if (line->client != client->id)
		return "its own name and number";
	if (payload->number > seat->own_next &&
	    payload->number - 1 > seat->excused)
		return "the copies of its own messages before this one";
	seat->own_next = payload->number + 1;
	return NULL;
}

/* How long a live message took; a slow member's time is its own. */
static void
member_count(
    struct mixed_client *client, const struct mixed_seat *seat, uint64_t due_ns)
{
	struct mixed_thread *thread = client->thread;
	uint64_t now = thread->load.now_ns;

	if (seat->place.state != PLACE_IN) {
		thread->counts[COUNT_REPLAYED]++;
		return;
	}
	thread->counts[COUNT_DELIVERIES]++;
	thread->share.deliveries++;
	if (client->is_slow)
		return;
	histogram_add(&thread->latencies[ROW_DELIVER], now - due_ns);
	histogram_add(&thread->share.latencies, now - due_ns);
}

static const char *
member_message(struct mixed_client *client, unsigned room, unsigned index,
    const struct mixed_line *line)
{
	const struct mixed *mixed = client->thread->mixed;
	struct mixed_seat *seat = &client->seats[index];
	uint64_t seq = line->json ? line->seq : seat->place.next;
	const char *wrong = place_hear(&seat->place, seq);
	struct ledger_message message;
	struct payload payload;
	unsigned theirs;

	if (wrong)
		return wrong;
	if (line->text.len != mixed->options->bytes ||
	    !payload_parse(line->text, &payload))
		return "a message as it was said";
	theirs = payload.publisher < mixed->members
		     ? seat_in(mixed, payload.publisher, room)
		     : mixed->options->each;
	if (theirs == mixed->options->each ||
	    !is_name_of(mixed, line->from, payload.publisher))
		return "a message, from whom it says it is";
	message = (struct ledger_message){
	    .voice = payload.publisher * mixed->options->each + theirs,
	    .number = payload.number,
	    .mark = payload.due_ns ^ line->client << 40,
	};
	wrong = member_audit(client, index, seq, &message);
	if (!wrong && payload.publisher == client->number)
		wrong = member_heard_itself(client, seat, &payload, line);
	if (!wrong)
		member_count(client, seat, payload.due_ns);
	return wrong;
}

/* A gap, or a notice about what cannot be sent. */
static const char *
member_told(struct mixed_client *client, struct mixed_seat *seat,
    const struct mixed_line *line)
{
	uint64_t *counts = client->thread->counts;

	switch (line->kind) {
	case LINE_FORGOTTEN:
		counts[COUNT_FORGOTTEN] += line->missed;
		return place_forgotten(&seat->place, line->missed);
	case LINE_OVER:
		counts[COUNT_OVER]++;
		return place_starts_over(&seat->place);
	case LINE_GAP:
		counts[COUNT_GAPS]++;
		counts[COUNT_SKIPPED] += line->missed;
		seat->excused = seat->said;
		return place_skip(&seat->place, line->after, line->missed);
	default:
		return NULL;
	}
}

static const char *
member_heard_direct(struct mixed_client *client, const struct mixed_line *line)
{
	struct mixed *mixed = client->thread->mixed;
	unsigned from = mixed_previous_member(mixed, client->number);
	const char *wrong;
	struct payload payload;

	if (line->text.len != mixed->options->bytes ||
	    !payload_parse(line->text, &payload) || payload.publisher != from ||
	    !is_name_of(mixed, line->from, from))
		return "a direct message, as it was sent to this one";
	wrong = pair_hear(mixed_pair_from_previous(client), payload.number);
	mixed_pairs_unlock(mixed);
	return wrong;
}

const char *
mixed_member_heard(struct mixed_client *client, const struct mixed_line *line)
{
	const struct mixed *mixed = client->thread->mixed;
	unsigned room = find_room(mixed, line->room);
	unsigned index = mixed->options->each;

	if (line->kind == LINE_WRONG)
		return "a line of the protocol";
	if (client->role != MIXED_MEMBER)
		return line->kind == LINE_NEWS ? NULL : "nothing but answers";
	if (line->kind == LINE_DIRECT)
		return member_heard_direct(client, line);
	if (room < mixed->options->rooms)
		index = seat_in(mixed, client->number, room);
	/* The lobby is everyone's, and nobody of ours says anything there. */
	if (index == mixed->options->each)
		return line->kind == LINE_NEWS ||
			       span_equals(line->room, span_of("lobby"))
			   ? NULL
			   : "nothing from a room that it is not in";
	if (line->kind == LINE_MESSAGE)
		return member_message(client, room, index, line);
	return member_told(client, &client->seats[index], line);
}

/* The room's last number that anybody has heard, in the member's life. */
static uint64_t
room_top(const struct mixed_client *client, unsigned seat)
{
	struct mixed_room *room = mixed_seat_room(client, seat);
	struct ledger *ledger =
	    mixed_room_lock(client->thread->mixed, room, client->life);
	uint64_t top = ledger ? ledger->top : 0;

	mixed_room_unlock(room);
	return top;
}

bool
mixed_member_has_all(const struct mixed_client *client)
{
	struct mixed *mixed = client->thread->mixed;
	bool all;

	for (unsigned i = 0; i < mixed->options->each; i++)
		if (client->seats[i].place.state == PLACE_IN &&
		    client->seats[i].place.next <= room_top(client, i))
			return false;
	all = pair_has_all(mixed_pair_from_previous(client));
	mixed_pairs_unlock(mixed);
	return all;
}

void
mixed_member_tell(const struct mixed_client *client, char out[MIXED_TELL_BYTES])
{
	unsigned each = client->thread->mixed->options->each;

	snprintf(out, MIXED_TELL_BYTES, "%s",
	    client->state == MIXED_IN
		? "all of its rooms, but not all answers or direct messages"
		: "nothing, for it is not in");
	for (unsigned i = 0; i < each; i++) {
		const struct place *place = &client->seats[i].place;
		uint64_t top;

		if (place->state != PLACE_IN)
			continue;
		top = room_top(client, i);
		if (place->next > top)
			continue;
		snprintf(out, MIXED_TELL_BYTES,
		    "%" PRIu64 " of %" PRIu64 " messages in room %u",
		    place->next - 1, top,
		    mixed_room_of(client->thread->mixed, client->number, i));
		return;
	}
}
