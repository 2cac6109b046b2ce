/* A room's last messages. */
#include "proto/scrollback.h"

#include <string.h>

#include "proto/limits.h"
#include "proto/message.h"
#include "reactor/check.h"
#include "reactor/memory.h"

static struct message **
history_place(const struct scrollback *history, uint32_t i)
{
	return &history->ring[(history->first + i) & (history->cap - 1)];
}

static void
history_grow(struct scrollback *history)
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
scrollback_drop_oldest(struct scrollback *history)
{
	struct message **place = history_place(history, 0);

	history->bytes -= message_size(*place);
	free(*place);
	*place = NULL;
	history->first = (history->first + 1) & (history->cap - 1);
	history->count--;
}

void
scrollback_init(struct scrollback *history, uint32_t count_max)
{
	*history = (struct scrollback){.count_max = count_max};
}

void
scrollback_fini(struct scrollback *history)
{
	while (history->count > 0)
		scrollback_drop_oldest(history);
	free(history->ring);
	*history = (struct scrollback){0};
}

void
scrollback_add(struct scrollback *history, const struct message *message)
{
	size_t size = message_size(message);
	struct message *copy;

	if (history->count_max == 0)
		return;
	while (history->count > 0 &&
	       (history->count == history->count_max ||
		   history->bytes + size > HISTORY_BYTES_MAX))
		scrollback_drop_oldest(history);
	if (history->count > 0)
		check(scrollback_at(history, history->count - 1)->seq + 1 ==
		      message->seq);
	if (history->count == history->cap)
		history_grow(history);
	copy = memory_new_raw(size);
	memcpy(copy, message, size);
	*history_place(history, history->count++) = copy;
	history->bytes += size;
}

const struct message *
scrollback_at(const struct scrollback *history, uint32_t i)
{
	check(i < history->count);
	return *history_place(history, i);
}

uint32_t
scrollback_count_since(const struct scrollback *history, uint64_t seq)
{
	uint64_t last;

	if (history->count == 0)
		return 0;
	last = scrollback_at(history, history->count - 1)->seq;
	if (seq >= last)
		return 0;
	return last - seq < history->count ? (uint32_t)(last - seq)
					   : history->count;
}
