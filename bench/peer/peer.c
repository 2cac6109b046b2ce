/* The list of peers, and the words that their readers share. */
#include "bench/peer/peer.h"

#include <string.h>

static const struct peer *const peers[] = {
    &peer_throng, &peer_json, &peer_web, &peer_redis, &peer_nats, &peer_irc};

const struct peer *
peer_find(const char *name)
{
	for (size_t i = 0; i < sizeof peers / sizeof *peers; i++)
		if (!strcmp(peers[i]->name, name))
			return peers[i];
	return NULL;
}

bool
peer_skip(struct span *text, const char *start)
{
	size_t len = strlen(start);

	if (text->len < len || memcmp(text->at, start, len) != 0)
		return false;
	text->at += len;
	text->len -= len;
	return true;
}

bool
peer_take_line(struct span bytes, struct peer_frame *frame, struct span *line)
{
	const char *end = memchr(bytes.at, '\n', bytes.len);

	if (!end)
		return false;
	*line = (struct span){bytes.at, (size_t)(end - bytes.at)};
	frame->len = line->len + 1;
	frame->text = *line;
	return true;
}

bool
peer_skip_number(struct span *text, uint64_t *number)
{
	size_t digits = 0;

	*number = 0;
	while (digits < text->len && text->at[digits] >= '0' &&
	       text->at[digits] <= '9')
		*number = *number * 10 + (uint64_t)(text->at[digits++] - '0');
	/* 19 digits cannot overflow. */
	if (digits == 0 || digits > 19)
		return false;
	text->at += digits;
	text->len -= digits;
	return true;
}

struct span
peer_line(struct span bytes, const char *ending)
{
	size_t len = strlen(ending);
	const char *end = memmem(bytes.at, bytes.len, ending, len);

	if (!end)
		return (struct span){NULL, 0};
	return (struct span){bytes.at, (size_t)(end - bytes.at)};
}

char *
peer_put(char *at, struct span text)
{
	memcpy(at, text.at, text.len);
	return at + text.len;
}
