/*
 * The log: one event a line on standard error, `level event key=value ...`.
 * Any thread; a line is written in one call, so lines never mix. Nothing is
 * logged per message. Control characters are escaped, so that no client can
 * forge a line.
 */
#ifndef REACTOR_LOG_H
#define REACTOR_LOG_H

enum log_level {
	LOG_LEVEL_DEBUG,
	LOG_LEVEL_INFO,
	LOG_LEVEL_WARN,
	LOG_LEVEL_ERROR,
};

#define LOG_LINE_BYTES_MAX 1024 /* longer lines are cut */

/* Lines below this level are dropped; the start value is LOG_LEVEL_INFO. */
void log_set_level(enum log_level level);

/* The level of this name ("debug", "info", "warn", "error"), or -1. */
int log_level_parse(const char *name);

/* The x-less forms add `error="..."`, the text of the present errno. */
void log_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warnx(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_errorx(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
