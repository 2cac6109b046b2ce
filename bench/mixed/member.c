/*
 * A member of rooms: what it asks, and what follows from the answers. A join is
 * always answered in JSON, for that tells the member's place; who prefers text
 * counts on from there.
 */
#include "bench/mixed/member.h"

#include <inttypes.h>
#include <stdio.h>

#include "bench/expect/payload.h"
#include "bench/mixed/mixed.h"
#include "reactor/check.h"

static uint32_t
voice_of(const struct mixed_client *client, unsigned seat)
{
	return client->number * client->thread->mixed->options->each + seat;
}

/* Speaks the format from the next answer on. */
static void
member_speak(struct mixed_client *client, bool text)
{
	if (client->has_text == text)
		return;
	client->has_text = text;
	if (text)
		mixed_client_ask(client, AWAIT_TEXT, 0, "/format text\n");
	else
		mixed_client_ask(client, AWAIT_JSON, 0, "/format json\n");
}

/* Asks for all since `since`. */
static void
member_resume(struct mixed_client *client, unsigned seat, uint64_t since)
{
	char room[NAME_BYTES_MAX + 1];

	mixed_room_name(client->thread->mixed,
	    mixed_room_of(client->thread->mixed, client->number, seat), room);
	place_resume(&client->seats[seat].place, since);
	mixed_client_ask(client, AWAIT_JOIN, seat,
	    "/join %s since=%" PRIu64 "\n", room, since);
}

static void
member_join(struct mixed_client *client, unsigned seat)
{
	char room[NAME_BYTES_MAX + 1];

	mixed_room_name(client->thread->mixed,
	    mixed_room_of(client->thread->mixed, client->number, seat), room);
	place_join(&client->seats[seat].place);
	mixed_client_ask(client, AWAIT_JOIN, seat, "/join #%s\n", room);
}

/* What it says from now on is said by this connection. */
static void
member_take_seat(struct mixed_client *client, unsigned index)
{
	struct mixed_seat *seat = &client->seats[index];
	struct mixed_room *room = mixed_seat_room(client, index);
	struct ledger *ledger =
	    mixed_room_lock(client->thread->mixed, room, client->life);

	seat->first = seat->said + 1;
	seat->own_next = seat->first;
	seat->excused = 0;
	if (ledger)
		ledger_connect(ledger, voice_of(client, index), seat->first);
	mixed_room_unlock(room);
}

/* Comes back into a room: with the number that it has heard last, which in
 * another life of the server may be any; or sometimes with none at all. */
static void
member_return(struct mixed_client *client, unsigned index)
{
	struct mixed_seat *seat = &client->seats[index];
	bool same_life = seat->life == client->life;

	seat->life = client->life;
	member_take_seat(client, index);
	if (!seat->place.known)
		member_join(client, index);
	else if (same_life || mixed_random(client->thread, 2) == 0)
		member_resume(client, index, seat->place.next - 1);
	else
		member_resume(client, index, 0);
}

/* From here on it need not hear direct messages, nor be found. */
static void
member_unlist(struct mixed_client *client)
{
	pair_close(mixed_pair_from_previous(client));
	mixed_pairs_unlock(client->thread->mixed);
}

/* It is logged in: joins all rooms that it wants to be in. */
static void
member_enter(struct mixed_client *client, uint64_t id)
{
	struct mixed *mixed = client->thread->mixed;

	client->id = id;
	client->is_registered = true;
	pair_open(mixed_pair_from_previous(client), client->life);
	mixed_pairs_unlock(mixed);
	for (unsigned seat = 0; seat < mixed->options->each; seat++)
		if (client->seats[seat].wanted)
			member_return(client, seat);
	member_speak(client, client->prefers_text);
}

/* Are there own messages whose copies are to come yet? */
static bool
is_owed(const struct mixed_seat *seat)
{
	return seat->own_next <= seat->said && seat->excused < seat->said;
}

/* Promised: the answer to a command comes behind the copies of what was said
 * before it. */
static const char *
member_check_copies(
    const struct mixed_client *client, const struct mixed_await *await)
{
	if (client->said != await->said || mixed_member_is_quiet(client))
		return NULL;
	return "its own messages, which were sent before";
}

