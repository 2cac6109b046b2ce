#include "tests/sim/engine.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "reactor/check.h"
#include "reactor/conn.h"
#include "reactor/memory.h"
#include "reactor/reactor_priv.h"
#include "tests/sim/clock.h"
#include "tests/sim/net.h"

#define RECEIVE_BYTES 8192
#define SEND_VECTORS  8
#define ACCEPTS_MAX   4

struct engine {
	struct reactor *reactor;
	struct engine_habits habits;
};

static struct engine_habits habits_now;

void
engine_set_habits(const struct engine_habits *habits)
{
	habits_now = *habits;
}

static bool
bell_rings(const struct reactor *reactor)
{
	struct pollfd bell = {.fd = reactor->mailbox.bell, .events = POLLIN};

	return poll(&bell, 1, 0) > 0;
}

static bool
can_accept(const struct reactor *reactor)
{
	for (unsigned i = 0; i < reactor->listener_count; i++)
		if (reactor->listeners[i].armed &&
		    net_waits(reactor->listeners[i].fd))
			return true;
	return false;
}

static bool
can_receive(const struct net_link *link)
{
	const struct conn *conn = link->conn;

	return !conn->input_paused && !conn->input_ended &&
	       conn->state < CONN_DETACHING &&
	       (link->up.len > 0 || link->up_ended || link->reset);
}

/* A send that is under way, or blocked, gets on. */
static bool
can_send(const struct net_link *link)
{
	return link->conn->sending && (net_room(link) > 0 || link->reset ||
					  link->conn->state >= CONN_DETACHING);
}

/* Nobody reads what has come before a reset, so it is not waited for. */
static bool
can_hang_up(const struct net_link *link)
{
	return link->reset && !link->hung_up &&
	       link->conn->state < CONN_DETACHING && link->conn->input_paused;
}

static bool
is_ours(const struct net_link *link, const struct engine *engine)
{
	return link->conn && link->engine == engine;
}

bool
engine_is_ready(const struct reactor *reactor)
{
	if (bell_rings(reactor) || can_accept(reactor))
		return true;
	for (unsigned i = 0; i < net_link_count(); i++) {
		const struct net_link *link = net_link_at(i);

		if (is_ours(link, reactor->engine) &&
		    (can_receive(link) || can_send(link) || can_hang_up(link)))
			return true;
	}
	return false;
}

static int
sim_probe(unsigned count)
{
	check(count > 0);
	return 0;
}

static uint32_t
sim_conns_max(unsigned listeners)
{
	(void)listeners;
	return UINT32_MAX;
}

static struct engine *
sim_make(struct reactor *reactor)
{
	struct engine *engine = memory_new(sizeof(*engine));

	engine->reactor = reactor;
	engine->habits = habits_now;
	return engine;
}

static void
sim_free(struct engine **pointer)
{
	for (unsigned i = 0; i < net_link_count(); i++)
		check(!is_ours(net_link_at(i), *pointer));
	free(*pointer);
	*pointer = NULL;
}

static void
sim_listen(struct engine *engine, struct listener *listener)
{
	(void)engine;
	check(listener->armed);
}

static int
sim_adopt(struct engine *engine, int fd)
{
	(void)engine;
	return fd;
}

static bool
sim_name_of(struct engine *engine, const struct conn *conn,
    struct sockaddr_storage *out)
{
	(void)engine;
	(void)conn;
	(void)out;
	return false;
}

/* Nobody is sent away while there is room. */
static bool
is_full(const struct reactor *reactor)
{
	const struct reactor_limits *limits = &reactor->config.limits;
	uint64_t served = 0;

	for (unsigned i = 0; i < net_link_count(); i++)
		served += net_link_at(i)->conn != NULL;
	return served >= limits->clients_max ||
	       reactor->conn_count >= limits->conns_max;
}

static bool
network_is_full(const struct engine *engine, const struct net_link *link)
{
	uint32_t there = 0;

	for (unsigned i = 0; i < net_link_count(); i++) {
		const struct net_link *other = net_link_at(i);

		there += other->conn && !memcmp(other->peer.ip, link->peer.ip,
					    sizeof(link->peer.ip));
	}
	return engine->habits.network_max > 0 &&
	       there >= engine->habits.network_max;
}

