/*
 * The feed of clients coming and going, from the reactors to the console. It
 * never blocks a reactor and never grows: a handful of events a second are kept
 * as lines, the others only counted, so that a storm is one line a second.
 */
#ifndef CONSOLE_SERVER_FEED_H
#define CONSOLE_SERVER_FEED_H

#include <stdbool.h>
#include <stdint.h>

struct client_event;
struct feed;

#define FEED_LINE_BYTES 512

/* What the feed has for the console. */
struct feed_news {
	char (*lines)[FEED_LINE_BYTES]; /* owned by the feed, until the next
					   take */
	unsigned line_count;
	bool client_lines; /* some are of clients that came or went */
	uint64_t came;     /* more that came, without a line */
	uint64_t went;     /* more that went */
};

/* NULL with errno set. Main thread. */
struct feed *feed_new(void);
void feed_free(struct feed **feed);

/* Readable when there is news. */
int feed_descriptor(const struct feed *feed);

/* hub_config.on_client; `feed` is a struct feed. Any thread. */
void feed_on_client(void *feed, const struct client_event *event);

/* A line for the operator that is no client's, and always kept unless the
 * console is far behind; `feed` is a struct feed. Any thread. */
void feed_say(void *feed, const char *text);

/* The same, printf-like, below FEED_LINE_BYTES. */
void feed_tell(struct feed *feed, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * Takes what there is. The counts are held back until the second they belong
 * to is over; *again_ms is then how long to wait and take again, else -1. The
 * console's thread.
 */
struct feed_news feed_take(struct feed *feed, int *again_ms);

#endif