/* Its resident is in: the room is open in this life. */
static void
member_open_room(struct mixed_client *client)
{
	struct mixed_room *room = mixed_seat_room(client, 0);

	check_zero(pthread_mutex_lock(&room->lock));
	if (room->opened < client->life + 1)
		room->opened = client->life + 1;
	mixed_room_unlock(room);
}

static const char *
member_joined(
    struct mixed_client *client, unsigned index, const struct mixed_line *line)
{
	struct mixed_seat *seat = &client->seats[index];
	uint64_t *counts = client->thread->counts;

	counts[COUNT_JOINS]++;
	counts[COUNT_RESUMED] += seat->place.state == PLACE_RESUMING;
	if (index == 0 && mixed_is_resident(client))
		member_open_room(client);
	return place_joined(&seat->place, line->seq);
}

/* Which session of its target a direct message can reach now; 0: none. */
static uint32_t
member_target(struct mixed_client *client)
{
	uint32_t session =
	    pair_session(mixed_pair_to_next(client), client->life);

	mixed_pairs_unlock(client->thread->mixed);
	return session;
}

static void
member_direct_sent(struct mixed_client *client)
{
	pair_answered(mixed_pair_to_next(client), client->direct_session);
	mixed_pairs_unlock(client->thread->mixed);
}

/* Can it speak there now, being in, and has the room's resident come? */
static bool
may_say(struct mixed_client *client, unsigned index)
{
	const struct mixed_seat *seat = &client->seats[index];
	struct mixed_room *room = mixed_seat_room(client, index);
	bool open;

	if (!seat->wanted || seat->place.state != PLACE_IN)
		return false;
	check_zero(pthread_mutex_lock(&room->lock));
	open = room->opened == client->life + 1;
	mixed_room_unlock(room);
	return open;
}

/* The one that it has left, so that it does not leave more and more; else a
 * drawn one. */
static unsigned
member_seat_to_move(struct mixed_client *client)
{
	unsigned each = client->thread->mixed->options->each;

	for (unsigned i = 0; i < each; i++)
		if (!client->seats[i].wanted)
			return i;
	return mixed_random(client->thread, each);
}

void
mixed_member_knock(struct mixed_client *client)
{
	char name[NAME_BYTES_MAX + 1];

	mixed_client_account(client, AWAIT_LOGIN, name);
	member_speak(client, false);
	if (client->is_registered)
		mixed_client_ask(client, AWAIT_LOGIN, 0,
		    "/login %s secret-%s\n", name, name);
	else
		mixed_client_ask(client, AWAIT_REGISTER, 0,
		    "/register %s secret-%s\n", name, name);
}

void
mixed_member_out(struct mixed_client *client)
{
	struct mixed *mixed = client->thread->mixed;

	for (unsigned i = 0; i < mixed->options->each; i++) {
		struct mixed_seat *seat = &client->seats[i];

		place_leave(&seat->place);
		/* Copies may never come, or when it is back. */
		seat->first = seat->own_next = seat->said + 1;
	}
	member_unlist(client);
}

bool
mixed_member_say(struct mixed_client *client, uint64_t due_ns)
{
	struct mixed *mixed = client->thread->mixed;
	unsigned index = mixed_random(client->thread, mixed->options->each);
	struct mixed_seat *seat = &client->seats[index];
	struct mixed_room *room = mixed_seat_room(client, index);
	struct payload payload = {
	    .due_ns = due_ns,
	    .publisher = (uint16_t)client->number,
	    .number = seat->said + 1,
	};
	char line[PAYLOAD_BYTES_MAX + 64];
	char name[NAME_BYTES_MAX + 1];
	struct ledger *ledger;
	int len;

	if (client->state != MIXED_IN || client->bot.paused ||
	    !may_say(client, index))
		return false;
	seat->said++;
	client->said++;
	ledger = mixed_room_lock(mixed, room, client->life);
	if (ledger)
		ledger_say(ledger, voice_of(client, index), seat->said);
	mixed_room_unlock(room);
	mixed_room_name(
	    mixed, mixed_room_of(mixed, client->number, index), name);
	len = snprintf(line, sizeof line, "/say %s ", name);
	payload_render(&payload, line + len, mixed->options->bytes);
	line[(unsigned)len + mixed->options->bytes] = '\n';
	bot_send(&client->bot,
	    (struct span){line, (unsigned)len + mixed->options->bytes + 1});
	client->thread->counts[COUNT_MESSAGES]++;
	client->thread->share.messages++;
	return true;
}

