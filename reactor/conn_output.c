/* What is said to a connection, until the kernel has taken it. */
#include "reactor/conn.h"

#include "reactor/check.h"
#include "reactor/memory.h"
#include "reactor/reactor_priv.h"

static bool
conn_takes_output(const struct conn *conn)
{
	return conn->state == CONN_OPEN && !conn->mute;
}

char *
conn_reserve(struct conn *conn, size_t len)
{
	struct reactor *reactor = conn->reactor;

	check_magic(conn, CONN_MAGIC);
	if (conn_takes_output(conn))
		return outq_reserve(conn_waiting(conn), &reactor->blobs, len);
	/* What comes after the last word goes nowhere. */
	if (reactor->sink_bytes < len) {
		reactor->sink = memory_resize(reactor->sink, len);
		reactor->sink_bytes = len;
	}
	return reactor->sink;
}

void
conn_commit(struct conn *conn, size_t len)
{
	if (!conn_takes_output(conn))
		return;
	outq_commit(conn_waiting(conn), len);
	conn_want_flush(conn);
}

void
conn_push(struct conn *conn, struct blob *blob)
{
	if (!conn_takes_output(conn))
		return;
	outq_push(conn_waiting(conn), blob);
	conn_want_flush(conn);
}

void
conn_wait_drained(struct conn *conn, uint32_t bytes)
{
	conn->drain_wanted = true;
	conn->drained_at = bytes;
}

void
conn_flush(struct conn *conn)
{
	struct reactor *reactor = conn->reactor;

	if (conn->sending || conn->state >= CONN_DETACHING)
		return;
	if (conn->tls)
		conn_seal(conn);
	if (conn->out.bytes == 0)
		return;
	conn->progress_ms = (uint32_t)reactor->now_ms;
	reactor->config.engine->send(reactor->engine, conn);
	/* Not set anew for each send: conn_on_timer looks at progress_ms. */
	if (conn->out.bytes > 0 && !timer_is_set(&conn->timer))
		reactor_set_timer(
		    reactor, &conn->timer, reactor->config.limits.stall_ms);
	/* A piece was sealed and is gone: the next one, in the next turn. */
	if (!conn->sending && conn_out_bytes(conn) > 0)
		conn_want_flush(conn);
}

void
conn_on_sent(struct conn *conn, ssize_t result)
{
	struct reactor *reactor = conn->reactor;

	check_magic(conn, CONN_MAGIC);
	if (conn->state >= CONN_DETACHING)
		return;
	if (result < 0) {
		conn_abort(conn, CLOSE_RESET);
		return;
	}
	outq_consume(&conn->out, &reactor->blobs, (size_t)result);
	conn->progress_ms = (uint32_t)reactor->now_ms;
	conn->bytes_out += (uint64_t)result;
	counter_add(&reactor->counters.bytes_out, (uint64_t)result);
	if (conn->drain_wanted && conn_out_bytes(conn) <= conn->drained_at) {
		conn->drain_wanted = false;
		conn_run_soon(conn);
	}
	if (conn_out_bytes(conn) > 0)
		conn_want_flush(conn);
	else if (conn->state == CONN_FLUSHING)
		conn_want_close_step(conn);
}
