/* WebSockets: frames by wslay, put together to lines. */
#include <errno.h>
#include <malloc.h>
#include <string.h>
#include <wslay/wslay.h>

#include "proto/limits.h"
#include "proto/session.h"
#include "proto/session_answer.h"
#include "proto/session_line.h"
#include "proto/session_output.h"
#include "proto/web_priv.h"
#include "proto/wire/utf8.h"
#include "reactor/check.h"
#include "reactor/memory.h"

/* What a client's frame has beside its payload. */
#define MASK_BYTES 4

static struct web_socket *
socket_of(struct session *session)
{
	check_magic(session->web, WEB_MAGIC);
	return &session->web->socket;
}

static void
send_control(struct session *session, enum frame_kind kind, const char *payload,
    size_t len)
{
	char frame[FRAME_HEAD_BYTES_MAX + FRAME_CONTROL_BYTES_MAX];
	size_t head = frame_put_head(frame, kind, len);

	check(len <= FRAME_CONTROL_BYTES_MAX);
	if (len > 0)
		memcpy(frame + head, payload, len);
	session_send(session, frame, head + len);
}

void
web_socket_ping(struct session *session)
{
	session->web->pinged = true;
	send_control(session, FRAME_PING, NULL, 0);
}

void
web_socket_say_end(struct session *session, enum web_end why)
{
	char code[] = {(char)(why >> 8), (char)(why & 0xff)};

	send_control(session, FRAME_CLOSE, code, sizeof(code));
}

/* It has broken a rule. */
static void
socket_fail(struct session *session, enum web_end why)
{
	web_socket_say_end(session, why);
	conn_close(&session->conn, CLOSE_FRAME);
}

/* wslay asks for more. */
static ssize_t
on_want(uint8_t *bytes, size_t len, int flags, void *context)
{
	struct web_socket *socket = context;

	(void)flags;
	if (len > socket->coming_len)
		len = socket->coming_len;
	if (len == 0) {
		errno = EAGAIN;
		return -1;
	}
	memcpy(bytes, socket->coming, len);
	/* It may be a password: no second copy of it stays. */
	explicit_bzero(socket->coming, len);
	socket->coming += len;
	socket->coming_len -= len;
	socket->inside += len;
	return (ssize_t)len;
}

static void
socket_open_frames(struct web_socket *socket)
{
	static const struct wslay_frame_callbacks callbacks = {
	    .recv_callback = on_want,
	};

	if (!socket->frames &&
	    wslay_frame_context_init(&socket->frames, &callbacks, socket))
		memory_exhausted(sizeof(*socket));
}

/* When it holds nothing. */
static void
socket_close_frames(struct web_socket *socket)
{
	if (socket->inside > 0 || !socket->frames)
		return;
	/* Its buffer, too, has had passwords. All that it has is in there. */
	explicit_bzero(socket->frames, malloc_usable_size(socket->frames));
	wslay_frame_context_free(socket->frames);
	socket->frames = NULL;
}

void
web_socket_fini(struct web_socket *socket)
{
	socket->inside = 0;
	socket_close_frames(socket);
	input_fini(&socket->message);
}

/* What is wrong with a frame whose head has come; 0 for nothing. */
static enum web_end
judge_frame(
    const struct web_socket *socket, const struct wslay_frame_iocb *frame)
{
	if (frame->rsv || !frame->mask)
		return WEB_END_PROTOCOL;
	switch (frame->opcode) {
	case WSLAY_CONNECTION_CLOSE:
	case WSLAY_PING:
	case WSLAY_PONG:
		return 0;
	case WSLAY_CONTINUATION_FRAME:
		if (!socket->in_message)
			return WEB_END_PROTOCOL;
		break;
	case WSLAY_TEXT_FRAME:
		if (socket->in_message)
			return WEB_END_PROTOCOL;
		break;
	case WSLAY_BINARY_FRAME:
		return socket->in_message ? WEB_END_PROTOCOL : WEB_END_BINARY;
	default:
		return WEB_END_PROTOCOL;
	}
	if (frame->payload_length > WEB_MESSAGE_BYTES_MAX - socket->message_len)
		return WEB_END_TOO_BIG;
	return 0;
}

/* Codes that may be sent (RFC 6455, section 7.4, and its registry). */
static bool
is_end_code(unsigned code)
{
	if (code >= 3000)
		return code < 5000;
	return code >= 1000 && code <= 1014 && code != 1004 && code != 1005 &&
	       code != 1006;
}

