/*
 * The operator's errands to the hubs: each goes round all reactors as a tour
 * and comes back to the console's mailbox. The console's thread makes and
 * starts them, and handles and frees them when they are back.
 */
#ifndef PROTO_OPERATOR_H
#define PROTO_OPERATOR_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/limits.h"
#include "proto/route.h"
#include "reactor/address.h"

struct hub_options;
struct reactor;

/* One client, as `list` shows it. */
struct client_row {
	uint64_t id;
	int64_t opened_s; /* seconds since 1970 */
	uint64_t bytes_in;
	uint64_t bytes_out;
	unsigned rooms; /* that it is in, besides the lobby */
	struct address peer;
	char name[NAME_BYTES_MAX + 1]; /* empty for a guest */
};

/* One room, as `rooms` shows it. */
struct room_row {
	uint32_t members;
	uint32_t kept; /* messages in its history */
	size_t kept_bytes;
	char name[NAME_BYTES_MAX + 1];
	char topic[TOPIC_BYTES_MAX + 1];
};

struct errand {
	struct tour tour;
	struct mailbox *home;     /* gets the errand back; borrowed */
	envelope_handler *handle; /* on the console's thread; frees it */
	void *context;            /* the console's */
	unsigned count; /* clients that it met: listed, told or kicked */
	uint64_t id;    /* KICK: this client, if not 0 */
	char name[NAME_BYTES_MAX + 1]; /* KICK: or all of this account */
	bool banned;                   /* it is KICK_BANNED */
	const struct hub_options *options; /* SETTINGS: borrowed until back */
	char text[LINE_BYTES_MAX + 1]; /* NOTICE: what; KICK: the reason */
};

/* Gathers a client_row for every open connection (errand_rows). */
void errand_list(struct errand *errand);

/* Gathers a room_row for every room (errand_room_rows). */
void errand_rooms(struct errand *errand);

/* Sends the notice in `text` to everybody. */
void errand_notice(struct errand *errand);

/* Closes the connections of `id` or `name`, after a notice with `text`. */
void errand_kick(struct errand *errand);

/* Closes those that the store says are banned, by name or by address, after a
 * notice that says until when. */
void errand_kick_banned(struct errand *errand);

/* Has the sessions of `name` ask the store again whether they are muted, and
 * tells them. Without a name: all sessions, and tells those for whom the answer
 * is another one. Counts the ones told. */
void errand_mute(struct errand *errand);

/* Lets nobody new in any more, and sends the notice in `text`. */
void errand_drain(struct errand *errand);

/* Puts `options` into force at every hub. */
void errand_settings(struct errand *errand);

/* Does nothing at any hub: it is back when each has turned. */
void errand_round(struct errand *errand);

/* A zeroed errand that will come back to `handle` by `home`. */
struct errand *errand_new(struct mailbox *home, envelope_handler *handle);

/* Sends it off, after one of those above has been called for it. */
void errand_start(struct errand *errand, struct reactor *first);

/* After errand_list: count rows, valid until errand_free. */
struct client_row *errand_rows(struct errand *errand);

/* The same after errand_rooms. */
struct room_row *errand_room_rows(struct errand *errand);

void errand_free(struct errand *errand);

#endif
