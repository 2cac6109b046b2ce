/*
 * The operator's errands to the hubs: each goes round all reactors as a tour
 * and comes back to the console's mailbox. The console's thread makes and
 * starts them, and handles and frees them when they are back.
 */
#ifndef PROTO_ERRAND_H
#define PROTO_ERRAND_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/limits.h"
#include "proto/tour.h"
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

/* What an errand does, and which of its fields it reads. */
enum errand_work {
	/* Gathers a client_row for every open connection (errand_rows). */
	ERRAND_LIST,
	/* Gathers a room_row for every room (errand_room_rows). */
	ERRAND_ROOMS,
	/* Sends the notice in `text` to everybody. */
	ERRAND_NOTICE,
	/* Closes the connections of `id` or `name`, with `text` for a reason.
	 */
	ERRAND_KICK,
	/* Closes those that the store says are banned, by name or by address,
	 * after a notice that says until when. */
	ERRAND_KICK_BANNED,
	/* Has the sessions of `name` ask the store again whether they are
	 * muted, and tells them. Without a name: all sessions, and tells those
	 * for whom the answer is another one. */
	ERRAND_MUTE,
	/* Lets nobody new in any more, and sends the notice in `text`. */
	ERRAND_DRAIN,
	/* Puts `options` into force. */
	ERRAND_SETTINGS,
	/* Nothing: it is back when each reactor has turned. */
	ERRAND_ROUND,
};

struct errand {
	struct tour tour;
	enum errand_work work;
	struct mailbox *home;     /* gets the errand back; borrowed */
	envelope_handler *handle; /* on the console's thread; frees it */
	void *context;            /* the console's */
	unsigned count; /* clients that it met: listed, told or kicked */
	uint64_t id;    /* KICK: this client, if not 0 */
	char name[NAME_BYTES_MAX + 1];     /* KICK: or all of this account */
	const struct hub_options *options; /* SETTINGS: borrowed until back */
	char text[LINE_BYTES_MAX + 1];     /* NOTICE: what; KICK: the reason */
};

/* A zeroed errand that will come back to `handle` by `home`. */
struct errand *errand_new(
    struct mailbox *home, enum errand_work work, envelope_handler *handle);

/* Sends it off; its fields are set. */
void errand_start(struct errand *errand, struct reactor *first);

/* Of an ERRAND_LIST that is back: count rows, valid until errand_free. */
struct client_row *errand_rows(struct errand *errand);

/* The same of an ERRAND_ROOMS. */
struct room_row *errand_room_rows(struct errand *errand);

/* Frees an errand that is back, with its rows. */
void errand_free(struct errand *errand);

#endif
