/*
 * NATS, its core protocol: PING for requests, PUB and SUB for the room. All
 * members use one subscription number, so that all hear the same bytes; but
 * each may hear the publishers in another order.
 */
#include <stdio.h>

#include "bench/peer/peer.h"
#include "reactor/check.h"

#define CRLF    "\r\n"
#define CONNECT "CONNECT {\"verbose\":false,\"pedantic\":false}" CRLF

static size_t
nats_hello(char out[PEER_HELLO_BYTES], enum peer_role role,
    const struct peer_login *who)
{
	struct span hello;

	(void)who;
	hello =
	    span_of(role == PEER_MEMBER ? CONNECT "SUB lobby 1" CRLF "PING" CRLF
					: CONNECT "PING" CRLF);
	check(hello.len < PEER_HELLO_BYTES);
	peer_put(out, hello);
	return hello.len;
}

/* It has no room for a text. */
static size_t
nats_request(char *out, struct span text)
{
	(void)text;
	return (size_t)(peer_put(out, span_of("PING" CRLF)) - out);
}

static size_t
nats_publish(char *out, struct span text)
{
	char line[64];
	char *at;

	snprintf(line, sizeof line, "PUB lobby %zu" CRLF, text.len);
	at = peer_put(out, span_of(line));
	at = peer_put(at, text);
	at = peer_put(at, span_of(CRLF));
	return (size_t)(at - out);
}

/* MSG lobby 1 SIZE, and then the text and an end of line. */
static enum peer_kind
read_message(struct span words, struct span behind, struct peer_frame *frame)
{
	uint64_t size;

	if (!peer_skip_number(&words, &size) || words.len > 0 ||
	    size > UINT32_MAX)
		return PEER_WRONG;
	if (behind.len < size + strlen(CRLF))
		return PEER_MORE;
	frame->text = (struct span){behind.at, size};
	frame->len += size + strlen(CRLF);
	if (memcmp(behind.at + size, CRLF, strlen(CRLF)) != 0)
		return PEER_WRONG;
	return PEER_DELIVERY;
}

static enum peer_kind
nats_read(struct span bytes, struct peer_frame *frame)
{
	struct span line = peer_line(bytes, CRLF);
	struct span words = line;

	if (!line.at)
		return PEER_MORE;
	frame->from = (struct span){"", 0};
	frame->text = line;
	frame->len = line.len + strlen(CRLF);
	if (peer_skip(&words, "MSG lobby 1 "))
		return read_message(words,
		    (struct span){
			bytes.at + frame->len, bytes.len - frame->len},
		    frame);
	if (span_equals(line, span_of("PONG")))
		return PEER_ANSWER;
	if (span_equals(line, span_of("PING"))) {
		frame->text = span_of("");
		return PEER_CALL;
	}
	if (peer_skip(&words, "INFO ") || span_equals(line, span_of("+OK")))
		return PEER_NOTHING;
	return PEER_WRONG;
}

const struct peer peer_nats = {
    .name = "nats",
    .hears_itself = true,
    .text_max = 65536,
    .idle_role = PEER_MEMBER,
    .reply = "PONG",
    .hello = nats_hello,
    .request = nats_request,
    .publish = nats_publish,
    .read = nats_read,
};
