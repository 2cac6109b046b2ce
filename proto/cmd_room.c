/* Commands about rooms: coming and going, topics, what was said. */
#include <stdio.h>
#include <string.h>

#include "proto/cmd.h"
#include "proto/dispatch.h"
#include "proto/hub.h"
#include "proto/question.h"
#include "proto/room_home.h"
#include "proto/room_mail.h"
#include "proto/session_answer.h"
#include "proto/session_output.h"
#include "proto/session_room.h"
#include "proto/wire/name.h"
#include "reactor/blob.h"
#include "reactor/check.h"

static void
join_at_home(struct question *question, struct hub *hub, struct room *room)
{
	if (!room)
		room = hub_new_room(hub, span_of(question->room));
	if (!room) {
		question->refusal = ERR_TOO_MANY_ROOMS;
		return;
	}
	/* What has been gathered is not for who comes now, so it has to be
	 * among what is found. */
	if (question->by_seq && !question->rejoins)
		room_home_seal(room, hub);
	if (question->by_seq && !question_find_messages(question, room))
		return;
	if (!question->rejoins)
		room_home_join(
		    room, hub, question->client, span_of(question->user));
	question->members = room->home->members;
	question->seq = room->home->seq;
}

/* The room as this hub has it, with the client in it. */
static struct room *
join_enter(struct question *question, struct hub *hub, struct session *session)
{
	struct room *room = hub_room(hub, span_of(question->room));
	struct membership *membership;

	if (question->rejoins) {
		check(room);
		if (question->by_seq)
			room_resume(session, session_membership(session, room),
			    question->first - 1);
		return room;
	}
	if (!room)
		room = hub_new_room(hub, span_of(question->room));
	check(room);
	if (room->member_count == 0)
		room->seen = question->seq;
	membership = session_take_seat(session, room);
	room_join(room, session, membership);
	if (question->by_seq)
		membership->entered = question->first - 1;
	return room;
}

static void
join_answer(struct question *question, struct hub *hub, struct session *session)
{
	struct event event = {
	    .kind = EVENT_OK,
	    .room = span_of(question->room),
	    .members = question->members,
	    .seq = question->seq,
	};
	char text[NAME_BYTES_MAX + 64];

	/* It is gone, and was counted in. */
	if (!session) {
		if (!question->rejoins)
			room_mail_left(hub, question->room, question->client,
			    span_of(question->user));
		return;
	}
	if (question->found)
		question_tell_messages(question, session);
	session_set_current(session, join_enter(question, hub, session));
	snprintf(text, sizeof(text), "joined #%s (%u members)", question->room,
	    question->members);
	event.text = span_of(text);
	session_reply(session, event);
}

/* Already in: nothing live until what was asked for has come. */
static void
join_again(
    struct question *question, struct session *session, struct room *room)
{
	struct membership *membership = session_membership(session, room);

	question->rejoins = true;
	question->entered = membership->entered;
	question->paused_at = room->seen;
	if (question->by_seq)
		room_pause(session, membership);
}

void
cmd_join(struct session *session, const struct span arguments[], int count)
{
	struct question *question = question_new(session, arguments[0]);
	struct room *room;

	if (!question)
		return;
	if (count == 2 && (!question_read_range(question, arguments[1]) ||
			      !question->by_seq)) {
		question_free(question);
		dispatch_refuse(session, VERB_JOIN, ERR_BAD_ARGUMENTS);
		return;
	}
	room = session_room(session, span_of(question->room));
	if (room) {
		join_again(question, session, room);
	} else if (session_seat_count(session) >= SESSION_ROOMS_MAX) {
		question_free(question);
		session_err(session, ERR_TOO_MANY_ROOMS,
		    "you are in %d rooms; /leave one first", SESSION_ROOMS_MAX);
		return;
	}
	if (question->by_seq)
		question->bytes_max =
		    session_ask_bytes(session, HISTORY_BYTES_MAX);
	question->at_home = join_at_home;
	question->answer = join_answer;
	question_ask(question, session);
}

static void
leave_answer(
    struct question *question, struct hub *hub, struct session *session)
{
	(void)hub;
	if (session)
		session_ok(session, "left #%s", question->room);
}

