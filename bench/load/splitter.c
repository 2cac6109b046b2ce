#include "bench/load/splitter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Most lines of a chat fit in this, so most tails are allocated once. */
#define TAIL_BYTES_MIN 128

static int
tail_reserve(struct splitter *splitter, size_t len)
{
	size_t size = TAIL_BYTES_MIN;
	char *tail;

	if (len <= splitter->size)
		return 0;
	while (size < len)
		size *= 2;
	tail = realloc(splitter->tail, size);
	if (!tail)
		return ENOMEM;
	splitter->tail = tail;
	splitter->size = (uint32_t)size;
	return 0;
}

size_t
splitter_begin(const struct splitter *splitter, char *buffer)
{
	if (splitter->len > 0)
		memcpy(buffer, splitter->tail, splitter->len);
	return splitter->len;
}

bool
splitter_next(struct span *rest, struct span *line)
{
	const char *end;

	if (rest->len == 0)
		return false;
	end = memchr(rest->at, '\n', rest->len);
	if (!end)
		return false;
	*line = (struct span){rest->at, (size_t)(end - rest->at)};
	rest->len -= line->len + 1;
	rest->at = end + 1;
	return true;
}

int
splitter_keep(struct splitter *splitter, struct span rest)
{
	int error;

	splitter->len = 0;
	if (rest.len == 0)
		return 0;
	if (rest.len > SPLITTER_KEEP_MAX)
		return EMSGSIZE;
	error = tail_reserve(splitter, rest.len);
	if (error)
		return error;
	memcpy(splitter->tail, rest.at, rest.len);
	splitter->len = (uint32_t)rest.len;
	return 0;
}

void
splitter_fini(struct splitter *splitter)
{
	free(splitter->tail);
	*splitter = (struct splitter){0};
}
