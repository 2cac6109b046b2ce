/* What a session says: one line at a time, with its command's tag. */
#include <stdarg.h>
#include <stdio.h>

#include "proto/session.h"
#include "reactor/check.h"

void
session_event(struct session *session, const struct event *event)
{
	char *out = conn_reserve(&session->conn, render_text_bound(event));

	conn_commit(&session->conn, render_text(event, out));
}

static void session_answer(struct session *session, struct event event,
    const char *format, va_list ap) __attribute__((format(printf, 3, 0)));

static void
session_answer(
    struct session *session, struct event event, const char *format, va_list ap)
{
	char text[512];
	int len = vsnprintf(text, sizeof(text), format, ap);

	check(len >= 0);
	check(len < (int)sizeof(text));
	event.tag = (struct span){session->tag, session->tag_len};
	event.text = (struct span){text, (size_t)len};
	session_event(session, &event);
}

void
session_ok(struct session *session, const char *format, ...)
{
	struct event event = {.kind = EVENT_OK};
	va_list ap;

	va_start(ap, format);
	session_answer(session, event, format, ap);
	va_end(ap);
}

void
session_err(
    struct session *session, enum reply_code code, const char *format, ...)
{
	struct event event = {.kind = EVENT_ERR, .code = code};
	va_list ap;

	va_start(ap, format);
	session_answer(session, event, format, ap);
	va_end(ap);
}

void
session_notice(struct session *session, struct span text)
{
	struct event event = {.kind = EVENT_NOTICE, .text = text};

	session_event(session, &event);
}
