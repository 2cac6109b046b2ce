/* The model's rooms: who is in, what was said, what is kept. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tests/kit/model.h"

#define NAME_CHARACTERS                                                        \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-"

static const char *
without_sign(const char *name)
{
	return *name == '#' ? name + 1 : name;
}

static bool
is_room_name(const char *name)
{
	size_t len = strlen(name);

	return len > 0 && len < MODEL_NAME_BYTES &&
	       strspn(name, NAME_CHARACTERS) == len && !strchr("._-", *name);
}

struct model_room *
model_room(struct model *model, const char *name)
{
	for (int i = 0; i < MODEL_ROOMS; i++)
		if (model->rooms[i].exists &&
		    !strcasecmp(model->rooms[i].name, without_sign(name)))
			return &model->rooms[i];
	return NULL;
}

static struct model_room *
room_new(struct model *model, const char *name)
{
	struct model_room *room = model->rooms;

	while (room->exists)
		cr_assert_lt(++room - model->rooms, MODEL_ROOMS);
	room->exists = true;
	memset(room->name, 0, sizeof(room->name));
	for (int i = 0; name[i]; i++)
		room->name[i] = name[i] >= 'A' && name[i] <= 'Z'
				    ? (char)(name[i] + 'a' - 'A')
				    : name[i];
	return room;
}

static unsigned
room_members(const struct model_room *room)
{
	unsigned count = 0;

	for (int i = 0; i < MODEL_CLIENTS; i++)
		count += room->member[i];
	return count;
}

static size_t
room_kept(const struct model *model, const struct model_room *room)
{
	return room->said_count < model->history ? room->said_count
						 : model->history;
}

/* Nobody is in it; what has something to remember stays. */
static void
room_check_empty(struct model *model, struct model_room *room)
{
	if (room == model->rooms || room_members(room) > 0 ||
	    room_kept(model, room) > 0)
		return;
	room->exists = false;
	room->topic[0] = '\0';
	room->said_count = 0;
}

static void
room_tell(
    struct model *model, struct model_room *room, struct model_event *event)
{
	event->room = room->name;
	for (int i = 0; i < MODEL_CLIENTS; i++)
		if (room->member[i])
			model_tell(model, i, event);
}

static void
room_enter(struct model_room *room, int client)
{
	room->member[client] = true;
	room->from[client] = room->said_count + 1;
}

static void
room_remove(
    struct model *model, struct model_room *room, int client, bool unordered)
{
	const struct model_client *who = &model->clients[client];
	struct model_event event = {
	    .kind = MODEL_LEAVE,
	    .unordered = unordered,
	    .name = who->name,
	    .id = who->id,
	};

	room->member[client] = false;
	if (room != model->rooms)
		room_tell(model, room, &event);
	room_check_empty(model, room);
}

void
model_lobby(struct model *model, int client, bool in)
{
	if (in)
		room_enter(&model->rooms[0], client);
	else
		model->rooms[0].member[client] = false;
}

void
model_leave_all(struct model *model, int client)
{
	/* Rooms are served by threads of their own. */
	for (int i = 0; i < MODEL_ROOMS; i++)
		if (model->rooms[i].member[client])
			room_remove(model, &model->rooms[i], client, true);
	model->clients[client].current = NULL;
	model->left_rooms = true;
}

struct model_message *
model_message_new(struct model *model, const char *text)
{
	const struct model_client *from = &model->clients[model->actor];
	struct model_message *message = calloc(1, sizeof(*message));

	cr_assert_not_null(message);
	strcpy(message->from, from->name);
	message->id = from->id;
	message->text = strdup(text);
	message->next = model->messages;
	model->messages = message;
	return message;
}

static struct model_event
message_event(const struct model_room *room, struct model_message *message)
{
	return (struct model_event){
	    .kind = MODEL_MESSAGE,
	    .room = room->name,
	    .name = message->from,
	    .id = message->id,
	    .seq = message->seq,
	    .text = message->text,
	    .time = message->time,
	};
}

