#include "bench/mixed/line.h"

#include "bench/peer/peer.h"

/* Up to the first `end`, which is taken off as well. */
static bool
skip_to(struct span *rest, const char *end, struct span *taken)
{
	const size_t len = strlen(end);
	const char *at =
	    rest->len > 0 ? memmem(rest->at, rest->len, end, len) : NULL;

	if (!at)
		return false;
	*taken = (struct span){rest->at, (size_t)(at - rest->at)};
	rest->len -= taken->len + len;
	rest->at = at + len;
	return true;
}

/* Text of a notice about a room: three kinds say what a member will not be
 * sent. */
static enum mixed_line_kind
notice_kind(struct span text, struct mixed_line *out)
{
	struct span room;

	if (span_equals(text, span_of("starts over")))
		return LINE_OVER;
	if (!peer_skip_number(&text, &out->missed))
		return LINE_NEWS;
	if (span_equals(text, span_of(" messages are no longer kept")))
		return LINE_FORGOTTEN;
	if (peer_skip(&text, " messages skipped, /history ") &&
	    skip_to(&text, " since=", &room) && span_equals(room, out->room) &&
	    peer_skip_number(&text, &out->after) && text.len == 0)
		return LINE_GAP;
	return LINE_NEWS;
}

/* Behind the bracket: NAME#ID, then `end`, then what was said. */
static bool
read_said(struct span rest, const char *end, struct mixed_line *out)
{
	struct span who;

	if (!skip_to(&rest, end, &who) || !skip_to(&who, "#", &out->from) ||
	    !peer_skip_number(&who, &out->client) || who.len > 0)
		return false;
	out->text = rest;
	return true;
}

static enum mixed_line_kind
read_message(struct span rest, struct mixed_line *out)
{
	return read_said(rest, "] ", out) ? LINE_MESSAGE : LINE_WRONG;
}

static enum mixed_line_kind
read_text(struct span rest, struct mixed_line *out)
{
	out->room = span_of("lobby");
	if (peer_skip(&rest, "@") && !skip_to(&rest, " ", &out->tag))
		return LINE_WRONG;
	if (peer_skip(&rest, "- ")) {
		out->text = rest;
		return LINE_ITEM;
	}
	if (peer_skip(&rest, "OK")) {
		peer_skip(&rest, " ");
		out->text = rest;
		return LINE_OK;
	}
	if (peer_skip(&rest, "ERR ")) {
		out->text = rest;
		return skip_to(&rest, " ", &out->code) ? LINE_ERR : LINE_WRONG;
	}
	if (peer_skip(&rest, "Echo: ")) {
		out->text = rest;
		return LINE_ECHO;
	}
	if (peer_skip(&rest, "*** #") && skip_to(&rest, ": ", &out->room))
		return notice_kind(rest, out);
	if (peer_skip(&rest, "*** ")) {
		out->text = rest;
		return LINE_NEWS;
	}
	if (peer_skip(&rest, "["))
		return read_said(rest, " -> you] ", out)
			   ? LINE_DIRECT
			   : read_message(rest, out);
	if (peer_skip(&rest, "#") && skip_to(&rest, " [", &out->room))
		return read_message(rest, out);
	return LINE_WRONG;
}

/* A string's inside, as it stands there; a backslash hides what follows it. */
static bool
take_string(struct span *rest, struct span *value)
{
	size_t len = 1;

	if (rest->len == 0 || *rest->at != '"')
		return false;
	while (len < rest->len && rest->at[len] != '"')
		len += rest->at[len] == '\\' ? 2 : 1;
	if (len >= rest->len)
		return false;
	*value = (struct span){rest->at + 1, len - 1};
	rest->at += len + 1;
	rest->len -= len + 1;
	return true;
}

/* A field's value where it belongs; one of a key that is new to us is passed
 * over. */
static bool
take_value(struct span *rest, struct span key, struct mixed_line *out,
    struct span *event, bool *ok)
{
	const struct {
		const char *key;
		struct span *value;
	} texts[] = {{"event", event}, {"tag", &out->tag}, {"re", &out->re},
	    {"code", &out->code}, {"room", &out->room}, {"from", &out->from},
	    {"name", &out->from}, {"text", &out->text}};
	const struct {
		const char *key;
		uint64_t *value;
	} numbers[] = {{"client", &out->client}, {"seq", &out->seq},
	    {"after", &out->after}, {"missed", &out->missed}};
	struct span text;
	uint64_t number;

	if (take_string(rest, &text)) {
		for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
			if (span_equals(key, span_of(texts[i].key)))
				*texts[i].value = text;
		return true;
	}
	if (peer_skip(rest, "true")) {
		*ok = true;
		return true;
	}
	if (peer_skip(rest, "false"))
		return true;
	if (!peer_skip_number(rest, &number))
		return false;
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
		if (span_equals(key, span_of(numbers[i].key)))
			*numbers[i].value = number;
	return true;
}

static enum mixed_line_kind
event_kind(struct span event, bool ok, struct mixed_line *out)
{
	static const struct {
		const char *event;
		enum mixed_line_kind kind;
	} kinds[] = {{"echo", LINE_ECHO}, {"message", LINE_MESSAGE},
	    {"direct", LINE_DIRECT}, {"gap", LINE_GAP}, {"item", LINE_ITEM},
	    {"join", LINE_NEWS}, {"leave", LINE_NEWS}};

	if (span_equals(event, span_of("reply")))
		return ok ? LINE_OK : LINE_ERR;
	if (span_equals(event, span_of("notice")))
		return out->room.len > 0 ? notice_kind(out->text, out)
					 : LINE_NEWS;
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (span_equals(event, span_of(kinds[i].event)))
			return kinds[i].kind;
	return LINE_WRONG;
}

static enum mixed_line_kind
read_json(struct span rest, struct mixed_line *out)
{
	struct span event = {0}, key;
	bool ok = false;

	do {
		if (!take_string(&rest, &key) || !peer_skip(&rest, ":") ||
		    !take_value(&rest, key, out, &event, &ok))
			return LINE_WRONG;
	} while (peer_skip(&rest, ","));
	if (!span_equals(rest, span_of("}")))
		return LINE_WRONG;
	return event_kind(event, ok, out);
}

void
mixed_line_read(struct mixed_line *out, struct span line)
{
	*out = (struct mixed_line){.json = peer_skip(&line, "{")};
	out->kind = out->json ? read_json(line, out) : read_text(line, out);
}
