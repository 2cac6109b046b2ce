/* The log: formats one line, escapes it, writes it in one call. */
#include "reactor/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *const names[] = {"debug", "info", "warn", "error"};

/* Written by the operator's thread, read by all. */
static _Atomic int log_threshold = LOG_LEVEL_INFO;

/* Replaces what could start a new line or drive a terminal. */
static void
log_escape(char *text)
{
	for (unsigned char *at = (unsigned char *)text; *at; at++) {
		if (*at < ' ' || *at == 0x7f)
			*at = '?';
		/* C1 in UTF-8: U+0080 to U+009F. */
		else if (*at == 0xc2 && at[1] >= 0x80 && at[1] <= 0x9f)
			at[0] = at[1] = '?';
	}
}

static void log_write(enum log_level level, bool with_errno, const char *format,
    va_list ap) __attribute__((format(printf, 3, 0)));

static void
log_write(enum log_level level, bool with_errno, const char *format, va_list ap)
{
	char line[LOG_LINE_BYTES_MAX];
	char reason[128] = "";
	int error = errno;
	size_t used;
	ssize_t written;

	/* Relaxed: a stale value logs or drops one line more; pairs with the
	 * store in log_set_level. */
	if ((int)level <
	    atomic_load_explicit(&log_threshold, memory_order_relaxed))
		return;
	snprintf(line, sizeof(line), "throng: %s ", names[level]);
	used = strlen(line);
	vsnprintf(line + used, sizeof(line) - used - 1, format, ap);
	if (with_errno)
		snprintf(reason, sizeof(reason), " error=\"%s\"",
		    strerrordesc_np(error));
	used = strlen(line);
	snprintf(line + used, sizeof(line) - used - 1, "%s", reason);
	log_escape(line);
	used = strlen(line);
	line[used++] = '\n';
	/* A log that cannot be written has nowhere to complain. */
	written = write(STDERR_FILENO, line, used);
	(void)written;
	errno = error;
}

void
log_set_level(enum log_level level)
{
	/* Relaxed: publishes nothing else; pairs with the load above. */
	atomic_store_explicit(&log_threshold, (int)level, memory_order_relaxed);
}

int
log_level_parse(const char *name)
{
	for (int i = 0; i < (int)(sizeof(names) / sizeof(names[0])); i++)
		if (!strcmp(name, names[i]))
			return i;
	return -1;
}

#define LOG_WORD(word, level, with_errno)                                      \
	void word(const char *format, ...)                                     \
	{                                                                      \
		va_list ap;                                                    \
                                                                               \
		va_start(ap, format);                                          \
		log_write(level, with_errno, format, ap);                      \
		va_end(ap);                                                    \
	}

LOG_WORD(log_debug, LOG_LEVEL_DEBUG, false)
LOG_WORD(log_info, LOG_LEVEL_INFO, false)
LOG_WORD(log_warn, LOG_LEVEL_WARN, true)
LOG_WORD(log_warnx, LOG_LEVEL_WARN, false)
LOG_WORD(log_errorx, LOG_LEVEL_ERROR, false)
