/* What a client hears of what others say: see hear.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/peer/peer.h"
#include "reactor/check.h"
#include "reactor/memory.h"
#include "tests/sim/hear.h"

/* The one that was said in these words; NULL: it is none of ours. */
struct said *
hear_said(const struct hearing *h)
{
	struct crowd *crowd = h->crowd;
	struct span text = span_of(h->text);
	uint64_t number;

	/* Before any of ours, a wild one may have said what looks like it. */
	if (crowd->said_count == 0 || !peer_skip(&text, "s") ||
	    !peer_skip_number(&text, &number) || !peer_skip(&text, "."))
		return NULL;
	if (number >= crowd->said_count)
		hear_wrong(h, "a message that was said");
	if (strcmp(crowd->said[number].text, h->text))
		hear_wrong(h, "the message as it was said");
	if (crowd->said[number].refused)
		hear_wrong(h, "nothing of a message that was refused");
	return &crowd->said[number];
}

static void
check_sender(const struct hearing *h, struct said *said)
{
	const struct client *sender = &h->crowd->clients[said->client];

	if (said->id == 0)
		said->id = h->line.client;
	if (said->id != h->line.client ||
	    (sender->visit == said->visit && sender->id > 0 && sender->link &&
		sender->id != said->id))
		hear_wrong(h, "the number of its sender");
}

static void
check_number(const struct hearing *h, struct said *said, uint64_t seq)
{
	if (said->seq == 0)
		said->seq = seq;
	if (said->seq != seq)
		hear_wrong(h, "a message once");
}

static void
pop(struct client *client, const struct want *want)
{
	size_t at = (size_t)(want - client->wants);

	client->want_count--;
	memmove(client->wants + at, client->wants + at + 1,
	    (client->want_count - at) * sizeof(*client->wants));
}

/* Its own copy: of those that come next, the first to that room. */
static void
hear_own(const struct hearing *h, size_t number, unsigned room)
{
	struct client *client = h->client;

	for (size_t i = 0; i < client->want_count; i++) {
		struct want *want = &client->wants[i];

		if (want->kind != WANT_SAY)
			break;
		if (want->room != room)
			continue;
		if (want->said == number) {
			pop(client, want);
			return;
		}
		if (!want->skipped && !h->crowd->said[want->said].refused)
			break;
	}
	hear_wrong(h, "its own copies in the order that they were said");
}

static void
heard_add(struct stay *stay, struct heard heard)
{
	if (stay->heard_count == stay->heard_cap) {
		stay->heard_cap = 2 * stay->heard_cap + 16;
		stay->heard = memory_resize(
		    stay->heard, stay->heard_cap * sizeof(*stay->heard));
	}
	stay->heard[stay->heard_count++] = heard;
}

/* The rest of a message that it hears as a member, now. */
static void
hear_live(const struct hearing *h, struct said *said, unsigned room)
{
	struct stay *stay = &h->client->stays[room];
	uint64_t seq = h->line.seq;
	const char *problem;

	if (stay->exact && !h->line.json && !stay->place.known)
		stay->exact = false;
	if (!stay->exact) {
		heard_add(stay, (struct heard){.id = h->line.client,
				    .text = strdup(h->text)});
	} else {
		if (!h->line.json)
			seq = stay->place.next;
		problem = place_hear(&stay->place, seq);
		if (problem)
			hear_wrong(h, problem);
		ledger_note(h->crowd, room, seq, h->line.client, h->text);
		if (said)
			check_number(h, said, seq);
	}
	if (said && said->client == h->client->index &&
	    said->visit == h->client->visit && stay->in)
		hear_own(h, (size_t)(said - h->crowd->said), room);
}

/* A part of the answer to /history, or to a join of who is in already. */
static bool
is_old(const struct hearing *h, const struct want *want, unsigned room)
{
	const struct stay *stay = &h->client->stays[room];

	if (!want || want->room != room || !h->line.json || !stay->in)
		return false;
	if (want->kind != WANT_HISTORY &&
	    !(want->kind == WANT_JOIN && want->resumes))
		return false;
	return !stay->place.known || h->line.seq < stay->place.next;
}

void
hear_message(struct hearing *h)
{
	unsigned room = hear_room(h->line.room);
	struct want *want = hear_front(h, (struct span){0});
	struct said *said = hear_said(h);
	struct stay *stay;

	if (room == CROWD_ROOMS)
		hear_wrong(h, "nothing of rooms that it is not in");
	if (said && (said->direct || said->room != room))
		hear_wrong(h, "a message where it was said");
	if (said)
		check_sender(h, said);
	stay = &h->client->stays[room];
	if (is_old(h, want, room)) {
		if (want->kind == WANT_HISTORY && h->line.seq <= want->since)
			hear_wrong(h, "later messages");
		want->since = h->line.seq;
		want->items++;
		ledger_note(
		    h->crowd, room, h->line.seq, h->line.client, h->text);
		if (said)
			check_number(h, said, h->line.seq);
		return;
	}
	if (!stay->in) {
		if (!want || want->kind != WANT_JOIN || !want->resumes ||
		    want->room != room)
			hear_wrong(h, "nothing of a room that it is not in");
		if (stay->place.state == PLACE_OUT)
			place_resume(&stay->place, want->since);
		stay->exact = true;
	}
	hear_live(h, said, room);
}

void
hear_direct(struct hearing *h)
{
	struct said *said = hear_said(h);
	uint32_t bit = 1u << h->client->index;

	if (!said)
		return;
	if (!h->client->user || !said->direct || said->to != h->client->account)
		hear_wrong(h, "no message to others");
	if (said->heard_by & bit)
		hear_wrong(h, "a message once");
	said->heard_by |= bit;
	check_sender(h, said);
}

void
hear_gap(struct hearing *h)
{
	unsigned room = hear_room(h->line.room);
	struct client *client = h->client;
	struct stay *stay;
	const char *problem;

	if (room == CROWD_ROOMS || !client->stays[room].in)
		hear_wrong(h, "no gap where it is not");
	stay = &client->stays[room];
	for (size_t i = 0; i < client->want_count; i++)
		if (client->wants[i].kind == WANT_SAY &&
		    client->wants[i].room == room)
			client->wants[i].skipped = true;
	if (!stay->exact) {
		heard_add(stay, (struct heard){.skipped = h->line.missed,
				    .after = h->line.after});
		return;
	}
	if (!stay->place.known) {
		stay->place.known = true;
		stay->place.next = h->line.after + 1;
	}
	problem = place_skip(&stay->place, h->line.after, h->line.missed);
	if (problem)
		hear_wrong(h, problem);
	/* Which is a long answer, from then on. */
	h->crowd->world->setup.curt &= client->manner != CROWD_WITNESS;
	if (client->manner == CROWD_WITNESS)
		client_catch_up(h->crowd, client, room, h->line.after);
}

/* Of an answer to a join with since=. */
void
hear_resuming(struct hearing *h)
{
	const struct want *want = hear_front(h, (struct span){0});
	unsigned room = hear_room(h->line.room);
	struct stay *stay;
	const char *problem;

	if (!want || want->kind != WANT_JOIN || want->room != room)
		hear_wrong(h, "no word of what is kept");
	stay = &h->client->stays[room];
	if (stay->in)
		return;
	if (stay->place.state == PLACE_OUT)
		place_resume(&stay->place, want->since);
	problem = h->line.kind == LINE_OVER
		      ? place_starts_over(&stay->place)
		      : place_forgotten(&stay->place, h->line.missed);
	if (problem)
		hear_wrong(h, problem);
}
