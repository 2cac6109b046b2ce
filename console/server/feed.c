/* Clients coming and going. */
#include "console/server/feed.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "proto/hub.h"
#include "reactor/check.h"
#include "reactor/clock.h"
#include "reactor/conn.h"
#include "reactor/memory.h"

#define LINES_PER_SECOND 8  /* a handful */
#define LINES_MAX        64 /* that a slow console may be behind */

struct feed {
	int bell; /* eventfd */
	/* Under the lock. */
	pthread_mutex_t lock;
	char lines[LINES_MAX][FEED_LINE_BYTES];
	unsigned line_count;
	bool client_lines; /* are among them */
	uint64_t came;
	uint64_t went;
	uint64_t second;      /* the one that is being counted */
	unsigned this_second; /* lines kept in it */
	uint64_t counting;    /* the second in which came or went began */
	/* The console's thread only. */
	char taken[LINES_MAX][FEED_LINE_BYTES];
};

static void
event_line(char line[FEED_LINE_BYTES], const struct client_event *event)
{
	const struct conn *conn = event->conn;
	char address[ADDRESS_TEXT_BYTES];

	address_format(&conn->peer, address);
	if (!event->gone)
		snprintf(line, FEED_LINE_BYTES, "[NEW CONNECTION] #%llu %s",
		    (unsigned long long)conn->id, address);
	else
		snprintf(line, FEED_LINE_BYTES,
		    "[DISCONNECTED] #%llu %s%s%s (%s)",
		    (unsigned long long)conn->id, address,
		    event->name ? " " : "", event->name ? event->name : "",
		    close_reason_text(conn->reason));
}

struct feed *
feed_new(void)
{
	struct feed *feed = memory_new(sizeof(*feed));

	feed->bell = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (feed->bell < 0) {
		free(feed);
		return NULL;
	}
	check_zero(pthread_mutex_init(&feed->lock, NULL));
	return feed;
}

void
feed_free(struct feed **pointer)
{
	struct feed *feed = *pointer;

	close(feed->bell);
	check_zero(pthread_mutex_destroy(&feed->lock));
	free(feed);
	*pointer = NULL;
}

int
feed_descriptor(const struct feed *feed)
{
	return feed->bell;
}

void
feed_on_client(void *context, const struct client_event *event)
{
	struct feed *feed = context;
	uint64_t second = clock_monotonic_ms() / 1000;
	uint64_t one = 1;
	bool first;

	check_zero(pthread_mutex_lock(&feed->lock));
	first = feed->line_count == 0 && feed->came == 0 && feed->went == 0;
	if (second != feed->second) {
		feed->second = second;
		feed->this_second = 0;
	}
	if (feed->this_second < LINES_PER_SECOND &&
	    feed->line_count < LINES_MAX) {
		event_line(feed->lines[feed->line_count++], event);
		feed->client_lines = true;
		feed->this_second++;
	} else {
		if (feed->came + feed->went == 0)
			feed->counting = second;
		if (event->gone)
			feed->went++;
		else
			feed->came++;
	}
	check_zero(pthread_mutex_unlock(&feed->lock));
	if (first && write(feed->bell, &one, sizeof(one)) < 0)
		check(errno == EAGAIN);
}

void
feed_say(void *context, const char *text)
{
	struct feed *feed = context;
	uint64_t one = 1;

	check_zero(pthread_mutex_lock(&feed->lock));
	if (feed->line_count < LINES_MAX)
		snprintf(feed->lines[feed->line_count++], FEED_LINE_BYTES, "%s",
		    text);
	check_zero(pthread_mutex_unlock(&feed->lock));
	if (write(feed->bell, &one, sizeof(one)) < 0)
		check(errno == EAGAIN);
}

void
feed_tell(struct feed *feed, const char *format, ...)
{
	char line[FEED_LINE_BYTES];
	va_list ap;

	va_start(ap, format);
	vsnprintf(line, sizeof(line), format, ap);
	va_end(ap);
	feed_say(feed, line);
}

struct feed_news
feed_take(struct feed *feed, int *again_ms)
{
	struct feed_news news = {.lines = feed->taken};
	uint64_t now_ms = clock_monotonic_ms();
	uint64_t rings;

	if (read(feed->bell, &rings, sizeof(rings)) < 0)
		check(errno == EAGAIN);
	*again_ms = -1;
	check_zero(pthread_mutex_lock(&feed->lock));
	memcpy(feed->taken, feed->lines, sizeof(feed->taken));
	news.line_count = feed->line_count;
	news.client_lines = feed->client_lines;
	feed->line_count = 0;
	feed->client_lines = false;
	if (feed->came + feed->went > 0 && feed->counting == now_ms / 1000) {
		*again_ms = (int)(1000 - now_ms % 1000);
	} else {
		news.came = feed->came;
		news.went = feed->went;
		feed->came = 0;
		feed->went = 0;
	}
	check_zero(pthread_mutex_unlock(&feed->lock));
	return news;
}
