/*
 * Any values, of any bytes, become exactly one line that can be printed: no
 * control character, no bad UTF-8, no more bytes than a line has. A value that
 * was not cut can be read again, with `?` for what is no text.
 *
 * The data: format, level, time, number, errno, an address of 19 bytes, which
 * keys, then three texts.
 */
/* Covers: reactor/log_line.c */
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "proto/wire/utf8.h"
#include "reactor/address.h"
#include "reactor/check.h"
#include "reactor/log_line.h"
#include "tests/fuzz/json_reader.h"
#include "tests/fuzz/source.h"

#define TIME_MS_MAX 253402300799999 /* the last one of 9999 */
#define TEXTS       3
#define KEY_LONG                                                               \
	"a_key_that_takes_so_much_of_the_line_that_little_is_left_for_others"

static const char *const keys[TEXTS] = {"name", "reason", KEY_LONG};

static void
take_address(struct source *source, struct address *address)
{
	static const uint16_t families[] = {AF_INET, AF_INET6, AF_UNIX};

	address->family = families[source_byte(source) % 3];
	address->port = (uint16_t)source_number(source);
	for (size_t i = 0; i < sizeof(address->ip); i++)
		address->ip[i] = source_byte(source);
}

/* The value behind ` key=`, its quotes and escapes taken off, or NULL. The
 * first such is ours: a blank of a value's stands in quotes. */
static char *
text_value(struct span line, const char *key)
{
	char *value = malloc(line.len + 1), *to = value;
	const char *at = line.at, *end = line.at + line.len;
	size_t len = strlen(key);
	bool quoted = false;

	check(value != NULL);
	for (;; at++) {
		if (at + len + 2 > end) {
			free(value);
			return NULL;
		}
		if (*at == '\\')
			at++;
		else if (*at == '"')
			quoted = !quoted;
		else if (!quoted && *at == ' ' && !memcmp(at + 1, key, len) &&
			 at[1 + len] == '=')
			break;
	}
	at += len + 2;
	quoted = at < end && *at == '"';
	for (at += quoted; at < end && *at != (quoted ? '"' : ' '); at++) {
		check(quoted || strchr("=\"\\", *at) == NULL);
		at += *at == '\\';
		*to++ = *at;
	}
	check(!quoted || *at == '"');
	*to = '\0';
	return value;
}

static bool
is_cut(const char *value)
{
	size_t len = strlen(value);

	return len >= 3 && !strcmp(value + len - 3, "...");
}

/* What the log makes of a text: as text_clean, and a TAB is none. */
static void
check_value(struct span line, enum log_format format, const char *key,
    const char *given)
{
	char *value = format == LOG_FORMAT_JSON ? json_value(line, key)
						: text_value(line, key);
	char *expected = strdup(given);

	check(expected != NULL);
	text_clean(expected);
	for (char *at = expected; (at = strchr(at, '\t'));)
		*at = '?';
	if (value && is_cut(value))
		check(!strncmp(value, expected, strlen(value) - 3));
	else if (value)
		check(!strcmp(value, expected));
	else
		check(line.len > LOG_LINE_BYTES_MAX / 2);
	free(value);
	free(expected);
}

static void
check_line(struct span line)
{
	check(line.len > 0);
	check(line.len <= LOG_LINE_BYTES_MAX);
	check(line.at[line.len - 1] == '\n');
	check(utf8_is_text(line.at, line.len - 1));
	check(memchr(line.at, '\t', line.len) == NULL);
}

static void
check_entry(const struct log_entry *entry, enum log_format format,
    char *const texts[TEXTS])
{
	char *out = malloc(LOG_LINE_BYTES_MAX);
	struct span line = {out, 0};

	check(out != NULL);
	line.len = log_line_format(out, format, entry);
	check_line(line);
	line.len--;
	if (format == LOG_FORMAT_JSON)
		json_check(line);
	for (int i = 0; i < TEXTS; i++)
		check_value(line, format, keys[i], texts[i]);
	free(out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct source source = {data, size};
	struct log_entry entry = {.event = "event"};
	struct address address;
	uint64_t number, error;
	char *texts[TEXTS];

	entry.level = source_byte(&source) % (LOG_LEVEL_ERROR + 1);
	entry.time_ms =
	    (int64_t)(source_number(&source) % (TIME_MS_MAX + UINT64_C(1)));
	number = source_number(&source);
	error = source_byte(&source);
	take_address(&source, &address);
	for (int i = 0; i < TEXTS; i++)
		texts[i] = source_text(&source);
	entry.fields = (const struct log_field[]){
	    LOG_NUMBER("client", number),
	    LOG_TEXT("absent", NULL),
	    LOG_TEXT(keys[0], texts[0]),
	    LOG_ADDRESS("address", &address),
	    LOG_TEXT(keys[1], texts[1]),
	    LOG_ERRNO(error),
	    LOG_TEXT(keys[2], texts[2]),
	    {.kind = LOG_FIELD_END},
	};
	check_entry(&entry, LOG_FORMAT_TEXT, texts);
	check_entry(&entry, LOG_FORMAT_JSON, texts);
	for (int i = 0; i < TEXTS; i++)
		free(texts[i]);
	return 0;
}
