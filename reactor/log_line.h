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

#include "reactor/log.h"

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

#endif
