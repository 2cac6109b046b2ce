/*
 * The text format: what a person at a terminal reads. Every message that is
 * sent goes through here once, so it is memcpy and no printf.
 */
#include "proto/wire/render_priv.h"
#include "reactor/check.h"

/*
 * Most of what a line holds beside its spans: it is a gap's, two numbers and
 * the words.
 */
#define WORDS_BYTES_MAX (2 * DECIMAL_BYTES_MAX + 48)

/* A space and the text, or nothing: no line ends in a space of ours. */
static char *
put_text_after(char *at, const struct event *event)
{
	if (event->text.len == 0)
		return at;
	*at++ = ' ';
	return put_span(at, event->text);
}

static char *
put_tag(char *at, const struct event *event)
{
	if (event->tag.len == 0)
		return at;
	*at++ = '@';
	at = put_span(at, event->tag);
	*at++ = ' ';
	return at;
}

/* name#id */
static char *
put_from(char *at, const struct event *event)
{
	at = put_span(at, event->from);
	*at++ = '#';
	return put_decimal(at, event->client);
}

static bool
is_lobby(struct span room)
{
	return room.len == 0 || span_equals(room, span_of("lobby"));
}

static char *
put_ok(char *at, const struct event *event)
{
	at = put_words(put_tag(at, event), "OK");
	return put_text_after(at, event);
}

static char *
put_err(char *at, const struct event *event)
{
	at = put_words(put_tag(at, event), "ERR ");
	at = put_span(at, span_of(reply_code_text(event->code)));
	return put_text_after(at, event);
}

static char *
put_item(char *at, const struct event *event)
{
	at = put_words(put_tag(at, event), "- ");
	if (event->room.len > 0) {
		*at++ = '#';
		at = put_words(put_span(at, event->room), " (");
		at = put_words(put_decimal(at, event->members), " members)");
		return put_text_after(at, event);
	}
	if (event->from.len == 0)
		return put_span(at, event->text);
	return put_text_after(put_from(at, event), event);
}

static char *
put_message(char *at, const struct event *event)
{
	if (!is_lobby(event->room)) {
		*at++ = '#';
		at = put_span(at, event->room);
		*at++ = ' ';
	}
	*at++ = '[';
	at = put_words(put_from(at, event), "] ");
	return put_span(at, event->text);
}

static char *
put_direct(char *at, const struct event *event)
{
	*at++ = '[';
	at = put_words(put_from(at, event), " -> you] ");
	return put_span(at, event->text);
}

/* What a notice is about. */
static char *
put_subject(char *at, const struct event *event)
{
	at = put_words(at, "*** ");
	if (event->room.len == 0)
		return at;
	*at++ = '#';
	return put_words(put_span(at, event->room), ": ");
}

static char *
put_gap(char *at, const struct event *event)
{
	at = put_decimal(put_subject(at, event), event->missed);
	at = put_words(at, " messages skipped, /history ");
	at = put_span(at, event->room);
	return put_decimal(put_words(at, " since="), event->seq);
}

char *
render_text(const struct event *event, char *at)
{
	switch (event->kind) {
	case EVENT_OK:
		return put_ok(at, event);
	case EVENT_ERR:
		return put_err(at, event);
	case EVENT_ITEM:
		return put_item(at, event);
	case EVENT_ECHO:
		return put_span(put_words(at, "Echo: "), event->text);
	case EVENT_MESSAGE:
		return put_message(at, event);
	case EVENT_DIRECT:
		return put_direct(at, event);
	case EVENT_JOIN:
		at = put_from(put_subject(at, event), event);
		return put_words(at, " joined");
	case EVENT_LEAVE:
		at = put_from(put_subject(at, event), event);
		return put_words(at, " left");
	case EVENT_NOTICE:
		return put_span(put_subject(at, event), event->text);
	case EVENT_GAP:
		return put_gap(at, event);
	}
	unreachable("every kind is above");
}

size_t
render_text_bound(const struct event *event)
{
	return WORDS_BYTES_MAX + event->tag.len + 2 * event->room.len +
	       event->from.len + event->text.len;
}
