/* Rooms: gathering, numbering, delivering. */
#include "proto/room.h"

#include <string.h>

#include "proto/hub.h"
#include "proto/message.h"
#include "proto/session.h"
#include "reactor/blob.h"
#include "reactor/check.h"
#include "reactor/counters.h"
#include "reactor/mailbox.h"
#include "reactor/memory.h"
#include "reactor/reactor.h"

/* Room of a parcel: some 500 messages of 100 bytes, or any single one. */
#define PARCEL_BYTES (64 * 1024)

/* Batches that a reactor may have before it, so that it need not wait for the
 * home after each; what the home holds back meanwhile makes the next larger. */
#define UNDER_WAY_MAX 2

_Static_assert(LINE_BYTES_MAX + NAME_BYTES_MAX + 64 < PARCEL_BYTES,
    "the longest message fits into an empty parcel");

/* A batch on its way to another hub, or word that one was delivered. */
struct room_mail {
	struct envelope envelope;
	unsigned from;    /* reactor */
	unsigned batches; /* delivered */
	struct parcels parcels;
};

static void
parcels_add(struct parcels *parcels, struct parcel *parcel)
{
	if (parcels->count == parcels->cap) {
		parcels->cap = parcels->cap ? parcels->cap * 2 : 4;
		parcels->at = memory_resize(
		    parcels->at, parcels->cap * sizeof(*parcels->at));
	}
	parcels->at[parcels->count++] = parcel;
}

static void
parcels_clear(struct parcels *parcels)
{
	for (uint32_t i = 0; i < parcels->count; i++)
		parcel_unref(parcels->at[i]);
	parcels->count = 0;
}

static void
parcels_fini(struct parcels *parcels)
{
	parcels_clear(parcels);
	free(parcels->at);
	*parcels = (struct parcels){0};
}

/* Adds references of its own to all that `from` has. */
static void
parcels_share(struct parcels *to, const struct parcels *from)
{
	for (uint32_t i = 0; i < from->count; i++)
		parcels_add(to, parcel_ref(from->at[i]));
}

void
room_init(struct room *room, const char *name, unsigned home, unsigned reactors,
    uint32_t history)
{
	*room = (struct room){.home = home};
	check(strlen(name) <= NAME_BYTES_MAX);
	strcpy(room->name, name);
	scrollback_init(&room->history, history);
	room->under_way = memory_new(reactors * sizeof(*room->under_way));
}

void
room_fini(struct room *room)
{
	check(room->member_count == 0);
	parcels_fini(&room->gathered);
	parcels_fini(&room->inbox);
	scrollback_fini(&room->history);
	free(room->under_way);
	free(room->members);
	*room = (struct room){0};
}

void
room_join(
    struct room *room, struct session *session, struct membership *membership)
{
	check(!membership->joined);
	if (room->member_count == room->member_cap) {
		room->member_cap = room->member_cap ? room->member_cap * 2 : 16;
		room->members = memory_resize(
		    room->members, room->member_cap * sizeof(*room->members));
	}
	*membership =
	    (struct membership){.index = room->member_count, .joined = true};
	room->members[room->member_count++] = session;
}

void
room_leave(struct room *room, struct membership *membership)
{
	struct session *last;

	check(membership->joined);
	check(membership->index < room->member_count);
	/* The last one takes the free place. */
	last = room->members[--room->member_count];
	room->members[membership->index] = last;
	session_membership(last)->index = membership->index;
	membership->joined = false;
}

/* Renders all messages of a batch into one run of bytes. */
static struct blob *
batch_render(const struct parcels *batch, struct blob_pool *pool)
{
	const struct message *message = NULL;
	struct blob *blob;
	size_t bound = 0;

	for (uint32_t i = 0; i < batch->count; i++)
		while ((message = message_next(batch->at[i], message))) {
			struct event event = message_event(message);

			bound += render_text_bound(&event);
		}
	blob = blob_new(pool, bound);
	for (uint32_t i = 0; i < batch->count; i++)
		while ((message = message_next(batch->at[i], message))) {
			struct event event = message_event(message);

			blob->len += (uint32_t)render_text(
			    &event, blob->bytes + blob->len);
		}
	check(blob->len <= blob->cap);
	return blob;
}

