/* From the feed to the console. */
#include "console/news.h"

#include <poll.h>

#include "console/admin/console.h"
#include "console/admin/drain.h"
#include "console/server/feed.h"
#include "console/server/supervisor.h"

static void
say_news(const struct supervisor *supervisor, const struct feed_news *what)
{
	for (unsigned i = 0; i < what->line_count; i++)
		console_say(supervisor->console, "%s", what->lines[i]);
	if (what->came + what->went > 0)
		console_say(supervisor->console,
		    "[ACTIVE CONNECTIONS] %llu (%llu more came, %llu more "
		    "went)",
		    (unsigned long long)supervisor_clients(supervisor),
		    (unsigned long long)what->came,
		    (unsigned long long)what->went);
	else if (what->client_lines)
		console_say(supervisor->console, "[ACTIVE CONNECTIONS] %llu",
		    (unsigned long long)supervisor_clients(supervisor));
}

/* The feed keeps what is new, as far as it can, and its counts. */
static void
put_news_off(struct news *news)
{
	news->watch.fd = -1;
	loop_set_timer(&news->supervisor->loop, &news->timer, 100);
}

static void
tell_news(struct news *news)
{
	struct feed_news what;
	int again_ms;

	news->watch.fd = feed_descriptor(news->feed);
	what = feed_take(news->feed, &again_ms);
	say_news(news->supervisor, &what);
	if (again_ms >= 0)
		loop_set_timer(
		    &news->supervisor->loop, &news->timer, (uint64_t)again_ms);
}

/* What is new is told, unless the operator is in the middle of something. */
static void
take_news(struct news *news)
{
	if (console_is_occupied(news->supervisor->console))
		put_news_off(news);
	else
		tell_news(news);
	drain_go_on(news->supervisor);
}

static void
on_feed(struct watch *watch, short revents)
{
	(void)revents;
	take_news(list_entry(watch, struct news, watch));
}

static void
on_timer(struct timer *timer)
{
	take_news(list_entry(timer, struct news, timer));
}

int
news_open(struct news *news, struct supervisor *supervisor)
{
	*news = (struct news){.supervisor = supervisor, .feed = feed_new()};
	if (!news->feed)
		return -1;
	timer_init(&news->timer, on_timer);
	loop_add(&supervisor->loop, &news->watch, feed_descriptor(news->feed),
	    POLLIN, on_feed);
	return 0;
}

void
news_close(struct news *news)
{
	timer_stop(&news->timer);
	loop_remove(&news->supervisor->loop, &news->watch);
	feed_free(&news->feed);
}
