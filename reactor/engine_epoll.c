/*
 * The engine on epoll(7): connections edge-triggered, registered once for their
 * whole life; listeners level-triggered, so that a bounded number of accepts a
 * turn loses nobody. An edge puts a connection on the `ready` list, where it
 * stays until recv() has come up short: each gets one buffer a turn, so that
 * one that floods cannot starve the others.
 */
#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "reactor/check.h"
#include "reactor/conn.h"
#include "reactor/memory.h"
#include "reactor/reactor_priv.h"

#define EVENTS_MAX    512         /* taken from the kernel in one wait */
#define ACCEPTS_MAX   64          /* of one listener in a turn */
#define RECEIVE_BYTES (32 * 1024) /* of one connection in a turn */
#define SEND_VECTORS  64

/* What an event's 64 bits point at, told by the lowest two; the objects are
 * aligned to 8 at least. */
enum epoll_tag {
	TAG_CONN,
	TAG_LISTENER,
	TAG_BELL,
	TAG_MASK = 3,
};

struct engine {
	int fd; /* of the epoll instance, owned */
	struct reactor *reactor;
	struct list ready; /* connections with input that was not read yet */
	struct epoll_event events[EVENTS_MAX];
	char buffer[RECEIVE_BYTES];
};

static int
epoll_add(struct engine *engine, int fd, uint32_t events, void *object,
    enum epoll_tag tag)
{
	struct epoll_event event = {
	    .events = events,
	    .data.u64 = (uint64_t)(uintptr_t)object | tag,
	};

	return epoll_ctl(engine->fd, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno
								    : 0;
}

static int
epoll_probe(unsigned count)
{
	check(count > 0);
	return 0;
}

/* The limit of descriptors is the process's, for all reactors together. */
static uint32_t
epoll_conns_max(unsigned listeners)
{
	(void)listeners;
	return UINT32_MAX;
}

static struct engine *
epoll_make(struct reactor *reactor)
{
	struct engine *engine = memory_new(sizeof(*engine));
	int error;

	engine->reactor = reactor;
	list_init(&engine->ready);
	engine->fd = epoll_create1(EPOLL_CLOEXEC);
	if (engine->fd < 0)
		goto fail;
	error = epoll_add(
	    engine, reactor->mailbox.bell, EPOLLIN, reactor, TAG_BELL);
	if (!error)
		return engine;
	close(engine->fd);
	errno = -error;
fail:
	free(engine);
	return NULL;
}

static void
epoll_free(struct engine **pointer)
{
	struct engine *engine = *pointer;

	check(list_is_empty(&engine->ready));
	close(engine->fd);
	free(engine);
	*pointer = NULL;
}

static void
epoll_listen(struct engine *engine, struct listener *listener)
{
	/* EPOLLEXCLUSIVE: a Unix socket is shared by all reactors, and a new
	 * client should wake one of them. */
	check_zero(epoll_add(engine, listener->fd, EPOLLIN | EPOLLEXCLUSIVE,
	    listener, TAG_LISTENER));
}

static void
epoll_unlisten(struct engine *engine, struct listener *listener)
{
	check_zero(epoll_ctl(engine->fd, EPOLL_CTL_DEL, listener->fd, NULL));
}

static int
epoll_adopt(struct engine *engine, int fd)
{
	(void)engine;
	return fd;
}

static int
epoll_release(struct engine *engine, int socket)
{
	(void)engine;
	return socket;
}

static bool
epoll_name_of(struct engine *engine, const struct conn *conn,
    struct sockaddr_storage *out)
{
	socklen_t length = sizeof(*out);

