/* A room's last messages. */
#include "proto/history.h"

#include <string.h>

#include "proto/limits.h"
#include "proto/message.h"
#include "reactor/check.h"
#include "reactor/memory.h"

static struct message **
history_place(const struct history *history, uint32_t i)
{
	return &history->ring[(history->first + i) & (history->cap - 1)];
}

static void
history_drop_oldest(struct history *history)
{
	struct message **place = history_place(history, 0);

	history->bytes -= message_size(*place);
	free(*place);
	*place = NULL;
	history->first = (history->first + 1) & (history->cap - 1);
	history->count--;
}

static void
history_grow(struct history *history)
{
	uint32_t cap = history->cap ? history->cap * 2 : 16;
	struct message **ring = memory_new(cap * sizeof(*ring));

	for (uint32_t i = 0; i < history->count; i++)
		ring[i] = *history_place(history, i);
	free(history->ring);
	history->ring = ring;
	history->cap = cap;
	history->first = 0;
}

void
history_init(struct history *history, uint32_t count_max)
{
	*history = (struct history){.count_max = count_max};
}

void
history_fini(struct history *history)
{
	while (history->count > 0)
		history_drop_oldest(history);
	free(history->ring);
	*history = (struct history){0};
}

void
history_add(struct history *history, const struct message *message)
{
	size_t size = message_size(message);
	struct message *copy;

	if (history->count_max == 0)
		return;
	while (history->count > 0 &&
	       (history->count == history->count_max ||
		   history->bytes + size > HISTORY_BYTES_MAX))
		history_drop_oldest(history);
	if (history->count > 0)
		check(history_at(history, history->count - 1)->seq + 1 ==
		      message->seq);
	if (history->count == history->cap)
		history_grow(history);
	copy = memory_new_raw(size);
	memcpy(copy, message, size);
	*history_place(history, history->count++) = copy;
	history->bytes += size;
}

const struct message *
history_at(const struct history *history, uint32_t i)
{
	check(i < history->count);
	return *history_place(history, i);
}

uint32_t
history_count_since(const struct history *history, uint64_t seq)
{
	uint64_t last;

	if (history->count == 0)
		return 0;
	last = history_at(history, history->count - 1)->seq;
	if (seq >= last)
		return 0;
	return last - seq < history->count ? (uint32_t)(last - seq)
					   : history->count;
}
