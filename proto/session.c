/* Sessions: input in order, waiting, answers, coming and going. */
#include "proto/session.h"

#include <string.h>

#include "proto/account_service.h"
#include "proto/session_answer.h"
#include "proto/session_line.h"
#include "proto/session_output.h"
#include "proto/session_room.h"
#include "proto/web.h"
#include "proto/wire/http.h"
#include "reactor/check.h"
#include "reactor/clock.h"
#include "reactor/counters.h"
#include "reactor/log.h"
#include "reactor/reactor.h"

#define GOODBYE "server is going down"

static const struct hub_options *
session_options(const struct session *session)
{
	return &session_hub(session)->options;
}

/* Is its first line one of HTTP? Then it is spoken from here on, or else the
 * connection ends: a page that lures a browser here must not be able to make it
 * say something. */
static bool
session_asks(struct session *session, struct span line)
{
	enum speaks speaks = conn_speaks(&session->conn);

	if (session->greeted)
		return false;
	if (http_is_host(line)) {
		session_close(session, CLOSE_HTTP);
		return true;
	}
	if (!http_is_request(line) && !http_is_long_request(line)) {
		if (speaks == SPEAKS_HTTP)
			session_close(session, CLOSE_NOT_HTTP);
		return speaks == SPEAKS_HTTP;
	}
	if (session_options(session)->web && speaks != SPEAKS_LINES)
		web_start(session);
	else
		session_close(session, CLOSE_HTTP);
	return true;
}

/* The same of a beginning. */
static bool
session_asks_long(struct session *session, const char *bytes, size_t len)
{
	struct span beginning = {bytes, len};

	return !session->greeted && http_is_long_request(beginning) &&
	       session_asks(session, beginning);
}

/* Does it begin with TLS, where none is spoken? What a browser sends then has
 * others' words in it, such as a ticket to go on with, and would be told bad
 * text up to their first newline. The connection ends, as for HTTP. */
static bool
session_shakes(struct session *session, const char *bytes, size_t len)
{
	static const char hello[] = {0x16, 0x03}; /* RFC 8446, section 5.1 */

	if (session->greeted || len < sizeof(hello) ||
	    memcmp(bytes, hello, sizeof(hello)) != 0)
		return false;
	session_close(session, CLOSE_TLS);
	return true;
}

/*
 * Handles lines until one has to wait or there is none; returns the bytes that
 * are done with. With `end` the unterminated rest is a line too.
 */
static size_t
session_pump_lines(struct session *session, char *bytes, size_t len, bool end)
{
	size_t done = 0;

	while (!session->waits && conn_is_open(&session->conn)) {
		struct line_framer before = session->framer;
		enum line_result result;
		struct span line = {bytes, 0};
		size_t used;

		result = line_next(
		    &session->framer, bytes + done, len - done, &used, &line);
		if (result == LINE_MORE) {
			done += used;
			if (!end)
				break;
			before = session->framer;
			result = line_end(
			    &session->framer, bytes + done, len - done, &line);
			used = len - done;
			if (result == LINE_MORE)
				break;
		}
		/* One that is too long is not there: it is no request. */
		if (session_asks(session, line))
			break;
		if (!session_line(session, result, line)) {
			session->framer = before;
			break;
		}
		done += used;
		session_check_output(session);
	}
	return done;
}

/* The same, whatever it speaks. */
static size_t
session_pump(struct session *session, char *bytes, size_t len, bool end)
{
	size_t done = 0;

	/* A long target may not be all there. */
	if (!session->is_web && !session_asks_long(session, bytes, len) &&
	    !session_shakes(session, bytes, len))
		done = session_pump_lines(session, bytes, len, end);
	if (session->is_web)
		done += web_pump(session, bytes + done, len - done);
	return done;
}

/* The same for what has been kept. */
static void
session_pump_kept(struct session *session, bool end)
{
	static char nothing[1];
	struct input *input = &session->input;

	input_consume(
	    input, session_pump(session, input->bytes ? input->bytes : nothing,
		       input->len, end));
}

/* The peer has sent all: what is owed is sent, then the connection closes. Half
 * a line that was cut off is none. */
