/* A connection's TLS: where it begins, both ways of its bytes, how it ends. */
#include <string.h>

#include "reactor/check.h"
#include "reactor/clock.h"
#include "reactor/log.h"
#include "reactor/reactor_priv.h"
#include "reactor/tls.h"
#include "reactor/tls_server.h"

#define TLS_FIRST_BYTE 0x16 /* a record with a handshake (RFC 8446, 5.1) */

struct outq *
conn_tls_waiting(const struct conn *conn)
{
	return tls_waiting(conn->tls);
}

static bool
takes_tls(enum speaks speaks)
{
	return speaks == SPEAKS_ANY || speaks == SPEAKS_TLS;
}

void
conn_await_tls(struct conn *conn)
{
	conn->mute = !speaks_lines(conn_speaks(conn));
	if (conn_speaks(conn) != SPEAKS_TLS)
		return;
	reactor_set_timer(conn->reactor, &conn->timer,
	    conn->reactor->config.limits.handshake_ms);
}

bool
conn_awaits_handshake(const struct conn *conn)
{
	return (!conn->begun && conn_speaks(conn) == SPEAKS_TLS) ||
	       (conn->tls && !tls_is_up(conn->tls));
}

/* It will be closed for that by who reads lines: who runs the server should
 * know why, but not each time. */
static void
conn_tell_missing(const struct conn *conn)
{
	if (census_tells_missing(conn->reactor->config.census))
		log_warn("tls-without-certificate",
		    LOG_ADDRESS("address", &conn->peer));
}

bool
conn_begin(struct conn *conn, char first)
{
	struct reactor *reactor = conn->reactor;
	enum speaks speaks = conn_speaks(conn);

	conn->begun = true;
	if (speaks == SPEAKS_TLS)
		conn->mute = false;
	if (first == TLS_FIRST_BYTE && takes_tls(speaks)) {
		if (reactor->config.tls)
			conn->tls = tls_new(
			    reactor->config.tls, &conn->out, &reactor->blobs);
		if (conn->tls)
			reactor_set_timer(reactor, &conn->timer,
			    reactor->config.limits.handshake_ms);
		else
			conn_tell_missing(conn);
	}
	if (speaks != SPEAKS_TLS || conn->tls)
		return true;
	timer_stop(&conn->timer);
	conn_close(conn, CLOSE_NOT_TLS);
	return false;
}

/* What OpenSSL tells the peer is sent before the end. */
static void
conn_break(struct conn *conn)
{
	log_info("tls-failed", LOG_NUMBER("client", conn->id),
	    LOG_ADDRESS("address", &conn->peer),
	    LOG_TEXT("reason", tls_problem(conn->tls)));
	conn_close(conn, CLOSE_TLS);
	conn_want_flush(conn);
}

/* The timer is for what is sent from now on, which may have begun. */
static void
conn_on_up(struct conn *conn)
{
	struct reactor *reactor = conn->reactor;

	counter_add(&reactor->counters.handshakes, 1);
	if (conn->sending)
		reactor_set_timer(
		    reactor, &conn->timer, reactor->config.limits.stall_ms);
	else
		timer_stop(&conn->timer);
}

static void
conn_take_sealed(struct conn *conn, const char *bytes, size_t len)
{
	const struct reactor_ops *ops = conn->reactor->config.ops;
	bool was_up = tls_is_up(conn->tls);
	char text[TLS_TEXT_BYTES];
	enum tls_got got;
	size_t n;

	if (tls_has_ended(conn->tls))
		return;
	tls_give(conn->tls, bytes, len);
	while (
	    (got = tls_take(conn->tls, text, sizeof(text), &n)) == TLS_TEXT) {
		if (conn_is_open(conn))
			ops->on_bytes(conn, text, n);
		explicit_bzero(text, n);
	}
	if (!was_up && tls_is_up(conn->tls))
		conn_on_up(conn);
	if (got == TLS_BROKEN) {
		conn_break(conn);
		return;
	}
	/* Answers of its own may have been sealed. */
	if (conn->out.bytes > 0)
		conn_want_flush(conn);
	if (got == TLS_END && conn_is_open(conn) && !conn->input_ended) {
		conn->input_ended = true;
		ops->on_end(conn);
	}
}