void
cmd_leave(struct session *session, const struct span arguments[], int count)
{
	struct question *question;
	struct room *room;
	struct span name;

	if (count == 0 && session->current == CURRENT_NONE) {
		session_err(session, ERR_NOT_IN_ROOM,
		    "you have no current room; /leave ROOM");
		return;
	}
	name = count > 0 ? arguments[0]
			 : span_of(session_current_room(session)->name);
	question = question_new(session, name);
	if (!question)
		return;
	room = session_room(session, span_of(question->room));
	if (!room) {
		question_ask_as_member(question, session);
		return;
	}
	if (room->everyones) {
		session_err(session, ERR_FORBIDDEN,
		    "everyone who is logged in is in #%s", room->name);
		question_free(question);
		return;
	}
	hub_leave_room(session_hub(session), session, room);
	/* Answered when the home has heard of it, whatever is asked next. */
	question->answer = leave_answer;
	question_ask(question, session);
}

/* The topic is in `found` as text: none where that is empty. */
static void
topic_at_home(struct question *question, struct hub *hub, struct room *room)
{
	const char *topic = room->home->topic;

	(void)hub;
	question_put_text(question, span_of(topic ? topic : ""));
}

static void
topic_answer(
    struct question *question, struct hub *hub, struct session *session)
{
	const struct parcel *topic = question->found;

	(void)hub;
	if (!session)
		return;
	if (topic->len > 0)
		session_ok(session, "#%s: %.*s", question->room,
		    (int)topic->len, topic->bytes);
	else
		session_ok(session, "#%s has no topic", question->room);
}

/* The new one is on its way in `found`. */
static void
topic_set_at_home(struct question *question, struct hub *hub, struct room *room)
{
	if (room_home_is_stalled(room)) {
		question->refusal = ERR_BUSY;
		return;
	}
	room_home_set_topic(room, hub, question->client,
	    span_of(question->user),
	    (struct span){question->found->bytes, question->found->len});
}

static void
topic_set_answer(
    struct question *question, struct hub *hub, struct session *session)
{
	(void)hub;
	if (session)
		session_ok(session, "topic %s",
		    question->found->len > 0 ? "set" : "cleared");
}

void
cmd_topic(struct session *session, const struct span arguments[], int count)
{
	struct question *question;
	struct span topic;

	if (count == 2 && arguments[1].len > TOPIC_BYTES_MAX) {
		session_err(session, ERR_TOO_LONG, "a topic may have %d bytes",
		    TOPIC_BYTES_MAX);
		return;
	}
	question = question_new(session, arguments[0]);
	if (!question)
		return;
	question->at_home = topic_at_home;
	question->answer = topic_answer;
	if (count == 2) {
		question->at_home = topic_set_at_home;
		question->answer = topic_set_answer;
		topic = arguments[1];
		if (span_equals(topic, span_of("-")))
			topic.len = 0;
		question_put_text(question, topic);
	}
	question_ask_as_member(question, session);
}

static void
history_at_home(struct question *question, struct hub *hub, struct room *room)
{
	(void)hub;
	question_find_messages(question, room);
}

static void
history_answer(
    struct question *question, struct hub *hub, struct session *session)
{
	(void)hub;
	if (!session)
		return;
	question_tell_messages(question, session);
	session_ok(session, "%u messages", question->count);
}

void
cmd_history(struct session *session, const struct span arguments[], int count)
{
	struct room *current = session_current_room(session);
	struct span name = span_of(current ? current->name : "lobby");
	struct question range = {.last = UINT64_MAX};
	struct question *question;

	/* A room, a range, or both. */
	if (count > 0 && !question_read_range(&range, arguments[count - 1])) {
		/* Then it is a room, and nothing may follow it. */
		if (count == 2 ||
		    memchr(arguments[0].at, '=', arguments[0].len)) {
			dispatch_refuse(
			    session, VERB_HISTORY, ERR_BAD_ARGUMENTS);
			return;
		}
		name = arguments[0];
	} else if (count == 2) {
		name = arguments[0];
	}
	question = question_new(session, name);
	if (!question)
		return;
	question->by_seq = range.by_seq;
	question->since = range.since;
	question->last = range.last;
	question->bytes_max = session_ask_bytes(session, HISTORY_BYTES_MAX);
	question->at_home = history_at_home;
	question->answer = history_answer;
	question_ask_as_member(question, session);
}
