/* A session's input: what it speaks, lines in order, when they have to wait. */
#include "proto/session_input.h"

#include <string.h>

#include "proto/session.h"
#include "proto/session_answer.h"
#include "proto/session_line.h"
#include "proto/session_output.h"
#include "proto/session_room.h"
#include "proto/web.h"
#include "proto/wire/http.h"
#include "reactor/check.h"
#include "reactor/reactor.h"

/* HTTP is spoken from here on, or else the connection ends: a page that lures a
 * browser here must not be able to make it say something. */
static void
session_begin_http(struct session *session)
{
	if (session_hub(session)->options.web &&
	    conn_speaks(&session->conn) != SPEAKS_LINES)
		web_start(session);
	else
		session_close(session, CLOSE_HTTP);
}

/* Is its first line one of HTTP? */
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
	session_begin_http(session);
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

/* The same of one that has stopped in the middle: a browser sends it whole, but
 * a packet may be lost, and what comes behind it is not for the chat either. */
static void
session_asks_begun(struct session *session)
{
	struct span beginning = {session->input.bytes, session->input.len};

	if (!session->greeted && http_is_begun_request(beginning))
		session_begin_http(session);
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
	if (session->rooms_held > 0)
		session->waits |= WAIT_DRAIN;
	else if (session->unseen > 0)
		session->waits |= WAIT_COPY;
	else
		session_close(session, CLOSE_PEER);
}

/* After any input or waiting: read on, hold, wait for silence, or end. */
static void
session_read_on(struct session *session)
{
	const struct hub_options *options = &session_hub(session)->options;
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

void
session_on_silence(struct timer *timer)
{
	struct session *session = list_entry(timer, struct session, silence);

	check_magic(session, SESSION_MAGIC);
	if (session->is_web) {
		web_on_silence(session);
		return;
	}
	session_check_output(session);
	if (!session->waits) {
		session_asks_begun(session);
		session_pump_kept(session, true);
	}
	session_read_on(session);
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
	session_read_on(session);
}

void
session_on_end(struct conn *conn)
{
	session_read_on(session_of(conn));
}

void
session_on_run(struct conn *conn)
{
	struct session *session = session_of(conn);

	check_magic(session, SESSION_MAGIC);
	if (session_has_drained(session)) {
		session->waits &= WAITS & ~WAIT_DRAIN;
		session_tell_gap(session);
	} else if ((session->waits & WAIT_DRAIN) || session->rooms_held > 0) {
		session_wait_drained(session);
	}
	if (session->unseen == 0)
		session->waits &= WAITS & ~WAIT_COPY;
	if (!timer_is_set(&session->deadline))
		session->waits &= WAITS & ~WAIT_RATE;
	if (!session->waits && (session->input.len > 0 || session->is_web))
		session_pump_kept(session, false);
	session_read_on(session);
}
