/* throng's JSON format, in lines. */
#include <stdio.h>
#include <string.h>

#include "bench/peer/peer.h"
#include "proto/limits.h"
#include "reactor/check.h"

static size_t
json_hello(char out[PEER_HELLO_BYTES], enum peer_role role,
    const struct peer_login *who)
{
	char *at = peer_put(out, span_of("/format json\n"));

	if (role == PEER_GUEST)
		at = peer_put(at, span_of("/ping " PEER_TOKEN "\n"));
	else
		at += peer_throng.hello(at, role, who);
	return (size_t)(at - out);
}

/* "text":"TEXT"} ends the object; no text of ours has to be escaped. */
static bool
take_text(struct span line, struct span *text)
{
	static const char key[] = "\"text\":\"";
	const char *at = memmem(line.at, line.len, key, sizeof(key) - 1);

	if (!at || line.len < 2 ||
	    memcmp(line.at + line.len - 2, "\"}", 2) != 0)
		return false;
	at += sizeof(key) - 1;
	if (at > line.at + line.len - 2)
		return false;
	*text = (struct span){at, (size_t)(line.at + line.len - 2 - at)};
	return true;
}

/* What there is before `end`, which is taken off with it. */
static bool
skip_past(struct span *line, const char *end)
{
	const char *at = memmem(line->at, line->len, end, strlen(end));

	if (!at)
		return false;
	at += strlen(end);
	line->len -= (size_t)(at - line->at);
	line->at = at;
	return true;
}

static enum peer_kind
read_gap(struct span line, struct peer_frame *frame)
{
	if (!peer_skip_number(&line, &frame->after) ||
	    !peer_skip(&line, ",\"missed\":") ||
	    !peer_skip_number(&line, &frame->missed) ||
	    !span_equals(line, span_of("}")) || frame->missed == 0)
		return PEER_WRONG;
	return PEER_GAP;
}

static enum peer_kind
read_reply(struct span line, struct peer_frame *frame)
{
	if (!take_text(line, &frame->text))
		return PEER_WRONG;
	if (peer_skip(&line, "ping\",\"ok\":true,"))
		return peer_skip(&frame->text, "pong ") ? PEER_ANSWER
							: PEER_WRONG;
	if (peer_skip(&line, "format\",\"ok\":true,"))
		return PEER_NOTHING;
	frame->from = frame->text;
	if ((peer_skip(&line, "login\",\"ok\":true,") &&
		peer_skip(&frame->from, "logged in as ")) ||
	    (peer_skip(&line, "register\",\"ok\":true,") &&
		peer_skip(&frame->from, "registered ")))
		return PEER_READY;
	return PEER_WRONG;
}

enum peer_kind
peer_read_json(struct span line, struct peer_frame *frame)
{
	if (peer_skip(&line, "{\"event\":\"message\",\"room\":\"lobby\",")) {
		frame->from = (struct span){0}; /* two fields, not one */
		return skip_past(&line, ",\"time\":\"") &&
			       take_text(line, &frame->text)
			   ? PEER_DELIVERY
			   : PEER_WRONG;
	}
	if (peer_skip(&line, "{\"event\":\"reply\",\"re\":\""))
		return read_reply(line, frame);
	if (peer_skip(&line, "{\"event\":\"echo\","))
		return take_text(line, &frame->text) ? PEER_ANSWER : PEER_WRONG;
	if (peer_skip(
		&line, "{\"event\":\"gap\",\"room\":\"lobby\",\"after\":"))
		return read_gap(line, frame);
	if (peer_skip(&line, "{\"event\":\"notice\",\"text\":"))
		return PEER_NOTHING; /* the operator's */
	return PEER_WRONG;
}

static enum peer_kind
json_read(struct span bytes, struct peer_frame *frame)
{
	struct span line;

	if (!peer_take_line(bytes, frame, &line))
		return PEER_MORE;
	return peer_read_json(line, frame);
}

static size_t
json_request(char *out, struct span text)
{
	return peer_throng.request(out, text);
}

static size_t
json_publish(char *out, struct span text)
{
	return peer_throng.publish(out, text);
}

const struct peer peer_json = {
    .name = "json",
    .has_accounts = true,
    .hears_itself = true,
    .has_one_order = true,
    .varies = true,
    .returns_text = true,
    .text_max = LINE_BYTES_MAX - 16,
    .idle_role = PEER_MEMBER,
    .hello = json_hello,
    .request = json_request,
    .publish = json_publish,
    .read = json_read,
};
