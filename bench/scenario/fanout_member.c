/*
 * A member. What it receives is compared with the thread's tape, as many
 * messages at once as there are; only what differs, or is new, is looked at
 * frame by frame. It counts the latency of every message from the moment that
 * its text says it was due.
 */
#include "bench/scenario/fanout_priv.h"
#include "reactor/check.h"

static void
member_fail(struct fanout_member *member, struct span expected, struct span got)
{
	client_fail(&member->client, expected, got);
}

static struct tape *
member_tape(const struct fanout_member *member)
{
	return &fanout_thread_of(&member->client)->tapes[member->tape];
}

/* The latencies of the tape's entries from `from` to `until`, and that these
 * have been heard now. */
static void
member_count(const struct fanout_member *member, uint64_t from, uint64_t until)
{
	struct run_thread *thread = client_thread(&member->client);
	struct tape_entry *entries = member_tape(member)->entries;
	const struct fanout *fanout = fanout_of(&member->client);
	enum fanout_stage stage =
	    fanout_stage_of(fanout, member->client.passed);
	unsigned row = RUN_ROW_WORK;
	uint64_t now = thread->load.now_ns;
	uint64_t due, same;

	/* It has passed `settle`, whether its thread has or not. */
	if (stage != FANOUT_TALK && stage != FANOUT_DRAIN)
		return;
	row += fanout_step_of(fanout, member->client.passed);
	for (uint64_t i = from; i < until; i++)
		entries[i].last_ns = now;
	/* Those of one send have one time. */
	for (uint64_t i = from; i < until; i += same) {
		due = entries[i].due_ns;
		same = 1;
		while (i + same < until && entries[i + same].due_ns == due)
			same++;
		histogram_add_times(
		    &thread->latencies[row], now > due ? now - due : 0, same);
	}
}

/* Which of those entries are the publisher's own that it hears for? */
static void
member_acknowledge(
    const struct fanout_member *member, uint64_t from, uint64_t until)
{
	struct fanout *fanout = fanout_of(&member->client);
	const struct tape_entry *entries = member_tape(member)->entries;
	struct fanout_publisher *publisher =
	    fanout_hears_for(fanout, &member->client);
	uint64_t self;

	if (!publisher)
		return;
	self = (uint64_t)(publisher - fanout->publishers);
	for (uint64_t i = from; i < until; i++)
		if (entries[i].publisher == self &&
		    entries[i].number > publisher->acked)
			publisher->acked = entries[i].number;
}

/* It has heard the tape's entries from `from` to where it is now. */
static void
member_heard(struct fanout_member *member, uint64_t from)
{
	uint64_t until = member->heard[member->tape];

	member->total += until - from;
	fanout_thread_of(&member->client)->heard_ns =
	    client_thread(&member->client)->load.now_ns;
	member_count(member, from, until);
	member_acknowledge(member, from, until);
}

/* Goes along its tape as far as the bytes agree; how many of them do. */
static size_t
member_follow(struct fanout_member *member, struct span bytes)
{
	uint64_t *heard = &member->heard[member->tape];
	uint64_t from = *heard;
	size_t used = tape_match(member_tape(member), heard, bytes);

	if (used > 0)
		member_heard(member, from);
	return used;
}

/* Does the peer say that it is from whom the text says? */
static bool
is_from_publisher(const struct fanout *fanout, const struct peer_frame *frame)
{
	struct payload payload;
	const char *name;

	if (!payload_parse(frame->text, &payload) ||
	    payload.publisher >= fanout->options->publishers)
		return false;
	name = fanout->publishers[payload.publisher].name;
	return !*name || frame->from.len == 0 ||
	       span_equals(frame->from, span_of(name));
}

/* A delivery that is new on its tape, or out of the tape's reach. */
static void
member_accept(struct fanout_member *member, struct span bytes,
    const struct peer_frame *frame)
{
	const struct tape_frame delivery = {bytes, frame->text};
	struct span expected = span_of("a message, from its publisher");
	uint64_t *heard = &member->heard[member->tape];

	if (!is_from_publisher(fanout_of(&member->client), frame) ||
	    !tape_accept(member_tape(member), *heard, &delivery, &expected)) {
		member_fail(member, expected, bytes);
		return;
	}
	++*heard;
	member_heard(member, *heard - 1);
}

/* A delivery that does not follow on the tape of the one before it. */
static void
member_delivered(struct fanout_member *member, struct span bytes,
    const struct peer_frame *frame)
{
	const struct fanout *fanout = fanout_of(&member->client);
	uint16_t publisher;

	if (fanout->tapes > 1 && payload_peek(frame->text, &publisher) &&
	    publisher < fanout->tapes) {
		member->tape = publisher;
		if (member_follow(member, bytes) > 0)
			return;
	}
	member_accept(member, bytes, frame);
}

