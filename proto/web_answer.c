/* Answers by HTTP, and the step from there to a WebSocket. */
#include <openssl/evp.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "proto/session.h"
#include "proto/session_answer.h"
#include "proto/web.h"
#include "proto/web_priv.h"
#include "reactor/check.h"
#include "reactor/clock.h"

/* Nothing but the page's own files, and its WebSocket. */
#define POLICY                                                                 \
	"default-src 'none'; script-src 'self'; style-src 'self'; "            \
	"connect-src 'self'; img-src 'self'; base-uri 'none'; "                \
	"form-action 'none'; frame-ancestors 'none'"

#define ANSWER_HEAD_BYTES 1024

/* RFC 6455, section 4.2.2. */
#define ACCEPT_WORDS "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
#define KEY_BYTES    16
#define KEY_CHARS    24 /* of base64 */
#define SHA1_BYTES   20

static const char *
status_text(int status)
{
	switch (status) {
	case 101:
		return "Switching Protocols";
	case 200:
		return "OK";
	case 304:
		return "Not Modified";
	case 400:
		return "Bad Request";
	case 403:
		return "Forbidden";
	case 404:
		return "Not Found";
	case 405:
		return "Method Not Allowed";
	case 408:
		return "Request Timeout";
	case 426:
		return "Upgrade Required";
	case 431:
		return "Request Header Fields Too Large";
	case 505:
		return "HTTP Version Not Supported";
	}
	unreachable("every status is above");
}

/* As RFC 9110 has it: Sun, 06 Nov 1994 08:49:37 GMT. */
static void
put_date(char text[32])
{
	time_t now = (time_t)(clock_date_ms() / 1000);
	struct tm tm;

	check_nonzero(gmtime_r(&now, &tm) != NULL);
	check_nonzero(strftime(text, 32, "%a, %d %b %Y %T GMT", &tm));
}

static void send_head(struct session *session, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void
send_head(struct session *session, const char *format, ...)
{
	char head[ANSWER_HEAD_BYTES];
	va_list ap;
	int len;

	va_start(ap, format);
	len = vsnprintf(head, sizeof(head), format, ap);
	va_end(ap);
	check(len > 0);
	check(len < (int)sizeof(head));
	session_send(session, head, (size_t)len);
}

void
web_send_answer(struct session *session, const struct web_answer *answer,
    bool is_head, bool keeps)
{
	bool has_body = answer->status != 304;
	char date[32];

	put_date(date);
	send_head(session, "HTTP/1.1 %d %s\r\nDate: %s\r\n", answer->status,
	    status_text(answer->status), date);
	if (has_body)
		send_head(session,
		    "Content-Type: %s\r\nContent-Length: %zu\r\n", answer->type,
		    answer->body.len);
	send_head(session,
	    "%sContent-Security-Policy: " POLICY "\r\n"
	    "X-Content-Type-Options: nosniff\r\n"
	    "Referrer-Policy: no-referrer\r\n%s\r\n",
	    answer->headers ? answer->headers : "",
	    keeps ? "" : "Connection: close\r\n");
	if (has_body && !is_head)
		session_send(session, answer->body.at, answer->body.len);
	if (!keeps)
		session_close(session, CLOSE_HTTP);
}

static const char *
refusal_headers(int status)
{
	switch (status) {
	case 405:
		return "Allow: GET, HEAD\r\n";
	case 426:
		return "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n";
	default:
		return NULL;
	}
}

void
web_refuse(struct session *session, int status, bool is_head)
{
	char text[64];
	struct web_answer answer = {
	    .status = status,
	    .type = "text/plain; charset=utf-8",
	    .headers = refusal_headers(status),
	};

	snprintf(text, sizeof(text), "%d %s\n", status, status_text(status));
	answer.body = span_of(text);
	web_send_answer(session, &answer, is_head, false);
}

static bool
is_key(struct span key)
{
	unsigned char bytes[KEY_BYTES];
	size_t len;

	return key.len == KEY_CHARS &&
	       sodium_base642bin(bytes, sizeof(bytes), key.at, key.len, NULL,
		   &len, NULL, sodium_base64_VARIANT_ORIGINAL) == 0 &&
	       len == KEY_BYTES;
}

static void
put_accept(struct span key, char *text, size_t size)
{
	char words[KEY_CHARS + sizeof(ACCEPT_WORDS)];
	unsigned char hash[SHA1_BYTES];

	memcpy(words, key.at, KEY_CHARS);
	memcpy(words + KEY_CHARS, ACCEPT_WORDS, sizeof(ACCEPT_WORDS));
	check_nonzero(
	    EVP_Digest(words, sizeof(words) - 1, hash, NULL, EVP_sha1(), NULL));
	sodium_bin2base64(
	    text, size, hash, sizeof(hash), sodium_base64_VARIANT_ORIGINAL);
}

/* 0, or what to refuse it with. */
static int
judge_upgrade(const struct session *session, const struct request *request)
{
	if (request->is_head || !request->wants_upgrade ||
	    !request->to_websocket ||
	    !span_equals(request->version, span_of("13")))
		return 426;
	if (!is_key(request->key))
		return 400;
	return web_may_enter(session, request) ? 0 : 403;
}

void
web_upgrade(struct session *session, const struct request *request)
{
	char accept[sodium_base64_ENCODED_LEN(
	    SHA1_BYTES, sodium_base64_VARIANT_ORIGINAL)];
	int status = judge_upgrade(session, request);

	if (status) {
		web_refuse(session, status, request->is_head);
		return;
	}
	put_accept(request->key, accept, sizeof(accept));
	send_head(session,
	    "HTTP/1.1 101 %s\r\nUpgrade: websocket\r\n"
	    "Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n",
	    status_text(101), accept);
	session->format = FORMAT_WEB_JSON;
	web_on_sign(session);
	reactor_set_timer(session->conn.reactor, &session->silence,
	    session_hub(session)->options.web_ms);
}
