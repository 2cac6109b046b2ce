/* A room's last messages. */
#include "proto/scrollback.h"

#include <string.h>

#include "proto/limits.h"
#include "proto/message.h"
#include "reactor/check.h"
#include "reactor/memory.h"

static struct message **
scrollback_place(const struct scrollback *scrollback, uint32_t i)
{
	return &scrollback
		    ->ring[(scrollback->first + i) & (scrollback->cap - 1)];
}

static void
scrollback_grow(struct scrollback *scrollback)
{
	uint32_t cap = scrollback->cap ? scrollback->cap * 2 : 16;
	struct message **ring = memory_new(cap * sizeof(*ring));

	for (uint32_t i = 0; i < scrollback->count; i++)
		ring[i] = *scrollback_place(scrollback, i);
	free(scrollback->ring);
	scrollback->ring = ring;
	scrollback->cap = cap;
	scrollback->first = 0;
}

void
scrollback_drop_oldest(struct scrollback *scrollback)
{
	struct message **place = scrollback_place(scrollback, 0);

	scrollback->bytes -= message_size(*place);
	free(*place);
	*place = NULL;
	scrollback->first = (scrollback->first + 1) & (scrollback->cap - 1);
	scrollback->count--;
}

void
scrollback_init(struct scrollback *scrollback, uint32_t count_max)
{
	*scrollback = (struct scrollback){.count_max = count_max};
}

void
scrollback_fini(struct scrollback *scrollback)
{
	while (scrollback->count > 0)
		scrollback_drop_oldest(scrollback);
	free(scrollback->ring);
	*scrollback = (struct scrollback){0};
}

void
scrollback_add(struct scrollback *scrollback, const struct message *message)
{
	size_t size = message_size(message);
	struct message *copy;

	if (scrollback->count_max == 0)
		return;
	while (scrollback->count > 0 &&
	       (scrollback->count == scrollback->count_max ||
		   scrollback->bytes + size > HISTORY_BYTES_MAX))
		scrollback_drop_oldest(scrollback);
	if (scrollback->count > 0)
		check(
		    scrollback_at(scrollback, scrollback->count - 1)->seq + 1 ==
		    message->seq);
	if (scrollback->count == scrollback->cap)
		scrollback_grow(scrollback);
	copy = memory_new_raw(size);
	memcpy(copy, message, size);
	*scrollback_place(scrollback, scrollback->count++) = copy;
	scrollback->bytes += size;
}

const struct message *
scrollback_at(const struct scrollback *scrollback, uint32_t i)
{
	check(i < scrollback->count);
	return *scrollback_place(scrollback, i);
}

uint32_t
scrollback_count_since(const struct scrollback *scrollback, uint64_t seq)
{
	uint64_t last;

	if (scrollback->count == 0)
		return 0;
	last = scrollback_at(scrollback, scrollback->count - 1)->seq;
	if (seq >= last)
		return 0;
	return last - seq < scrollback->count ? (uint32_t)(last - seq)
					      : scrollback->count;
}
