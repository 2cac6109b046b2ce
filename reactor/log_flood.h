/*
 * Who floods the log: counts the lines of each event within a second, and what
 * was kept back. Event names are compared as strings. No lock of its own.
 */
#ifndef REACTOR_LOG_FLOOD_H
#define REACTOR_LOG_FLOOD_H

#include <stdbool.h>
#include <stdint.h>

#include "reactor/log_line.h"

#define LOG_FLOOD_EVENTS 64 /* more than there are names */
#define LOG_FLOOD_LINES  50 /* of one event in a second */

/* One event's second; all zero: free. */
struct log_second {
	const char *event;
	enum log_level level; /* of the line that tells what was kept back */
	unsigned lines;       /* written in this second */
	uint64_t end_ms;      /* monotonic */
	uint64_t suppressed;  /* not told yet */
	uint64_t tell_ms;     /* when it is to be */
};

struct log_flood {
	struct log_second seconds[LOG_FLOOD_EVENTS];
};

enum log_flood_verdict {
	LOG_FLOOD_PASSES,  /* its line may be written */
	LOG_FLOOD_STARTS,  /* counted; log_flood_due_ms has changed */
	LOG_FLOOD_GOES_ON, /* counted */
};

/* One more of this event. */
enum log_flood_verdict log_flood_note(struct log_flood *flood,
    enum log_level level, const char *event, uint64_t now_ms);

/* The next event that has something to tell by `now_ms`, as it was; it is free
 * then. False: none. */
bool log_flood_take(
    struct log_flood *flood, uint64_t now_ms, struct log_second *out);

/* When log_flood_take will have something; UINT64_MAX: never so far. */
uint64_t log_flood_due_ms(const struct log_flood *flood);

#endif