static void
sim_refuse(struct engine *engine, int socket, const char *text)
{
	struct net_link *link = net_link_of(socket);

	if (!strcmp(text, WORLD_NETWORK_REFUSAL))
		check(network_is_full(engine, link));
	else
		check(is_full(engine->reactor));
	if (text && strlen(text) <= net_room(link))
		net_server_send(link, text, strlen(text));
	/* Nobody sees to it that the word arrives; here it does. */
	link->down_ended = link->server_gone = true;
}

static int
sim_attach(struct engine *engine, struct conn *conn)
{
	struct net_link *link = net_link_of(conn->socket);

	check(!link->conn);
	check(!link->server_gone);
	link->conn = conn;
	link->engine = engine;
	return sim_chance(engine->habits.fail_percent) ? -ENOMEM : 0;
}

static void
sim_receive(struct engine *engine, struct conn *conn)
{
	check(net_link_of(conn->socket)->engine == engine);
	check(!conn->input_paused);
}

/* Where the kernel would read from when it sends. */
static size_t
copy_front(struct conn *conn, char **copy)
{
	struct iovec vectors[SEND_VECTORS];
	unsigned count = outq_front(&conn->out, vectors, SEND_VECTORS);
	size_t len = 0;

	for (unsigned i = 0; i < count; i++)
		len += vectors[i].iov_len;
	check(len > 0);
	*copy = memory_new_raw(len);
	len = 0;
	for (unsigned i = 0; i < count; i++) {
		memcpy(*copy + len, vectors[i].iov_base, vectors[i].iov_len);
		len += vectors[i].iov_len;
	}
	return len;
}

/* A part of what was given, as a socket takes it: 1 byte at least. */
static size_t
part_of(const struct net_link *link, size_t len)
{
	size_t room = net_room(link);

	check(room > 0);
	if (len > room)
		len = room;
	return sim_chance(70) ? len : 1 + sim_below(len);
}

static void
send_at_once(struct net_link *link)
{
	struct conn *conn = link->conn;

	while (conn->out.bytes > 0 && conn->state < CONN_DETACHING) {
		size_t len, sent;
		char *bytes;

		if (link->reset) {
			conn_on_sent(conn, -EPIPE);
			return;
		}
		if (net_room(link) == 0) {
			conn->sending = true;
			return;
		}
		len = copy_front(conn, &bytes);
		sent = part_of(link, len);
		net_server_send(link, bytes, sent);
		free(bytes);
		conn_on_sent(conn, (ssize_t)sent);
	}
}

static void
sim_send(struct engine *engine, struct conn *conn)
{
	struct net_link *link = net_link_of(conn->socket);

	check(link->engine == engine);
	check(!conn->sending);
	check(!link->flight);
	check(!link->down_ended);
	if (!engine->habits.completes) {
		send_at_once(link);
		list_remove(&conn->dirty);
		return;
	}
	link->flight_len = copy_front(conn, &link->flight);
	conn->sending = true;
}

/* What the kernel was told to send is still what is there. */
static void
check_flight(const struct net_link *link)
{
	size_t len;
	char *now;

	len = copy_front(link->conn, &now);
	check(len >= link->flight_len);
	check(!memcmp(now, link->flight, link->flight_len));
	free(now);
}

static void
land_flight(struct net_link *link)
{
	size_t sent;

	check(link->flight);
	check_flight(link);
	link->conn->sending = false;
	if (link->reset || link->conn->state >= CONN_DETACHING) {
		conn_on_sent(link->conn, link->reset ? -EPIPE : -ECANCELED);
	} else {
		sent = part_of(link, link->flight_len);
		net_server_send(link, link->flight, sent);
		conn_on_sent(link->conn, (ssize_t)sent);
	}
	free(link->flight);
	link->flight = NULL;
}

static void
finish_detach(struct net_link *link)
{
	struct conn *conn = link->conn;

	check(!link->flight);
	link->conn = NULL;
	net_server_close(link);
	conn_on_detached(conn);
}