/* The client ends it: it is answered in kind. */
static void
socket_on_close(struct session *session, const char *payload, size_t len)
{
	const unsigned char *code = (const unsigned char *)payload;

	if (len == 1 ||
	    (len > 1 && !is_end_code((unsigned)(code[0] << 8 | code[1])))) {
		socket_fail(session, WEB_END_PROTOCOL);
	} else if (len > 2 && !utf8_is_valid(payload + 2, len - 2)) {
		socket_fail(session, WEB_END_NOT_UTF8);
	} else {
		send_control(session, FRAME_CLOSE, payload, len > 2 ? 2 : len);
		conn_close(&session->conn, CLOSE_PEER);
	}
}

static void
socket_on_frame(struct session *session, const struct wslay_frame_iocb *frame)
{
	struct web_socket *socket = socket_of(session);

	switch (frame->opcode) {
	case WSLAY_CONNECTION_CLOSE:
		socket_on_close(session, socket->control, socket->control_len);
		break;
	case WSLAY_PING:
		send_control(
		    session, FRAME_PONG, socket->control, socket->control_len);
		break;
	case WSLAY_PONG:
		break;
	default:
		socket->in_message = !frame->fin;
		socket->has_message = frame->fin;
	}
}

/* Keeps as much of a message as tells that it is too long for a line. */
static void
message_take(struct web_socket *socket, char *data, size_t len)
{
	size_t room = LINE_BYTES_MAX + 1 - socket->message.len;
	size_t kept = len < room ? len : room;

	input_append(&socket->message, data, kept);
	explicit_bzero(data + kept, len - kept);
	socket->message_len += (uint32_t)len;
}

/* Copies what has come of a frame's payload. */
static void
socket_take(struct web_socket *socket, const struct wslay_frame_iocb *frame)
{
	char *data = (char *)frame->data;

	if (frame->data_length == 0)
		return;
	if (wslay_is_ctrl_frame(frame->opcode)) {
		check(socket->control_len + frame->data_length <=
		      sizeof(socket->control));
		memcpy(socket->control + socket->control_len, data,
		    frame->data_length);
		socket->control_len += (uint8_t)frame->data_length;
		return;
	}
	message_take(socket, data, frame->data_length);
}

static size_t
frame_bytes(const struct wslay_frame_iocb *frame)
{
	size_t len = (size_t)frame->payload_length;

	return frame_head_bytes(len) + MASK_BYTES + len;
}

/* Reads on, up to the end of a frame at most. False: more has to come, or this
 * was the end. */
static bool
socket_read(struct session *session)
{
	struct web_socket *socket = socket_of(session);
	struct wslay_frame_iocb frame = {0};
	enum web_end wrong = 0;
	ssize_t got = wslay_frame_recv(socket->frames, &frame);

	if (got == WSLAY_ERR_WANT_READ)
		return false;
	if (got < 0)
		wrong = WEB_END_PROTOCOL;
	else if (socket->frame_bytes == 0)
		wrong = judge_frame(socket, &frame);
	if (wrong) {
		socket_fail(session, wrong);
		return false;
	}
	if (socket->frame_bytes == 0) {
		socket->frame_bytes = frame_bytes(&frame);
		socket->left = (size_t)frame.payload_length;
		socket->control_len = 0;
	}
	socket_take(socket, &frame);
	socket->left -= frame.data_length;
	if (socket->left > 0)
		return true;
	socket->inside -= socket->frame_bytes;
	socket->frame_bytes = 0;
	socket_on_frame(session, &frame);
	return true;
}

/* A message is a line. False: it has to wait, or was not UTF-8. */
static bool
socket_handle_message(struct session *session)
{
	static char nothing[1];
	struct web_socket *socket = socket_of(session);
	struct input *message = &socket->message;
	struct span line = {
	    message->bytes ? message->bytes : nothing, message->len};
	enum line_result result = LINE_OK;

	if (line.len > LINE_BYTES_MAX) {
		result = LINE_TOO_LONG;
	} else if (!utf8_is_text(line.at, line.len)) {
		if (!utf8_is_valid(line.at, line.len)) {
			socket_fail(session, WEB_END_NOT_UTF8);
			return false;
		}
		result = LINE_BAD_TEXT;
	}
	if (!session_line(session, result, line))
		return false;
	socket->has_message = false;
	socket->message_len = 0;
	input_fini(message);
	session_check_output(session);
	return true;
}

size_t
web_socket_pump(struct session *session, char *bytes, size_t len)
{
	struct web_socket *socket = socket_of(session);
	bool goes_on = true;

	socket->coming = bytes;
	socket->coming_len = len;
	while (goes_on && !session->waits && conn_is_open(&session->conn)) {
		if (socket->has_message) {
			goes_on = socket_handle_message(session);
		} else if (socket->frames || socket->coming_len > 0) {
			socket_open_frames(socket);
			goes_on = socket_read(session);
			socket_close_frames(socket);
			session_check_output(session);
		} else {
			break;
		}
	}
	len -= socket->coming_len;
	socket->coming = NULL;
	socket->coming_len = 0;
	return len;
}
