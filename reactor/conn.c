/* A connection's life; its states are told in conn.h. */
#include "reactor/conn.h"

#include <time.h>

#include "reactor/check.h"
#include "reactor/reactor_priv.h"
#include "reactor/tls.h"

void
conn_want_close_step(struct conn *conn)
{
	/* Who leaves does not run any more. */
	list_remove(&conn->marked);
	list_append(&conn->reactor->closing, &conn->marked);
}

/* Lingered long enough, or output that nobody takes. */
static void
conn_on_timer(struct timer *timer)
{
	struct conn *conn = list_entry(timer, struct conn, timer);
	const struct reactor_limits *limits = &conn->reactor->config.limits;
	uint32_t idle_ms;

	check_magic(conn, CONN_MAGIC);
	if (conn->state == CONN_LINGERING) {
		conn_abort(conn, CLOSE_PEER);
		return;
	}
	if (conn->state == CONN_OPEN && conn_awaits_handshake(conn)) {
		conn_abort(conn, CLOSE_TLS_TIMEOUT);
		return;
	}
	/* What waits for us, not for the peer, was written in this turn. */
	if (!conn->sending)
		return;
	idle_ms = (uint32_t)conn->reactor->now_ms - conn->progress_ms;
	if (idle_ms >= limits->stall_ms)
		conn_abort(conn, CLOSE_STALLED);
	else
		reactor_set_timer(
		    conn->reactor, &conn->timer, limits->stall_ms - idle_ms);
}

/* For those who read the counters. */
static void
conn_count_end(const struct conn *conn)
{
	struct reactor *reactor = conn->reactor;

	if (conn_is_scraper(conn))
		return;
	counter_add(&reactor->counters.closed, 1);
	counter_add(&reactor->closed_for[conn->reason], 1);
}

void
conn_make(struct listener *listener, int socket, const struct address *peer)
{
	struct reactor *reactor = listener->reactor;
	struct conn *conn;
	uint32_t slot;
	int error;

	conn = slab_take(&reactor->conns, &slot);
	conn->magic = CONN_MAGIC;
	conn->socket = socket;
	conn->reactor = reactor;
	conn->slot = slot;
	conn->listener = listener_index(listener) & 31u;
	conn->id = census_next_id(reactor->config.census);
	conn->opened_s = (uint32_t)time(NULL);
	conn->progress_ms = (uint32_t)reactor->now_ms;
	conn->peer = *peer;
	outq_init(&conn->out);
	list_init(&conn->dirty);
	list_init(&conn->marked);
	list_init(&conn->engine);
	list_init(&conn->all);
	list_append(&reactor->open, &conn->all);
	timer_init(&conn->timer, conn_on_timer);
	conn_await_tls(conn);
	if (!conn_is_scraper(conn))
		counter_add(&reactor->counters.accepted, 1);
	reactor->config.ops->on_open(conn);
	error = reactor->config.engine->attach(reactor->engine, conn);
	if (error)
		conn_abort(conn, CLOSE_FAILED);
}

void
conn_on_received(struct conn *conn, char *bytes, ssize_t result)
{
	const struct reactor_ops *ops = conn->reactor->config.ops;

	check_magic(conn, CONN_MAGIC);
	if (conn->state >= CONN_DETACHING)
		return;
	if (result < 0) {
		conn_abort(conn, CLOSE_RESET);
		return;
	}
	if (result == 0) {
		if (conn->input_ended || conn_hold_end(conn))
			return;
		conn->input_ended = true;
		conn->input_cut = conn->tls && !tls_has_ended(conn->tls);
		if (conn->state == CONN_OPEN)
			ops->on_end(conn);
		else if (conn->state == CONN_LINGERING)
			conn_abort(conn, CLOSE_PEER);
		return;
	}
	if (conn->state != CONN_OPEN)
		return;
	conn->bytes_in += (uint64_t)result;
	counter_add(&conn->reactor->counters.bytes_in, (uint64_t)result);
	if (!conn->begun && !conn_begin(conn, *bytes))
		return;
	if (conn->tls)
		conn_unseal(conn, bytes, (size_t)result);
	else
		ops->on_bytes(conn, bytes, (size_t)result);
}

