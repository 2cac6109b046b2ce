/* throng's own protocol, in its text format. */
#include <stdio.h>
#include <string.h>

#include "bench/peer/peer.h"
#include "proto/limits.h"
#include "reactor/check.h"

#define ROOM   "lobby"
#define NOTICE "*** "

static size_t
throng_hello(char out[PEER_HELLO_BYTES], enum peer_role role,
    const struct peer_login *who)
{
	int len;

	if (role == PEER_GUEST)
		return 0;
	len = snprintf(out, PEER_HELLO_BYTES, "/%s %s secret-%s\n",
	    role == PEER_NEW ? "register" : "login", who->account,
	    who->account);
	check(len < PEER_HELLO_BYTES);
	return (size_t)len;
}

static size_t
throng_request(char *out, struct span text)
{
	char *at = peer_put(out, text);

	*at++ = '\n';
	return (size_t)(at - out);
}

static size_t
throng_publish(char *out, struct span text)
{
	char *at = peer_put(out, span_of("/b "));

	at = peer_put(at, text);
	*at++ = '\n';
	return (size_t)(at - out);
}

static size_t
throng_join(char out[PEER_HELLO_BYTES], struct span room)
{
	char *at = peer_put(out, span_of("/join "));

	at = peer_put(at, room);
	*at++ = '\n';
	return (size_t)(at - out);
}

static size_t
throng_say(char *out, struct span room, struct span text)
{
	char *at = peer_put(out, span_of("/say "));

	at = peer_put(at, room);
	*at++ = ' ';
	at = peer_put(at, text);
	*at++ = '\n';
	return (size_t)(at - out);
}

/* Plain text would be said in the current room. */
static size_t
throng_ask(char *out, struct span text)
{
	char *at = peer_put(out, span_of("/ping "));

	at = peer_put(at, text);
	*at++ = '\n';
	return (size_t)(at - out);
}

static const struct peer_rooms throng_rooms = {
    .join = throng_join,
    .say = throng_say,
    .ask = throng_ask,
};

/* [NAME#ID] TEXT: neither part of the sender has a bracket or a space. */
static enum peer_kind
read_delivery(struct span line, struct peer_frame *frame)
{
	const char *end = memchr(line.at, ']', line.len);

	if (!end)
		return PEER_WRONG;
	frame->from = (struct span){line.at + 1, (size_t)(end - line.at) - 1};
	line.len -= (size_t)(end - line.at);
	line.at = end;
	if (frame->from.len == 0 ||
	    memchr(frame->from.at, ' ', frame->from.len) ||
	    !peer_skip(&line, "] "))
		return PEER_WRONG;
	frame->text = line;
	return PEER_DELIVERY;
}

/* *** #lobby: N messages skipped, /history lobby since=SEQ */
static enum peer_kind
read_gap(struct span line, struct peer_frame *frame)
{
	if (!peer_skip_number(&line, &frame->missed) ||
	    !peer_skip(&line, " messages skipped, /history " ROOM " since=") ||
	    !peer_skip_number(&line, &frame->after) || line.len > 0 ||
	    frame->missed == 0)
		return PEER_WRONG;
	return PEER_GAP;
}

/* Takes a room's name off the front: what there is before a space. */
static bool
take_room(struct span *line, struct span *room)
{
	const char *end = memchr(line->at, ' ', line->len);

	if (!end || end == line->at)
		return false;
	*room = (struct span){line->at, (size_t)(end - line->at)};
	line->len -= room->len + 1;
	line->at = end + 1;
	return true;
}

/* #ROOM [NAME#ID] TEXT, without its first character. */
static enum peer_kind
read_said(struct span line, struct peer_frame *frame)
{
	if (!take_room(&line, &frame->room) || line.len == 0 ||
	    line.at[0] != '[' || read_delivery(line, frame) != PEER_DELIVERY)
		return PEER_WRONG;
	return PEER_SAID;
}

static bool
ends_with(struct span line, const char *end)
{
	size_t len = strlen(end);

	return line.len > len && !memcmp(line.at + line.len - len, end, len);
}

/* *** #ROOM: NAME#ID joined, or left; or +12 -3, 456 here. Without what is in
 * front of ROOM. */
static enum peer_kind
read_coming(struct span line, struct peer_frame *frame)
{
	if (!take_room(&line, &frame->room) || !ends_with(frame->room, ":"))
		return PEER_WRONG;
	frame->room.len--;
	if (ends_with(line, " joined") || ends_with(line, " left"))
		return PEER_COMING;
	if ((line.len > 0 && (line.at[0] == '+' || line.at[0] == '-')) &&
	    ends_with(line, " here"))
		return PEER_COMING;
	return PEER_WRONG;
}

/* OK joined #ROOM (N members), without what is in front of ROOM. */
static enum peer_kind
read_joined(struct span line, struct peer_frame *frame)
{
	uint64_t members;

	if (!take_room(&line, &frame->room) || !peer_skip(&line, "(") ||
	    !peer_skip_number(&line, &members) ||
	    !span_equals(line, span_of(" members)")))
		return PEER_WRONG;
	return PEER_JOINED;
}

static enum peer_kind
read_other(struct span line, struct peer_frame *frame)
{
	struct span rest = line;

	frame->from = frame->text = line;
	if (peer_skip(&frame->text, "Echo: ") ||
	    peer_skip(&frame->text, "OK pong "))
		return PEER_ANSWER;
	if (peer_skip(&rest, "OK joined #"))
		return read_joined(rest, frame);
	if (peer_skip(&frame->from, "OK logged in as ") ||
	    peer_skip(&frame->from, "OK registered "))
		return PEER_READY;
	if (peer_skip(&rest, NOTICE "#" ROOM ": "))
		return read_gap(rest, frame);
	if (peer_skip(&rest, NOTICE "#"))
		return read_coming(rest, frame);
	if (peer_skip(&rest, NOTICE) && rest.len > 0)
		return PEER_NOTHING; /* the operator's */
	return PEER_WRONG;
}

static enum peer_kind
throng_read(struct span bytes, struct peer_frame *frame)
{
	struct span line;

	if (!peer_take_line(bytes, frame, &line))
		return PEER_MORE;
	if (line.len > 0 && line.at[0] == '[')
		return read_delivery(line, frame);
	if (line.len > 0 && line.at[0] == '#')
		return read_said(
		    (struct span){line.at + 1, line.len - 1}, frame);
	return read_other(line, frame);
}

const struct peer peer_throng = {
    .name = "throng",
    .has_accounts = true,
    .hears_itself = true,
    .has_one_order = true,
    .returns_text = true,
    .text_max = LINE_BYTES_MAX - 16,
    .idle_role = PEER_MEMBER,
    .quit = "/quit\n",
    .bye = "OK bye\n",
    .hello = throng_hello,
    .request = throng_request,
    .publish = throng_publish,
    .rooms = &throng_rooms,
    .read = throng_read,
};