void
model_say(struct model *model, struct model_room *room, const char *text)
{
	struct model_message *message = model_message_new(model, text);
	struct model_event event;

	if (room->said_count == room->said_cap) {
		room->said_cap = room->said_cap * 2 + 16;
		room->said =
		    realloc(room->said, room->said_cap * sizeof(*room->said));
		cr_assert_not_null(room->said);
	}
	room->said[room->said_count++] = message;
	message->seq = room->said_count;
	event = message_event(room, message);
	room_tell(model, room, &event);
}

static void
notice_alone(
    struct model *model, const struct model_room *room, const char *text)
{
	struct model_event event = {
	    .kind = MODEL_NOTICE, .room = room->name, .text = text};

	model_tell(model, model->actor, &event);
}

static void
tell_messages(
    struct model *model, struct model_room *room, size_t after, size_t last)
{
	for (size_t i = after; i < last; i++) {
		struct model_event event = message_event(room, room->said[i]);

		model_tell(model, model->actor, &event);
	}
}

/* The messages after `since` up to `last`, as far as they are kept; returns how
 * many. */
static size_t
tell_since(struct model *model, struct model_room *room, unsigned long since,
    size_t last)
{
	size_t gone = room->said_count - room_kept(model, room);
	char text[64];

	if (since > room->said_count) {
		notice_alone(model, room, "starts over");
		since = gone;
	}
	if (gone > last)
		gone = last;
	if (since < gone) {
		snprintf(text, sizeof(text), "%lu messages are no longer kept",
		    gone - since);
		notice_alone(model, room, text);
		since = gone;
	}
	if (since >= last)
		return 0;
	tell_messages(model, room, since, last);
	return last - since;
}

/* since=SEQ; false for anything else. */
static bool
parse_since(const char *word, unsigned long *since)
{
	return !strncmp(word, "since=", 6) && word[6] &&
	       strspn(word + 6, "0123456789") == strlen(word + 6) &&
	       sscanf(word + 6, "%lu", since) == 1;
}

/* The room of a member, or NULL when the command was refused. */
static struct model_room *
member_room(struct model *model, const char *name)
{
	struct model_room *room = model_room(model, name);

	if (!is_room_name(without_sign(name)))
		model_err(model, "bad-room");
	else if (!room)
		model_err(model, "no-such-room");
	else if (!room->member[model->actor])
		model_err(model, "not-in-room");
	else
		return room;
	return NULL;
}

static void
tell_joined(struct model *model, struct model_room *room)
{
	char text[80];
	struct model_event event = {
	    .kind = MODEL_OK,
	    .room = room->name,
	    .members = room_members(room),
	    .seq = room->said_count,
	    .text = text,
	};

	snprintf(text, sizeof(text), "joined #%s (%lu members)", room->name,
	    event.members);
	model_tell(model, model->actor, &event);
}

void
model_do_join(struct model *model, char *const args[])
{
	struct model_client *who = &model->clients[model->actor];
	struct model_event event = {
	    .kind = MODEL_JOIN, .name = who->name, .id = who->id};
	struct model_room *room = model_room(model, args[0]);
	unsigned long since = 0;

	if (args[1] && !parse_since(args[1], &since)) {
		model_err(model, "bad-arguments");
		return;
	}
	if (!is_room_name(without_sign(args[0]))) {
		model_err(model, "bad-room");
		return;
	}
	if (!room)
		room = room_new(model, without_sign(args[0]));
	if (!room->member[model->actor]) {
		room_tell(model, room, &event);
		room_enter(room, model->actor);
	}
	if (args[1])
		room->from[model->actor] -= tell_since(
		    model, room, since, room->from[model->actor] - 1);
	who->current = room;
	tell_joined(model, room);
}

void
model_do_leave(struct model *model, char *const args[])
{
	struct model_client *who = &model->clients[model->actor];
	struct model_room *room = who->current;

	if (args[0])
		room = member_room(model, args[0]);
	else if (!room)
		model_err(model, "not-in-room");
	if (!room)
		return;
	if (room == model->rooms) {
		model_err(model, "forbidden");
		return;
	}
	if (who->current == room)
		who->current = NULL;
	model_ok(model, "left #%s", room->name);
	room_remove(model, room, model->actor, false);
}

