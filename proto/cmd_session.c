/* Commands about one's own session: what it can say, and is told; its end. */
#include <stdio.h>
#include <string.h>

#include "proto/cmd.h"
#include "proto/dispatch.h"
#include "proto/limits.h"
#include "proto/session.h"
#include "proto/session_answer.h"

/* An answer with text of the user's, as long as a line. */
static void
session_ok_span(struct session *session, struct span text)
{
	session_reply(session, (struct event){.kind = EVENT_OK, .text = text});
}

static void
session_item(struct session *session, const char *text)
{
	session_reply(
	    session, (struct event){.kind = EVENT_ITEM, .text = span_of(text)});
}

void
cmd_format(struct session *session, const struct span arguments[], int count)
{
	static const char *const names[] = {"text", "json"};

	(void)count;
	for (unsigned format = FORMAT_TEXT; format <= FORMAT_JSON; format++)
		if (span_equals(arguments[0], span_of(names[format]))) {
			session->format &= FORMAT_WEB;
			session->format |= format & FORMAT_JSON;
			session_ok(session, "format %s", names[format]);
			return;
		}
	dispatch_refuse(session, VERB_FORMAT, ERR_BAD_ARGUMENTS);
}

void
cmd_whoami(struct session *session, const struct span arguments[], int count)
{
	(void)arguments;
	(void)count;
	if (session->state == SESSION_USER)
		session_ok_self(session, "");
	else
		session_ok(session, "guest#%llu",
		    (unsigned long long)session->conn.id);
}

void
cmd_ping(struct session *session, const struct span arguments[], int count)
{
	char text[LINE_BYTES_MAX + 8];
	int len;

	len = snprintf(text, sizeof(text), count ? "pong %.*s" : "pong",
	    count ? (int)arguments[0].len : 0, count ? arguments[0].at : "");
	session_ok_span(session, (struct span){text, (size_t)len});
}

/* One line of /help. */
static void
help_item(struct session *session, const struct command_row *row)
{
	char text[256];

	snprintf(text, sizeof(text), "/%s%s%s: %s%s%s%s", row->verb,
	    *row->usage ? " " : "", row->usage, row->help,
	    row->alias ? " (short: /" : "", row->alias ? row->alias : "",
	    row->alias ? ")" : "");
	session_item(session, text);
}

void
cmd_help(struct session *session, const struct span arguments[], int count)
{
	enum verb verb;

	if (count == 0) {
		for (int v = 0; v < VERB_COUNT; v++)
			help_item(session, command_row((enum verb)v));
		session_item(session,
		    "anything else is said in the current room, or else "
		    "answered Echo: TEXT; //TEXT is the plain text /TEXT");
	} else {
		struct span name = arguments[0];

		/* As it is typed: with the slash, too. */
		if (name.len > 0 && name.at[0] == '/')
			name = (struct span){name.at + 1, name.len - 1};
		verb = command_verb(name);
		if (verb >= VERB_COUNT) {
			dispatch_refuse(session, verb, ERR_UNKNOWN_COMMAND);
			return;
		}
		help_item(session, command_row(verb));
	}
	session_ok_span(session, (struct span){"", 0});
}

void
cmd_quit(struct session *session, const struct span arguments[], int count)
{
	(void)arguments;
	(void)count;
	session_ok(session, "bye");
	session_close(session, CLOSE_QUIT);
}
