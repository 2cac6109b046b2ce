/* A room's home: numbers, history, who is in. */
#include "proto/room_home.h"
#include "proto/home_rooms.h"

#include <stdio.h>
#include <string.h>

#include "proto/hub.h"
#include "proto/message.h"
#include "proto/room.h"
#include "proto/room_mail.h"
#include "reactor/blob.h"
#include "reactor/check.h"
#include "reactor/counters.h"
#include "reactor/memory.h"
#include "reactor/reactor.h"

/* Batches that a reactor may have before it, so that it need not wait for the
 * home after each; what the home holds back meanwhile makes the next larger. */
#define UNDER_WAY_MAX 2

/* What is sealed at once, joins and topics, waits beyond this many. */
#define UNDER_WAY_STALLED 64

struct room_home *
room_home_new(unsigned reactors, uint32_t history)
{
	struct room_home *home =
	    memory_new(sizeof(*home) + reactors * sizeof(struct reach));

	home->reach_count = reactors;
	scrollback_init(&home->scrollback, history);
	list_init(&home->recent);
	list_init(&home->deserted);
	list_init(&home->summing);
	return home;
}

void
room_home_free(struct room_home **pointer)
{
	struct room_home *home = *pointer;

	list_remove(&home->recent);
	list_remove(&home->deserted);
	list_remove(&home->summing);
	scrollback_fini(&home->scrollback);
	free(home->topic);
	free(home);
	*pointer = NULL;
}

bool
room_home_is_known(const struct room *room)
{
	return room->everyones || room->home->members > 0 ||
	       room->home->scrollback.count > 0;
}

unsigned
room_home_under_way(const struct room *room)
{
	const struct room_home *home = room->home;
	unsigned most = 0;

	for (unsigned i = 0; i < home->reach_count; i++)
		if (home->reach[i].under_way > most)
			most = home->reach[i].under_way;
	return most;
}

bool
room_home_may_seal(const struct room *room)
{
	return room_home_under_way(room) < UNDER_WAY_MAX;
}

bool
room_home_is_stalled(const struct room *room)
{
	return room_home_under_way(room) >= UNDER_WAY_STALLED;
}

static bool
room_is_summed_up(const struct room *room)
{
	return room->home->members > NOTICED_MEMBERS_MAX ||
	       room_home_is_stalled(room);
}

void
room_home_join(struct room *room, struct hub *hub, struct conn_handle who,
    struct span name)
{
	struct room_home *home = room->home;

	if (!room->everyones && room_is_summed_up(room)) {
		home->joined++;
		home_rooms_summing(hub, room);
	} else if (!room->everyones) {
		/* Sealed before it is in, so that it is not told of itself. */
		room_gather(room, hub, EVENT_JOIN, who, name, span_of(""));
		room_home_seal(room, hub);
	}
	if (!room->everyones)
		counter_add(&reactor_counters(hub->reactor)->joins, 1);
	list_remove(&home->deserted);
	home->members++;
	home->reach[who.reactor].members++;
}

void
room_home_forget(struct room *room)
{
	struct room_home *home = room->home;

	while (home->scrollback.count > 0)
		scrollback_drop_oldest(&home->scrollback);
	list_remove(&home->recent);
	list_remove(&home->deserted);
	free(home->topic);
	home->topic = NULL;
	home->seq = 0;
}

/* The last one has left: whoever comes next finds a new room, also before this
 * one has been freed, unless something that was said is kept. */
static void
room_home_end(struct room *room, struct hub *hub)
{
	struct room_home *home = room->home;

	room_home_seal(room, hub);
	home->joined = 0;
	home->left = 0;
	list_remove(&home->summing);
	if (home->scrollback.count > 0)
		home_rooms_deserted(hub, room);
	else
		room_home_forget(room);
}

void
room_home_leave(struct room *room, struct hub *hub, struct conn_handle who,
    struct span name)
{
	struct room_home *home = room->home;

	check(home->reach[who.reactor].members > 0);
	home->reach[who.reactor].members--;
	home->members--;
	if (room->everyones)
		return;
	if (home->members == 0) {
		room_home_end(room, hub);
	} else if (room_is_summed_up(room)) {
		home->left++;
		home_rooms_summing(hub, room);
	} else {
		room_gather(room, hub, EVENT_LEAVE, who, name, span_of(""));
	}
	hub_busy(hub, room);
}

