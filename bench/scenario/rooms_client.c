/*
 * A client of `rooms`. Of each message it checks that it is whole, that it is
 * in a room that the client is in, from a member of that room, and that one's
 * next there. Whether all members have heard one order is seen at the end.
 */
#include "bench/clock.h"
#include "bench/crowd/names.h"
#include "bench/expect/payload.h"
#include "bench/scenario/rooms_priv.h"

static const struct roster *
roster_of(const struct client *client)
{
	return &rooms_of(client)->options->roster;
}

static size_t
first_seat(const struct client *client)
{
	return (size_t)client->number * roster_of(client)->each;
}

static struct span
room_name(
    const struct rooms *rooms, unsigned room, char out[NAME_BYTES_MAX + 1])
{
	names_nth(out, rooms->prefix, room);
	return span_of(out);
}

/* The client's seat in the room of that name. False when it has none there. */
static bool
find_seat(const struct client *client, struct span name, size_t *seat)
{
	uint64_t room;

	return peer_skip(&name, rooms_of(client)->prefix) &&
	       peer_skip_number(&name, &room) && name.len == 0 &&
	       room < roster_of(client)->rooms &&
	       roster_find(
		   roster_of(client), client->number, (unsigned)room, seat);
}

/* Who is at that seat? */
static struct rooms_client *
who_has(struct rooms *rooms, size_t seat)
{
	size_t number = seat / rooms->options->roster.each;

	return rooms_client_of(run_client(&rooms->run, number));
}

static void
member_heard(struct rooms_client *member, const struct seat *seat,
    const struct payload *payload)
{
	struct rooms_thread *thread = rooms_thread_of(&member->client);
	uint64_t now = thread->thread.load.now_ns;

	thread->heard_ns = now;
	histogram_add(&thread->thread.latencies[RUN_ROW_WORK],
	    now > payload->due_ns ? now - payload->due_ns : 0);
	if (seat->heard == roster_heard(roster_of(&member->client)))
		member->full++;
}

static void
member_said(struct rooms_client *member, const struct peer_frame *frame,
    struct span bytes)
{
	struct client *client = &member->client;
	struct rooms *rooms = rooms_of(client);
	const struct roster *roster = roster_of(client);
	struct rooms_client *speaker;
	struct payload payload;
	size_t own, seat;

	if (!find_seat(client, frame->room, &own)) {
		client_fail(client, span_of("messages of its rooms"), bytes);
		return;
	}
	if (frame->text.len != rooms->options->bytes ||
	    !payload_parse(frame->text, &payload) ||
	    payload.publisher >= roster->members) {
		client_fail(client, span_of("a message of this run"), bytes);
		return;
	}
	seat = roster_seat(roster, roster_room(roster, own), payload.publisher);
	speaker = who_has(rooms, seat);
	if (!span_equals(frame->from, span_of(speaker->name)) ||
	    !seat_hear(roster, &rooms->seats[own], seat, payload.number)) {
		client_fail(client, span_of("a member's next message"), bytes);
		return;
	}
	member->acked += speaker == member;
	member_heard(member, &rooms->seats[own], &payload);
}

/* The answers to what it has asked come in order. */
static void
member_joined(struct rooms_client *member, const struct peer_frame *frame)
{
	const struct roster *roster = roster_of(&member->client);
	size_t seat;

	if (member->joined == roster->each ||
	    !find_seat(&member->client, frame->room, &seat) ||
	    seat != first_seat(&member->client) + member->joined) {
		client_fail(&member->client, span_of("the next of its rooms"),
		    frame->text);
		return;
	}
	if (++member->joined < roster->each)
		return;
	bot_disarm(&member->client.bot);
	client_pass(&member->client, ROOMS_JOIN);
}

static void
member_answered(struct rooms_client *member, const struct peer_frame *frame)
{
	struct client *client = &member->client;

	if (client_thread(client)->march.stage != ROOMS_PART ||
	    client->passed > ROOMS_PART ||
	    !span_equals(frame->text, span_of(PEER_TOKEN))) {
		client_fail(
		    client, span_of("messages of its rooms"), frame->text);
		return;
	}
	bot_disarm(&client->bot);
	client_pass(client, ROOMS_PART);
}