void
model_do_say(struct model *model, char *const args[])
{
	struct model_room *room = member_room(model, args[0]);

	if (room)
		model_say(model, room, args[1]);
}

static void
set_topic(struct model *model, struct model_room *room, const char *topic)
{
	const struct model_client *who = &model->clients[model->actor];
	char text[MODEL_TOPIC_BYTES + 80];
	struct model_event event = {.kind = MODEL_NOTICE, .text = text};

	strcpy(room->topic, topic);
	snprintf(text, sizeof(text), "%s#%lu %s%s", who->name, who->id,
	    *topic ? "set the topic: " : "cleared the topic", topic);
	room_tell(model, room, &event);
	model_ok(model, *topic ? "topic set" : "topic cleared");
}

void
model_do_topic(struct model *model, char *const args[])
{
	struct model_room *room;

	if (args[1] && strlen(args[1]) > MODEL_TOPIC_BYTES) {
		model_err(model, "too-long");
		return;
	}
	room = member_room(model, args[0]);
	if (!room)
		return;
	if (args[1] && !strcmp(args[1], "-"))
		set_topic(model, room, "");
	else if (args[1])
		set_topic(model, room, args[1]);
	else if (room->topic[0])
		model_ok(model, "#%s: %s", room->name, room->topic);
	else
		model_ok(model, "#%s has no topic", room->name);
}

void
model_do_rooms(struct model *model, char *const args[])
{
	unsigned count = 0;

	(void)args;
	for (int i = 0; i < MODEL_ROOMS; i++) {
		const struct model_room *room = &model->rooms[i];
		struct model_event event = {
		    .kind = MODEL_ROOM_ITEM,
		    .unordered = true,
		    .room = room->name,
		    .members = room_members(room),
		    .text = room->topic[0] ? room->topic : NULL,
		};

		if (!room->exists)
			continue;
		model_tell(model, model->actor, &event);
		count++;
	}
	model_ok(model, "%u rooms", count);
}

void
model_do_who(struct model *model, char *const args[])
{
	struct model_room *room = model->rooms;

	if (args[0]) {
		room = model_room(model, args[0]);
		if (!room) {
			model_err(model, is_room_name(without_sign(args[0]))
					     ? "no-such-room"
					     : "bad-room");
			return;
		}
	}
	for (int i = 0; i < MODEL_CLIENTS; i++) {
		struct model_event event = {
		    .kind = MODEL_CLIENT_ITEM,
		    .unordered = true,
		    .name = model->clients[i].name,
		    .id = model->clients[i].id,
		};

		if (room->member[i])
			model_tell(model, model->actor, &event);
	}
	if (args[0])
		model_ok(model, "%u in #%s", room_members(room), room->name);
	else
		model_ok(model, "%u online", room_members(room));
}

/* N and nothing else. */
static bool
parse_count(const char *word, unsigned long *count)
{
	return strspn(word, "0123456789") == strlen(word) &&
	       sscanf(word, "%lu", count) == 1;
}

void
model_do_history(struct model *model, char *const args[])
{
	struct model_room *room = model->clients[model->actor].current;
	const char *range = args[1] ? args[1] : args[0];
	unsigned long count, since = 0;
	bool by_seq = range && parse_since(range, &since);
	bool by_count = range && !by_seq && parse_count(range, &count);

	if (range && !by_seq && !by_count) {
		if (args[1] || strchr(range, '=')) {
			model_err(model, "bad-arguments");
			return;
		}
		range = NULL;
	}
	if (args[0] && args[0] != range)
		room = member_room(model, args[0]);
	else if (!room)
		room = model->rooms;
	if (!room)
		return;
	if (by_seq) {
		count = tell_since(model, room, since, room->said_count);
	} else {
		if (!by_count || count > room_kept(model, room))
			count = room_kept(model, room);
		tell_messages(
		    model, room, room->said_count - count, room->said_count);
	}
	model_ok(model, "%lu messages", count);
}
