/* The loop: the phases of a turn, in the order that reactor.h tells. */
#include "reactor/reactor.h"

#include <errno.h>
#include <malloc.h>
#include <stdio.h>

#include "reactor/check.h"
#include "reactor/clock.h"
#include "reactor/conn.h"
#include "reactor/memory.h"
#include "reactor/reactor_priv.h"

#define FLUSH_MAX        1024 /* sends that are started in a turn: some 5 ms */
#define BEHIND_TURNS_MAX 16
#define CHUNKS_KEPT      1024 /* free reply chunks a reactor keeps: 4 MiB */
#define TRIM_MS          1000 /* those not needed for so long are given back */
#define TRIM_MANY        64   /* and if they are so many, to the system */

static void
reactor_abort_conn(struct conn *conn, void *context)
{
	(void)context;
	conn_abort(conn, CLOSE_GOING_DOWN);
}

/* Whoever has not gone by now is cut. */
static void
reactor_on_stop_timer(struct timer *timer)
{
	struct reactor *reactor = list_entry(timer, struct reactor, stop_timer);
	struct list *link;

	list_for_each (link, &reactor->open)
		reactor_abort_conn(list_entry(link, struct conn, all), NULL);
}

/* What a burst of work took, a thousand logins at once, is not kept for ever.
 * Freed pages lie between others in malloc's heap: it has to be told. */
static void
reactor_on_trim_timer(struct timer *timer)
{
	struct reactor *reactor = list_entry(timer, struct reactor, trim_timer);

	if (blob_pool_trim(&reactor->blobs) >= TRIM_MANY)
		malloc_trim(0);
}

void
reactor_stop_listening(struct reactor *reactor)
{
	for (unsigned i = 0; i < reactor->listener_count; i++)
		if (reactor->listeners[i].speaks != SPEAKS_METRICS)
			listener_stop(&reactor->listeners[i]);
}

/* Whoever would answer them is waiting for us. */
static void
reactor_drop_scrapers(struct reactor *reactor)
{
	struct list *link;

	for (unsigned i = 0; i < reactor->listener_count; i++)
		if (reactor->listeners[i].speaks == SPEAKS_METRICS)
			listener_stop(&reactor->listeners[i]);
	list_for_each (link, &reactor->open) {
		struct conn *conn = list_entry(link, struct conn, all);

		if (conn_is_scraper(conn))
			conn_abort(conn, CLOSE_GOING_DOWN);
	}
}

static void
reactor_on_stop_order(struct envelope *envelope, void *owner)
{
	struct reactor *reactor =
	    list_entry(envelope, struct reactor, stop_order);

	reactor->stopping = true;
	reactor_stop_listening(reactor);
	reactor_drop_scrapers(reactor);
	reactor->config.ops->on_stop(owner);
	reactor_set_timer(
	    reactor, &reactor->stop_timer, reactor->config.limits.stop_ms);
}

static void
reactor_on_quit_order(struct envelope *envelope, void *owner)
{
	struct reactor *reactor =
	    list_entry(envelope, struct reactor, quit_order);

	(void)owner;
	reactor->quitting = true;
}

struct reactor *
reactor_new(const struct reactor_config *config)
{
	struct reactor *r = aligned_alloc(64, sizeof(*r));
	int error;

	if (!r)
		memory_exhausted(sizeof(*r));
	*r = (struct reactor){.magic = REACTOR_MAGIC, .config = *config};
	error = mailbox_init(&r->mailbox);
	if (error) {
		free(r);
		errno = -error;
		return NULL;
	}
	check(config->conn_bytes >= sizeof(struct conn));
	r->outboxes = memory_new(config->count * sizeof(*r->outboxes));
	r->woke_us = clock_monotonic_us();
	r->now_ms = r->woke_us / 1000;
	timer_wheel_init(&r->wheel, r->now_ms);
	timer_init(&r->stop_timer, reactor_on_stop_timer);
	timer_init(&r->trim_timer, reactor_on_trim_timer);
	slab_init(&r->conns, config->conn_bytes);
	blob_pool_init(&r->blobs, CHUNKS_KEPT);
	list_init(&r->open);
	list_init(&r->dirty);
	list_init(&r->closing);
	list_init(&r->runnable);
	list_init(&r->handshakes);
	list_init(&r->dead);
	check_zero(sem_init(&r->started, 0, 0));
	check_zero(sem_init(&r->emptied, 0, 0));
	r->stop_order.handle = reactor_on_stop_order;
	r->quit_order.handle = reactor_on_quit_order;
	return r;
}

