/* Who is let in, here or on another reactor, and who is refused. */
#include "reactor/conn.h"

#include "reactor/handover.h"
#include "reactor/log.h"
#include "reactor/reactor_priv.h"
#include "reactor/tally.h"

/* The server is full, or else its network has as many as it may. */
static void
conn_refuse(struct listener *listener, int socket, const struct address *peer,
    bool full)
{
	struct reactor *reactor = listener->reactor;
	const struct reactor_limits *limits = &reactor->config.limits;
	struct counters *counters = &reactor->counters;
	const char *text = full ? limits->refusal : limits->network_refusal;

	counter_add(full ? &counters->refused : &counters->refused_network, 1);
	log_warn("refused", LOG_ADDRESS("address", peer),
	    LOG_TEXT("reason", full ? "full" : "max-per-address"));
	/* Whoever is to speak TLS or HTTP understands nothing else. */
	reactor->config.engine->refuse(reactor->engine, socket,
	    speaks_lines(listener->speaks) ? text : NULL);
}

/* Counts it in, or refuses and closes it. */
static bool
conn_let_in(struct listener *listener, int socket, const struct address *peer)
{
	struct reactor *reactor = listener->reactor;
	const struct reactor_config *config = &reactor->config;

	if (listener->speaks == SPEAKS_METRICS) {
		listener_enter(listener);
		return true;
	}
	if (reactor->conn_count >= config->limits.conns_max ||
	    !census_enter(config->census, config->limits.clients_max)) {
		conn_refuse(listener, socket, peer, true);
		return false;
	}
	if (config->tally && !tally_enter(config->tally, peer)) {
		census_leave(config->census);
		conn_refuse(listener, socket, peer, false);
		return false;
	}
	reactor->conn_count++;
	return true;
}

void
conn_let_out(const struct conn *conn)
{
	struct reactor *reactor = conn->reactor;

	if (conn_is_scraper(conn)) {
		listener_leave(conn_listener(conn));
		return;
	}
	reactor->conn_count--;
	if (reactor->config.tally)
		tally_leave(reactor->config.tally, &conn->peer);
	census_leave(reactor->config.census);
}

void
conn_take(struct listener *listener, int socket, const struct address *peer)
{
	if (conn_let_in(listener, socket, peer))
		conn_make(listener, socket, peer);
}

void
conn_open(struct listener *listener, int socket, const struct address *peer)
{
	struct reactor *reactor = listener->reactor;
	const struct reactor_limits *limits = &reactor->config.limits;

	if (listener->speaks == SPEAKS_METRICS ||
	    reactor->conn_count < limits->conns_max ||
	    census_is_full(reactor->config.census, limits->clients_max) ||
	    !handover_send(listener, socket, peer))
		conn_take(listener, socket, peer);
}