static void
session_finish(struct session *session)
{
	session_pump_kept(session, !session->conn.input_cut);
	if (session->waits)
		return;
	/* Word of what it missed is owed, and comes once it has drained. */
	if (session->held > 0)
		session->waits |= WAIT_DRAIN;
	else if (session->unseen > 0)
		session->waits |= WAIT_COPY;
	else
		session_close(session, CLOSE_PEER);
}

/* After any input or waiting: read on, hold, wait for silence, or end. */
static void
session_settle(struct session *session)
{
	const struct hub_options *options = session_options(session);
	struct conn *conn = &session->conn;

	if (!conn_is_open(conn))
		return;
	if (!session->is_web)
		timer_stop(&session->silence);
	session_check_output(session);
	if (!session->waits && conn->input_ended)
		session_finish(session);
	if (session->waits) {
		conn_pause_input(conn);
		return;
	}
	conn_resume_input(conn);
	if (!session->is_web &&
	    (session->input.len > 0 || session->framer.skipping) &&
	    !session->framer.terminated && options->unterminated_ms > 0)
		reactor_set_timer(
		    conn->reactor, &session->silence, options->unterminated_ms);
}

static void
session_on_silence(struct timer *timer)
{
	struct session *session = list_entry(timer, struct session, silence);

	check_magic(session, SESSION_MAGIC);
	if (session->is_web) {
		web_on_silence(session);
		return;
	}
	session_check_output(session);
	if (!session->waits)
		session_pump_kept(session, true);
	session_settle(session);
}

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
	uint32_t limit_ms = session_options(session)->login_timeout_ms;

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
session_is_banned(const struct session *session)
{
	struct account_service *accounts =
	    session_hub(session)->config->accounts;
	uint8_t address[16];

	return address_bytes(&session->conn.peer, address) &&
	       auth_is_address_banned(account_service_auth(accounts), address);
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

	session_start_deadline(session);
	session_tell_console(session, false);
	log_debug("connected", LOG_NUMBER("client", conn->id),
	    LOG_ADDRESS("address", &conn->peer));
	if (session_is_banned(session)) {
		session->verb = VERB_TEXT;
		session_err(session, ERR_BANNED, "your address is banned here");
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

static void
session_telnet_answer(void *context, const char answer[TELNET_ANSWER_BYTES])
{
	session_send(context, answer, TELNET_ANSWER_BYTES);
}

/* Takes telnet's sequences out; returns what is left. */
static size_t
session_filter(struct session *session, char *bytes, size_t len)
{
	char stray[] = {'\xff'};
	size_t received = len;

	len = telnet_filter(
	    &session->telnet, bytes, len, session_telnet_answer, session);
	/* What moved down may be a password: no second copy of it stays. */
	explicit_bzero(bytes + len, received - len);
	if (session->telnet.stray) {
		session->telnet.stray = false;
		input_append(&session->input, stray, 1);
	}
	return len;
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
session_on_bytes(struct conn *conn, char *bytes, size_t len)
{
	struct session *session = session_of(conn);
	size_t done;

	check_magic(session, SESSION_MAGIC);
	if (session->is_web)
		web_on_sign(session);
	else
		len = session_filter(session, bytes, len);
	session_check_output(session);
	if (session->waits || session->input.len > 0) {
		input_append(&session->input, bytes, len);
		if (!session->waits)
			session_pump_kept(session, false);
	} else {
		done = session_pump(session, bytes, len, false);
		if (done < len && conn_is_open(conn))
			input_append(&session->input, bytes + done, len - done);
	}
	session_settle(session);
}

void
session_on_end(struct conn *conn)
{
	session_settle(session_of(conn));
}

void
session_on_run(struct conn *conn)
{
	struct session *session = session_of(conn);

	check_magic(session, SESSION_MAGIC);
	if (session_has_drained(session)) {
		session->waits &= WAITS & ~WAIT_DRAIN;
		session_tell_gap(session);
	} else if ((session->waits & WAIT_DRAIN) || session->held > 0) {
		session_wait_drained(session);
	}
	if (session->unseen == 0)
		session->waits &= WAITS & ~WAIT_COPY;
	if (!timer_is_set(&session->deadline))
		session->waits &= WAITS & ~WAIT_RATE;
	if (!session->waits && (session->input.len > 0 || session->is_web))
		session_pump_kept(session, false);
	session_settle(session);
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
	session->talk_tokens = session_options(session)->rate.burst * 1000;
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
