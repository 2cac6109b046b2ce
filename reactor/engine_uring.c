/*
 * The engine on io_uring: multishot receive into a ring of provided buffers,
 * one send in flight a connection. A connection's socket is a place in the
 * ring's table of files, where the kernel is good for it (ring.h), and no
 * descriptor of the process, whose limit is thus that of one reactor and not of
 * all together.
 *
 * What the kernel holds of a connection is counted in conn->in_flight; only at
 * zero may the socket be closed, for closing neither cancels nor sends a FIN
 * while an operation has the file.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "reactor/acceptor.h"
#include "reactor/buffers.h"
#include "reactor/check.h"
#include "reactor/conn.h"
#include "reactor/memory.h"
#include "reactor/reactor_priv.h"
#include "reactor/ring.h"

struct engine {
	struct ring ring;
	struct reactor *reactor;
	struct buffers buffers;
	struct list starved; /* connections whose receive is to be armed */
	struct acceptors acceptors[REACTOR_LISTENERS_MAX];
};

/* Accepts that a listener has in the kernel: each may take a place of the
 * table, and so may a socket that is being refused. A small table has few. */
static unsigned
uring_acceptors(uint32_t sockets, unsigned listeners)
{
	uint32_t share = listeners ? sockets / 8 / listeners : 0;

	if (share > ACCEPTORS_MAX)
		return ACCEPTORS_MAX;
	return share > 0 ? share : 1;
}

/* One that is to take no more than it has places for has one at a time. */
static unsigned
uring_acceptors_for(
    const struct listener *listener, uint32_t sockets, unsigned listeners)
{
	return listener->speaks == SPEAKS_METRICS
		   ? 1
		   : uring_acceptors(sockets, listeners);
}

/* Places of a table that are for these two, and for scrapers. */
static uint32_t
uring_places_kept(uint32_t sockets, unsigned listeners)
{
	return 2 * listeners * uring_acceptors(sockets, listeners);
}

static uint32_t
uring_conns_max(unsigned listeners)
{
	uint32_t sockets = ring_sockets_max();
	uint32_t kept = uring_places_kept(sockets, listeners);

	if (!ring_has_table())
		return UINT32_MAX;
	return sockets > kept ? sockets - kept : 1;
}

static void
uring_watch_bell(struct engine *engine)
{
	struct reactor *reactor = engine->reactor;
	struct io_uring_sqe *entry = ring_entry(&engine->ring);

	/* One shot, armed again after each ring: nothing can end it without
	 * our seeing it. */
	io_uring_prep_poll_add(entry, reactor->mailbox.bell, POLLIN);
	ring_tag(entry, reactor, RING_BELL);
}

static struct engine *
uring_make(struct reactor *reactor)
{
	struct engine *engine = memory_new(sizeof(*engine));
	uint32_t sockets = ring_sockets_max();
	unsigned listeners = reactor->listener_count;
	uint64_t wanted = (uint64_t)reactor->config.limits.conns_max +
			  uring_places_kept(sockets, listeners);
	int error;

	engine->reactor = reactor;
	list_init(&engine->starved);
	for (unsigned i = 0; i < listeners; i++)
		engine->acceptors[i].count = uring_acceptors_for(
		    &reactor->listeners[i], sockets, listeners);
	error = ring_init(
	    &engine->ring, wanted < sockets ? (uint32_t)wanted : sockets);
	if (error)
		goto fail;
	error = buffers_init(&engine->buffers, &engine->ring.uring);
	if (error) {
		ring_fini(&engine->ring);
		goto fail;
	}
	uring_watch_bell(engine);
	return engine;
fail:
	free(engine);
	errno = -error;
	return NULL;
}

static void
uring_free(struct engine **pointer)
{
	struct engine *engine = *pointer;

	ring_fini(&engine->ring);
	buffers_fini(&engine->buffers);
	free(engine);
	*pointer = NULL;
}

static struct acceptors *
uring_acceptors_of(struct engine *engine, const struct listener *listener)
{
	return &engine->acceptors[listener_index(listener)];
}