/* Whose message it was has seen it now, or has missed it: it may go on. */
static void
batch_acknowledge(const struct parcels *batch, struct hub *hub)
{
	unsigned here = reactor_index(hub->reactor);
	const struct message *message = NULL;

	for (uint32_t i = 0; i < batch->count; i++)
		while ((message = message_next(batch->at[i], message))) {
			struct conn *conn;

			if (message->sender.reactor != here)
				continue;
			conn = conn_find(hub->reactor, message->sender);
			if (conn)
				session_own_copy(
				    session_of(conn), message->text_len);
		}
}

/* True when the member gets what follows `after`. */
static bool
member_takes(struct session *session, uint64_t after)
{
	struct membership *membership = session_membership(session);

	if (!conn_is_open(&session->conn) || membership->behind)
		return false;
	if (session_has_room(session))
		return true;
	membership->behind = true;
	membership->after = after;
	session_wait_drained(session);
	return false;
}

/* Hands a rendered batch to the members; returns how many took it. */
static uint32_t
members_push(struct room *room, struct blob *blob, uint64_t after)
{
	uint32_t taken = 0;

	for (uint32_t i = 0; i < room->member_count; i++) {
		struct session *session = room->members[i];

		if (!member_takes(session, after))
			continue;
		conn_push(&session->conn, blob);
		taken++;
	}
	return taken;
}

static uint64_t
batch_last(const struct parcels *batch, uint64_t *first)
{
	const struct message *message = message_next(batch->at[0], NULL);
	uint64_t seq = 0;

	*first = message->seq;
	for (message = NULL;
	     (message = message_next(batch->at[batch->count - 1], message));)
		seq = message->seq;
	return seq;
}

static void room_mail_confirm(struct envelope *envelope, void *owner);

/* Tells the home that what it sent has been delivered here. */
static void
room_confirm(struct room *room, struct hub *hub)
{
	struct room_mail *mail;

	if (room->inbox_batches == 0)
		return;
	mail = memory_new(sizeof(*mail));
	mail->envelope.handle = room_mail_confirm;
	mail->from = reactor_index(hub->reactor);
	mail->batches = room->inbox_batches;
	room->inbox_batches = 0;
	reactor_post(hub->reactor, room->home, &mail->envelope);
}

void
room_deliver(struct room *room, struct hub *hub)
{
	struct blob_pool *pool = reactor_blobs(hub->reactor);
	struct counters *counters = reactor_counters(hub->reactor);
	struct blob *blob;
	uint64_t first, count;
	uint32_t taken;

	if (room->inbox.count == 0)
		return;
	room->seen = batch_last(&room->inbox, &first);
	count = room->seen - first + 1;
	if (room->member_count > 0) {
		blob = batch_render(&room->inbox, pool);
		taken = members_push(room, blob, first - 1);
		blob_unref(pool, blob);
		counter_add(&counters->deliveries, taken * count);
		counter_add(
		    &counters->skipped, (room->member_count - taken) * count);
	}
	batch_acknowledge(&room->inbox, hub);
	parcels_clear(&room->inbox);
	room_confirm(room, hub);
}

/* At a hub: the home has numbered these. */
static void
room_mail_deliver(struct envelope *envelope, void *owner)
{
	struct room_mail *mail = (struct room_mail *)envelope;
	struct hub *hub = owner;

	check_magic(hub, HUB_MAGIC);
	parcels_share(&hub->lobby.inbox, &mail->parcels);
	hub->lobby.inbox_batches++;
	parcels_fini(&mail->parcels);
	free(mail);
}