void
reactor_free(struct reactor **pointer)
{
	struct reactor *r = *pointer;

	check_magic(r, REACTOR_MAGIC);
	check(list_is_empty(&r->open));
	for (unsigned i = 0; i < r->listener_count; i++)
		listener_close(&r->listeners[i]);
	mailbox_fini(&r->mailbox);
	check_zero(sem_destroy(&r->started));
	check_zero(sem_destroy(&r->emptied));
	slab_fini(&r->conns);
	blob_pool_fini(&r->blobs);
	free(r->sink);
	free(r->outboxes);
	free(r);
	*pointer = NULL;
}

void
reactor_set_peers(struct reactor *reactor, struct reactor *const *peers)
{
	reactor->peers = peers;
}

void
reactor_add_listener(
    struct reactor *reactor, int fd, bool passed, enum speaks speaks)
{
	check(reactor->listener_count < REACTOR_LISTENERS_MAX);
	listener_init(&reactor->listeners[reactor->listener_count++], reactor,
	    fd, passed, speaks);
}

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

static void *
reactor_main(void *argument)
{
	struct reactor *r = argument;
	char name[24];

	snprintf(name, sizeof(name), "throng/r%u", r->config.index);
	name[15] = '\0'; /* the kernel takes no more */
	pthread_setname_np(pthread_self(), name);
	r->start_error = reactor_begin(r);
	check_zero(sem_post(&r->started));
	if (r->start_error)
		return NULL;
	while (reactor_turn(r))
		;
	reactor_end(r);
	return NULL;
}

static void
semaphore_wait(sem_t *semaphore)
{
	while (sem_wait(semaphore) < 0)
		check(errno == EINTR);
}

int
reactor_start(struct reactor *r)
{
	int error;

	check(r->peers);
	error = pthread_create(&r->thread, NULL, reactor_main, r);
	if (error)
		return -error;
	semaphore_wait(&r->started);
	if (r->start_error)
		check_zero(pthread_join(r->thread, NULL));
	return r->start_error;
}

void
reactor_stop(struct reactor *reactor)
{
	mailbox_push(&reactor->mailbox, &reactor->stop_order);
}

void
reactor_wait_empty(struct reactor *reactor)
{
	semaphore_wait(&reactor->emptied);
}

void
reactor_join(struct reactor *reactor)
{
	mailbox_push(&reactor->mailbox, &reactor->quit_order);
	check_zero(pthread_join(reactor->thread, NULL));
}

void
reactor_send(struct reactor *reactor, struct envelope *envelope)
{
	mailbox_push(&reactor->mailbox, envelope);
}

void
reactor_post(struct reactor *from, unsigned to_index, struct envelope *envelope)
{
	check(to_index < from->config.count);
	outbox_add(&from->outboxes[to_index], envelope);
	from->has_mail = true;
}

unsigned
reactor_settle(struct reactor *reactor)
{
	unsigned handled =
	    mailbox_drain(&reactor->mailbox, reactor->config.owner);

	turn_post(reactor);
	return handled;
}

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

void
reactor_set_timer(
    struct reactor *reactor, struct timer *timer, uint64_t delay_ms)
{
	timer_set(&reactor->wheel, timer, reactor->now_ms, delay_ms);
}

void
reactor_each_conn(struct reactor *reactor,
    void (*visit)(struct conn *conn, void *context), void *context)
{
	struct list *link;

	list_for_each (link, &reactor->open) {
		struct conn *conn = list_entry(link, struct conn, all);

		if (conn_is_open(conn) && !conn_is_scraper(conn))
			visit(conn, context);
	}
}