static void
uring_listen(struct engine *engine, struct listener *listener)
{
	acceptors_start(
	    uring_acceptors_of(engine, listener), &engine->ring, listener);
}

static void
uring_unlisten(struct engine *engine, struct listener *listener)
{
	acceptors_stop(uring_acceptors_of(engine, listener), &engine->ring);
}

static int
uring_adopt(struct engine *engine, int fd)
{
	return acceptor_adopt(&engine->ring, fd);
}

static int
uring_release(struct engine *engine, int socket)
{
	return acceptor_release(&engine->ring, socket);
}

static bool
uring_name_of(struct engine *engine, const struct conn *conn,
    struct sockaddr_storage *out)
{
	return acceptor_name_of(&engine->ring, conn->socket, out);
}

static void
uring_refuse(struct engine *engine, int socket, const char *text)
{
	acceptor_refuse(&engine->ring, socket, text);
}

/* Done by a thread of the kernel's, which looks for the socket only then: its
 * place in the table may not have become another's. */
static void
uring_shut(struct engine *engine, struct conn *conn)
{
	struct io_uring_sqe *entry;

	if (!engine->ring.has_table) {
		shutdown(conn->socket, SHUT_WR);
		return;
	}
	entry = ring_entry(&engine->ring);
	io_uring_prep_shutdown(entry, conn->socket, SHUT_WR);
	entry->flags |= IOSQE_FIXED_FILE;
	ring_tag(entry, conn, RING_CHANGE);
	conn->in_flight++;
}

static void
uring_close(struct engine *engine, struct conn *conn)
{
	check(conn->in_flight == 0);
	acceptor_close(&engine->ring, conn->socket);
	conn_on_detached(conn);
}

static void
uring_arm_receive(struct engine *engine, struct conn *conn)
{
	struct io_uring_sqe *entry = ring_entry(&engine->ring);

	check(!conn->receiving);
	io_uring_prep_recv_multishot(entry, conn->socket, NULL, 0, 0);
	entry->flags |= engine->ring.socket_flags | IOSQE_BUFFER_SELECT;
	entry->buf_group = BUFFER_GROUP;
	ring_tag(entry, conn, RING_RECEIVE);
	conn->receiving = true;
	conn->in_flight++;
}

static int
uring_attach(struct engine *engine, struct conn *conn)
{
	uring_arm_receive(engine, conn);
	return 0;
}

static void
uring_receive(struct engine *engine, struct conn *conn)
{
	/* While the old one is being cancelled, its last completion arms. */
	if (!conn->receiving && !conn->cancelling)
		uring_arm_receive(engine, conn);
}

static void
uring_cancel(struct engine *engine, struct conn *conn, enum ring_tag tag)
{
	ring_cancel(&engine->ring, conn, tag, RING_CHANGE);
	conn->in_flight++;
}

static void
uring_send(struct engine *engine, struct conn *conn)
{
	struct iovec vectors[RING_VECTORS];
	unsigned count = outq_front(&conn->out, vectors, RING_VECTORS);
	struct ring_message *message;
	struct io_uring_sqe *entry;

	if (count == 1) {
		entry = ring_entry(&engine->ring);
		io_uring_prep_send(entry, conn->socket, vectors[0].iov_base,
		    vectors[0].iov_len, MSG_NOSIGNAL);
	} else {
		entry = ring_message_entry(&engine->ring, &message);
		memcpy(message->vectors, vectors, count * sizeof(*vectors));
		message->header = (struct msghdr){
		    .msg_iov = message->vectors, .msg_iovlen = count};
		io_uring_prep_sendmsg(
		    entry, conn->socket, &message->header, MSG_NOSIGNAL);
	}
	entry->flags |= engine->ring.socket_flags;
	ring_tag(entry, conn, RING_SEND);
	conn->sending = true;
	conn->in_flight++;
}

static void
uring_detach(struct engine *engine, struct conn *conn)
{
	if (conn->in_flight == 0) {
		uring_close(engine, conn);
		return;
	}
	/* Each by its name: looking for what a socket has goes through all
	 * that the ring has. */
	if (conn->receiving && !conn->cancelling)
		uring_cancel(engine, conn, RING_RECEIVE);
	if (conn->sending)
		uring_cancel(engine, conn, RING_SEND);
}

