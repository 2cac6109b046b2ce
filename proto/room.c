/* Rooms: gathering, delivering, members. */
#include "proto/room.h"

#include <string.h>

#include "proto/hub.h"
#include "proto/message.h"
#include "proto/room_home.h"
#include "proto/room_mail.h"
#include "proto/session_answer.h"
#include "proto/session_output.h"
#include "proto/session_room.h"
#include "proto/session_talk.h"
#include "reactor/blob.h"
#include "reactor/check.h"
#include "reactor/counters.h"
#include "reactor/memory.h"
#include "reactor/reactor.h"

/* Room of a parcel: up to some 500 messages of 100 bytes, and not much more
 * than the room's last batch needed, for there may be many rooms. */
#define PARCEL_BYTES_MIN 512
#define PARCEL_BYTES_MAX (64 * 1024)

struct room *
room_new(const char *name, unsigned home_reactor, struct room_home *home)
{
	struct room *room = memory_new(sizeof(*room));

	check(strlen(name) <= NAME_BYTES_MAX);
	strcpy(room->name, name);
	room->home_reactor = home_reactor;
	room->home = home;
	if (home)
		home->room = room;
	list_init(&room->busy);
	return room;
}

void
room_free(struct room **pointer)
{
	struct room *room = *pointer;

	check(room->member_count == 0);
	list_remove(&room->busy);
	parcels_fini(&room->gathered);
	parcels_fini(&room->inbox);
	if (room->home)
		room_home_free(&room->home);
	free(room->members);
	free(room);
	*pointer = NULL;
}

bool
room_is_over(const struct room *room)
{
	if (room->everyones || room->member_count > 0 ||
	    room->gathered.count > 0 || room->inbox.count > 0)
		return false;
	if (!room->home)
		return true;
	return room_home_under_way(room) == 0 && !room_home_is_known(room);
}

void
room_join(
    struct room *room, struct session *session, struct membership *membership)
{
	check(!membership->joined);
	if (room->member_count == room->member_cap) {
		room->member_cap = room->member_cap ? room->member_cap * 2 : 4;
		room->members = memory_resize(
		    room->members, room->member_cap * sizeof(*room->members));
	}
	*membership = (struct membership){
	    .entered = room->seen,
	    .index = room->member_count,
	    .joined = true,
	};
	room->members[room->member_count++] = session;
}

void
room_leave(struct room *room, struct hub *hub, struct session *session,
    struct membership *membership)
{
	struct session *last;

	check(membership->joined);
	check(membership->index < room->member_count);
	if (!room->home && room->gathered.count > 0)
		room_mail_gathered(room, hub);
	/* The last one takes the free place. */
	last = room->members[--room->member_count];
	room->members[membership->index] = last;
	session_membership(last, room)->index = membership->index;
	if (membership->behind || membership->paused)
		session->rooms_held--;
	*membership = (struct membership){0};
	hub_busy(hub, room);
}

/* Renders all of a batch into one run of bytes. */
static struct blob *
batch_render(const struct room *room, enum format format,
    const struct parcels *batch, struct blob_pool *pool)
{
	const struct message *message = NULL;
	struct blob *blob;
	size_t bound = 0;
	uint32_t i = 0;

	while ((message = parcels_next(batch, &i, message))) {
		struct event event = message_event(message, room->name);

		bound += render_bound(format, &event);
	}
	blob = blob_new(pool, bound);
	i = 0;
	while ((message = parcels_next(batch, &i, message))) {
		struct event event = message_event(message, room->name);

		blob->len +=
		    (uint32_t)render(format, &event, blob->bytes + blob->len);
	}
	check(blob->len <= blob->cap);
	return blob;
}

/* True when the member gets what follows `after`. */
static bool
member_takes(struct room *room, struct session *session, uint64_t after)
{
	struct membership *membership;

	/* The way of all but a few: the room need not be looked for. */
	if (session->rooms_held == 0 && session_has_room(session))
		return true;
	membership = session_membership(session, room);
	if (membership->behind || membership->paused)
		return false;
	if (session_has_room(session))
		return true;
	membership->behind = true;
	membership->after = after;
	session->rooms_held++;
	session_wait_drained(session);
	return false;
}

/* While it waits for what came before, a member hears who comes and goes, as
 * nobody will tell it again; messages follow with the answer. */
static void
member_tell_notices(const struct room *room, struct session *session)
{
	const struct message *message = NULL;
	uint32_t i = 0;

	if (!session_membership(session, room)->paused)
		return;
	while ((message = parcels_next(&room->inbox, &i, message))) {
		struct event event = message_event(message, room->name);

		if (message->kind != EVENT_MESSAGE)
			session_event(session, &event);
	}
}

/* Hands the inbox, rendered once a format that someone wants, to the members;
 * returns how many took it. */
