/*
 * One line of the log. It is always whole: no control character, no invalid
 * UTF-8, one LF at its end, at most LOG_LINE_BYTES_MAX bytes; a long value is
 * cut and then ends in `...`, a field that has no room at all is left out.
 * Pure; any thread.
 *
 *   text  2026-11-24T19:45:36.123Z warn refused address=[::1]:53 reason="a b"
 *   JSON  {"time":"...","level":"warn","event":"refused","address":"[::1]:53"}
 *
 * A value of the text form is in quotes if it is empty or has a space, a quote,
 * a backslash or a `=`; within them \" and \\ stand for those two.
 */
#ifndef REACTOR_LOG_LINE_H
#define REACTOR_LOG_LINE_H

#include <stddef.h>
#include <stdint.h>

struct address;

enum log_level {
	LOG_LEVEL_DEBUG,
	LOG_LEVEL_INFO,
	LOG_LEVEL_WARN,
	LOG_LEVEL_ERROR,
	/* Written as info, but all of them: whatever the level, however many.
	 */
	LOG_LEVEL_AUDIT,
};

enum log_format {
	LOG_FORMAT_TEXT,
	LOG_FORMAT_JSON,
};

#define LOG_FIELDS_MAX      10   /* of one line */
#define LOG_LINE_BYTES_MAX  1024 /* with its LF; longer ones are cut */
#define LOG_VALUE_BYTES_MAX 600  /* of one value, escaped; the same */

/* Its value is formatted only if the line is to be written. */
struct log_field {
	enum {
		LOG_FIELD_END, /* 0 */
		LOG_FIELD_TEXT,
		LOG_FIELD_NUMBER,
		LOG_FIELD_ADDRESS,
		LOG_FIELD_ERRNO,
	} kind;
	const char *key;
	const char *text; /* TEXT: NULL leaves the field out */
	uint64_t number;
	const struct address *address;
};

/* Any bytes; what is no text or could drive a terminal becomes `?`. */
#define LOG_TEXT(name, value)                                                  \
	((struct log_field){                                                   \
	    .kind = LOG_FIELD_TEXT, .key = (name), .text = (value)})
#define LOG_NUMBER(name, value)                                                \
	((struct log_field){.kind = LOG_FIELD_NUMBER,                          \
	    .key = (name),                                                     \
	    .number = (uint64_t)(value)})
/* A struct address *, as address_format writes it. */
#define LOG_ADDRESS(name, value)                                               \
	((struct log_field){                                                   \
	    .kind = LOG_FIELD_ADDRESS, .key = (name), .address = (value)})
/* The text of an errno, as `error`. */
#define LOG_ERRNO(value)                                                       \
	((struct log_field){.kind = LOG_FIELD_ERRNO,                           \
	    .key = "error",                                                    \
	    .number = (uint64_t)(value)})

/* What a line says; `fields` ends with a LOG_FIELD_END. */
struct log_entry {
	int64_t time_ms; /* since 1970 */
	enum log_level level;
	const char *event;
	const struct log_field *fields;
};

/* Writes the line to `out`, its LF included, no NUL. Its length. */
size_t log_line_format(char out[LOG_LINE_BYTES_MAX], enum log_format format,
    const struct log_entry *entry);

/* "debug", "info", "warn", "error"; NULL for no level. Pure. */
const char *log_level_name(unsigned level);

#endif
