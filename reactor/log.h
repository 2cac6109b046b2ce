/*
 * The log: one event a line, as text or JSON, with typed fields:
 *
 *   log_warn("login-failed", LOG_NUMBER("client", id), LOG_TEXT("name", name))
 *   2026-11-24T19:45:36.123Z warn login-failed client=17 name=bob
 *
 * Any thread may log, and never waits for the descriptor: lines go into a queue
 * of a fixed size, and one thread writes them. What does not fit is counted,
 * and so is what one event has to say beyond LOG_FLOOD_LINES a second; the
 * counts are lines of their own. Before log_start and after log_stop a line is
 * written at once to standard error, unlimited.
 *
 * Names of events are lower-case-with-dashes, keys are lower_case; both are
 * literals. Nothing is logged per message, and never a secret.
 */
#ifndef REACTOR_LOG_H
#define REACTOR_LOG_H

#include <stdint.h>

#include "reactor/log_line.h"

#define LOG_QUEUE_BYTES (256 * 1024) /* half is filled, half is written */
#define LOG_STOP_MS     2000         /* then what is left is given up */
#define LOG_ERROR_BYTES 512

/* Behind the fields that are given there are zeros: the end. */
#define log_at(level, event, ...)                                              \
	log_event((level), (event),                                            \
	    (const struct log_field[LOG_FIELDS_MAX + 1]){__VA_ARGS__})
#define log_debug(...) log_at(LOG_LEVEL_DEBUG, __VA_ARGS__)
#define log_info(...)  log_at(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_warn(...)  log_at(LOG_LEVEL_WARN, __VA_ARGS__)
#define log_error(...) log_at(LOG_LEVEL_ERROR, __VA_ARGS__)

/* What the macros above call: `fields` ends with a LOG_FIELD_END. `event` lives
 * as long as the program. Any thread; errno stays. */
void log_event(
    enum log_level level, const char *event, const struct log_field fields[]);

struct log_config {
	const char *path; /* appended to; NULL: standard error */
	enum log_level level;
	enum log_format format;
	/* Instead of both: gets each line, without its LF, on the log's own
	 * thread. It must not log. */
	void (*sink)(void *context, const char *line);
	/* On the same thread, may be NULL: what is logged cannot be written
	 * from now on, for this errno, or can be again, 0. */
	void (*on_failure)(void *context, int error);
	void *context;
};

/*
 * Opens the file, made with mode 0640 when missing, and starts the thread that
 * writes. 0, or -1 with a line in `error`: then all is as before. Main thread;
 * not while the log runs.
 */
int log_start(const struct log_config *config, char error[LOG_ERROR_BYTES]);

/*
 * Opens a path, the same after the file was renamed or another, NULL as above:
 * what is logged from then on is there. 0, or -1 with a line in `error`: what
 * was open stays in use. Does nothing if there is a sink. Main thread; while
 * the log runs.
 */
int log_reopen(const char *path, char error[LOG_ERROR_BYTES]);

/* Lines that were not written since the process began: too many at once, or the
 * disk is full. Short lock, any thread. */
uint64_t log_lines_lost(void);

/* Writes what there is, for LOG_STOP_MS at most, and joins the thread. Does
 * nothing if none runs. Main thread. */
void log_stop(void);

/* Lines below this level are dropped, but for audits; the start value is
 * LOG_LEVEL_INFO. Any thread. */
void log_set_level(enum log_level level);

/* The level that holds now. Any thread. */
enum log_level log_level_now(void);

/* For what is logged from now on; at first LOG_FORMAT_TEXT. Any thread. */
void log_set_format(enum log_format format);

/* The level of this name ("debug", "info", "warn", "error"), or -1. */
int log_level_parse(const char *name);

#endif
