/* One line of the log. */
#include "reactor/log_line.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "proto/wire/utf8.h"
#include "reactor/address.h"
#include "reactor/check.h"

#define CUT "..."

/* What may follow a value that was cut: the mark, a quote, a brace, the LF. */
#define TAIL_BYTES (sizeof(CUT) - 1 + 3)

/* What a field needs besides its key: its signs and 20 digits. */
#define FIELD_BYTES_MIN 32

#define UTF8_BYTES_MAX 4 /* of one character */

struct line {
	char *bytes; /* LOG_LINE_BYTES_MAX of them */
	size_t len;
	enum log_format format;
};

/* Words of our own, for which there is room. */
static void
put_words(struct line *line, const char *words)
{
	size_t len = strlen(words);

	check(line->len + len <= LOG_LINE_BYTES_MAX);
	memcpy(line->bytes + line->len, words, len);
	line->len += len;
}

/* Length of the character that the text begins with; 0 when it is none, or one
 * that could start a new line or drive a terminal. */
static size_t
character_len(const char *text)
{
	if (*text == '\t')
		return 0;
	for (size_t len = 1; len <= UTF8_BYTES_MAX && text[len - 1]; len++)
		if (utf8_is_text(text, len))
			return len;
	return 0;
}

/* The first character as it is written; how many bytes of the text it is. */
static size_t
escape(const char *text, char piece[UTF8_BYTES_MAX + 1])
{
	size_t len = character_len(text);

	memset(piece, '\0', UTF8_BYTES_MAX + 1);
	if (len == 0) {
		piece[0] = '?';
		return 1;
	}
	if (*text == '"' || *text == '\\') {
		piece[0] = '\\';
		piece[1] = *text;
		return 1;
	}
	memcpy(piece, text, len);
	return len;
}

static void
put_escaped(struct line *line, const char *text)
{
	size_t end = line->len + LOG_VALUE_BYTES_MAX;
	char piece[UTF8_BYTES_MAX + 1];

	if (end > LOG_LINE_BYTES_MAX - TAIL_BYTES)
		end = LOG_LINE_BYTES_MAX - TAIL_BYTES;
	while (*text) {
		text += escape(text, piece);
		if (line->len + strlen(piece) > end) {
			put_words(line, CUT);
			return;
		}
		put_words(line, piece);
	}
}

static void
put_text(struct line *line, const char *text)
{
	bool quoted = line->format == LOG_FORMAT_JSON || !*text ||
		      strpbrk(text, " \"\\=") != NULL;

	if (quoted)
		put_words(line, "\"");
	put_escaped(line, text);
	if (quoted)
		put_words(line, "\"");
}

static void
put_key(struct line *line, const char *key)
{
	bool json = line->format == LOG_FORMAT_JSON;

	put_words(line, json ? ",\"" : " ");
	put_words(line, key);
	put_words(line, json ? "\":" : "=");
}

static void
put_field(struct line *line, const struct log_field *field)
{
	char text[ADDRESS_TEXT_BYTES];
	const char *words;

	if ((field->kind == LOG_FIELD_TEXT && !field->text) ||
	    line->len + strlen(field->key) + FIELD_BYTES_MIN >
		LOG_LINE_BYTES_MAX)
		return;
	put_key(line, field->key);
	switch (field->kind) {
	case LOG_FIELD_TEXT:
		put_text(line, field->text);
		break;
	case LOG_FIELD_NUMBER:
		snprintf(text, sizeof(text), "%llu",
		    (unsigned long long)field->number);
		put_words(line, text);
		break;
	case LOG_FIELD_ADDRESS:
		put_text(line, address_format(field->address, text));
		break;
	case LOG_FIELD_ERRNO:
		words = strerrordesc_np((int)field->number);
		put_text(line, words ? words : "unknown");
		break;
	case LOG_FIELD_END:
		unreachable("the last field is no field");
	}
}

/* RFC 3339, UTC. */
static void
put_time(struct line *line, int64_t time_ms)
{
	time_t time_s = (time_t)(time_ms / 1000);
	char text[64];
	struct tm tm;
	size_t len;

	check(gmtime_r(&time_s, &tm) != NULL);
	len = strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text + len, sizeof(text) - len, ".%03uZ",
	    (unsigned)(time_ms % 1000));
	put_words(line, text);
}

static void
put_head(struct line *line, const struct log_entry *entry)
{
	bool json = line->format == LOG_FORMAT_JSON;
	const char *level = log_level_name(entry->level);

	check(level);
	put_words(line, json ? "{\"time\":\"" : "");
	put_time(line, entry->time_ms);
	put_words(line, json ? "\",\"level\":\"" : " ");
	put_words(line, level);
	put_words(line, json ? "\",\"event\":\"" : " ");
	put_words(line, entry->event);
	put_words(line, json ? "\"" : "");
}

size_t
log_line_format(char out[LOG_LINE_BYTES_MAX], enum log_format format,
    const struct log_entry *entry)
{
	struct line line = {.bytes = out, .format = format};
	const struct log_field *field;

	put_head(&line, entry);
	for (field = entry->fields; field->kind != LOG_FIELD_END; field++)
		put_field(&line, field);
	put_words(&line, format == LOG_FORMAT_JSON ? "}\n" : "\n");
	return line.len;
}

const char *
log_level_name(unsigned level)
{
	static const char *const names[] = {"debug", "info", "warn", "error"};

	return level < sizeof(names) / sizeof(names[0]) ? names[level] : NULL;
}