static void
sim_shut(struct engine *engine, struct conn *conn)
{
	struct net_link *link = net_link_of(conn->socket);

	check(link->engine == engine);
	check(!link->flight);
	check(conn->out.bytes == 0);
	net_server_end(link);
}

static void
sim_detach(struct engine *engine, struct conn *conn)
{
	struct net_link *link = net_link_of(conn->socket);

	check(link->engine == engine);
	/* What is under way is cancelled, which the kernel takes its time
	 * for. */
	if (!link->flight)
		finish_detach(link);
}

static void
dispatch_send(struct net_link *link)
{
	struct conn *conn = link->conn;

	if (!link->flight) {
		conn->sending = false;
		conn_want_flush(conn);
		return;
	}
	land_flight(link);
	if (conn->state == CONN_DETACHING && conn->told)
		finish_detach(link);
}

static void
dispatch_receive(struct net_link *link)
{
	size_t len = link->up.len;
	char *bytes;

	if (link->reset) {
		conn_on_received(link->conn, NULL, -ECONNRESET);
		return;
	}
	if (len == 0) {
		conn_on_received(link->conn, NULL, 0);
		return;
	}
	if (sim_chance(50))
		len = 1 + sim_below(len);
	if (len > RECEIVE_BYTES)
		len = RECEIVE_BYTES;
	/* Its own memory, of just that size: who goes beyond is seen. */
	bytes = memory_new_raw(len);
	check(net_server_read(link, bytes, len) == len);
	conn_on_received(link->conn, bytes, (ssize_t)len);
	free(bytes);
}

static void
dispatch_link(struct engine *engine, struct net_link *link)
{
	unsigned late = engine->habits.late_percent;

	if (can_send(link) && !sim_chance(late))
		dispatch_send(link);
	if (is_ours(link, engine) && can_hang_up(link) && !sim_chance(late)) {
		link->hung_up = true;
		conn_abort(link->conn, CLOSE_RESET);
	}
	if (is_ours(link, engine) && can_receive(link) && !sim_chance(late))
		dispatch_receive(link);
	/* Bytes that were under way when the input was paused. */
	if (is_ours(link, engine) && engine->habits.completes &&
	    link->up.len > 0 && !link->reset && !link->conn->input_ended &&
	    link->conn->state < CONN_DETACHING && sim_chance(10))
		dispatch_receive(link);
}

static void
dispatch_accepts(struct engine *engine, struct listener *listener)
{
	for (unsigned i = 0;
	     i < ACCEPTS_MAX && listener->armed && net_waits(listener->fd);
	     i++) {
		int socket = -EMFILE;

		if (!sim_chance(engine->habits.fail_percent))
			socket = net_accept(listener->fd);
		listener_on_accepted(listener, socket,
		    socket < 0 ? NULL : &net_link_of(socket)->peer);
	}
}

static void
sim_wait(struct engine *engine, int timeout_ms)
{
	struct reactor *reactor = engine->reactor;
	unsigned count = net_link_count();
	unsigned first = count > 0 ? (unsigned)sim_below(count) : 0;

	/* The world has let the time pass. */
	(void)timeout_ms;
	reactor_on_wake(reactor);
	if (bell_rings(reactor))
		reactor_on_bell(reactor);
	for (unsigned i = 0; i < reactor->listener_count; i++)
		dispatch_accepts(engine, &reactor->listeners[i]);
	for (unsigned i = 0; i < count; i++) {
		struct net_link *link = net_link_at((first + i) % count);

		if (is_ours(link, engine))
			dispatch_link(engine, link);
	}
}

const struct engine_ops engine_sim = {
    .name = "simulated",
    .probe = sim_probe,
    .conns_max = sim_conns_max,
    .make = sim_make,
    .free = sim_free,
    .listen = sim_listen,
    .unlisten = sim_listen,
    .adopt = sim_adopt,
    .release = sim_adopt,
    .name_of = sim_name_of,
    .refuse = sim_refuse,
    .attach = sim_attach,
    .receive = sim_receive,
    .send = sim_send,
    .shut = sim_shut,
    .detach = sim_detach,
    .wait = sim_wait,
};
