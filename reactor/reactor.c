/* A reactor from its making to its end, and what it is told meanwhile. */
#include "reactor/reactor.h"

#include <errno.h>
#include <malloc.h>
#include <stdio.h>

#include "reactor/check.h"
#include "reactor/clock.h"
#include "reactor/conn.h"
#include "reactor/memory.h"
#include "reactor/reactor_priv.h"

#define CHUNKS_KEPT 1024 /* free reply chunks a reactor keeps: 4 MiB */
#define TRIM_MANY   64   /* and if they are so many, to the system */

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
	/* Under another allocator than its own (jemalloc, a sanitizer's) glibc
	 * sets up its heap here, which two threads at once must not do. */
	malloc_trim(0);
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
