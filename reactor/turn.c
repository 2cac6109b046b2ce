/* The loop: the phases of a turn, in the order that reactor.h tells. */
#include "reactor/reactor.h"

#include <errno.h>

#include "reactor/check.h"
#include "reactor/clock.h"
#include "reactor/reactor_priv.h"

#define FLUSH_MAX 1024 /* sends that are started in a turn: some 5 ms */
#define TRIM_MS   1000 /* free chunks not needed for so long are given back */

void
reactor_on_bell(struct reactor *reactor)
{
	mailbox_hush(&reactor->mailbox);
}

static void
turn_run(struct reactor *r)
{
	struct list due;
	struct list *link;

	list_init(&due);
	list_move_all(&due, &r->runnable);
	while ((link = list_take_first(&due)) != NULL) {
		struct conn *conn = list_entry(link, struct conn, marked);

		if (conn_is_open(conn))
			r->config.ops->on_run(conn);
	}
}

static void
turn_post(struct reactor *r)
{
	if (!r->has_mail)
		return;
	r->has_mail = false;
	for (unsigned i = 0; i < r->config.count; i++)
		mailbox_push_all(&r->peers[i]->mailbox, &r->outboxes[i]);
}

static void
turn_flush(struct reactor *r)
{
	struct list due;
	struct list *link;
	bool was_behind = r->behind_turns > 0;
	unsigned left = FLUSH_MAX;

	/* What is marked meanwhile is for the next turn. */
	list_init(&due);
	list_move_all(&due, &r->dirty);
	while (left-- > 0 && (link = list_take_first(&due)) != NULL)
		conn_flush(list_entry(link, struct conn, dirty));
	r->behind_turns = list_is_empty(&due) ? 0 : r->behind_turns + 1;
	/* Whoever has held back for that goes on in a turn of its own: nothing
	 * else may come to wake us. */
	r->caught_up = was_behind && r->behind_turns == 0;
	list_move_all(&due, &r->dirty);
	list_move_all(&r->dirty, &due);
}

static void
turn_close(struct reactor *r)
{
	struct list *link;

	while ((link = list_take_first(&r->closing)) != NULL)
		conn_close_step(list_entry(link, struct conn, marked));
	while ((link = list_take_first(&r->dead)) != NULL)
		conn_free(list_entry(link, struct conn, all));
}

/* An idle reactor has nothing to trim, and sleeps on. */
static void
turn_trim(struct reactor *r)
{
	if (r->blobs.count > 0 && !timer_is_set(&r->trim_timer))
		reactor_set_timer(r, &r->trim_timer, TRIM_MS);
}

int
reactor_sleep_ms(const struct reactor *r)
{
	if (!list_is_empty(&r->runnable) || !list_is_empty(&r->dirty) ||
	    !list_is_empty(&r->closing) || !list_is_empty(&r->handshakes) ||
	    r->has_mail || r->caught_up)
		return 0;
	return timer_wheel_wait_ms(&r->wheel, r->ended_ms);
}

/* The clock is read twice a turn: when it begins to work, and here. */
static void
turn_end(struct reactor *r)
{
	uint64_t now_us = clock_monotonic_us();

	timing_add(&r->turn_time, now_us - r->woke_us);
	counter_add(&r->counters.turns, 1);
	counter_set(&r->output_waiting, r->blobs.bytes);
	r->ended_ms = now_us / 1000;
	if (!r->stopping || r->empty_told || !list_is_empty(&r->open))
		return;
	r->empty_told = true;
	check_zero(sem_post(&r->emptied));
}

bool
reactor_turn(struct reactor *r)
{
	r->handshakes_us = 0;
	r->config.engine->wait(r->engine, reactor_sleep_ms(r));
	mailbox_drain(&r->mailbox, r->config.owner);
	timer_wheel_advance(&r->wheel, r->now_ms);
	turn_run(r);
	turn_shake(r);
	r->config.ops->on_turn_end(r->config.owner);
	turn_post(r);
	turn_flush(r);
	turn_close(r);
	turn_trim(r);
	turn_end(r);
	return !r->quitting || !list_is_empty(&r->open);
}

/* Engines call this when they wake, before they dispatch. */
void
reactor_on_wake(struct reactor *reactor)
{
	reactor->woke_us = clock_monotonic_us();
	reactor->now_ms = reactor->woke_us / 1000;
}

int
reactor_begin(struct reactor *r)
{
	check_magic(r, REACTOR_MAGIC);
	r->engine = r->config.engine->make(r);
	if (!r->engine)
		return -errno;
	r->ended_ms = clock_monotonic_ms();
	for (unsigned i = 0; i < r->listener_count; i++)
		listener_start(&r->listeners[i]);
	return 0;
}

void
reactor_end(struct reactor *r)
{
	r->config.engine->free(&r->engine);
}

unsigned
reactor_drain_mail(struct reactor *reactor)
{
	unsigned handled =
	    mailbox_drain(&reactor->mailbox, reactor->config.owner);

	turn_post(reactor);
	return handled;
}