static uint32_t
members_push(struct room *room, struct blob_pool *pool, uint64_t after)
{
	struct blob *blobs[FORMAT_COUNT] = {NULL};
	uint32_t taken = 0;

	for (uint32_t i = 0; i < room->member_count; i++) {
		struct session *session = room->members[i];
		enum format format = session->format;

		if (!conn_is_open(&session->conn))
			continue;
		if (!member_takes(room, session, after)) {
			member_tell_notices(room, session);
			continue;
		}
		if (!blobs[format])
			blobs[format] =
			    batch_render(room, format, &room->inbox, pool);
		conn_push(&session->conn, blobs[format]);
		taken++;
	}
	for (int i = 0; i < FORMAT_COUNT; i++)
		if (blobs[i])
			blob_unref(pool, blobs[i]);
	return taken;
}

/* The number that the batch ends with; *count messages are in it. */
static uint64_t
batch_last(const struct parcels *batch, uint64_t *count)
{
	const struct message *message = NULL;
	uint64_t seq = 0;
	uint32_t i = 0;

	*count = 0;
	while ((message = parcels_next(batch, &i, message))) {
		seq = message->seq;
		*count += message->kind == EVENT_MESSAGE;
	}
	return seq;
}

void
room_acknowledge(const struct parcels *batch, struct hub *hub)
{
	unsigned here = reactor_index(hub->reactor);
	const struct message *message = NULL;
	uint32_t i = 0;

	while ((message = parcels_next(batch, &i, message))) {
		struct session *session;

		if (message->kind != EVENT_MESSAGE ||
		    message->sender.reactor != here)
			continue;
		session = session_find(hub, message->sender);
		if (session)
			session_own_copy(session, message->text_len);
	}
}

void
room_deliver(struct room *room, struct hub *hub)
{
	struct counters *counters = reactor_counters(hub->reactor);
	uint64_t count;
	uint32_t taken;

	if (room->inbox.count == 0)
		return;
	room->seen = batch_last(&room->inbox, &count);
	taken =
	    members_push(room, reactor_blobs(hub->reactor), room->seen - count);
	counter_add(&counters->deliveries, taken * count);
	counter_add(&counters->skipped, (room->member_count - taken) * count);
	room_acknowledge(&room->inbox, hub);
	parcels_clear(&room->inbox);
	if (room->inbox_batches > 0)
		room_mail_delivered(
		    room->name, hub, room->home_reactor, room->inbox_batches);
	room->inbox_batches = 0;
}

/* How large the next parcel should be, to take `need` at least. */
static size_t
parcel_bytes(const struct room *room, size_t need)
{
	size_t bytes = room->gathered_bytes;

	if (room->gathered.count > 0)
		bytes =
		    (size_t)room->gathered.at[room->gathered.count - 1]->cap *
		    2;
	if (bytes > PARCEL_BYTES_MAX)
		bytes = PARCEL_BYTES_MAX;
	if (bytes < PARCEL_BYTES_MIN)
		bytes = PARCEL_BYTES_MIN;
	return bytes > need ? bytes : need;
}

void
room_gather(struct room *room, struct hub *hub, enum event_kind kind,
    struct conn_handle sender, struct span name, struct span text)
{
	struct parcels *gathered = &room->gathered;
	size_t need = message_bytes(name.len, text.len);

	/* The last one may be another reactor's, and then has room as well. */
	if (gathered->count > 0 &&
	    message_add(
		gathered->at[gathered->count - 1], kind, sender, name, text))
		return;
	parcels_add(gathered, parcel_new(parcel_bytes(room, need)));
	check_nonzero(message_add(gathered->at[gathered->count - 1], kind,
			  sender, name, text) != NULL);
	hub_busy(hub, room);
}

void
room_turn(struct room *room, struct hub *hub)
{
	bool behind = reactor_is_behind(hub->reactor);

	if (room->gathered.count > 0) {
		if (!room->home)
			room_mail_gathered(room, hub);
		else if (!behind && room_home_may_seal(room))
			room_home_seal(room, hub);
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
	membership->entered = room->seen;
	session->rooms_held--;
	/* It may have missed no more than that others came and went. */
	if (event.missed > 0)
		session_event(session, &event);
}

void
room_pause(struct session *session, struct membership *membership)
{
	check(!membership->behind && !membership->paused);
	membership->paused = true;
	session->rooms_held++;
}

void
room_resume(
    struct session *session, struct membership *membership, uint64_t since)
{
	check(membership->paused);
	membership->paused = false;
	if (membership->entered > since)
		membership->entered = since;
	session->rooms_held--;
}

void
room_resume_behind(struct membership *membership, uint64_t after)
{
	check(membership->paused);
	membership->paused = false;
	membership->behind = true;
	membership->after = after;
}