/* At the home: a reactor has delivered a batch. */
static void
room_mail_confirm(struct envelope *envelope, void *owner)
{
	struct room_mail *mail = (struct room_mail *)envelope;
	struct hub *hub = owner;

	check_magic(hub, HUB_MAGIC);
	check(hub->lobby.under_way[mail->from] >= mail->batches);
	hub->lobby.under_way[mail->from] -= mail->batches;
	free(mail);
}

/* At the home: another hub has gathered these. */
static void
room_mail_number(struct envelope *envelope, void *owner)
{
	struct room_mail *mail = (struct room_mail *)envelope;
	struct hub *hub = owner;

	check_magic(hub, HUB_MAGIC);
	parcels_share(&hub->lobby.gathered, &mail->parcels);
	parcels_fini(&mail->parcels);
	free(mail);
}

static void
room_post(struct hub *hub, unsigned to, const struct parcels *parcels,
    envelope_handler *handle)
{
	struct room_mail *mail = memory_new(sizeof(*mail));

	mail->envelope.handle = handle;
	mail->from = reactor_index(hub->reactor);
	parcels_share(&mail->parcels, parcels);
	reactor_post(hub->reactor, to, &mail->envelope);
}

void
room_say(struct room *room, struct conn_handle sender, struct span name,
    struct span text)
{
	struct parcels *gathered = &room->gathered;

	/* The last one may be another reactor's, and then has room as well. */
	if (gathered->count > 0 &&
	    message_add(gathered->at[gathered->count - 1], sender, name, text))
		return;
	parcels_add(gathered, parcel_new(PARCEL_BYTES));
	check_nonzero(message_add(gathered->at[gathered->count - 1], sender,
			  name, text) != NULL);
}

/* Has every other reactor delivered what it was sent, but for a little? */
static bool
room_window_is_open(const struct room *room, const struct hub *hub)
{
	for (unsigned i = 0; i < reactor_count(hub->reactor); i++)
		if (room->under_way[i] >= UNDER_WAY_MAX)
			return false;
	return true;
}

/* Numbers what was gathered; from here on it is the same for everyone. */
static void
room_number(struct room *room)
{
	for (uint32_t i = 0; i < room->gathered.count; i++) {
		const struct message *message = NULL;
		struct parcel *parcel = room->gathered.at[i];

		while ((message = message_next(parcel, message))) {
			/* No other thread has the parcel yet. */
			((struct message *)message)->seq = ++room->seq;
			scrollback_add(&room->history, message);
		}
	}
}

static void
room_seal(struct room *room, struct hub *hub)
{
	unsigned here = reactor_index(hub->reactor);
	uint64_t before = room->seq;

	room_number(room);
	counter_add(
	    &reactor_counters(hub->reactor)->messages, room->seq - before);
	for (unsigned i = 0; i < reactor_count(hub->reactor); i++) {
		if (i == here)
			continue;
		room_post(hub, i, &room->gathered, room_mail_deliver);
		room->under_way[i]++;
	}
	parcels_share(&room->inbox, &room->gathered);
	parcels_clear(&room->gathered);
}

void
room_turn(struct room *room, struct hub *hub)
{
	bool behind = reactor_is_behind(hub->reactor);

	if (room->gathered.count > 0) {
		if (room->home != reactor_index(hub->reactor)) {
			room_post(
			    hub, room->home, &room->gathered, room_mail_number);
			parcels_clear(&room->gathered);
		} else if (!behind && room_window_is_open(room, hub)) {
			room_seal(room, hub);
		}
	}
	if (!behind)
		room_deliver(room, hub);
}

void
room_catch_up(
    struct room *room, struct session *session, struct membership *membership)
{
	struct event event = {
	    .kind = EVENT_GAP,
	    .room = span_of(room->name),
	    .seq = membership->after,
	    .missed = room->seen - membership->after,
	};

	check(membership->behind);
	membership->behind = false;
	session_event(session, &event);
}