/* The same, and how much time of the turn it took. */
static void
conn_shake(struct conn *conn, const char *bytes, size_t len)
{
	uint64_t from_us = clock_monotonic_us();

	conn_take_sealed(conn, bytes, len);
	conn->reactor->handshakes_us +=
	    (uint32_t)(clock_monotonic_us() - from_us);
}

static bool
turn_has_time(const struct reactor *reactor)
{
	return reactor->handshakes_us == 0 ||
	       reactor->handshakes_us < reactor->config.limits.handshakes_us;
}

/* Whoever has come earlier is first, and a peer's bytes stay in order. */
static void
conn_hold(struct conn *conn, const char *bytes, size_t len)
{
	struct reactor *reactor = conn->reactor;
	struct tls_held *held = tls_held(conn->tls);

	memcpy(outq_reserve(&held->bytes, &reactor->blobs, len), bytes, len);
	outq_commit(&held->bytes, len);
	if (held->bytes.bytes > TLS_HANDSHAKE_BYTES) {
		held->paused = true;
		conn_pause_input(conn);
	}
	held->conn = conn;
	if (list_is_empty(&held->link))
		list_append(&reactor->handshakes, &held->link);
}

void
conn_unseal(struct conn *conn, const char *bytes, size_t len)
{
	const struct reactor *reactor = conn->reactor;

	if (tls_is_up(conn->tls))
		conn_take_sealed(conn, bytes, len);
	else if (list_is_empty(&reactor->handshakes) && turn_has_time(reactor))
		conn_shake(conn, bytes, len);
	else
		conn_hold(conn, bytes, len);
}

bool
conn_hold_end(struct conn *conn)
{
	struct tls_held *held = conn->tls ? tls_held(conn->tls) : NULL;

	if (!held || list_is_empty(&held->link) || !conn_is_open(conn))
		return false;
	held->ended = true;
	return true;
}

/* Its turn has come. Whoever has been closed meanwhile has no use for it. */
static void
conn_release(struct conn *conn, struct tls_held *held)
{
	struct blob_pool *pool = &conn->reactor->blobs;
	struct iovec piece;

	if (held->paused)
		conn_resume_input(conn);
	held->paused = false;
	while (conn_is_open(conn) && outq_front(&held->bytes, &piece, 1) > 0) {
		conn_shake(conn, piece.iov_base, piece.iov_len);
		outq_consume(&held->bytes, pool, piece.iov_len);
	}
	outq_fini(&held->bytes, pool);
	if (held->ended)
		conn_on_received(conn, NULL, 0);
}

void
turn_shake(struct reactor *reactor)
{
	struct list *link;

	while (turn_has_time(reactor) &&
	       (link = list_take_first(&reactor->handshakes)) != NULL) {
		struct tls_held *held = list_entry(link, struct tls_held, link);

		conn_release(held->conn, held);
	}
}

void
conn_seal(struct conn *conn)
{
	struct tls *tls = conn->tls;

	tls_seal(tls);
	if (tls_is_broken(tls) && conn->state == CONN_OPEN)
		conn_abort(conn, CLOSE_TLS);
	if (conn->state != CONN_FLUSHING)
		return;
	tls_finish(tls);
	if (conn->out.bytes == 0 && tls_is_finished(tls))
		conn_want_close_step(conn);
}

bool
conn_tls_address(struct conn *conn, struct address *out)
{
	struct reactor *reactor = conn->reactor;
	const struct listener *to = conn_listener(conn);
	struct sockaddr_storage own;

	if (!takes_tls(to->speaks)) {
		to = NULL;
		for (unsigned i = 0; i < reactor->listener_count && !to; i++)
			if (takes_tls(reactor->listeners[i].speaks) &&
			    !reactor->listeners[i].local)
				to = &reactor->listeners[i];
	}
	if (!to)
		return false;
	if (!reactor->config.engine->name_of(reactor->engine, conn, &own) &&
	    !listener_name(conn_listener(conn), &own))
		return false;
	*out = address_of(&own);
	if (to != conn_listener(conn) && listener_name(to, &own))
		out->port = address_of(&own).port;
	return out->family != AF_UNIX;
}
