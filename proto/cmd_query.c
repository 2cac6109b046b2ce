/* Commands that ask: who is there, who am I, what is there to say. */
#include <stdio.h>
#include <string.h>

#include "proto/cmd.h"
#include "proto/dispatch.h"
#include "proto/route.h"
#include "proto/session.h"
#include "reactor/memory.h"
#include "reactor/reactor.h"

/* /who, on its way round the hubs. */
struct who {
	struct tour tour;
	struct conn_handle client;
	unsigned online;
	uint8_t tag_len;
	char tag[TAG_BYTES_MAX];
};

/* An answer with text of the user's, as long as a line. */
static void
session_ok_span(struct session *session, struct span text)
{
	struct event event = {
	    .kind = EVENT_OK,
	    .tag = {session->tag, session->tag_len},
	    .text = text,
	};

	session_event(session, &event);
}

static void
session_item(struct session *session, const char *text)
{
	struct event event = {
	    .kind = EVENT_ITEM,
	    .tag = {session->tag, session->tag_len},
	    .text = span_of(text),
	};

	session_event(session, &event);
}

static void
who_visit(struct tour *tour, struct hub *hub)
{
	struct who *who = (struct who *)tour;

	for (uint32_t i = 0; i < hub->lobby.member_count; i++) {
		const struct session *member = hub->lobby.members[i];
		struct event event = {
		    .kind = EVENT_ITEM,
		    .tag = {who->tag, who->tag_len},
		    .from = span_of(member->name),
		    .client = member->conn.id,
		};
		char *out = tour_reserve(tour, render_text_bound(&event));

		tour->text_len += render_text(&event, out);
		who->online++;
	}
}

static void
who_done(struct tour *tour, struct hub *hub)
{
	struct who *who = (struct who *)tour;
	struct conn *conn = conn_find(hub->reactor, who->client);

	if (conn) {
		struct session *session = session_of(conn);

		if (tour->text_len > 0) {
			memcpy(conn_reserve(conn, tour->text_len), tour->text,
			    tour->text_len);
			conn_commit(conn, tour->text_len);
		}
		session_ok(session, "%u online", who->online);
		session_answered(session);
	}
	tour_fini(tour);
	free(who);
}

void
cmd_who(struct session *session, const struct span arguments[], int count)
{
	struct who *who = memory_new(sizeof(*who));

	(void)arguments;
	(void)count;
	who->tour.visit = who_visit;
	who->tour.done = who_done;
	who->client = conn_handle(&session->conn);
	who->tag_len = session->tag_len;
	memcpy(who->tag, session->tag, session->tag_len);
	session_await(session);
	tour_start(&who->tour, session_hub(session));
}

void
cmd_whoami(struct session *session, const struct span arguments[], int count)
{
	(void)arguments;
	(void)count;
	session_ok(session, "%s#%llu",
	    session->state == SESSION_USER ? session->name : "guest",
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
		    "anything else is answered Echo: TEXT; //TEXT is /TEXT");
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
	conn_close(&session->conn, CLOSE_QUIT);
}
