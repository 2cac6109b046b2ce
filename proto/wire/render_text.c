/*
 * The text format: what a person at a terminal reads. Every message that is
 * sent goes through here once, so it is memcpy and no printf.
 */
#include <string.h>

#include "proto/wire/render.h"
#include "reactor/check.h"

/* Digits of the greatest uint64_t. */
#define DECIMAL_BYTES_MAX 20

/*
 * Most of what a line holds beside its spans: it is a gap's, two numbers and
 * the words.
 */
#define WORDS_BYTES_MAX (2 * DECIMAL_BYTES_MAX + 48)

static const char *const code_texts[REPLY_COUNT] = {
#define REPLY(id, code) code,
#include "proto/replies.def"
#undef REPLY
};

/* Writes a literal without its NUL; the size is known to the compiler. */
#define put_words(at, words)                                                   \
	((char *)memcpy((at), (words), sizeof(words) - 1) + sizeof(words) - 1)

static char *
put_span(char *at, struct span span)
{
	if (span.len > 0)
		memcpy(at, span.at, span.len);
	return at + span.len;
}

static char *
put_decimal(char *at, uint64_t number)
{
	char digits[DECIMAL_BYTES_MAX];
	size_t first = sizeof(digits);

	do {
		digits[--first] = (char)('0' + number % 10);
		number /= 10;
	} while (number > 0);
	memcpy(at, digits + first, sizeof(digits) - first);
	return at + sizeof(digits) - first;
}

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

static char *
put_gap(char *at, const struct event *event)
{
	at = put_span(put_words(at, "*** #"), event->room);
	at = put_decimal(put_words(at, ": "), event->missed);
	at = put_words(at, " messages skipped, /history ");
	at = put_span(at, event->room);
	return put_decimal(put_words(at, " since="), event->seq);
}

static char *
put_event(char *at, const struct event *event)
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
	case EVENT_NOTICE:
		return put_span(put_words(at, "*** "), event->text);
	case EVENT_GAP:
		return put_gap(at, event);
	}
	unreachable("every kind is above");
}

const char *
reply_code_text(enum reply_code code)
{
	check(code < REPLY_COUNT);
	return code_texts[code];
}

size_t
render_text_bound(const struct event *event)
{
	return WORDS_BYTES_MAX + event->tag.len + 2 * event->room.len +
	       event->from.len + event->text.len;
}

size_t
render_text(const struct event *event, char *out)
{
	char *end = put_event(out, event);

	*end++ = '\n';
	size_t written = (size_t)(end - out);
	check(written <= render_text_bound(event));
	return written;
}
