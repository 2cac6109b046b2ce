/* What a session says to rooms, and whether it may. */
#include "proto/session_talk.h"

#include <stdio.h>

#include "proto/account_service.h"
#include "proto/limits.h"
#include "proto/session.h"
#include "proto/session_answer.h"
#include "proto/session_room.h"
#include "reactor/check.h"

/* What the fields in the session hold. */
#define UNSEEN_AT_MAX ((1u << 7) - 1)
_Static_assert(UNSEEN_MAX < 1u << 9, "session.unseen");
_Static_assert(SESSION_ROOMS_MAX <= UNSEEN_AT_MAX, "session.unseen_at");

void
session_say(struct session *session, struct room *room, struct span text)
{
	check(session->state == SESSION_USER);
	check(session->unseen < UNSEEN_MAX);
	session->unseen++;
	session->unseen_at = session_place(session, room) & UNSEEN_AT_MAX;
	session->unseen_bytes += (uint32_t)text.len;
	room_gather(room, session_hub(session), EVENT_MESSAGE,
	    conn_handle(&session->conn), span_of(session->name), text);
}

void
session_own_copy(struct session *session, size_t len)
{
	check(session->unseen > 0);
	check(session->unseen_bytes >= len);
	session->unseen_bytes -= (uint32_t)len;
	if (--session->unseen == 0 && (session->waits & WAIT_COPY))
		conn_run_soon(&session->conn);
}

/* A token bucket: true, and one is taken, when there is one. */
static bool
talk_take_token(struct session *session)
{
	const struct hub_options *options = &session_hub(session)->options;
	uint32_t now_ms = (uint32_t)reactor_now_ms(session->conn.reactor);
	uint64_t tokens =
	    session->talk_tokens +
	    (uint64_t)(now_ms - session->talk_ms) * options->rate.count;

	if (tokens > (uint64_t)options->rate.burst * 1000)
		tokens = (uint64_t)options->rate.burst * 1000;
	session->talk_ms = now_ms;
	session->talk_tokens = (uint32_t)tokens;
	if (tokens < 1000)
		return false;
	session->talk_tokens -= 1000;
	return true;
}

bool
session_keeps_rate(struct session *session)
{
	const struct hub_options *options = &session_hub(session)->options;

	if (options->rate.count == 0 ||
	    (!options->rate_for_all && address_is_local(&session->conn.peer)) ||
	    talk_take_token(session))
		return true;
	session->waits |= WAIT_RATE;
	reactor_set_timer(session->conn.reactor, &session->deadline,
	    (1000 - session->talk_tokens) / options->rate.count);
	return false;
}

bool
session_may_talk(struct session *session, const struct room *room)
{
	if (session->unseen > 0 &&
	    session->unseen_at != session_place(session, room))
		return false;
	return session->unseen < UNSEEN_MAX &&
	       session->unseen_bytes < UNSEEN_BYTES_MAX &&
	       session_keeps_rate(session);
}

static bool
ask_muted(const struct session *session, int64_t *until)
{
	return auth_is_muted(
	    account_service_auth(session_hub(session)->config->accounts),
	    span_of(session->name), until);
}

bool
session_is_muted(struct session *session)
{
	if (session->muted)
		session_update_muted(session);
	return session->muted;
}

bool
session_update_muted(struct session *session)
{
	bool before = session->muted;
	int64_t until;

	check(session->state == SESSION_USER);
	session->muted = ask_muted(session, &until);
	return session->muted != before;
}

const char *
session_muted_text(
    const struct session *session, char text[SESSION_MUTED_BYTES])
{
	char when[SESSION_UNTIL_BYTES];
	int64_t until;

	if (ask_muted(session, &until))
		snprintf(text, SESSION_MUTED_BYTES, "you are muted%s",
		    session_until(until, when));
	else
		snprintf(text, SESSION_MUTED_BYTES, "you may talk again");
	return text;
}