void
room_home_set_topic(struct room *room, struct hub *hub, struct conn_handle who,
    struct span name, struct span topic)
{
	char text[TOPIC_BYTES_MAX + NAME_BYTES_MAX + 64];
	struct room_home *home = room->home;
	int len;

	check(topic.len <= TOPIC_BYTES_MAX);
	free(home->topic);
	home->topic = NULL;
	if (topic.len > 0) {
		home->topic = memory_new(topic.len + 1);
		memcpy(home->topic, topic.at, topic.len);
	}
	len = snprintf(text, sizeof(text), "%.*s#%llu %s%s", (int)name.len,
	    name.at, (unsigned long long)who.id,
	    home->topic ? "set the topic: " : "cleared the topic",
	    home->topic ? home->topic : "");
	room_gather(room, hub, EVENT_NOTICE, who, span_of(""),
	    (struct span){text, (size_t)len});
	room_home_seal(room, hub);
}

/* 1204 as 1,204. */
static const char *
number_grouped(uint32_t number, char out[16])
{
	if (number >= 1000 * 1000)
		snprintf(out, 16, "%u,%03u,%03u", number / 1000000,
		    number / 1000 % 1000, number % 1000);
	else if (number >= 1000)
		snprintf(out, 16, "%u,%03u", number / 1000, number % 1000);
	else
		snprintf(out, 16, "%u", number);
	return out;
}

void
room_home_sum_up(struct room *room, struct hub *hub)
{
	struct room_home *home = room->home;
	struct conn_handle nobody = {0};
	char joined[16], left[16], here[16], text[80];
	int len;

	len = snprintf(text, sizeof(text), "%s%s%s%s%s, %s here",
	    home->joined ? "+" : "",
	    home->joined ? number_grouped(home->joined, joined) : "",
	    home->joined && home->left ? " " : "", home->left ? "-" : "",
	    home->left ? number_grouped(home->left, left) : "",
	    number_grouped(home->members, here));
	home->joined = 0;
	home->left = 0;
	room_gather(room, hub, EVENT_NOTICE, nobody, span_of(""),
	    (struct span){text, (size_t)len});
}

/* Numbers what was gathered; from here on it is the same for everyone. */
static void
room_number(struct room *room, struct hub *hub)
{
	struct room_home *home = room->home;
	size_t before = home->scrollback.bytes;
	uint64_t first = home->seq;
	size_t bytes = 0;
	const struct message *message = NULL;
	uint32_t i = 0;

	while ((message = parcels_next(&room->gathered, &i, message))) {
		bool counts = message->kind == EVENT_MESSAGE;

		bytes += message_size(message);
		/* No other thread has the parcel yet. */
		home->seq += counts;
		((struct message *)message)->seq = home->seq;
		if (!counts)
			continue;
		scrollback_add(&home->scrollback, message);
		home->reach[message->sender.reactor].spoke = true;
	}
	room->gathered_bytes = (uint32_t)(bytes < UINT32_MAX ? bytes : 0);
	if (home->seq != first && home->scrollback.count > 0)
		home_rooms_kept(hub, room,
		    (ssize_t)home->scrollback.bytes - (ssize_t)before);
}

void
room_home_seal(struct room *room, struct hub *hub)
{
	unsigned here = reactor_index(hub->reactor);
	struct room_home *home = room->home;
	uint64_t before = home->seq;

	if (room->gathered.count == 0)
		return;
	room_number(room, hub);
	counter_add(
	    &reactor_counters(hub->reactor)->messages, home->seq - before);
	for (unsigned i = 0; i < home->reach_count; i++) {
		struct reach *reach = &home->reach[i];

		if (reach->members == 0 && !reach->spoke && !room->everyones)
			continue;
		reach->spoke = false;
		if (i == here) {
			parcels_share(&room->inbox, &room->gathered);
			continue;
		}
		room_mail_sealed(room, hub, i);
		reach->under_way++;
	}
	parcels_clear(&room->gathered);
	hub_busy(hub, room);
}

void
room_home_on_delivered(struct room *room, unsigned reactor, unsigned batches)
{
	struct reach *reach = &room->home->reach[reactor];

	check(reach->under_way >= batches);
	reach->under_way -= batches;
}
