/* What was said, and what was heard of it: see crowd.h. */
#include <stdlib.h>
#include <string.h>

#include "bench/peer/peer.h"
#include "proto/room.h"
#include "proto/room_home.h"
#include "reactor/check.h"
#include "reactor/memory.h"
#include "reactor/reactor_priv.h"
#include "tests/sim/crowd.h"

void
ledger_note(struct crowd *crowd, unsigned room, uint64_t seq, uint64_t id,
    const char *text)
{
	struct room_ledger *ledger = &crowd->rooms[room];
	struct ledger_line *line;

	if (seq == 0 || seq > 1000000)
		world_fail("a message in %s has the number %llu",
		    crowd_rooms[room], (unsigned long long)seq);
	if (seq > ledger->cap) {
		size_t cap = 2 * seq + 64;

		ledger->lines =
		    memory_resize(ledger->lines, cap * sizeof(*ledger->lines));
		ledger->cap = cap;
	}
	while (ledger->count < seq)
		ledger->lines[ledger->count++] = (struct ledger_line){0};
	line = &ledger->lines[seq - 1];
	if (line->id == 0) {
		line->id = id;
		line->text = strdup(text);
		return;
	}
	if (line->id != id || strcmp(line->text, text))
		world_fail("number %llu in %s is for one \"%s\" of %llu, for "
			   "another \"%s\" of %llu",
		    (unsigned long long)seq, crowd_rooms[room], line->text,
		    (unsigned long long)line->id, text, (unsigned long long)id);
}

static uint64_t
ledger_top(const struct crowd *crowd, unsigned room)
{
	return crowd->rooms[room].count;
}

static bool
is_line(const struct crowd *crowd, unsigned room, uint64_t seq,
    const struct heard *heard)
{
	const struct room_ledger *ledger = &crowd->rooms[room];
	const struct ledger_line *line;

	if (seq == 0 || seq > ledger->count)
		return false;
	line = &ledger->lines[seq - 1];
	return line->id == heard->id && line->text &&
	       !strcmp(line->text, heard->text);
}

/* Is what was heard a part of what was said, from this number on? */
static bool
fits_at(const struct crowd *crowd, const struct past_stay *stay, uint64_t seq)
{
	for (size_t i = 0; i < stay->heard_count; i++) {
		const struct heard *heard = &stay->heard[i];

		if (heard->skipped) {
			if (heard->after + 1 != seq)
				return false;
			seq += heard->skipped;
		} else if (!is_line(crowd, stay->room, seq++, heard)) {
			return false;
		}
	}
	return true;
}

/* A stay in text is a part of the room's messages, without a hole that was not
 * announced. */
static void
audit_stay(const struct crowd *crowd, const struct past_stay *stay)
{
	for (uint64_t seq = 1; seq <= ledger_top(crowd, stay->room) + 1; seq++)
		if (fits_at(crowd, stay, seq))
			return;
	world_fail("client %u (text) has heard %zu things in %s that are no "
		   "part of what was said there, from \"%s\" on",
	    stay->client, stay->heard_count, crowd_rooms[stay->room],
	    stay->heard[0].text ? stay->heard[0].text : "a gap");
}

void
crowd_keep_stay(struct crowd *crowd, struct client *client, unsigned room)
{
	struct stay *stay = &client->stays[room];

	if (crowd->past_count == crowd->past_cap) {
		crowd->past_cap = 2 * crowd->past_cap + 16;
		crowd->past = memory_resize(
		    crowd->past, crowd->past_cap * sizeof(*crowd->past));
	}
	if (stay->heard_count > 0)
		crowd->past[crowd->past_count++] = (struct past_stay){
		    .client = client->index,
		    .room = room,
		    .heard = stay->heard,
		    .heard_count = stay->heard_count,
		};
	stay->heard = NULL;
	stay->heard_count = stay->heard_cap = 0;
}

void
crowd_forget_stays(struct crowd *crowd)
{
	for (size_t i = 0; i < crowd->past_count; i++) {
		for (size_t j = 0; j < crowd->past[i].heard_count; j++)
			free(crowd->past[i].heard[j].text);
		free(crowd->past[i].heard);
	}
	crowd->past_count = 0;
}

/* Does the ledger know all that it would take to judge? */
static bool
is_known(const struct crowd *crowd, unsigned room)
{
	const struct room_ledger *ledger = &crowd->rooms[room];

	for (size_t i = 0; i < ledger->count; i++)
		if (ledger->lines[i].id == 0)
			return false;
	return true;
}

/* Who is still there and has read all has heard the last message. */
static void
audit_end(struct crowd *crowd, const struct client *client, unsigned room)
{
	const struct stay *stay = &client->stays[room];
	const struct room_ledger *ledger = &crowd->rooms[room];
	const struct heard *last;

	if (!stay->in || ledger->count == 0)
		return;
	if (stay->exact && stay->place.known &&
	    stay->place.next != ledger->count + 1)
		world_fail("client %u has heard %s up to %llu, of %zu",
		    client->index, crowd_rooms[room],
		    (unsigned long long)stay->place.next - 1, ledger->count);
	if (stay->exact || stay->heard_count == 0)
		return;
	last = &stay->heard[stay->heard_count - 1];
	if (!last->skipped && !is_line(crowd, room, ledger->count, last))
		world_fail("client %u has not heard the last of %zu messages "
			   "in %s",
		    client->index, ledger->count, crowd_rooms[room]);
}

/* A message that was begun when the client was in the room for sure is heard
 * by it, also when nothing else was. */