bool
mixed_member_direct(struct mixed_client *client, uint64_t due_ns)
{
	struct mixed *mixed = client->thread->mixed;
	struct payload payload = {
	    .due_ns = due_ns,
	    .publisher = (uint16_t)client->number,
	};
	char text[PAYLOAD_BYTES_MAX];
	char name[NAME_BYTES_MAX + 1];
	struct pair *pair;

	if (!mixed_client_is_idle(client))
		return false;
	pair = mixed_pair_to_next(client);
	client->direct_session = pair_session(pair, client->life);
	payload.number = pair_send(pair);
	mixed_pairs_unlock(mixed);
	payload_render(&payload, text, mixed->options->bytes);
	mixed_account_name(
	    mixed, mixed_next_member(mixed, client->number), name);
	mixed_client_ask(client, AWAIT_DIRECT, 0, "/msg %s %.*s\n", name,
	    (int)mixed->options->bytes, text);
	client->thread->counts[COUNT_DIRECTS]++;
	return true;
}

bool
mixed_member_move(struct mixed_client *client)
{
	struct mixed *mixed = client->thread->mixed;
	unsigned index = member_seat_to_move(client);
	struct mixed_seat *seat = &client->seats[index];
	char name[NAME_BYTES_MAX + 1];

	if (!mixed_client_is_idle(client) ||
	    (index == 0 && mixed_is_resident(client)))
		return false;
	seat->wanted = !seat->wanted;
	if (seat->wanted) {
		seat->life = client->life;
		member_take_seat(client, index);
		member_speak(client, false);
		member_join(client, index);
		member_speak(client, client->prefers_text);
		return true;
	}
	mixed_room_name(
	    mixed, mixed_room_of(mixed, client->number, index), name);
	mixed_client_ask(client, AWAIT_LEAVE, index, "/leave %s\n", name);
	return true;
}

bool
mixed_member_logout(struct mixed_client *client)
{
	if (!mixed_client_is_idle(client) || mixed_is_resident(client))
		return false;
	client->state = MIXED_ENTERING;
	member_unlist(client);
	mixed_client_ask(client, AWAIT_LOGOUT, 0, "/logout\n");
	client->thread->counts[COUNT_LOGOUTS]++;
	return true;
}

bool
mixed_member_stall(struct mixed_client *client)
{
	if (!client->is_slow || !mixed_client_is_idle(client))
		return false;
	bot_pause(&client->bot);
	mixed_wait(client, client->thread->mixed->options->pause_ms);
	client->thread->counts[COUNT_STALLS]++;
	return true;
}

const char *
mixed_member_answered(struct mixed_client *client,
    const struct mixed_await *await, const struct mixed_line *line)
{
	const char *wrong = NULL;

	if (await->kind != AWAIT_LOGIN && await->kind != AWAIT_REGISTER)
		wrong = member_check_copies(client, await);
	if (wrong)
		return wrong;
	switch ((enum mixed_await_kind)await->kind) {
	case AWAIT_REGISTER:
		client->is_registered = true;
		mixed_member_knock(client);
		return NULL;
	case AWAIT_LOGIN:
		member_enter(client, line->client);
		return NULL;
	case AWAIT_JOIN:
		return member_joined(client, await->seat, line);
	case AWAIT_LEAVE:
		place_leave(&client->seats[await->seat].place);
		client->thread->counts[COUNT_LEAVES]++;
		return NULL;
	case AWAIT_LOGOUT:
		mixed_member_out(client);
		mixed_member_knock(client);
		return NULL;
	case AWAIT_DIRECT:
		if (line->kind == LINE_OK)
			member_direct_sent(client);
		return NULL;
	default:
		return NULL;
	}
}

bool
mixed_member_may_be_refused(struct mixed_client *client, struct span code)
{
	/* One that reads nothing may be busy, one that is away is not there. */
	if (span_equals(code, span_of("busy")))
		return true;
	return span_equals(code, span_of("no-such-user")) &&
	       (client->direct_session == 0 ||
		   member_target(client) != client->direct_session);
}

bool
mixed_member_is_quiet(const struct mixed_client *client)
{
	for (unsigned i = 0; i < client->thread->mixed->options->each; i++)
		if (is_owed(&client->seats[i]))
			return false;
	return true;
}
