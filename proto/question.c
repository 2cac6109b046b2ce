/* Questions to a room's home. */
#include "proto/question.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "proto/hub.h"
#include "proto/message.h"
#include "proto/room_home.h"
#include "proto/session_answer.h"
#include "proto/session_output.h"
#include "proto/session_room.h"
#include "proto/wire/name.h"
#include "reactor/blob.h"
#include "reactor/check.h"
#include "reactor/memory.h"

struct question *
question_new(struct session *session, struct span room)
{
	struct question *question;

	room = name_of_room(room);
	if (!name_is_valid(room)) {
		session_err(session, ERR_BAD_ROOM,
		    "a room's name has 1 to %d of A-Z a-z 0-9 . _ -, first a "
		    "letter or digit",
		    NAME_BYTES_MAX);
		return NULL;
	}
	question = memory_new(sizeof(*question));
	name_fold(room, question->room);
	strcpy(question->user, session->name);
	question->client = conn_handle(&session->conn);
	question->refusal = REPLY_COUNT;
	return question;
}

void
question_free(struct question *question)
{
	if (question->found)
		parcel_unref(question->found);
	free(question);
}

static void
question_refuse(const struct question *question, struct session *session)
{
	switch (question->refusal) {
	case ERR_NO_SUCH_ROOM:
		session_err(session, ERR_NO_SUCH_ROOM,
		    "there is no room #%s; see /rooms", question->room);
		break;
	case ERR_NOT_IN_ROOM:
		session_err(session, ERR_NOT_IN_ROOM,
		    "you are not in #%s; /join it first", question->room);
		break;
	case ERR_TOO_MANY_ROOMS:
		session_err(session, ERR_TOO_MANY_ROOMS,
		    "there are too many rooms; join one that exists");
		break;
	case ERR_BUSY:
		session_err(session, ERR_BUSY,
		    "#%s is busy, try again in a moment", question->room);
		break;
	default:
		unreachable("no home refuses with another");
	}
}

/* Back at the client's reactor. */
static void
question_on_answer(struct envelope *envelope, void *owner)
{
	struct question *question = (struct question *)envelope;
	struct hub *hub = owner;
	struct session *asker = session_find(hub, question->client);
	struct room *room = hub_room(hub, span_of(question->room));
	struct session *session = asker;

	check_magic(hub, HUB_MAGIC);
	session_give_back_bytes(hub, question->bytes_max);
	/* What was sealed before comes first. */
	if (room)
		room_deliver(room, hub);
	/* Its account may have been removed meanwhile. */
	if (asker && asker->state != SESSION_USER) {
		session_err(
		    asker, ERR_NOT_LOGGED_IN, "you are not logged in any more");
		session = NULL;
	}
	/* What passed it by meanwhile is told before the answer, which may
	 * have some of it. */
	if (session)
		session_tell_gap(session);
	if (question->refusal == REPLY_COUNT)
		question->answer(question, hub, session);
	else if (session) {
		if (question->rejoins && question->by_seq)
			room_resume_behind(session_membership(session, room),
			    question->paused_at);
		question_refuse(question, session);
	}
	if (asker)
		session_answered(asker);
	question_free(question);
}

static void
question_at_home(struct envelope *envelope, void *owner)
{
	struct question *question = (struct question *)envelope;
	struct hub *hub = owner;
	struct room *room = hub_room(hub, span_of(question->room));

	check_magic(hub, HUB_MAGIC);
	if (question->outside)
		question->refusal = room && room_home_is_known(room)
					? ERR_NOT_IN_ROOM
					: ERR_NO_SUCH_ROOM;
	else if (question->at_home)
		question->at_home(question, hub, room);
	/* Nothing may be sealed before the answer is on its way: here that is
	 * at once, for mail to oneself comes in the next turn only. */
	if (question->client.reactor == reactor_index(hub->reactor)) {
		question_on_answer(envelope, owner);
		return;
	}
	question->envelope.handle = question_on_answer;
	reactor_post(
	    hub->reactor, question->client.reactor, &question->envelope);
}

