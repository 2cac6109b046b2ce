/* Commands that ask all hubs: who is there, which rooms. */
#include <stdio.h>
#include <string.h>

#include "proto/cmd.h"
#include "proto/room_home.h"
#include "proto/session.h"
#include "proto/session_answer.h"
#include "proto/session_output.h"
#include "proto/tour.h"
#include "proto/wire/name.h"
#include "reactor/check.h"
#include "reactor/memory.h"
#include "reactor/reactor.h"

/* A roll, of people or of rooms, on its way round the hubs: each renders its
 * items for the client, which is told all of them at once. */
struct roll {
	struct tour tour;
	struct conn_handle client;
	char room[NAME_BYTES_MAX + 1]; /* /who ROOM; else empty */
	bool exists;                   /* the room does */
	unsigned count;
	unsigned shown; /* of them; the rest is too much for one answer */
	size_t bytes_max;
	enum format format;
	enum verb verb;
	uint8_t tag_len;
	char tag[TAG_BYTES_MAX];
};

static void
roll_add(struct roll *roll, struct event event)
{
	char *out;

	roll->count++;
	if (roll->tour.text_len > roll->bytes_max)
		return;
	roll->shown++;
	event.kind = EVENT_ITEM;
	event.tag = (struct span){roll->tag, roll->tag_len};
	event.re = span_of(command_name(roll->verb));
	out = tour_reserve(&roll->tour, render_bound(roll->format, &event));
	roll->tour.text_len += render(roll->format, &event, out);
}

static void
roll_start(struct session *session, const char *room,
    void (*visit)(struct tour *tour, struct hub *hub),
    void (*done)(struct tour *tour, struct hub *hub))
{
	struct roll *roll = memory_new(sizeof(*roll));

	roll->tour.visit = visit;
	roll->tour.done = done;
	roll->client = conn_handle(&session->conn);
	strcpy(roll->room, room);
	roll->bytes_max =
	    session_ask_bytes(session, session_out_limit(session));
	roll->format = session->format;
	roll->verb = session->verb;
	roll->tag_len = session->tag_len;
	if (session->tag_len > 0)
		memcpy(roll->tag, session->tag, session->tag_len);
	session_await(session);
	tour_start(&roll->tour, session_hub(session));
}

/* The client, told all items; NULL when it is gone. */
static struct session *
roll_tell(struct roll *roll, struct hub *hub)
{
	struct session *session = session_find(hub, roll->client);

	session_give_back_bytes(hub, roll->bytes_max);
	if (session && roll->tour.text_len > 0)
		session_send(session, roll->tour.text, roll->tour.text_len);
	return session;
}

/* Its end: how many there are, and where not all were listed, how many were. */
static void
roll_end(const struct roll *roll, struct session *session, const char *of_what,
    const char *room)
{
	char shown[40] = "";

	if (roll->shown < roll->count)
		snprintf(
		    shown, sizeof(shown), ", %u of them listed", roll->shown);
	session_ok(session, "%u %s%s%s", roll->count, of_what, room, shown);
}

static void
roll_free(struct roll *roll)
{
	tour_fini(&roll->tour);
	free(roll);
}

static void
who_visit(struct tour *tour, struct hub *hub)
{
	struct roll *who = (struct roll *)tour;
	struct room *room = hub->lobby;

	if (who->room[0])
		room = hub_room(hub, span_of(who->room));
	if (!room)
		return;
	who->exists |= room->home && room_home_is_known(room);
	for (uint32_t i = 0; i < room->member_count; i++) {
		const struct session *member = room->members[i];

		roll_add(who, (struct event){.from = span_of(member->name),
				  .client = member->conn.id});
	}
}

static void
who_done(struct tour *tour, struct hub *hub)
{
	struct roll *who = (struct roll *)tour;
	struct session *session = roll_tell(who, hub);

	if (session) {
		if (!who->exists)
			session_err(session, ERR_NO_SUCH_ROOM,
			    "there is no room #%s; see /rooms", who->room);
		else if (who->room[0])
			roll_end(who, session, "in #", who->room);
		else
			roll_end(who, session, "online", "");
		session_answered(session);
	}
	roll_free(who);
}

void
cmd_who(struct session *session, const struct span arguments[], int count)
{
	char room[NAME_BYTES_MAX + 1] = "";

	if (count > 0) {
		struct span name = name_of_room(arguments[0]);

		if (!name_is_valid(name)) {
			session_err(session, ERR_BAD_ROOM,
			    "that is no room's name; see /rooms");
			return;
		}
		name_fold(name, room);
	}
	roll_start(session, room, who_visit, who_done);
}

static void
rooms_visit_room(struct directory_entry *entry, void *context)
{
	const struct room *room = list_entry(entry, struct room, entry);
	const struct room_home *home = room->home;

	if (home && room_home_is_known(room))
		roll_add(context,
		    (struct event){.room = span_of(room->name),
			.members = home->members,
			.text = span_of(home->topic ? home->topic : "")});
}

static void
rooms_visit(struct tour *tour, struct hub *hub)
{
	directory_each(&hub->rooms, rooms_visit_room, tour);
}

static void
rooms_done(struct tour *tour, struct hub *hub)
{
	struct roll *rooms = (struct roll *)tour;
	struct session *session = roll_tell(rooms, hub);

	if (session) {
		roll_end(rooms, session, "rooms", "");
		session_answered(session);
	}
	roll_free(rooms);
}

void
cmd_rooms(struct session *session, const struct span arguments[], int count)
{
	(void)arguments;
	(void)count;
	roll_start(session, "", rooms_visit, rooms_done);
}