	(void)engine;
	return getsockname(conn->socket, (void *)out, &length) == 0;
}

static void
epoll_refuse(struct engine *engine, int socket, const char *text)
{
	(void)engine;
	if (text)
		send(socket, text, strlen(text), MSG_DONTWAIT | MSG_NOSIGNAL);
	close(socket);
}

static int
epoll_attach(struct engine *engine, struct conn *conn)
{
	return epoll_add(engine, conn->socket,
	    EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, conn, TAG_CONN);
}

/* Queues a connection for reading, if there is something and it may. */
static void
epoll_make_ready(struct engine *engine, struct conn *conn)
{
	if (conn->readable && !conn->input_paused && !conn->input_ended &&
	    conn->state < CONN_DETACHING && list_is_empty(&conn->engine))
		list_append(&engine->ready, &conn->engine);
}

static void
epoll_receive(struct engine *engine, struct conn *conn)
{
	epoll_make_ready(engine, conn);
}

static void
epoll_send(struct engine *engine, struct conn *conn)
{
	struct iovec vectors[SEND_VECTORS];
	struct msghdr message = {.msg_iov = vectors};

	(void)engine;
	while (conn->out.bytes > 0 && conn->state < CONN_DETACHING) {
		ssize_t sent;

		message.msg_iovlen =
		    outq_front(&conn->out, vectors, SEND_VECTORS);
		if (message.msg_iovlen == 1)
			sent = send(conn->socket, vectors[0].iov_base,
			    vectors[0].iov_len, MSG_NOSIGNAL | MSG_DONTWAIT);
		else
			sent = sendmsg(conn->socket, &message,
			    MSG_NOSIGNAL | MSG_DONTWAIT);
		if (sent < 0 && errno == EAGAIN) {
			/* Until an edge says that there is room. */
			conn->sending = true;
			break;
		}
		if (sent >= 0 || errno != EINTR)
			conn_on_sent(conn, sent < 0 ? -errno : sent);
	}
	list_remove(&conn->dirty);
}

static void
epoll_shut(struct engine *engine, struct conn *conn)
{
	(void)engine;
	shutdown(conn->socket, SHUT_WR);
}

static void
epoll_detach(struct engine *engine, struct conn *conn)
{
	/* Closing removes it from the epoll set: nobody else has the
	 * descriptor. Events already taken find a state past OPEN. */
	(void)engine;
	list_remove(&conn->engine);
	close(conn->socket);
	conn_on_detached(conn);
}

static void
epoll_accept(struct listener *listener)
{
	struct sockaddr_storage from;
	struct address peer;

	for (int i = 0; i < ACCEPTS_MAX && listener->armed; i++) {
		socklen_t length = sizeof(from);
		int fd;

		from.ss_family = AF_UNSPEC;
		fd = accept4(listener->fd, (void *)&from, &length,
		    SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0 && errno == EAGAIN)
			return;
		if (fd >= 0)
			peer = address_of_peer(&from, fd);
		listener_on_accepted(listener, fd < 0 ? -errno : fd, &peer);
	}
}

static void
epoll_on_conn(struct engine *engine, struct conn *conn, uint32_t events)
{
	if (conn->state >= CONN_DETACHING)
		return;
	if ((events & EPOLLOUT) && conn->sending) {
		conn->sending = false;
		conn_want_flush(conn);
	}
	if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR))
		conn->hung_up = true;
	if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) {
		conn->readable = true;
		epoll_make_ready(engine, conn);
	}
	/* Nothing can be sent or read any more: do not wait for a paused
	 * input to find out. */
	if ((events & EPOLLERR) && conn->input_paused)
		conn_abort(conn, CLOSE_RESET);
}

static void
epoll_dispatch(struct engine *engine, const struct epoll_event *event)
{
	void *object =
	    (void *)(uintptr_t)(event->data.u64 & ~(uint64_t)TAG_MASK);

	switch (event->data.u64 & TAG_MASK) {
	case TAG_CONN:
		epoll_on_conn(engine, object, event->events);
		break;
	case TAG_LISTENER:
		epoll_accept(object);
		break;
	case TAG_BELL:
		reactor_on_bell(object);
		break;
	default:
		unreachable("no other tags are made");
	}
}

/* One buffer's worth. A stream that gave less than was asked for is empty, and
 * what comes later is a new edge (epoll(7)); only an end that is known to be
 * there must be read for. */
static void
epoll_read(struct engine *engine, struct conn *conn)
{
	ssize_t got = recv(
	    conn->socket, engine->buffer, sizeof(engine->buffer), MSG_DONTWAIT);

	if (got < 0 && errno == EINTR) {
		epoll_make_ready(engine, conn);
		return;
	}
	if (got < 0 && errno == EAGAIN) {
		conn->readable = false;
		return;
	}
	if (got <= 0 ||
	    (got < (ssize_t)sizeof(engine->buffer) && !conn->hung_up))
		conn->readable = false;
	conn_on_received(conn, engine->buffer, got < 0 ? -errno : got);
	epoll_make_ready(engine, conn);
}

static void
epoll_wait_turn(struct engine *engine, int timeout_ms)
{
	struct list due;
	struct list *link;
	int count;

	if (!list_is_empty(&engine->ready))
		timeout_ms = 0;
	count = epoll_wait(engine->fd, engine->events, EVENTS_MAX, timeout_ms);
	reactor_on_wake(engine->reactor);
	check(count >= 0 || errno == EINTR);
	for (int i = 0; i < count; i++)
		epoll_dispatch(engine, &engine->events[i]);
	/* Once round: who has more is read again in the next turn. */
	list_init(&due);
	list_move_all(&due, &engine->ready);
	while ((link = list_take_first(&due)) != NULL)
		epoll_read(engine, list_entry(link, struct conn, engine));
}

const struct engine_ops engine_epoll = {
    .name = "epoll",
    .probe = epoll_probe,
    .conns_max = epoll_conns_max,
    .make = epoll_make,
    .free = epoll_free,
    .listen = epoll_listen,
    .unlisten = epoll_unlisten,
    .adopt = epoll_adopt,
    .release = epoll_release,
    .name_of = epoll_name_of,
    .refuse = epoll_refuse,
    .attach = epoll_attach,
    .receive = epoll_receive,
    .send = epoll_send,
    .shut = epoll_shut,
    .detach = epoll_detach,
    .wait = epoll_wait_turn,
};
