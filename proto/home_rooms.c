/* Rooms at home here: what they keep, and when it is dropped. */
#include "proto/home_rooms.h"

#include "proto/hub.h"
#include "proto/room.h"
#include "proto/room_home.h"
#include "reactor/check.h"
#include "reactor/counters.h"
#include "reactor/reactor.h"

#define SECOND_MS 1000

/* The room that has been without members longest; NULL when each has some. */
static struct room_home *
first_deserted(const struct home_rooms *rooms)
{
	if (list_is_empty(&rooms->deserted))
		return NULL;
	return list_entry(rooms->deserted.next, struct room_home, deserted);
}

/* Drops all that a room keeps, and the room with it. */
static void
forget(struct hub *hub, struct room *room)
{
	hub->home_rooms.scrollback_bytes -= room->home->scrollback.bytes;
	room_home_forget(room);
	hub_busy(hub, room);
}

static void
forget_old(struct hub *hub)
{
	uint64_t now_s = reactor_now_ms(hub->reactor) / 1000;
	struct room_home *home;

	while ((home = first_deserted(&hub->home_rooms)) &&
	       now_s - home->deserted_s >= HISTORY_KEPT_S)
		forget(hub, home->room);
}

static void
start_second(struct hub *hub)
{
	struct timer *second = &hub->home_rooms.second;

	if (!timer_is_set(second))
		reactor_set_timer(hub->reactor, second, SECOND_MS);
}

static void
on_second(struct timer *timer)
{
	struct hub *hub = list_entry(timer, struct hub, home_rooms.second);
	struct list *link;

	check_magic(hub, HUB_MAGIC);
	while ((link = list_take_first(&hub->home_rooms.summing))) {
		struct room_home *home =
		    list_entry(link, struct room_home, summing);

		room_home_sum_up(home->room, hub);
	}
	forget_old(hub);
	if (!list_is_empty(&hub->home_rooms.deserted))
		start_second(hub);
}

void
home_rooms_init(struct home_rooms *rooms)
{
	list_init(&rooms->recent);
	list_init(&rooms->deserted);
	list_init(&rooms->summing);
	timer_init(&rooms->second, on_second);
}

struct room_home *
home_rooms_add(struct hub *hub)
{
	struct home_rooms *rooms = &hub->home_rooms;
	unsigned reactors = reactor_count(hub->reactor);

	if (rooms->count >= SERVER_ROOMS_MAX / reactors) {
		if (!first_deserted(rooms))
			return NULL;
		forget(hub, first_deserted(rooms)->room);
	}
	counter_add(&reactor_counters(hub->reactor)->rooms_made, 1);
	rooms->count++;
	return room_home_new(reactors, hub->options.history);
}

void
home_rooms_remove(struct hub *hub, const struct room *room)
{
	counter_add(&reactor_counters(hub->reactor)->rooms_ended, 1);
	hub->home_rooms.count--;
	hub->home_rooms.scrollback_bytes -= room->home->scrollback.bytes;
}

void
home_rooms_summing(struct hub *hub, struct room *room)
{
	if (list_is_empty(&room->home->summing))
		list_append(&hub->home_rooms.summing, &room->home->summing);
	start_second(hub);
}

void
home_rooms_deserted(struct hub *hub, struct room *room)
{
	room->home->deserted_s = reactor_now_ms(hub->reactor) / 1000;
	list_append(&hub->home_rooms.deserted, &room->home->deserted);
	start_second(hub);
}

/* The longest silent room drops its oldest message. */
static void
drop_oldest(struct hub *hub, const struct room_home *kept)
{
	struct home_rooms *rooms = &hub->home_rooms;
	struct room_home *oldest =
	    list_entry(rooms->recent.next, struct room_home, recent);
	size_t before = oldest->scrollback.bytes;

	scrollback_drop_oldest(&oldest->scrollback);
	rooms->scrollback_bytes -= before - oldest->scrollback.bytes;
	if (oldest->scrollback.count > 0)
		return;
	list_remove(&oldest->recent);
	/* Not the one that is being numbered. */
	if (oldest->members == 0 && oldest != kept && !oldest->room->everyones)
		forget(hub, oldest->room);
}

void
home_rooms_kept(struct hub *hub, struct room *room, ssize_t more)
{
	struct home_rooms *rooms = &hub->home_rooms;
	size_t max = hub->options.history_total / reactor_count(hub->reactor);

	list_remove(&room->home->recent);
	list_append(&rooms->recent, &room->home->recent);
	rooms->scrollback_bytes += (size_t)more;
	while (rooms->scrollback_bytes > max)
		drop_oldest(hub, room->home);
}
