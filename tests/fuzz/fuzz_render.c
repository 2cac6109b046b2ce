/*
 * Any event of clean text becomes one line of clean text that is no longer than
 * was said before, and begins with the server's own words; as JSON it is one
 * object, whose values are the event's. Cells of a listing likewise.
 *
 * The data: kind, code, which texts are there, the numbers, then the texts.
 */
/* Covers: proto/wire/frame.c proto/wire/json.c proto/wire/render*.c
 * console/admin/listing.c */
#include <stdlib.h>

#include "console/admin/admin.h"
#include "console/admin/listing.h"
#include "proto/wire/frame.h"
#include "proto/wire/json.h"
#include "proto/wire/render.h"
#include "proto/wire/utf8.h"
#include "reactor/check.h"
#include "tests/fuzz/json_reader.h"
#include "tests/fuzz/source.h"

enum {
	TAG,
	RE,
	ROOM,
	FROM,
	TEXT,
	TEXTS
};

struct texts {
	char *text[TEXTS];
	struct event event;
};

static void
take_event(struct source *source, struct texts *texts)
{
	struct event *event = &texts->event;
	struct span *spans[TEXTS] = {
	    &event->tag, &event->re, &event->room, &event->from, &event->text};

	*event = (struct event){
	    .kind = source_byte(source) % (EVENT_GAP + 1),
	    .code = source_byte(source) % REPLY_COUNT,
	    .client = source_number(source),
	    .members = source_number(source),
	    .seq = source_number(source),
	    .missed = source_number(source),
	    .time_ms = (int64_t)source_number(source),
	};
	for (int i = 0; i < TEXTS; i++) {
		texts->text[i] = source_clean_text(source);
		*spans[i] = span_of(texts->text[i]);
	}
}

/* In memory of its own, so that a byte beyond the bound is seen. */
static char *
write_event(enum format format, const struct event *event, struct span *line)
{
	size_t bound = render_bound(format, event);
	char *out = malloc(bound);

	check(out != NULL);
	*line = (struct span){out, render(format, event, out)};
	check(line->len <= bound);
	check(line->len > 1);
	line->len--;
	check(out[line->len] == '\n');
	check(utf8_is_text(line->at, line->len));
	return out;
}

static bool
begins(struct span line, const char *words)
{
	size_t len = strlen(words);

	return line.len >= len && !memcmp(line.at, words, len);
}

/* Nobody's text can pass for another kind of line. */
static void
check_words(const struct event *event, struct span line)
{
	static const char *const words[] = {
	    [EVENT_OK] = "OK",
	    [EVENT_ERR] = "ERR ",
	    [EVENT_ITEM] = "- ",
	    [EVENT_ECHO] = "Echo: ",
	    [EVENT_MESSAGE] = "[",
	    [EVENT_DIRECT] = "[",
	    [EVENT_JOIN] = "*** ",
	    [EVENT_LEAVE] = "*** ",
	    [EVENT_NOTICE] = "*** ",
	    [EVENT_GAP] = "*** ",
	};
	bool answers = event->kind <= EVENT_ITEM;

	if (answers && event->tag.len > 0) {
		check(begins(line, "@"));
		line.at += event->tag.len + 2;
		line.len -= event->tag.len + 2;
	}
	if (event->kind == EVENT_MESSAGE && begins(line, "#")) {
		check(event->room.len > 0);
		line.at += event->room.len + 2;
		line.len -= event->room.len + 2;
	}
	check(begins(line, words[event->kind]));
}

/* The value of a key, if it is there, is the event's. */
static void
check_value(struct span line, const char *key, struct span expected)
{
	char *value = json_value(line, key);

	if (value)
		check(span_equals(span_of(value), expected));
	free(value);
}

