/*
 * What a room's members are told, as a value: a record that travels in parcels
 * between the reactors; messages are kept in a room's history, too. Plain
 * bytes, no pointers.
 */
#ifndef PROTO_MESSAGE_H
#define PROTO_MESSAGE_H

#include <stddef.h>

#include "proto/wire/render.h"
#include "reactor/conn.h"

struct parcel;

/* Name and text follow, padded to 8. */
struct message {
	/* 0 until the room's home has numbered it; what is no EVENT_MESSAGE
	 * has the number of the message before it. */
	uint64_t seq;
	struct conn_handle sender;
	int64_t time_ms; /* since 1970 */
	uint16_t name_len;
	uint16_t text_len;
	uint8_t kind; /* EVENT_MESSAGE, _JOIN, _LEAVE or _NOTICE */
	char bytes[];
};

/* Bytes of the whole record. */
static inline size_t
message_bytes(size_t name_len, size_t text_len)
{
	return (offsetof(struct message, bytes) + name_len + text_len + 7) &
	       ~(size_t)7;
}

/* What this one takes. */
static inline size_t
message_size(const struct message *message)
{
	return message_bytes(message->name_len, message->text_len);
}

/*
 * Adds a record, not numbered, to the end of a parcel that no other thread has
 * yet. NULL when it does not fit.
 */
struct message *message_add(struct parcel *parcel, enum event_kind kind,
    struct conn_handle sender, struct span name, struct span text);

/* Adds a copy of a record. NULL when it does not fit. */
struct message *
message_copy(struct parcel *parcel, const struct message *message);

/* The record after this one, the first for NULL; NULL after the last. */
const struct message *
message_next(const struct parcel *parcel, const struct message *message);

/* As a member of the room is told it. Points into the record. */
struct event message_event(const struct message *message, const char *room);

#endif