static void
member_frame(struct rooms_client *member, enum peer_kind kind,
    const struct peer_frame *frame, struct span bytes)
{
	size_t seat;

	if (kind == PEER_SAID)
		member_said(member, frame, bytes);
	else if (kind == PEER_JOINED)
		member_joined(member, frame);
	else if (kind == PEER_ANSWER)
		member_answered(member, frame);
	else if (kind != PEER_COMING ||
		 !find_seat(&member->client, frame->room, &seat))
		client_tolerate(
		    &member->client, kind, frame, "messages of its rooms");
}

/* Says the next `count`, in its rooms in turn. */
static void
member_say(struct rooms_client *member, uint32_t count)
{
	struct rooms *rooms = rooms_of(&member->client);
	const struct roster *roster = roster_of(&member->client);
	char *batch = rooms_thread_of(&member->client)->batch;
	struct payload payload = {.due_ns = clock_ns()};
	char text[PAYLOAD_BYTES_MAX], name[NAME_BYTES_MAX + 1];
	char *at = batch;

	for (uint32_t i = 0; i < count; i++) {
		size_t seat =
		    first_seat(&member->client) + member->sent % roster->each;
		struct span room =
		    room_name(rooms, roster_room(roster, seat), name);

		payload.publisher = (uint16_t)(seat / roster->rooms);
		payload.number = ++member->sent;
		payload_render(&payload, text, rooms->options->bytes);
		at += rooms->run.options->peer->rooms->say(
		    at, room, (struct span){text, rooms->options->bytes});
	}
	bot_send(
	    &member->client.bot, (struct span){batch, (size_t)(at - batch)});
}

void
rooms_go_on(struct rooms_client *member)
{
	const struct rooms_options *options =
	    rooms_of(&member->client)->options;
	const struct roster *roster = &options->roster;
	uint32_t room = options->window - (member->sent - member->acked);
	uint32_t left = roster->messages * roster->each - member->sent;

	if (client_thread(&member->client)->march.stage != ROOMS_TALK ||
	    member->client.passed > ROOMS_TALK)
		return;
	if (room > 0 && left > 0)
		member_say(member, room < left ? room : left);
	if (member->full == roster->each)
		client_pass(&member->client, ROOMS_TALK);
}

void
rooms_join(struct rooms_client *member)
{
	struct client *client = &member->client;
	struct rooms *rooms = rooms_of(client);
	const struct roster *roster = roster_of(client);
	char *batch = rooms_thread_of(client)->batch;
	char name[NAME_BYTES_MAX + 1];
	char *at = batch;

	for (unsigned i = 0; i < roster->each; i++)
		at += client_peer(client)->rooms->join(
		    at, room_name(rooms,
			    roster_room(roster, first_seat(client) + i), name));
	bot_arm(&client->bot);
	bot_send(&client->bot, (struct span){batch, (size_t)(at - batch)});
}

void
rooms_part(struct rooms_client *member)
{
	struct client *client = &member->client;
	char request[PEER_AROUND_BYTES + sizeof PEER_TOKEN];
	size_t len =
	    client_peer(client)->rooms->ask(request, span_of(PEER_TOKEN));

	bot_arm(&client->bot);
	bot_send(&client->bot, (struct span){request, len});
}

size_t
rooms_hear(struct client *client, struct span bytes)
{
	struct rooms_client *member = rooms_client_of(client);
	size_t used = 0;

	while (client->state == CLIENT_IN && used < bytes.len) {
		struct span rest = {bytes.at + used, bytes.len - used};
		struct peer_frame frame = {0};
		enum peer_kind kind = client_peer(client)->read(rest, &frame);

		if (kind == PEER_MORE)
			break;
		used += frame.len;
		rest.len = frame.len;
		member_frame(member, kind, &frame, rest);
	}
	if (client->state == CLIENT_IN)
		rooms_go_on(member);
	return used;
}
