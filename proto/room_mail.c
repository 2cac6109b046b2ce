/* Mail of rooms: what is sent, and what is done when it arrives. */
#include "proto/room_mail.h"

#include <string.h>

#include "proto/hub.h"
#include "proto/room.h"
#include "proto/room_home.h"
#include "reactor/check.h"
#include "reactor/memory.h"
#include "reactor/reactor.h"

/* A batch, or word that some were delivered. */
struct room_mail {
	struct envelope envelope;
	char room[NAME_BYTES_MAX + 1];
	unsigned from;    /* reactor */
	unsigned batches; /* delivered */
	struct parcels parcels;
};

/* Who has come to the lobby, or left a room. */
struct presence_mail {
	struct envelope envelope;
	struct conn_handle who;
	char room[NAME_BYTES_MAX + 1];
	char name[NAME_BYTES_MAX + 1];
};

static struct presence_mail *
presence_mail_new(envelope_handler *handle, const char *room,
    struct conn_handle who, struct span name)
{
	struct presence_mail *mail = memory_new(sizeof(*mail));

	mail->envelope.handle = handle;
	mail->who = who;
	strcpy(mail->room, room);
	memcpy(mail->name, name.at, name.len);
	return mail;
}

static void
presence_mail_post(struct presence_mail *mail, struct hub *hub)
{
	reactor_post(hub->reactor, hub_home_reactor(hub, span_of(mail->room)),
	    &mail->envelope);
}

static void
on_entered(struct envelope *envelope, void *owner)
{
	struct presence_mail *mail = (struct presence_mail *)envelope;
	struct hub *hub = owner;

	check_magic(hub, HUB_MAGIC);
	room_home_join(hub->lobby, hub, mail->who, span_of(mail->name));
	free(mail);
}

void
room_mail_entered(struct hub *hub, struct conn_handle who, struct span name)
{
	presence_mail_post(
	    presence_mail_new(on_entered, hub->lobby->name, who, name), hub);
}

static void
on_left(struct envelope *envelope, void *owner)
{
	struct presence_mail *mail = (struct presence_mail *)envelope;
	struct hub *hub = owner;
	struct room *room = hub_room(hub, span_of(mail->room));

	check_magic(hub, HUB_MAGIC);
	check(room && room->home); /* kept while it has members */
	room_home_leave(room, hub, mail->who, span_of(mail->name));
	free(mail);
}

void
room_mail_left(
    struct hub *hub, const char *room, struct conn_handle who, struct span name)
{
	presence_mail_post(presence_mail_new(on_left, room, who, name), hub);
}

static struct room_mail *
room_mail_new(const char *room, struct hub *hub, envelope_handler *handle)
{
	struct room_mail *mail = memory_new(sizeof(*mail));

	mail->envelope.handle = handle;
	mail->from = reactor_index(hub->reactor);
	strcpy(mail->room, room);
	return mail;
}

static void
room_mail_free(struct room_mail *mail)
{
	parcels_fini(&mail->parcels);
	free(mail);
}

/* At home. */
static void
on_gathered(struct envelope *envelope, void *owner)
{
	struct room_mail *mail = (struct room_mail *)envelope;
	struct hub *hub = owner;
	struct room *room = hub_room(hub, span_of(mail->room));

	check_magic(hub, HUB_MAGIC);
	check(room && room->home); /* kept while it has members there */
	parcels_share(&room->gathered, &mail->parcels);
	hub_busy(hub, room);
	room_mail_free(mail);
}

void
room_mail_gathered(struct room *room, struct hub *hub)
{
	struct room_mail *mail = room_mail_new(room->name, hub, on_gathered);

	check(!room->home);
	mail->parcels = room->gathered;
	room->gathered = (struct parcels){0};
	reactor_post(hub->reactor, room->home_reactor, &mail->envelope);
}

/* At a hub with members. */
static void
on_sealed(struct envelope *envelope, void *owner)
{
	struct room_mail *mail = (struct room_mail *)envelope;
	struct hub *hub = owner;
	struct room *room = hub_room(hub, span_of(mail->room));

	check_magic(hub, HUB_MAGIC);
	if (room) {
		parcels_share(&room->inbox, &mail->parcels);
		room->inbox_batches++;
		hub_busy(hub, room);
	} else {
		/* The last member here has left meanwhile. */
		room_acknowledge(&mail->parcels, hub);
		room_mail_delivered(mail->room, hub, mail->from, 1);
	}
	room_mail_free(mail);
}

void
room_mail_sealed(struct room *room, struct hub *hub, unsigned to)
{
	struct room_mail *mail = room_mail_new(room->name, hub, on_sealed);

	check(room->home);
	parcels_share(&mail->parcels, &room->gathered);
	reactor_post(hub->reactor, to, &mail->envelope);
}

/* At home. */
static void
on_delivered(struct envelope *envelope, void *owner)
{
	struct room_mail *mail = (struct room_mail *)envelope;
	struct hub *hub = owner;
	struct room *room = hub_room(hub, span_of(mail->room));

	check_magic(hub, HUB_MAGIC);
	check(room && room->home); /* kept while batches are under way */
	room_home_on_delivered(room, mail->from, mail->batches);
	hub_busy(hub, room);
	room_mail_free(mail);
}

void
room_mail_delivered(
    const char *room, struct hub *hub, unsigned home_reactor, unsigned batches)
{
	struct room_mail *mail = room_mail_new(room, hub, on_delivered);

	mail->batches = batches;
	reactor_post(hub->reactor, home_reactor, &mail->envelope);
}
