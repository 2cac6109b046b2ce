/*
 * What the feed has for the operator, told on the console when he is not in the
 * middle of something; and how many clients there are after it. The main thread
 * only.
 */
#ifndef CONSOLE_NEWS_H
#define CONSOLE_NEWS_H

#include "console/server/loop.h"

struct feed;
struct supervisor;

struct news {
	struct supervisor *supervisor; /* borrowed */
	struct feed *feed;             /* owned */
	struct watch watch;
	struct timer timer; /* set while they are held back */
};

/* Makes the feed, and waits for what comes. 0, or -1 with errno. */
int news_open(struct news *news, struct supervisor *supervisor);

/* Nobody has the feed any more: it is freed. */
void news_close(struct news *news);

#endif