/*
 * The server says how many messages it has not sent, and behind which: that
 * must be the last one this member has heard. Own messages among them will
 * never be heard, so they are outstanding no more.
 */
static void
member_skipped(struct fanout_member *member, const struct peer_frame *frame)
{
	struct fanout *fanout = fanout_of(&member->client);
	struct fanout_thread *thread = fanout_thread_of(&member->client);
	struct fanout_publisher *publisher =
	    fanout_hears_for(fanout, &member->client);

	if (!thread->based)
		thread->base = frame->after - member->total;
	thread->based = true;
	if (thread->base + member->total != frame->after) {
		member_fail(member, span_of("a gap behind the last message"),
		    frame->text);
		return;
	}
	check(fanout->tapes == 1);
	*member->heard += frame->missed;
	member->total += frame->missed;
	thread->gaps++;
	thread->skipped += frame->missed;
	if (publisher)
		publisher->acked = publisher->sent;
}

/* Has it asked something in this stage, that is not answered yet? */
static bool
member_awaits(const struct fanout_member *member)
{
	const struct client *client = &member->client;
	unsigned begun = client_thread(client)->march.stage;
	enum fanout_stage stage = fanout_stage_of(fanout_of(client), begun);

	return client->passed <= begun &&
	       (stage == FANOUT_PART ||
		   (stage == FANOUT_JOIN && client_peer(client)->join));
}

static void
member_answered(struct fanout_member *member, const struct peer_frame *frame)
{
	struct client *client = &member->client;

	if (!member_awaits(member) ||
	    (client_peer(client)->returns_text &&
		!span_equals(frame->text, span_of(PEER_TOKEN)))) {
		member_fail(
		    member, span_of("the room's messages"), frame->text);
		return;
	}
	bot_disarm(&client->bot);
	client_pass(client, client_thread(client)->march.stage);
}

/* One frame, the slow way. Returns its length; 0 when it is not whole. */
static size_t
member_frame(struct fanout_member *member, struct span bytes)
{
	struct client *client = &member->client;
	struct peer_frame frame = {0};
	enum peer_kind kind = client_peer(client)->read(bytes, &frame);

	switch (kind) {
	case PEER_MORE:
		return 0;
	case PEER_DELIVERY:
		member_delivered(
		    member, (struct span){bytes.at, frame.len}, &frame);
		break;
	case PEER_GAP:
		member_skipped(member, &frame);
		break;
	case PEER_ANSWER:
		member_answered(member, &frame);
		break;
	default:
		client_tolerate(client, kind, &frame, "the room's messages");
	}
	return frame.len;
}

void
member_check_done(struct fanout_member *member)
{
	const struct fanout_thread *thread = fanout_thread_of(&member->client);
	unsigned stage = thread->thread.march.stage;

	/* The next stage's messages may come before its thread is in it. */
	if (member->client.state != CLIENT_IN ||
	    member->client.passed > stage || member->total < thread->target)
		return;
	if (member->total > thread->target)
		member_fail(member, span_of("no more messages"),
		    span_of("more than were sent"));
	else
		client_pass(&member->client, stage);
}

void
member_join(struct fanout_member *member)
{
	const struct peer *peer = client_peer(&member->client);
	char join[PEER_HELLO_BYTES];

	if (!peer->join)
		return;
	bot_arm(&member->client.bot);
	bot_send(&member->client.bot, (struct span){join, peer->join(join)});
}

void
member_part(struct fanout_member *member)
{
	const struct peer *peer = client_peer(&member->client);
	char request[PEER_AROUND_BYTES + sizeof PEER_TOKEN];
	size_t len = peer->request(request, span_of(PEER_TOKEN));

	bot_arm(&member->client.bot);
	bot_send(&member->client.bot, (struct span){request, len});
}

size_t
member_hear(struct client *client, struct span bytes)
{
	struct fanout_member *member = fanout_member_of(client);
	struct fanout_publisher *publisher =
	    fanout_hears_for(fanout_of(client), client);
	size_t used = 0;
	size_t some;

	do {
		struct span rest = {bytes.at + used, bytes.len - used};

		some = member_follow(member, rest);
		if (some == 0)
			some = member_frame(member, rest);
		used += some;
	} while (some > 0 && used < bytes.len && client->state == CLIENT_IN);
	if (publisher)
		publisher_go_on(publisher);
	member_check_done(member);
	return used;
}
