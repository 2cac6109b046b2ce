/* A session's output: its limit, what to do beyond it, what may be asked for.
 */
#include "proto/session_output.h"

#include "proto/session.h"
#include "reactor/blob.h"
#include "reactor/check.h"
#include "reactor/reactor.h"

/* Does more wait for all than may, or would with so many bytes more? */
static bool
session_is_short(const struct session *session, size_t more)
{
	struct reactor *reactor = session->conn.reactor;

	return reactor_blobs(reactor)->bytes + more >
	       session_hub(session)->options.out_total / reactor_count(reactor);
}

uint32_t
session_out_limit(const struct session *session)
{
	const struct hub_options *options = &session_hub(session)->options;

	if (options->out_limit > GUEST_OUT_BYTES_MAX &&
	    (session->state == SESSION_GUEST || session_is_short(session, 0)))
		return GUEST_OUT_BYTES_MAX;
	return options->out_limit;
}

bool
session_has_room(const struct session *session)
{
	uint32_t waiting = conn_out_bytes(&session->conn);

	if (conn_out_is_full(&session->conn))
		return false;
	/* Asked for each member of a room: nearly always nothing waits, which
	 * is within any limit. */
	return waiting == 0 || waiting <= session_out_limit(session);
}

/* Half of it, so that there is something to be gained. */
static uint32_t
session_out_low(const struct session *session)
{
	return session_out_limit(session) / 2;
}

bool
session_has_drained(const struct session *session)
{
	return conn_out_bytes(&session->conn) <= session_out_low(session);
}

void
session_wait_drained(struct session *session)
{
	conn_wait_drained(&session->conn, session_out_low(session));
}

void
session_check_output(struct session *session)
{
	if (session_has_room(session))
		return;
	session->waits |= WAIT_DRAIN;
	session_wait_drained(session);
}

size_t
session_ask_bytes(struct session *session, size_t most)
{
	struct hub *hub = session_hub(session);

	if (most > GUEST_OUT_BYTES_MAX && session_is_short(session, hub->asked))
		most = GUEST_OUT_BYTES_MAX;
	hub->asked += most;
	return most;
}

void
session_give_back_bytes(struct hub *hub, size_t bytes)
{
	check(hub->asked >= bytes);
	hub->asked -= bytes;
}
