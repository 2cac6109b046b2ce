/* Rooms: gathering, numbering, delivering. */
#include "proto/room.h"

#include <string.h>

#include "proto/hub.h"
#include "proto/session.h"
#include "proto/wire/render.h"
#include "reactor/blob.h"
#include "reactor/check.h"
#include "reactor/clock.h"
#include "reactor/counters.h"
#include "reactor/mailbox.h"
#include "reactor/memory.h"
#include "reactor/reactor.h"

/* Room of a parcel: bounds what one turn can add to a member's output, and
 * takes 600 messages of 100 bytes. */
#define PARCEL_BYTES (64 * 1024)

/* One message in a parcel; name and text follow, padded to 8. */
struct message {
	uint64_t seq;
	struct conn_handle sender;
	int64_t time_ms; /* since 1970 */
	uint16_t name_len;
	uint16_t text_len;
	char bytes[];
};

/* A parcel on its way to another hub. */
struct room_mail {
	struct envelope envelope;
	struct parcel *parcel; /* one reference, owned */
};

static size_t
message_bytes(size_t name_len, size_t text_len)
{
	return (sizeof(struct message) + name_len + text_len + 7) & ~(size_t)7;
}

_Static_assert(LINE_BYTES_MAX + NAME_BYTES_MAX + 64 < PARCEL_BYTES,
    "the longest message fits into an empty parcel");

static const struct message *
message_next(const struct parcel *parcel, const struct message *message)
{
	const char *next;

	if (!message)
		next = parcel->bytes;
	else
		next = (const char *)message +
		       message_bytes(message->name_len, message->text_len);
	if (next == parcel->bytes + parcel->len)
		return NULL;
	return (const struct message *)(const void *)next;
}

/* As it goes to the members. */
static struct event
message_event(const struct message *message)
{
	return (struct event){
	    .kind = EVENT_MESSAGE,
	    .seq = message->seq,
	    .client = message->sender.id,
	    .from = {message->bytes, message->name_len},
	    .text = {message->bytes + message->name_len, message->text_len},
	};
}

void
room_init(struct room *room, const char *name, unsigned home)
{
	*room = (struct room){.home = home};
	check(strlen(name) <= NAME_BYTES_MAX);
	strcpy(room->name, name);
}

void
room_fini(struct room *room)
{
	check(room->member_count == 0);
	if (room->gathered)
		parcel_unref(room->gathered);
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

/* Renders all messages of a parcel into one run of bytes. */
static struct blob *
parcel_render(const struct parcel *parcel, struct blob_pool *pool)
{
	const struct message *message = NULL;
	struct blob *blob;
	size_t bound = 0;

	while ((message = message_next(parcel, message)) != NULL) {
		struct event event = message_event(message);

		bound += render_text_bound(&event);
	}
	blob = blob_new(pool, bound);
	while ((message = message_next(parcel, message)) != NULL) {
		struct event event = message_event(message);

		blob->len +=
		    (uint32_t)render_text(&event, blob->bytes + blob->len);
		check(blob->len <= blob->cap);
	}
	return blob;
}

/* Whose message it was has seen it now, or has missed it: it may go on. */
static void
parcel_acknowledge(const struct parcel *parcel, struct hub *hub)
{
	unsigned here = reactor_index(hub->reactor);
	const struct message *message = NULL;

	while ((message = message_next(parcel, message)) != NULL) {
		struct conn *conn;

		if (message->sender.reactor != here)
			continue;
		conn = conn_find(hub->reactor, message->sender);
		if (conn)
			session_own_copy(session_of(conn));
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

static void
room_deliver(struct room *room, struct hub *hub, const struct parcel *parcel)
{
	struct blob_pool *pool = reactor_blobs(hub->reactor);
	struct counters *counters = reactor_counters(hub->reactor);
	struct blob *blob = parcel_render(parcel, pool);
	const struct message *message = message_next(parcel, NULL);
	uint64_t after = message->seq - 1;
	uint64_t count = 0;
	uint32_t taken = 0;

	for (; message; message = message_next(parcel, message)) {
		room->seen = message->seq;
		count++;
	}
	for (uint32_t i = 0; i < room->member_count; i++) {
		struct session *session = room->members[i];

		if (!member_takes(session, after))
			continue;
		conn_push(&session->conn, blob);
		taken++;
	}
	counter_add(&counters->deliveries, taken * count);
	counter_add(&counters->skipped, (room->member_count - taken) * count);
	blob_unref(pool, blob);
	parcel_acknowledge(parcel, hub);
}

/* At a hub: the home has numbered these. */
static void
room_mail_deliver(struct envelope *envelope, void *owner)
{
	struct room_mail *mail = (struct room_mail *)envelope;
	struct hub *hub = owner;

	check_magic(hub, HUB_MAGIC);
	room_deliver(&hub->lobby, hub, mail->parcel);
	parcel_unref(mail->parcel);
	free(mail);
}

/* At the home: another hub has gathered these. */
static void
room_mail_number(struct envelope *envelope, void *owner)
{
	struct room_mail *mail = (struct room_mail *)envelope;
	const struct message *message = NULL;
	struct hub *hub = owner;

	check_magic(hub, HUB_MAGIC);
	while ((message = message_next(mail->parcel, message)) != NULL) {
		struct event event = message_event(message);

		room_gather(
		    &hub->lobby, hub, message->sender, event.from, event.text);
	}
	parcel_unref(mail->parcel);
	free(mail);
}

static void
room_post(struct hub *hub, unsigned to, struct parcel *parcel,
    envelope_handler *handle)
{
	struct room_mail *mail = memory_new(sizeof(*mail));

	mail->envelope.handle = handle;
	mail->parcel = parcel_ref(parcel);
	reactor_post(hub->reactor, to, &mail->envelope);
}

void
room_gather(struct room *room, struct hub *hub, struct conn_handle sender,
    struct span name, struct span text)
{
	size_t need = message_bytes(name.len, text.len);
	struct message *message;

	if (room->gathered && room->gathered->cap - room->gathered->len < need)
		room_seal(room, hub);
	if (!room->gathered)
		room->gathered = parcel_new(PARCEL_BYTES);
	message = (struct message *)(void *)(room->gathered->bytes +
					     room->gathered->len);
	*message = (struct message){
	    .sender = sender,
	    .time_ms = clock_date_ms(),
	    .name_len = (uint16_t)name.len,
	    .text_len = (uint16_t)text.len,
	};
	memcpy(message->bytes, name.at, name.len);
	memcpy(message->bytes + name.len, text.at, text.len);
	room->gathered->len += (uint32_t)need;
	if (room->home == reactor_index(hub->reactor)) {
		message->seq = ++room->seq;
		counter_add(&reactor_counters(hub->reactor)->messages, 1);
	}
}

void
room_seal(struct room *room, struct hub *hub)
{
	unsigned here = reactor_index(hub->reactor);
	struct parcel *parcel = room->gathered;

	if (!parcel)
		return;
	room->gathered = NULL;
	if (room->home != here) {
		room_post(hub, room->home, parcel, room_mail_number);
	} else {
		for (unsigned i = 0; i < reactor_count(hub->reactor); i++)
			if (i != here)
				room_post(hub, i, parcel, room_mail_deliver);
		room_deliver(room, hub, parcel);
	}
	parcel_unref(parcel);
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
