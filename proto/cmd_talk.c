/* Commands that talk: to a room, to one person, and to the server itself. */
#include <string.h>

#include "proto/cmd.h"
#include "proto/dispatch.h"
#include "proto/question.h"
#include "proto/session_answer.h"
#include "proto/session_output.h"
#include "proto/session_room.h"
#include "proto/session_talk.h"
#include "proto/tour.h"
#include "proto/wire/name.h"
#include "reactor/clock.h"
#include "reactor/memory.h"

/* /msg, on its way round the hubs. */
struct direct {
	struct tour tour;
	struct conn_handle client;
	int64_t time_ms;
	unsigned reached; /* sessions */
	unsigned full;    /* sessions that do not read */
	char from[NAME_BYTES_MAX + 1];
	char to[NAME_BYTES_MAX + 1]; /* as typed; where found, as registered */
	size_t len;
	char text[];
};

void
cmd_text(struct session *session, struct span text)
{
	struct event event = {.kind = EVENT_ECHO, .text = text};

	if (session->current != CURRENT_NONE) {
		session_say(session, session_current_room(session), text);
		return;
	}
	if (session->state == SESSION_GUEST &&
	    session_hub(session)->options.require_login) {
		dispatch_refuse(session, VERB_TEXT, ERR_NOT_LOGGED_IN);
		return;
	}
	session_event(session, &event);
}

void
cmd_broadcast(struct session *session, const struct span arguments[], int count)
{
	(void)count;
	session_say(session, session_hub(session)->lobby, arguments[0]);
}

void
cmd_say(struct session *session, const struct span arguments[], int count)
{
	struct room *room = session_room(session, arguments[0]);
	struct question *question;

	(void)count;
	if (room) {
		session_say(session, room, arguments[1]);
		return;
	}
	question = question_new(session, arguments[0]);
	if (question)
		question_ask_as_member(question, session);
}

static void
direct_visit(struct tour *tour, struct hub *hub)
{
	struct direct *direct = (struct direct *)tour;
	struct event event = {
	    .kind = EVENT_DIRECT,
	    .from = span_of(direct->from),
	    .client = direct->client.id,
	    .time_ms = direct->time_ms,
	    .text = {direct->text, direct->len},
	};
	struct directory_entry *entry =
	    directory_find(&hub->users, span_of(direct->to));

	for (; entry; entry = directory_find_next(&hub->users, entry)) {
		struct session *session =
		    list_entry(entry, struct session, user);

		if (!conn_is_open(&session->conn))
			continue;
		memcpy(direct->to, session->name, sizeof(direct->to));
		/* It may answer something that was said in a room. */
		session_deliver(session);
		if (!session_has_room(session)) {
			direct->full++;
			continue;
		}
		session_tell_gap(session);
		session_event(session, &event);
		direct->reached++;
	}
}

static void
direct_done(struct tour *tour, struct hub *hub)
{
	struct direct *direct = (struct direct *)tour;
	struct session *session = session_find(hub, direct->client);

	if (session) {
		if (direct->reached > 0)
			session_ok(session, "sent to %s (%u sessions)",
			    direct->to, direct->reached);
		else if (direct->full > 0)
			session_err(session, ERR_BUSY,
			    "%s does not read; try again later", direct->to);
		else
			session_err(session, ERR_NO_SUCH_USER,
			    "nobody is logged in as %s", direct->to);
		session_answered(session);
	}
	tour_fini(tour);
	free(direct);
}

void
cmd_msg(struct session *session, const struct span arguments[], int count)
{
	struct span to = arguments[0];
	struct span text = arguments[1];
	struct direct *direct;

	(void)count;
	if (!name_is_valid(to)) {
		session_err(session, ERR_BAD_NAME, "that is no user's name");
		return;
	}
	direct = memory_new(sizeof(*direct) + text.len);
	direct->tour.visit = direct_visit;
	direct->tour.done = direct_done;
	direct->client = conn_handle(&session->conn);
	direct->time_ms = clock_date_ms();
	strcpy(direct->from, session->name);
	memcpy(direct->to, to.at, to.len);
	memcpy(direct->text, text.at, text.len);
	direct->len = text.len;
	session_await(session);
	tour_start(&direct->tour, session_hub(session));
}