static void
audit_silence(
    const struct crowd *crowd, const struct client *client, unsigned room)
{
	const struct stay *stay = &client->stays[room];

	if (!stay->in || stay->place.known || stay->heard_count > 0)
		return;
	for (size_t i = stay->said_before; i < crowd->said_count; i++)
		if (crowd->said[i].seq && crowd->said[i].room == room)
			world_fail("client %u has heard nothing of \"%s\" in "
				   "%s",
			    client->index, crowd->said[i].text,
			    crowd_rooms[room]);
}

/* Whoever is still there has had everything numbered that was not refused;
 * whoever is gone, up to some message. In each room in the order said. */
static void
audit_sender(const struct crowd *crowd, const struct client *client,
    unsigned visit, unsigned room)
{
	bool there = client->link && visit == client->visit;
	const struct said *before = NULL, *missing = NULL;

	for (size_t i = 0; i < crowd->said_count; i++) {
		const struct said *said = &crowd->said[i];

		if (said->client != client->index || said->visit != visit ||
		    said->room != room || said->direct || said->refused)
			continue;
		if (said->seq == 0) {
			missing = said->unsure ? missing : said;
			continue;
		}
		if (missing)
			world_fail("\"%s\" was said before \"%s\", and nobody "
				   "has heard it",
			    missing->text, said->text);
		if (before && before->seq >= said->seq)
			world_fail("\"%s\" was said after \"%s\"", said->text,
			    before->text);
		before = said;
	}
	if (missing && there && !client->parting && !client->ended)
		world_fail("nobody has heard \"%s\"", missing->text);
}

/* At rest, a room's home knows how many members it has in all. */
static void
audit_members(const struct world *world, unsigned room)
{
	struct span name = span_of(crowd_rooms[room]);
	unsigned home = hub_home_reactor(world->hubs[0], name);
	const struct room *there = hub_room(world->hubs[home], name);
	uint64_t members = 0;

	for (unsigned i = 0; i < world->setup.reactors; i++) {
		const struct room *here = hub_room(world->hubs[i], name);

		members += here ? here->member_count : 0;
	}
	if (members != (there ? there->home->members : 0))
		world_fail("%s has %llu members, and its home knows of %u",
		    crowd_rooms[room], (unsigned long long)members,
		    there ? there->home->members : 0);
}

/* At rest, who has come and not gone is there. */
static void
audit_counters(const struct world *world)
{
	uint64_t there = 0, users = 0, open = 0, members = 0;

	for (unsigned i = 0; i < world->setup.reactors; i++) {
		const struct reactor *reactor = world->reactors[i];
		const struct counters *counters = &reactor->counters;

		there += counter_read(&counters->accepted) -
			 counter_read(&counters->closed);
		users += counter_read(&counters->logins) -
			 counter_read(&counters->logouts);
		open += reactor->conn_count;
		members += world->hubs[i]->lobby->member_count;
	}
	/* One that lingers is closed, and still has its socket. */
	if (there > open || users != members)
		world_fail("%llu clients and %llu users are counted, and there "
			   "are %llu and %llu",
		    (unsigned long long)there, (unsigned long long)users,
		    (unsigned long long)open, (unsigned long long)members);
}

void
crowd_audit(struct crowd *crowd)
{
	for (unsigned room = 0; room < CROWD_ROOMS; room++)
		audit_members(crowd->world, room);
	audit_counters(crowd->world);
	for (unsigned i = 0; i < crowd->client_count; i++) {
		struct client *client = &crowd->clients[i];

		if (client->link && client->ended)
			client_fail(client, "the end, which it has made",
			    span_of("nothing"));
		for (unsigned room = 0; room < CROWD_ROOMS; room++) {
			for (unsigned v = 1; v <= client->visit; v++)
				audit_sender(crowd, client, v, room);
			if (!client->link || client->parting)
				continue;
			audit_end(crowd, client, room);
			audit_silence(crowd, client, room);
			crowd_keep_stay(crowd, client, room);
		}
	}
	for (unsigned room = 0; room < CROWD_ROOMS; room++)
		if (!is_known(crowd, room))
			world_fail("the witness does not know all of %s",
			    crowd_rooms[room]);
	for (size_t i = 0; i < crowd->past_count; i++)
		audit_stay(crowd, &crowd->past[i]);
}

static bool
account_opens(
    struct auth *auth, const struct account *account, const char *password)
{
	return password[0] &&
	       auth_verify(auth, account, span_of(password)) == AUTH_OK;
}

static void
account_check(struct auth *auth, struct sim_account *mine)
{
	struct account account;
	bool found = auth_find(auth, span_of(mine->name), &account) == AUTH_OK;

	if (mine->state == ACCOUNT_PRESENT && !found)
		world_fail("account %s is lost", mine->name);
	if (mine->state == ACCOUNT_ABSENT && found)
		world_fail("account %s is there", mine->name);
	if (found && account_opens(auth, &account, mine->next))
		strcpy(mine->password, mine->next);
	else if (found && !account_opens(auth, &account, mine->password))
		world_fail("account %s has lost its password", mine->name);
	mine->next[0] = '\0';
	mine->asked = false;
	mine->state = found ? ACCOUNT_PRESENT : ACCOUNT_ABSENT;
}

void
crowd_check_accounts(struct crowd *crowd)
{
	struct auth *auth = crowd->world->auth;

	for (unsigned i = 0; i < crowd->client_count; i++)
		account_check(auth, &crowd->accounts[i]);
}