void
conn_on_detached(struct conn *conn)
{
	struct reactor *reactor = conn->reactor;

	check_magic(conn, CONN_MAGIC);
	check(conn->state == CONN_DETACHING);
	check(conn->told);
	conn->state = CONN_DETACHED;
	outq_fini(&conn->out, &reactor->blobs);
	if (conn->tls)
		tls_free(&conn->tls);
	conn->socket = -1;
	timer_stop(&conn->timer);
	list_remove(&conn->dirty);
	list_remove(&conn->marked);
	list_remove(&conn->engine);
	list_remove(&conn->all);
	list_append(&reactor->dead, &conn->all);
	conn_let_out(conn);
}

void
conn_free(struct conn *conn)
{
	check_magic(conn, CONN_MAGIC);
	check(conn->state == CONN_DETACHED);
	conn->magic = 0;
	slab_give(&conn->reactor->conns, conn->slot);
}

/* All is sent: our FIN, then wait for the peer's. */
static void
conn_finish(struct conn *conn)
{
	conn->reactor->config.engine->shut(conn->reactor->engine, conn);
	if (conn->input_ended) {
		conn->state = CONN_DETACHING;
		return;
	}
	conn->state = CONN_LINGERING;
	reactor_set_timer(conn->reactor, &conn->timer,
	    conn->reactor->config.limits.linger_ms);
	conn_resume_input(conn);
}

void
conn_close_step(struct conn *conn)
{
	struct reactor *reactor = conn->reactor;

	check_magic(conn, CONN_MAGIC);
	if (!conn->told) {
		conn->told = true;
		conn_count_end(conn);
		reactor->config.ops->on_closed(conn);
	}
	if (conn->state == CONN_FLUSHING && conn_out_bytes(conn) == 0) {
		/* Its last word is sealed in the flush phase. */
		if (conn->tls && !tls_is_finished(conn->tls))
			conn_want_flush(conn);
		else
			conn_finish(conn);
	}
	if (conn->state == CONN_DETACHING) {
		list_remove(&conn->marked);
		reactor->config.engine->detach(reactor->engine, conn);
	}
}

struct conn_handle
conn_handle(const struct conn *conn)
{
	return (struct conn_handle){
	    .id = conn->id,
	    .slot = conn->slot,
	    .reactor = conn->reactor->config.index,
	};
}

struct conn *
conn_find(struct reactor *reactor, struct conn_handle handle)
{
	struct conn *conn = slab_at(&reactor->conns, handle.slot);

	check(handle.reactor == reactor->config.index);
	if (!conn || conn->magic != CONN_MAGIC || conn->id != handle.id ||
	    conn->state != CONN_OPEN)
		return NULL;
	return conn;
}

void
conn_unmute(struct conn *conn)
{
	check_magic(conn, CONN_MAGIC);
	conn->mute = false;
}

enum speaks
conn_speaks(const struct conn *conn)
{
	return conn_listener(conn)->speaks;
}

void
conn_pause_input(struct conn *conn)
{
	conn->input_paused = true;
}

void
conn_resume_input(struct conn *conn)
{
	struct reactor *reactor = conn->reactor;

	if (!conn->input_paused)
		return;
	conn->input_paused = false;
	if (!conn->input_ended && conn->state < CONN_DETACHING)
		reactor->config.engine->receive(reactor->engine, conn);
}

void
conn_run_soon(struct conn *conn)
{
	if (conn->state == CONN_OPEN && list_is_empty(&conn->marked))
		list_append(&conn->reactor->runnable, &conn->marked);
}

void
conn_close(struct conn *conn, enum close_reason reason)
{
	check_magic(conn, CONN_MAGIC);
	if (conn->state != CONN_OPEN)
		return;
	conn->state = CONN_FLUSHING;
	conn->reason = (uint8_t)reason;
	conn_want_close_step(conn);
}

void
conn_abort(struct conn *conn, enum close_reason reason)
{
	check_magic(conn, CONN_MAGIC);
	if (conn->state >= CONN_DETACHING)
		return;
	if (conn->state == CONN_OPEN)
		conn->reason = (uint8_t)reason;
	conn->state = CONN_DETACHING;
	conn_want_close_step(conn);
}
