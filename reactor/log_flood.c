/* Who floods the log. */
#include "reactor/log_flood.h"

#include <string.h>

#define SECOND_MS 1000

/* The event's second, or one that is free or over and owes nothing. NULL: no
 * room. */
static struct log_second *
find_second(struct log_flood *flood, const char *event, uint64_t now_ms)
{
	struct log_second *spare = NULL;

	for (unsigned i = 0; i < LOG_FLOOD_EVENTS; i++) {
		struct log_second *second = &flood->seconds[i];

		if (second->event && !strcmp(second->event, event))
			return second;
		if (!spare && second->end_ms <= now_ms &&
		    second->suppressed == 0)
			spare = second;
	}
	if (spare)
		*spare = (struct log_second){.event = event};
	return spare;
}

enum log_flood_verdict
log_flood_note(struct log_flood *flood, enum log_level level, const char *event,
    uint64_t now_ms)
{
	struct log_second *second = find_second(flood, event, now_ms);

	/* More names at once than there are in the program. */
	if (!second)
		return LOG_FLOOD_PASSES;
	if (second->end_ms <= now_ms) {
		second->end_ms = now_ms + SECOND_MS;
		second->lines = 0;
	}
	if (second->lines < LOG_FLOOD_LINES) {
		second->lines++;
		return LOG_FLOOD_PASSES;
	}
	if (second->suppressed++ > 0)
		return LOG_FLOOD_GOES_ON;
	second->tell_ms = second->end_ms;
	second->level = level;
	return LOG_FLOOD_STARTS;
}

bool
log_flood_take(struct log_flood *flood, uint64_t now_ms, struct log_second *out)
{
	for (unsigned i = 0; i < LOG_FLOOD_EVENTS; i++) {
		struct log_second *second = &flood->seconds[i];

		if (second->suppressed == 0 || second->tell_ms > now_ms)
			continue;
		*out = *second;
		second->suppressed = 0;
		return true;
	}
	return false;
}

uint64_t
log_flood_due_ms(const struct log_flood *flood)
{
	uint64_t due_ms = UINT64_MAX;

	for (unsigned i = 0; i < LOG_FLOOD_EVENTS; i++) {
		const struct log_second *second = &flood->seconds[i];

		if (second->suppressed > 0 && second->tell_ms < due_ms)
			due_ms = second->tell_ms;
	}
	return due_ms;
}
