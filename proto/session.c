/* Sessions: coming and going, waiting for an answer, guests and users. */
#include "proto/session.h"

#include <string.h>

#include "proto/account_service.h"
#include "proto/session_answer.h"
#include "proto/session_input.h"
#include "proto/session_room.h"
#include "proto/session_talk.h"
#include "proto/web.h"
#include "reactor/check.h"
#include "reactor/clock.h"
#include "reactor/counters.h"
#include "reactor/log.h"
#include "reactor/reactor.h"

#define GOODBYE "server is going down"

static void
session_on_deadline(struct timer *timer)
{
	struct session *session = list_entry(timer, struct session, deadline);

	check_magic(session, SESSION_MAGIC);
	if (session->state == SESSION_USER) {
		conn_run_soon(&session->conn);
		return;
	}
	/* Not in the middle of what it has asked for in time, but then: who
	 * asks for one thing after another would stay for ever. */
	session->late = session->waits & WAIT_ANSWER;
	if (session->late)
		return;
	session_notice(session, span_of("you did not log in in time"));
	session_close(session, CLOSE_LOGIN_TIMEOUT);
}

static void
session_start_deadline(struct session *session)
{
	uint32_t limit_ms = session_hub(session)->options.login_timeout_ms;

	if (limit_ms > 0 && !address_is_local(&session->conn.peer))
		reactor_set_timer(
		    session->conn.reactor, &session->deadline, limit_ms);
}

static void
session_tell_console(struct session *session, bool gone)
{
	const struct hub_config *config = session_hub(session)->config;
	struct client_event event = {
	    .conn = &session->conn,
	    .name = session->state == SESSION_USER ? session->name : NULL,
	    .gone = gone,
	};

	if (config->on_client)
		config->on_client(config->context, &event);
}

/* Bytes out are those that the kernel has taken so far: a last word may still
 * be on its way. */
static void
session_log_gone(const struct session *session)
{
	const struct conn *conn = &session->conn;
	int64_t now_s = clock_date_ms() / 1000;
	bool user = session->state == SESSION_USER;

	log_info("disconnected", LOG_NUMBER("client", conn->id),
	    LOG_ADDRESS("address", &conn->peer),
	    LOG_TEXT("name", user ? session->name : NULL),
	    LOG_TEXT("reason", close_reason_word(conn->reason)),
	    /* The clock may have been set back. */
	    LOG_NUMBER(
		"seconds", now_s > conn->opened_s ? now_s - conn->opened_s : 0),
	    LOG_NUMBER("bytes_in", conn->bytes_in),
	    LOG_NUMBER("bytes_out", conn->bytes_out));
}

static bool
session_is_banned(const struct session *session, int64_t *until)
{
	struct account_service *accounts =
	    session_hub(session)->config->accounts;
	uint8_t address[16];

	return address_bytes(&session->conn.peer, address) &&
	       auth_is_kept_out(account_service_auth(accounts),
		   (struct span){0}, address, until);
}

/* What holds for clients does not for a scraper: whoever can reach where
 * metrics are served may read them. */
static void
session_open_scraper(struct session *session)
{
	web_start(session);
	if (reactor_is_stopping(session->conn.reactor))
		session_close(session, CLOSE_GOING_DOWN);
}

static void
session_open_client(struct session *session)
{
	struct conn *conn = &session->conn;
	char when[SESSION_UNTIL_BYTES];
	int64_t until;

	session_start_deadline(session);
	session_tell_console(session, false);
	log_debug("connected", LOG_NUMBER("client", conn->id),
	    LOG_ADDRESS("address", &conn->peer));
	if (session_is_banned(session, &until)) {
		session->verb = VERB_TEXT;
		session_err(session, ERR_BANNED,
		    "your address is banned here%s",
		    session_until(until, when));
		session_close(session, CLOSE_BANNED);
	} else if (reactor_is_stopping(conn->reactor)) {
		session_going_down(session);
	}
}

void
session_on_open(struct conn *conn)
{
	struct session *session = session_of(conn);

	session->magic = SESSION_MAGIC;
	timer_init(&session->silence, session_on_silence);
	timer_init(&session->deadline, session_on_deadline);
	if (conn_is_scraper(conn))
		session_open_scraper(session);
	else
		session_open_client(session);
}

struct session *
session_find(struct hub *hub, struct conn_handle client)
{
	struct conn *conn = conn_find(hub->reactor, client);
	struct session *session = conn ? session_of(conn) : NULL;

	if (session)
		check_magic(session, SESSION_MAGIC);
	return session;
}

void
session_on_closed(struct conn *conn)
{
	struct session *session = session_of(conn);

	check_magic(session, SESSION_MAGIC);
	if (!conn_is_scraper(conn)) {
		session_tell_console(session, true);
		session_log_gone(session);
	}
	if (session->state == SESSION_USER)
		session_log_out(session);
	timer_stop(&session->silence);
	timer_stop(&session->deadline);
	session_set_tag(session, (struct span){0});
	input_fini(&session->input);
	if (session->is_web)
		web_end(session);
	session->magic = 0;
}

void
session_close(struct session *session, enum close_reason reason)
{
	if (session->is_web)
		web_say_end(session, reason);
	conn_close(&session->conn, reason);
}

void
session_going_down(struct session *session)
{
	/* Who asks by HTTP asks the main thread, which waits for us. */
	if ((session->waits & WAIT_ANSWER) && !session_is_deaf(session)) {
		session->leaving = true;
		return;
	}
	session_tell_gap(session);
	session_notice(session, span_of(GOODBYE));
	session_close(session, CLOSE_GOING_DOWN);
}

void
session_await(struct session *session)
{
	check(!(session->waits & WAIT_ANSWER));
	session->waits |= WAIT_ANSWER;
	session_keep_tag(session);
}

void
session_answered(struct session *session)
{
	check(session->waits & WAIT_ANSWER);
	session->waits &= WAITS & ~WAIT_ANSWER;
	session_set_tag(session, (struct span){0});
	if (session->leaving)
		session_going_down(session);
	else if (session->late)
		session_on_deadline(&session->deadline);
	conn_run_soon(&session->conn);
}

void
session_log_in(struct session *session, const char *name, uint64_t account)
{
	check(session->state == SESSION_GUEST);
	check(strlen(name) <= NAME_BYTES_MAX);
	strcpy(session->name, name);
	session->account = account;
	session->state = SESSION_USER;
	session->talk_tokens = session_hub(session)->options.rate.burst * 1000;
	session->talk_ms = (uint32_t)reactor_now_ms(session->conn.reactor);
	session->late = false;
	timer_stop(&session->deadline);
	session_update_muted(session);
	hub_enter(session_hub(session), session);
}

void
session_log_out(struct session *session)
{
	check(session->state == SESSION_USER);
	session_tell_gap(session);
	hub_leave(session_hub(session), session);
	session->state = SESSION_GUEST;
	session->account = 0;
	session->muted = false;
	timer_stop(&session->deadline);
	/* The timer that would have ended this wait is another one now. */
	if (session->waits & WAIT_RATE) {
		session->waits &= WAITS & ~WAIT_RATE;
		conn_run_soon(&session->conn);
	}
	session_start_deadline(session);
}
