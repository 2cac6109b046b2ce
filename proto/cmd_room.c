/* Commands about rooms. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/cmd.h"
#include "proto/dispatch.h"
#include "proto/message.h"
#include "proto/session.h"
#include "reactor/blob.h"
#include "reactor/mailbox.h"
#include "reactor/memory.h"

/* A question to a room's home; it comes back as its own answer. */
struct history_mail {
	struct envelope envelope;
	struct conn_handle client;
	char room[NAME_BYTES_MAX + 2];
	bool by_seq; /* the messages after `since`; else the last `last` */
	uint64_t since;
	uint64_t last;
	/* The answer. */
	struct parcel *found; /* owned */
	uint32_t count;
	uint64_t missing; /* after `since`, and no longer kept */
	bool starts_over; /* `since` is ahead of the room */
};

/* Digits and nothing else, up to what fits. *number is set only then. */
static bool
parse_number(struct span text, uint64_t *number)
{
	uint64_t value = 0;

	for (size_t i = 0; i < text.len; i++) {
		if (text.at[i] < '0' || text.at[i] > '9' ||
		    value > UINT64_MAX / 10 - 1)
			return false;
		value = value * 10 + (uint64_t)(text.at[i] - '0');
	}
	if (text.len > 0)
		*number = value;
	return text.len > 0;
}

/* N or since=SEQ. */
static bool
parse_range(struct span text, struct history_mail *mail)
{
	static const char since[] = "since=";
	const size_t len = sizeof(since) - 1;

	if (text.len <= len || memcmp(text.at, since, len) != 0)
		return parse_number(text, &mail->last);
	mail->by_seq = true;
	return parse_number(
	    (struct span){text.at + len, text.len - len}, &mail->since);
}

/* How many messages are asked for, of those that are kept. */
static uint32_t
history_select(const struct room *room, struct history_mail *mail)
{
	const struct scrollback *history = &room->history;
	uint32_t count;

	if (!mail->by_seq)
		return mail->last < history->count ? (uint32_t)mail->last
						   : history->count;
	if (mail->since > room->seq) {
		mail->starts_over = true;
		return history->count;
	}
	count = scrollback_count_since(history, mail->since);
	mail->missing = room->seq - mail->since - count;
	return count;
}

static void history_answer(struct envelope *envelope, void *owner);

/* At the home. What it has is what has been sent to every reactor, so that the
 * answer arrives behind all of it. */
static void
history_collect(struct envelope *envelope, void *owner)
{
	struct history_mail *mail = (struct history_mail *)envelope;
	struct hub *hub = owner;
	struct room *room = hub_room(hub, span_of(mail->room));
	const struct scrollback *history = &room->history;
	uint32_t count = history_select(room, mail);
	size_t bytes = 0;

	for (uint32_t i = history->count - count; i < history->count; i++)
		bytes += message_size(scrollback_at(history, i));
	mail->found = parcel_new(bytes);
	for (uint32_t i = history->count - count; i < history->count; i++)
		message_copy(mail->found, scrollback_at(history, i));
	mail->count = count;
	mail->envelope.handle = history_answer;
	reactor_post(hub->reactor, mail->client.reactor, &mail->envelope);
}

static void
history_tell(struct session *session, const struct history_mail *mail)
{
	const struct message *message = NULL;
	char text[NAME_BYTES_MAX + 64];

	text[0] = '\0';
	if (mail->starts_over)
		snprintf(text, sizeof(text), "#%s: starts over", mail->room);
	else if (mail->missing > 0)
		snprintf(text, sizeof(text),
		    "#%s: %" PRIu64 " messages are no longer kept", mail->room,
		    mail->missing);
	if (text[0])
		session_notice(session, span_of(text));
	while ((message = message_next(mail->found, message))) {
		struct event event = message_event(message);

		session_event(session, &event);
	}
	session_ok(session, "%" PRIu32 " messages", mail->count);
}

static void
history_answer(struct envelope *envelope, void *owner)
{
	struct history_mail *mail = (struct history_mail *)envelope;
	struct hub *hub = owner;
	struct conn *conn = conn_find(hub->reactor, mail->client);

	if (conn) {
		room_deliver(hub_room(hub, span_of(mail->room)), hub);
		history_tell(session_of(conn), mail);
		session_answered(session_of(conn));
	}
	parcel_unref(mail->found);
	free(mail);
}

void
cmd_history(struct session *session, const struct span arguments[], int count)
{
	struct history_mail *mail = memory_new(sizeof(*mail));
	struct span name = span_of("lobby");
	struct room *room;

	mail->last = UINT64_MAX;
	if (count > 0 && !parse_range(arguments[count - 1], mail)) {
		/* Then it is a room, and nothing may follow it. */
		if (count == 2 ||
		    memchr(arguments[0].at, '=', arguments[0].len))
			goto usage;
		name = arguments[0];
	} else if (count == 2) {
		name = arguments[0];
	}
	room = hub_room(session_hub(session), name);
	if (!room) {
		session_err(session, ERR_NO_SUCH_ROOM, "there is no such room");
		free(mail);
		return;
	}
	strcpy(mail->room, room->name);
	mail->client = conn_handle(&session->conn);
	mail->envelope.handle = history_collect;
	session_await(session);
	reactor_post(session->conn.reactor, room->home, &mail->envelope);
	return;
usage:
	dispatch_refuse(session, VERB_HISTORY, ERR_BAD_ARGUMENTS);
	free(mail);
}
