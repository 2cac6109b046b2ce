/*
 * IRC: PING for requests, a channel for the room. Nobody hears its own
 * messages, so publishers stay outside of the channel. All join when all are
 * there, since each one's coming is told to all who are in.
 */
#include <stdio.h>

#include "bench/peer/peer.h"
#include "reactor/check.h"

#define CRLF    "\r\n"
#define CHANNEL "#lobby"

static size_t
irc_hello(char out[PEER_HELLO_BYTES], enum peer_role role,
    const struct peer_login *who)
{
	int len = snprintf(out, PEER_HELLO_BYTES,
	    "NICK b%u" CRLF "USER b%u 0 * :b" CRLF "PING :" PEER_TOKEN CRLF,
	    who->number, who->number);

	(void)role;
	check(len < PEER_HELLO_BYTES);
	return (size_t)len;
}

static size_t
irc_join(char out[PEER_HELLO_BYTES])
{
	static const char join[] =
	    "JOIN " CHANNEL CRLF "PING :" PEER_TOKEN CRLF;

	return (size_t)(peer_put(out, span_of(join)) - out);
}

static size_t
put_command(char *out, const char *command, struct span text)
{
	char *at = peer_put(out, span_of(command));

	at = peer_put(at, text);
	at = peer_put(at, span_of(CRLF));
	return (size_t)(at - out);
}

static size_t
irc_request(char *out, struct span text)
{
	return put_command(out, "PING :", text);
}

static size_t
irc_publish(char *out, struct span text)
{
	return put_command(out, "PRIVMSG " CHANNEL " :", text);
}

/* Takes a word and the space behind it off the front. */
static struct span
take_word(struct span *rest)
{
	const char *end = memchr(rest->at, ' ', rest->len);
	struct span word = {
	    rest->at, end ? (size_t)(end - rest->at) : rest->len};

	rest->at += word.len + (end != NULL);
	rest->len -= word.len + (end != NULL);
	return word;
}

/* :SERVER PONG SERVER :TEXT */
static enum peer_kind
read_pong(struct span rest, struct peer_frame *frame)
{
	take_word(&rest);
	peer_skip(&rest, ":");
	frame->text = rest;
	return PEER_ANSWER;
}

/* Errors are 400 to 599, but for "there is no message of the day". */
static enum peer_kind
read_other(struct span verb)
{
	if (span_equals(verb, span_of("ERROR")))
		return PEER_WRONG;
	if (verb.len == 3 && (verb.at[0] == '4' || verb.at[0] == '5') &&
	    !span_equals(verb, span_of("422")))
		return PEER_WRONG;
	return PEER_NOTHING;
}

/* Takes ":NICK!USER@HOST " off the front, if it is there; returns NICK. */
static struct span
take_source(struct span *rest)
{
	struct span source = {"", 0};
	const char *end;

	if (!peer_skip(rest, ":"))
		return source;
	source = take_word(rest);
	end = memchr(source.at, '!', source.len);
	if (end)
		source.len = (size_t)(end - source.at);
	return source;
}

static enum peer_kind
irc_read(struct span bytes, struct peer_frame *frame)
{
	struct span line = peer_line(bytes, CRLF);
	struct span rest = line;
	struct span verb;

	if (!line.at)
		return PEER_MORE;
	frame->len = line.len + strlen(CRLF);
	frame->from = take_source(&rest);
	verb = take_word(&rest);
	frame->text = rest;
	if (span_equals(verb, span_of("PRIVMSG")) &&
	    peer_skip(&frame->text, CHANNEL " :"))
		return PEER_DELIVERY;
	if (span_equals(verb, span_of("PONG")))
		return read_pong(rest, frame);
	if (span_equals(verb, span_of("PING")))
		return PEER_CALL;
	frame->text = line;
	return read_other(verb);
}

const struct peer peer_irc = {
    .name = "irc",
    .has_one_order = true,
    .returns_text = true,
    .text_max = 400,
    .idle_role = PEER_USER,
    .reply = "PONG ",
    .hello = irc_hello,
    .join = irc_join,
    .request = irc_request,
    .publish = irc_publish,
    .read = irc_read,
};