/* One operation less in the kernel; the last one of a connection that leaves
 * sets it free. */
static void
uring_landed(struct engine *engine, struct conn *conn)
{
	check(conn->in_flight > 0);
	conn->in_flight--;
	if (conn->in_flight == 0 && conn->state == CONN_DETACHING && conn->told)
		uring_close(engine, conn);
}

/* After a receive's completion: should it be armed, or be cancelled? */
static void
uring_adjust_receive(struct engine *engine, struct conn *conn)
{
	if (conn->state >= CONN_DETACHING || conn->input_ended)
		return;
	if (conn->receiving) {
		if (conn->input_paused && !conn->cancelling) {
			conn->cancelling = true;
			uring_cancel(engine, conn, RING_RECEIVE);
		}
	} else if (!conn->input_paused && list_is_empty(&conn->engine)) {
		list_append(&engine->starved, &conn->engine);
	}
}

static void
uring_on_received(
    struct engine *engine, struct conn *conn, int result, uint32_t flags)
{
	unsigned id = flags >> IORING_CQE_BUFFER_SHIFT;

	if (!(flags & IORING_CQE_F_MORE)) {
		conn->receiving = false;
		conn->cancelling = false;
	}
	if (result > 0)
		conn_on_received(
		    conn, buffers_at(&engine->buffers, id), result);
	else if (result != -ENOBUFS && result != -ECANCELED && result != -EINTR)
		conn_on_received(conn, NULL, result);
	if (flags & IORING_CQE_F_BUFFER)
		buffers_return(&engine->buffers, id);
	uring_adjust_receive(engine, conn);
	if (!(flags & IORING_CQE_F_MORE))
		uring_landed(engine, conn);
}

static void
uring_dispatch(struct engine *engine, struct ring_completion done)
{
	void *object =
	    (void *)(uintptr_t)(done.user_data & ~(uint64_t)RING_TAG_MASK);
	struct conn *conn = object;

	switch (done.user_data & RING_TAG_MASK) {
	case RING_NOTHING:
		break;
	case RING_RECEIVE:
		uring_on_received(engine, conn, done.result, done.flags);
		break;
	case RING_SEND:
		conn->sending = false;
		/* One that waits for room is interrupted where the process is
		 * stopped or frozen: nothing of it is sent, and it is begun
		 * anew. */
		conn_on_sent(conn, done.result == -EINTR ? 0 : done.result);
		uring_landed(engine, conn);
		break;
	case RING_CHANGE:
		uring_landed(engine, conn);
		break;
	case RING_ACCEPT:
		acceptor_on_done(object, &engine->ring, done.result);
		break;
	case RING_BELL:
		reactor_on_bell(object);
		uring_watch_bell(engine);
		break;
	default:
		unreachable("no other tags are made");
	}
}

static void
uring_wait_turn(struct engine *engine, int timeout_ms)
{
	struct ring *ring = &engine->ring;
	struct list *link;

	ring_sleep(ring, timeout_ms);
	reactor_on_wake(engine->reactor);
	ring_reap(ring);
	/* By index: dispatching may reap more, and move the array. */
	for (unsigned i = 0; i < ring->reaped_count; i++)
		uring_dispatch(engine, ring->reaped[i]);
	ring_clear(ring);
	/* Buffers first: a receive that finds none ends at once. */
	buffers_publish(&engine->buffers);
	while ((link = list_take_first(&engine->starved)) != NULL)
		uring_receive(engine, list_entry(link, struct conn, engine));
}

const struct engine_ops engine_uring = {
    .name = "io_uring",
    .probe = ring_probe,
    .conns_max = uring_conns_max,
    .make = uring_make,
    .free = uring_free,
    .listen = uring_listen,
    .unlisten = uring_unlisten,
    .adopt = uring_adopt,
    .release = uring_release,
    .name_of = uring_name_of,
    .refuse = uring_refuse,
    .attach = uring_attach,
    .receive = uring_receive,
    .send = uring_send,
    .shut = uring_shut,
    .detach = uring_detach,
    .wait = uring_wait_turn,
};