void
question_ask(struct question *question, struct session *session)
{
	struct hub *hub = session_hub(session);

	question->envelope.handle = question_at_home;
	session_await(session);
	reactor_post(hub->reactor,
	    hub_home_reactor(hub, span_of(question->room)),
	    &question->envelope);
}

void
question_ask_as_member(struct question *question, struct session *session)
{
	question->outside = !session_room(session, span_of(question->room));
	question_ask(question, session);
}

void
question_put_text(struct question *question, struct span text)
{
	question->found = parcel_new(text.len);
	memcpy(question->found->bytes, text.at, text.len);
	question->found->len = (uint32_t)text.len;
}

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

bool
question_read_range(struct question *question, struct span text)
{
	static const char since[] = "since=";
	const size_t len = sizeof(since) - 1;

	if (text.len <= len || memcmp(text.at, since, len) != 0)
		return parse_number(text, &question->last);
	question->by_seq = true;
	return parse_number(
	    (struct span){text.at + len, text.len - len}, &question->since);
}

/* How many messages are asked for, of those that are kept. */
static uint32_t
question_select(struct question *question, const struct room_home *home)
{
	const struct scrollback *scrollback = &home->scrollback;

	if (!question->by_seq)
		return question->last < scrollback->count
			   ? (uint32_t)question->last
			   : scrollback->count;
	question->starts_over = question->since > home->seq;
	if (question->starts_over)
		return scrollback->count;
	return scrollback_count_since(scrollback, question->since);
}

/* How many of those asked for are gone that the session was not sent before:
 * from `since` on, but for what it got live (nothing, when it was outside). */
static uint64_t
question_missing(const struct question *question)
{
	uint64_t since = question->since;
	uint64_t gone = question->first - 1;
	uint64_t missing = 0;
	uint64_t upto;

	if (!question->by_seq)
		return 0;
	upto = gone < question->entered ? gone : question->entered;
	if (upto > since)
		missing += upto - since;
	upto = since > question->paused_at ? since : question->paused_at;
	if (gone > upto)
		missing += gone - upto;
	return missing;
}

static size_t
range_bytes(const struct scrollback *scrollback, uint32_t count)
{
	size_t bytes = 0;

	for (uint32_t i = scrollback->count - count; i < scrollback->count; i++)
		bytes += message_size(scrollback_at(scrollback, i));
	return bytes;
}

/* What the home has is what has been sent to every reactor, so that the answer
 * arrives behind all of it. */
bool
question_find_messages(struct question *question, const struct room *room)
{
	const struct scrollback *scrollback = &room->home->scrollback;
	uint32_t count = question_select(question, room->home);
	size_t bytes = range_bytes(scrollback, count);

	if (bytes > question->bytes_max) {
		question->refusal = ERR_BUSY;
		return false;
	}
	question->found = parcel_new(bytes);
	for (uint32_t i = scrollback->count - count; i < scrollback->count; i++)
		message_copy(question->found, scrollback_at(scrollback, i));
	question->count = count;
	question->first = room->home->seq - count + 1;
	return true;
}

void
question_tell_messages(const struct question *question, struct session *session)
{
	uint64_t missing = question_missing(question);
	const struct message *message = NULL;
	struct event notice = {
	    .kind = EVENT_NOTICE, .room = span_of(question->room)};
	char text[64];

	text[0] = '\0';
	if (question->starts_over)
		snprintf(text, sizeof(text), "starts over");
	else if (missing > 0)
		snprintf(text, sizeof(text),
		    "%" PRIu64 " messages are no longer kept", missing);
	notice.text = span_of(text);
	if (text[0])
		session_event(session, &notice);
	while ((message = message_next(question->found, message))) {
		struct event event = message_event(message, question->room);

		if (message->seq > question->entered &&
		    message->seq <= question->paused_at)
			continue;
		session_event(session, &event);
	}
}
