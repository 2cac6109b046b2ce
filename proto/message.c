/* Messages in parcels. */
#include "proto/message.h"

#include <string.h>

#include "reactor/blob.h"
#include "reactor/check.h"
#include "reactor/clock.h"

static struct message *
parcel_take(struct parcel *parcel, size_t need)
{
	struct message *message;

	if (parcel->cap - parcel->len < need)
		return NULL;
	message = (struct message *)(void *)(parcel->bytes + parcel->len);
	parcel->len += (uint32_t)need;
	return message;
}

struct message *
message_add(struct parcel *parcel, enum event_kind kind,
    struct conn_handle sender, struct span name, struct span text)
{
	struct message *message =
	    parcel_take(parcel, message_bytes(name.len, text.len));

	if (!message)
		return NULL;
	*message = (struct message){
	    .sender = sender,
	    .time_ms = clock_date_ms(),
	    .name_len = (uint16_t)name.len,
	    .text_len = (uint16_t)text.len,
	    .kind = (uint8_t)kind,
	};
	memcpy(message->bytes, name.at, name.len);
	memcpy(message->bytes + name.len, text.at, text.len);
	return message;
}

struct message *
message_copy(struct parcel *parcel, const struct message *message)
{
	struct message *copy = parcel_take(parcel, message_size(message));

	if (copy)
		memcpy(copy, message, message_size(message));
	return copy;
}

const struct message *
message_next(const struct parcel *parcel, const struct message *message)
{
	const char *next = parcel->bytes;

	if (message)
		next = (const char *)message + message_size(message);
	check(next <= parcel->bytes + parcel->len);
	if (next == parcel->bytes + parcel->len)
		return NULL;
	return (const struct message *)(const void *)next;
}

struct event
message_event(const struct message *message, const char *room)
{
	return (struct event){
	    .kind = message->kind,
	    .room = span_of(room),
	    .seq = message->seq,
	    .client = message->sender.id,
	    .from = {message->bytes, message->name_len},
	    .time_ms = message->time_ms,
	    .text = {message->bytes + message->name_len, message->text_len},
	};
}
