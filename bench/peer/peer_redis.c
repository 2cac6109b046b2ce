/*
 * Redis: PING for requests, PUBLISH and SUBSCRIBE for the room. A member
 * switches to RESP3, where one connection may publish and hear; the reply to
 * its PUBLISH comes beside its own copy.
 */
#include <stdio.h>

#include "bench/peer/peer.h"
#include "reactor/check.h"

#define CRLF "\r\n"

/* The longest array that a reader looks into: a push message. */
#define ELEMENTS 3

static size_t
redis_hello(char out[PEER_HELLO_BYTES], enum peer_role role,
    const struct peer_login *who)
{
	struct span hello;

	(void)who;
	if (role == PEER_GUEST)
		return 0;
	hello =
	    span_of(role == PEER_MEMBER ? "HELLO 3" CRLF "SUBSCRIBE lobby" CRLF
					: "PING " PEER_TOKEN CRLF);
	peer_put(out, hello);
	return hello.len;
}

/* Two bulk strings before it, and then the text as a third. */
static size_t
put_command(char *out, const char *before, struct span text)
{
	char length[32];
	char *at = peer_put(out, span_of(before));

	snprintf(length, sizeof length, "$%zu" CRLF, text.len);
	at = peer_put(at, span_of(length));
	at = peer_put(at, text);
	at = peer_put(at, span_of(CRLF));
	return (size_t)(at - out);
}

static size_t
redis_request(char *out, struct span text)
{
	return put_command(out, "*2" CRLF "$4" CRLF "PING" CRLF, text);
}

static size_t
redis_publish(char *out, struct span text)
{
	return put_command(out,
	    "*3" CRLF "$7" CRLF "PUBLISH" CRLF "$5" CRLF "lobby" CRLF, text);
}

/* The bytes behind a value's first line that are its own, and how many values
 * are within it; false when the line is none of RESP. */
static bool
read_type(struct span line, uint64_t *bytes, uint64_t *values)
{
	char type = line.len > 0 ? line.at[0] : '\0';
	struct span number = {line.at + 1, line.len - 1};

	*bytes = *values = 0;
	if (type == '\0')
		return false;
	if (strchr("+-:_#,(", type))
		return true;
	if (span_equals(number, span_of("-1")))
		return type == '$' || type == '*';
	if (!strchr("$=*~>%", type) || !peer_skip_number(&number, values) ||
	    number.len > 0)
		return false;
	if (type == '$' || type == '=') {
		*bytes = *values + strlen(CRLF);
		*values = 0;
	} else if (type == '%') {
		*values *= 2;
	}
	return *bytes <= UINT32_MAX && *values <= UINT32_MAX;
}

/* Takes one value with all that is in it off the front; sets the lengths of
 * its first elements' strings. PEER_NOTHING when it is whole. */
static enum peer_kind
take_value(struct span *rest, struct span strings[ELEMENTS])
{
	uint64_t pending = 1;
	uint64_t bytes, values;
	size_t seen = 0;

	for (; pending > 0; pending--) {
		struct span line = peer_line(*rest, CRLF);

		if (!line.at)
			return PEER_MORE;
		if (!read_type(line, &bytes, &values))
			return PEER_WRONG;
		rest->at += line.len + strlen(CRLF);
		rest->len -= line.len + strlen(CRLF);
		if (rest->len < bytes)
			return PEER_MORE;
		if (bytes > 0 && seen < ELEMENTS)
			strings[seen++] =
			    (struct span){rest->at, bytes - strlen(CRLF)};
		rest->at += bytes;
		rest->len -= bytes;
		pending += values;
	}
	return PEER_NOTHING;
}

static enum peer_kind
redis_read(struct span bytes, struct peer_frame *frame)
{
	struct span strings[ELEMENTS] = {{"", 0}, {"", 0}, {"", 0}};
	struct span rest = bytes;
	enum peer_kind kind = take_value(&rest, strings);

	frame->from = (struct span){"", 0};
	frame->text = strings[0];
	frame->len = (size_t)(rest.at - bytes.at);
	if (kind != PEER_NOTHING) {
		frame->text = bytes;
		return kind;
	}
	if (bytes.at[0] == '-') {
		frame->text = bytes;
		return PEER_WRONG;
	}
	if (bytes.at[0] == '$')
		return PEER_ANSWER;
	if (span_equals(strings[0], span_of("subscribe")))
		return PEER_READY;
	if (!span_equals(strings[0], span_of("message")))
		return PEER_NOTHING;
	frame->text = strings[2];
	return PEER_DELIVERY;
}

const struct peer peer_redis = {
    .name = "redis",
    .hears_itself = true,
    .has_one_order = true,
    .returns_text = true,
    .text_max = 65536,
    .idle_role = PEER_MEMBER,
    .quit = "QUIT" CRLF,
    .bye = "+OK" CRLF,
    .hello = redis_hello,
    .request = redis_request,
    .publish = redis_publish,
    .read = redis_read,
};
