/* What others may ask of a reactor. */
#include "reactor/reactor.h"

#include "reactor/check.h"
#include "reactor/reactor_priv.h"

#define BEHIND_TURNS_MAX 16

unsigned
reactor_index(const struct reactor *reactor)
{
	return reactor->config.index;
}

unsigned
reactor_count(const struct reactor *reactor)
{
	return reactor->config.count;
}

const struct counters *
reactor_read_counters(const struct reactor *reactor)
{
	return &reactor->counters;
}

const struct timing *
reactor_turn_time(const struct reactor *reactor)
{
	return &reactor->turn_time;
}

uint64_t
reactor_closed(const struct reactor *reactor, unsigned reason)
{
	check(reason < CLOSE_COUNT);
	return counter_read(&reactor->closed_for[reason]);
}

uint64_t
reactor_mail_waiting(const struct reactor *reactor)
{
	return mailbox_depth(&reactor->mailbox);
}

uint64_t
reactor_output_waiting(const struct reactor *reactor)
{
	return counter_read(&reactor->output_waiting);
}

void *
reactor_owner(const struct reactor *reactor)
{
	return reactor->config.owner;
}

struct counters *
reactor_counters(struct reactor *reactor)
{
	return &reactor->counters;
}

struct blob_pool *
reactor_blobs(struct reactor *reactor)
{
	return &reactor->blobs;
}

bool
reactor_is_stopping(const struct reactor *reactor)
{
	return reactor->stopping;
}

bool
reactor_is_behind(const struct reactor *reactor)
{
	/* Not for ever: many that talk on their own keep it behind, and what
	 * is gathered must go out all the same, at times. */
	return reactor->behind_turns % BEHIND_TURNS_MAX != 0;
}

uint64_t
reactor_now_ms(const struct reactor *reactor)
{
	return reactor->now_ms;
}
