/* What a session says: one line at a time, with its command's tag. */
#include "proto/session_answer.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "auth/auth.h"
#include "proto/notice.h"
#include "proto/session.h"
#include "reactor/check.h"
#include "reactor/memory.h"

void
session_set_tag(struct session *session, struct span tag)
{
	check(tag.len <= TAG_BYTES_MAX);
	if (session->tag_kept)
		free((char *)session->tag);
	session->tag_kept = false;
	session->tag = tag.at;
	session->tag_len = (uint8_t)tag.len;
}

void
session_keep_tag(struct session *session)
{
	char *copy;

	if (session->tag_len == 0 || session->tag_kept)
		return;
	copy = memory_new_raw(session->tag_len);
	memcpy(copy, session->tag, session->tag_len);
	session->tag = copy;
	session->tag_kept = true;
}

void
session_send(struct session *session, const char *bytes, size_t len)
{
	memcpy(conn_reserve(&session->conn, len), bytes, len);
	conn_commit(&session->conn, len);
}

void
session_event(struct session *session, const struct event *event)
{
	enum format format = session->format;
	char *out;

	if (session_is_deaf(session))
		return;
	out = conn_reserve(&session->conn, render_bound(format, event));
	conn_commit(&session->conn, render(format, event, out));
}

void
session_reply(struct session *session, struct event event)
{
	event.tag = (struct span){session->tag, session->tag_len};
	if (session->verb < VERB_COUNT)
		event.re = span_of(command_name(session->verb));
	else
		event.re =
		    span_of(session->verb == VERB_TEXT ? "text" : "unknown");
	session_event(session, &event);
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
	event.text = (struct span){text, (size_t)len};
	session_reply(session, event);
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
session_ok_self(struct session *session, const char *before)
{
	char text[NAME_BYTES_MAX + 64];
	struct event event = {
	    .kind = EVENT_OK,
	    .from = span_of(session->name),
	    .client = session->conn.id,
	};

	snprintf(text, sizeof(text), "%s%s#%llu", before, session->name,
	    (unsigned long long)session->conn.id);
	event.text = span_of(text);
	session_reply(session, event);
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

const char *
session_date(int64_t seconds, char text[SESSION_DATE_BYTES])
{
	time_t date = seconds;
	struct tm tm;

	check_nonzero(gmtime_r(&date, &tm) != NULL);
	check_nonzero(strftime(text, SESSION_DATE_BYTES, "%FT%TZ", &tm));
	return text;
}

const char *
session_until(int64_t seconds, char text[SESSION_UNTIL_BYTES])
{
	char date[SESSION_DATE_BYTES];

	text[0] = '\0';
	if (seconds != AUTH_FOREVER)
		snprintf(text, SESSION_UNTIL_BYTES, " until %s",
		    session_date(seconds, date));
	return text;
}

void
session_notice(struct session *session, struct span text)
{
	struct event event = {.kind = EVENT_NOTICE, .text = text};

	notice_tell_held(session);
	session_event(session, &event);
}

void
session_greet(struct session *session)
{
	const char *line = session_hub(session)->options.motd;

	while (line && *line) {
		const char *end = strchr(line, '\n');

		check(end);
		session_notice(
		    session, (struct span){line, (size_t)(end - line)});
		line = end + 1;
	}
}