static void
check_object(const struct event *event, struct span line)
{
	struct span room = event->room;
	char *value;

	json_check(line);
	value = json_value(line, "event");
	check(value != NULL);
	free(value);
	if (event->kind == EVENT_MESSAGE && room.len == 0)
		room = span_of("lobby");
	check_value(line, "tag", event->tag);
	check_value(line, "re", event->re);
	check_value(line, "room", room);
	check_value(line, "from", event->from);
	check_value(line, "name", event->from);
	check_value(line, "text", event->text);
	check_value(line, "code", span_of(reply_code_text(event->code)));
	value = json_value(line, "time");
	check(!value || strlen(value) == strlen("2026-11-24T18:20:17.113Z"));
	free(value);
}

/* Any bytes, not only text, are escaped to what can be read again. */
static void
check_string(const char *bytes)
{
	struct span text = span_of(bytes);
	size_t len = json_escaped_bytes(text) + 2;
	char *out = malloc(len + sizeof("{\"k\":}")), *end;
	struct span object = {out, len + strlen("{\"k\":}")};

	check(out != NULL);
	end = json_put_string(stpcpy(out, "{\"k\":"), text);
	check(end == out + strlen("{\"k\":") + len);
	*end = '}';
	if (utf8_is_text(bytes, text.len)) {
		json_check(object);
		check_value(object, "k", text);
	}
	for (size_t i = 0; i < object.len; i++)
		check((unsigned char)out[i] >= 0x20 && out[i] != 0x7f);
	free(out);
}

#define COLUMNS 5

static const char *said, *then; /* what a listing has to say */

static void
check_listed(struct admin *admin, const char *line)
{
	check(utf8_is_text(line, strlen(line)));
	check(strstr(line, admin->as_json ? "{\"who\":" : said) == line);
	said = then;
	if (!admin->as_json)
		return;
	json_check(span_of(line));
	check_value(span_of(line), "who", span_of(said));
}

static void
check_listing(const struct event *event, const char *who, const char *what)
{
	static const struct listing_column columns[] = {
	    {"WHO", "who", 5, false},
	    {NULL, "programs", -5, false},
	    {"COUNT", "count", -5, true},
	    {"WHEN", "when", 19, false},
	    {"PEOPLE", NULL, 0, false},
	};
	char count[LISTING_COUNT_BYTES], when[LISTING_TIME_BYTES];
	const char *cells[] = {who, event->re.len > 0 ? what : NULL,
	    listing_count(event->seq, count), when, what};
	static const struct admin_ops ops = {.say = check_listed};
	struct admin admin = {.ops = &ops};
	struct listing listing;

	for (int i = 0; i < 2; i++) {
		admin.as_json = i > 0;
		listing_time(&admin, event->time_ms, when);
		said = "WHO";
		then = who;
		listing_begin(&listing, &admin, columns, COLUMNS);
		listing_row(&listing, cells);
		listing_end(&listing);
	}
}

/* By WebSocket it is the same line, behind the head of a frame. */
static void
check_frame(enum format format, const struct event *event, struct span line)
{
	size_t bound = render_bound(format, event);
	size_t head = frame_head_bytes(line.len);
	char *frame = malloc(bound);
	char expected[FRAME_HEAD_BYTES_MAX];

	check(frame != NULL);
	check(render(format, event, frame) == head + line.len);
	check(frame_put_head(expected, FRAME_TEXT, line.len) == head);
	check(!memcmp(frame, expected, head));
	check(!memcmp(frame + head, line.at, line.len));
	free(frame);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct source source = {data, size};
	struct texts texts;
	struct span line;
	char *out, *any;

	take_event(&source, &texts);
	out = write_event(FORMAT_TEXT, &texts.event, &line);
	check_words(&texts.event, line);
	check_frame(FORMAT_WEB_TEXT, &texts.event, line);
	free(out);
	out = write_event(FORMAT_JSON, &texts.event, &line);
	check_object(&texts.event, line);
	check_frame(FORMAT_WEB_JSON, &texts.event, line);
	free(out);
	check_listing(&texts.event, texts.text[FROM], texts.text[TEXT]);
	any = source_text(&source);
	check_string(any);
	free(any);
	for (int i = 0; i < TEXTS; i++)
		free(texts.text[i]);
	return 0;
}
