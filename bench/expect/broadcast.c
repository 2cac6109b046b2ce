#include "bench/expect/broadcast.h"

#include <stdio.h>
#include <string.h>

#include "proto/limits.h"
#include "reactor/check.h"

#define NAME_CHARACTERS                                                        \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-"
#define DIGITS "0123456789"

/* The length of the run of `set` at the start of the line's rest at `from`. */
static size_t
run_of(struct span line, size_t from, const char *set)
{
	size_t end = from;

	while (end < line.len && line.at[end] && strchr(set, line.at[end]))
		end++;
	return end - from;
}

/* The sender's name in `[NAME#ID] TEXT`; false when it has not that form. */
static bool
sender_of(struct span line, struct span *name)
{
	size_t name_len = run_of(line, 1, NAME_CHARACTERS);
	size_t id = 1 + name_len + 1;
	size_t end;

	if (line.len == 0 || line.at[0] != '[')
		return false;
	if (name_len == 0 || name_len > NAME_BYTES_MAX)
		return false;
	if (id >= line.len || line.at[id - 1] != '#')
		return false;
	end = id + run_of(line, id, DIGITS);
	if (end == id || line.len - end < 2)
		return false;
	*name = (struct span){line.at + 1, name_len};
	return line.at[end] == ']' && line.at[end + 1] == ' ';
}

static bool
is_foreign(const struct broadcasts *broadcasts, struct span line)
{
	size_t len = strlen(broadcasts->names);
	struct span name;

	if (!sender_of(line, &name))
		return false;
	return name.len < len || memcmp(name.at, broadcasts->names, len) != 0;
}

static bool
is_in_order(const struct broadcasts *broadcasts, unsigned which)
{
	for (unsigned i = 0; i < broadcasts->ordered; i++)
		if (broadcasts->order[i] == which)
			return true;
	return false;
}

static bool
is_line_of(const struct broadcast *broadcast, struct span line)
{
	return broadcast->len > 0 &&
	       span_equals(
		   line, (struct span){broadcast->line, broadcast->len});
}

/* Lock held. Finds which one comes next, the first time that it is heard. */
static bool
extend_order(struct broadcasts *broadcasts, struct span line)
{
	for (unsigned which = 0; which < BROADCASTS_MAX; which++) {
		if (!is_line_of(&broadcasts->all[which], line))
			continue;
		if (broadcasts->all[which].sent_ns == 0 ||
		    is_in_order(broadcasts, which))
			return false;
		broadcasts->order[broadcasts->ordered++] = which;
		return true;
	}
	return false;
}

/* Lock held. */
static enum broadcast_heard
hear(struct broadcasts *broadcasts, unsigned before, struct span line,
    struct span *expected)
{
	const struct broadcast *next;

	check(before <= broadcasts->ordered);
	if (before == broadcasts->ordered) {
		if (extend_order(broadcasts, line))
			return BROADCAST_HEARD;
		*expected = span_of("a new broadcast of this run");
	} else {
		next = &broadcasts->all[broadcasts->order[before]];
		if (is_line_of(next, line))
			return BROADCAST_HEARD;
		*expected = (struct span){next->line, next->len};
	}
	return is_foreign(broadcasts, line) ? BROADCAST_FOREIGN
					    : BROADCAST_WRONG;
}

void
broadcast_init(struct broadcasts *broadcasts, const char *names)
{
	*broadcasts = (struct broadcasts){.names = names};
	check_zero(pthread_mutex_init(&broadcasts->lock, NULL));
}

void
broadcast_fini(struct broadcasts *broadcasts)
{
	check_zero(pthread_mutex_destroy(&broadcasts->lock));
}

void
broadcast_announce(struct broadcasts *broadcasts, unsigned which,
    struct span who, const char *text)
{
	struct broadcast *broadcast = &broadcasts->all[which];
	int len;

	check(which < BROADCASTS_MAX);
	check_zero(pthread_mutex_lock(&broadcasts->lock));
	check(broadcast->len == 0);
	len = snprintf(broadcast->line, sizeof broadcast->line, "[%.*s] %s",
	    (int)who.len, who.at, text);
	check((size_t)len < sizeof broadcast->line);
	broadcast->len = (size_t)len;
	broadcasts->due++;
	check_zero(pthread_mutex_unlock(&broadcasts->lock));
}

void
broadcast_send(struct broadcasts *broadcasts, unsigned which, uint64_t now_ns)
{
	check(which < BROADCASTS_MAX);
	check_zero(pthread_mutex_lock(&broadcasts->lock));
	broadcasts->all[which].sent_ns = now_ns;
	check_zero(pthread_mutex_unlock(&broadcasts->lock));
}

void
broadcast_take_back(struct broadcasts *broadcasts, unsigned which)
{
	struct broadcast *broadcast = &broadcasts->all[which];

	check(which < BROADCASTS_MAX);
	check_zero(pthread_mutex_lock(&broadcasts->lock));
	if (broadcast->len > 0 && broadcast->sent_ns == 0) {
		broadcast->len = 0;
		broadcasts->due--;
	}
	check_zero(pthread_mutex_unlock(&broadcasts->lock));
}

unsigned
broadcast_due(struct broadcasts *broadcasts)
{
	unsigned due;

	check_zero(pthread_mutex_lock(&broadcasts->lock));
	due = broadcasts->due;
	check_zero(pthread_mutex_unlock(&broadcasts->lock));
	return due;
}

enum broadcast_heard
broadcast_hear(struct broadcasts *broadcasts, unsigned before, struct span line,
    struct broadcast_place *place, struct span *expected)
{
	enum broadcast_heard heard;

	check_zero(pthread_mutex_lock(&broadcasts->lock));
	heard = hear(broadcasts, before, line, expected);
	if (heard == BROADCAST_HEARD) {
		place->which = broadcasts->order[before];
		place->sent_ns = broadcasts->all[place->which].sent_ns;
	}
	check_zero(pthread_mutex_unlock(&broadcasts->lock));
	return heard;
}
