/* Commands that talk: to everyone, and to the server itself. */
#include "proto/cmd.h"
#include "proto/dispatch.h"
#include "proto/session.h"

void
cmd_text(struct session *session, struct span text)
{
	struct event event = {.kind = EVENT_ECHO, .text = text};

	if (session->state == SESSION_GUEST &&
	    session_hub(session)->config->options.require_login) {
		dispatch_refuse(session, VERB_TEXT, ERR_NOT_LOGGED_IN);
		return;
	}
	session_event(session, &event);
}

void
cmd_broadcast(struct session *session, const struct span arguments[], int count)
{
	(void)count;
	hub_say(session_hub(session), session, arguments[0]);
}
