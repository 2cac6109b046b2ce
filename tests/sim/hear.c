/* What a client is told is held against the promises: see hear.h. */
#include "tests/sim/hear.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/peer/peer.h"
#include "proto/wire/utf8.h"
#include "reactor/check.h"

void
hear_wrong(const struct hearing *h, const char *due)
{
	client_fail(h->client, due, h->whole);
}

/* \" \\ \t are all that text can need. */
static void
unescape(struct span text, bool json, char out[CROWD_TEXT_BYTES])
{
	size_t len = 0;

	check(text.len < CROWD_TEXT_BYTES);
	for (size_t i = 0; i < text.len; i++) {
		char c = text.at[i];

		if (json && c == '\\' && i + 1 < text.len)
			c = text.at[++i] == 't' ? '\t' : text.at[i];
		out[len++] = c;
	}
	out[len] = '\0';
}

/* What is due next. A copy that a gap may have swallowed is passed over, unless
 * it is the one that `tag` asks for. */
struct want *
hear_front(const struct hearing *h, struct span tag)
{
	struct client *client = h->client;
	char own[CROWD_WORD_BYTES];

	for (size_t i = 0; i < client->want_count; i++) {
		struct want *want = &client->wants[i];

		snprintf(
		    own, sizeof(own), "t%llu", (unsigned long long)want->tag);
		if (!want->skipped || span_equals(tag, span_of(own)))
			return want;
	}
	return NULL;
}

unsigned
hear_room(struct span name)
{
	unsigned room = 0;

	while (room < CROWD_ROOMS &&
	       !span_equals(name, span_of(crowd_rooms[room])))
		room++;
	return room;
}

static void
end_all_stays(const struct hearing *h)
{
	for (unsigned i = 0; i < CROWD_ROOMS; i++)
		client_end_stay(h->crowd, h->client, i);
}

void
hear_need_in(const struct hearing *h, unsigned room)
{
	if (!h->client->stays[room].in)
		hear_wrong(h, "an error, for it is not in that room");
}

void
hear_guest(const struct hearing *h)
{
	h->client->user = false;
	end_all_stays(h);
}

static void
hear_notice(const struct hearing *h)
{
	struct client *client = h->client;
	struct span text = span_of(h->text);

	if (peer_skip(&text, "server is going down")) {
		if (!h->crowd->closing)
			hear_wrong(h, "no goodbye");
		client->parting = true;
	} else if (peer_skip(&text, "you were kicked")) {
		if (!client->kicked)
			hear_wrong(h, "to stay");
		client->parting = true;
	} else if (peer_skip(&text, "your account has been removed")) {
		/* Copies that were under way find no member any more. */
		for (size_t i = 0; i < client->want_count; i++)
			client->wants[i].skipped |=
			    client->wants[i].kind == WANT_SAY;
		hear_guest(h);
	} else if (peer_skip(&text, "you did not log in in time")) {
		if (!client->away || client->user)
			hear_wrong(h, "to stay");
		client->parting = true;
	} else if (!peer_skip(&text, "announcement ")) {
		hear_wrong(h, "no such notice");
	}
}

/* Who came, who went; topics. */
static void
hear_news(struct hearing *h)
{
	unsigned room = hear_room(h->line.room);

	/* In text the lobby stands for no room at all. */
	if (h->line.room.len == 0 ||
	    (!h->line.json && room == 0 && memcmp(h->whole.at, "*** #", 5))) {
		hear_notice(h);
		return;
	}
	if (room == CROWD_ROOMS)
		hear_wrong(h, "no news of rooms that it is not in");
	hear_need_in(h, room);
}

/* Wild clients have asked for anything; but text it is, of a known kind. */
static void
hear_wildly(struct hearing *h)
{
	struct span line = h->whole;

	/* An answer to telnet may be in front of it. Random bytes and a long
	 * line may be taken for a request, too long a one. */
	if ((h->client->web_asked &&
		memmem(line.at, line.len, "HTTP/1.1 ", 9)) ||
	    memmem(line.at, line.len, "HTTP/1.1 431 ", 13))
		h->client->web = true;
	if (h->client->web)
		return;
	if (memchr(line.at, 0xff, line.len) ||
	    (line.len > 0 && line.at[line.len - 1] == '\r'))
		return;
	while (peer_skip(&line, "Password: "))
		;
	if (line.len == 0)
		return;
	if (!utf8_is_text(line.at, line.len))
		hear_wrong(h, "clean text");
	mixed_line_read(&h->line, line);
	if (h->line.kind == LINE_WRONG)
		hear_wrong(h, "a line of the protocol");
	unescape(h->line.text, h->line.json, h->text);
	if (h->line.kind == LINE_MESSAGE)
		hear_said(h);
}

static void
hear_nonsense(struct hearing *h)
{
	hear_wrong(h, "a line of the protocol");
}

void
crowd_heard(struct crowd *crowd, struct client *client, struct span whole)
{
	static void (*const kinds[])(struct hearing *) = {
	    [LINE_WRONG] = hear_nonsense,
	    [LINE_OK] = hear_answer,
	    [LINE_ERR] = hear_answer,
	    [LINE_ITEM] = hear_answer,
	    [LINE_ECHO] = hear_echo,
	    [LINE_MESSAGE] = hear_message,
	    [LINE_DIRECT] = hear_direct,
	    [LINE_GAP] = hear_gap,
	    [LINE_FORGOTTEN] = hear_resuming,
	    [LINE_OVER] = hear_resuming,
	    [LINE_NEWS] = hear_news,
	};
	struct hearing h = {.crowd = crowd, .client = client, .whole = whole};

	crowd->heard++;
	if (client->manner == CROWD_WILD || client->manner == CROWD_MUTE) {
		hear_wildly(&h);
		return;
	}
	if (!utf8_is_text(whole.at, whole.len))
		hear_wrong(&h, "clean text");
	if (client->parting)
		hear_wrong(&h, "nothing after the goodbye");
	mixed_line_read(&h.line, whole);
	unescape(h.line.text, h.line.json, h.text);
	kinds[h.line.kind](&h);
}
