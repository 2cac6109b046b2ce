/*
 * The JSON format: one object a line (RFC 8259), for programs. Keys stand in
 * one order, and those without a value are left out. Like the text format it
 * is memcpy and no printf.
 */
#include <time.h>

#include "proto/wire/json.h"
#include "proto/wire/render_priv.h"
#include "reactor/check.h"

/*
 * Most of what a line holds beside its spans: it is a reply's that has every
 * key and three numbers. Messages, with a time, come next.
 */
#define WORDS_BYTES_MAX                                                        \
	(3 * DECIMAL_BYTES_MAX +                                               \
	    sizeof("{'event':'reply','re':'','ok':true,'tag':'','name':'',"    \
		   "'client':,'room':'','members':,'seq':,'text':''}\n") -     \
	    1)

/* The last time that RFC 3339 can tell: 9999-12-31T23:59:59.999Z. */
#define TIME_MS_MAX INT64_C(253402300799999)

/* A key that is not the first, with its value; the key is a literal. */
#define put_string_of(at, key, span)                                           \
	json_put_string(put_words((at), ",\"" key "\":"), (span))
#define put_number_of(at, key, number)                                         \
	put_decimal(put_words((at), ",\"" key "\":"), (number))

/* The last `width` digits. */
static char *
put_digits(char *at, uint64_t number, size_t width)
{
	for (size_t i = width; i > 0; i--) {
		at[i - 1] = (char)('0' + number % 10);
		number /= 10;
	}
	return at + width;
}

/* RFC 3339 in UTC; a time that it cannot tell is the nearest that it can. */
static char *
put_time(char *at, int64_t time_ms)
{
	struct tm tm;
	time_t time_s;

	if (time_ms < 0)
		time_ms = 0;
	if (time_ms > TIME_MS_MAX)
		time_ms = TIME_MS_MAX;
	time_s = (time_t)(time_ms / 1000);
	check(gmtime_r(&time_s, &tm));
	at = put_words(at, ",\"time\":\"");
	at = put_digits(at, (uint64_t)tm.tm_year + 1900, 4);
	*at++ = '-';
	at = put_digits(at, (uint64_t)tm.tm_mon + 1, 2);
	*at++ = '-';
	at = put_digits(at, (uint64_t)tm.tm_mday, 2);
	*at++ = 'T';
	at = put_digits(at, (uint64_t)tm.tm_hour, 2);
	*at++ = ':';
	at = put_digits(at, (uint64_t)tm.tm_min, 2);
	*at++ = ':';
	at = put_digits(at, (uint64_t)tm.tm_sec, 2);
	*at++ = '.';
	return put_words(put_digits(at, (uint64_t)time_ms % 1000, 3), "Z\"");
}

/* The parts that several objects have. */

static char *
put_re(char *at, const struct event *event)
{
	if (event->re.len == 0)
		return at;
	return put_string_of(at, "re", event->re);
}

static char *
put_tag(char *at, const struct event *event)
{
	if (event->tag.len == 0)
		return at;
	return put_string_of(at, "tag", event->tag);
}

static char *
put_name(char *at, const struct event *event)
{
	at = put_string_of(at, "name", event->from);
	return put_number_of(at, "client", event->client);
}

static char *
put_room(char *at, const struct event *event)
{
	at = put_string_of(at, "room", event->room);
	return put_number_of(at, "members", event->members);
}

static char *
put_text(char *at, const struct event *event)
{
	return put_string_of(at, "text", event->text);
}

static char *
put_text_if_any(char *at, const struct event *event)
{
	return event->text.len > 0 ? put_text(at, event) : at;
}

/* The objects, without the brace that closes them. */

static char *
put_ok(char *at, const struct event *event)
{
	at = put_re(put_words(at, "{\"event\":\"reply\""), event);
	at = put_tag(put_words(at, ",\"ok\":true"), event);
	if (event->from.len > 0)
		at = put_name(at, event);
	if (event->room.len > 0) {
		at = put_room(at, event);
		at = put_number_of(at, "seq", event->seq);
	}
	return put_text(at, event);
}

static char *
put_err(char *at, const struct event *event)
{
	at = put_re(put_words(at, "{\"event\":\"reply\""), event);
	at = put_tag(put_words(at, ",\"ok\":false"), event);
	at = put_string_of(at, "code", span_of(reply_code_text(event->code)));
	return put_text(at, event);
}

static char *
put_item(char *at, const struct event *event)
{
	at = put_re(put_words(at, "{\"event\":\"item\""), event);
	at = put_tag(at, event);
	if (event->room.len > 0)
		return put_text_if_any(put_room(at, event), event);
	if (event->from.len > 0)
		return put_text_if_any(put_name(at, event), event);
	return put_text(at, event);
}

static char *
put_said(char *at, const struct event *event)
{
	at = put_string_of(at, "from", event->from);
	at = put_number_of(at, "client", event->client);
	return put_text(put_time(at, event->time_ms), event);
}

static char *
put_message(char *at, const struct event *event)
{
	struct span lobby = span_of("lobby");

	at = put_words(at, "{\"event\":\"message\"");
	at = put_string_of(
	    at, "room", event->room.len > 0 ? event->room : lobby);
	return put_said(put_number_of(at, "seq", event->seq), event);
}

static char *
put_member(char *at, const struct event *event)
{
	return put_name(put_string_of(at, "room", event->room), event);
}

static char *
put_notice(char *at, const struct event *event)
{
	at = put_words(at, "{\"event\":\"notice\"");
	if (event->room.len > 0)
		at = put_string_of(at, "room", event->room);
	return put_text(at, event);
}

static char *
put_gap(char *at, const struct event *event)
{
	at = put_words(at, "{\"event\":\"gap\"");
	at = put_string_of(at, "room", event->room);
	at = put_number_of(at, "after", event->seq);
	return put_number_of(at, "missed", event->missed);
}

static char *
put_object(char *at, const struct event *event)
{
	switch (event->kind) {
	case EVENT_OK:
		return put_ok(at, event);
	case EVENT_ERR:
		return put_err(at, event);
	case EVENT_ITEM:
		return put_item(at, event);
	case EVENT_ECHO:
		return put_text(put_words(at, "{\"event\":\"echo\""), event);
	case EVENT_MESSAGE:
		return put_message(at, event);
	case EVENT_DIRECT:
		return put_said(put_words(at, "{\"event\":\"direct\""), event);
	case EVENT_JOIN:
		return put_member(put_words(at, "{\"event\":\"join\""), event);
	case EVENT_LEAVE:
		return put_member(put_words(at, "{\"event\":\"leave\""), event);
	case EVENT_NOTICE:
		return put_notice(at, event);
	case EVENT_GAP:
		return put_gap(at, event);
	}
	unreachable("every kind is above");
}

char *
render_json(const struct event *event, char *at)
{
	return put_words(put_object(at, event), "}");
}

size_t
render_json_bound(const struct event *event)
{
	return WORDS_BYTES_MAX + json_escaped_bytes(event->re) +
	       json_escaped_bytes(event->tag) +
	       json_escaped_bytes(event->room) +
	       json_escaped_bytes(event->from) +
	       json_escaped_bytes(event->text);
}
