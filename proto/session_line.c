/* A session and one line of its input. */
#include "proto/session_line.h"

#include <string.h>

#include "proto/cmd.h"
#include "proto/dispatch.h"
#include "proto/notice.h"
#include "proto/session_answer.h"
#include "proto/session_room.h"

#define PROMPT "Password: "

static void
session_refuse_line(struct session *session, enum line_result result)
{
	if (result == LINE_TOO_LONG)
		session_err(session, ERR_TOO_LONG, "a line may have %d bytes",
		    LINE_BYTES_MAX);
	else
		session_err(session, ERR_BAD_TEXT,
		    "only UTF-8 text without control characters");
}

/* The line after a prompt; echo comes back on, and a new line with it. */
static void
session_password(
    struct session *session, enum line_result result, char *line, size_t len)
{
	char request[TELNET_ANSWER_BYTES];

	session->prompting = false;
	session->verb = VERB_LOGIN;
	if (!session->is_web &&
	    telnet_set_echo(&session->telnet, true, request)) {
		session_send(session, request, sizeof(request));
		session_send(session, "\r\n", 2);
	}
	if (result != LINE_OK)
		session_refuse_line(session, result);
	else if (dispatch_is_in_clear(session)) /* since it was asked */
		dispatch_refuse(session, VERB_LOGIN, ERR_FORBIDDEN);
	else
		cmd_login_password(session, (struct span){line, len});
	if (!session->waits)
		session_set_tag(session, (struct span){0});
	explicit_bzero(line, len);
}

static bool
session_try_line(
    struct session *session, enum line_result result, struct span line)
{
	/* Input is ours to change (reactor_ops.on_bytes). */
	char *bytes = (char *)line.at;

	/* Its output has room again, or it has shown that it speaks in lines:
	 * what it missed is told before the answer, not after. */
	session_tell_gap(session);
	notice_tell_held(session);
	if (session->prompting) {
		session_password(session, result, bytes, line.len);
		return true;
	}
	if (result == LINE_OK) {
		session->greeted = true;
		return dispatch_line(session, bytes, line.len);
	}
	if (session->unseen > 0)
		return false;
	session_set_tag(session, (struct span){0});
	session->verb = VERB_TEXT;
	session_refuse_line(session, result);
	return true;
}

bool
session_line(struct session *session, enum line_result result, struct span line)
{
	if (session_try_line(session, result, line))
		return true;
	if (!(session->waits & WAIT_RATE))
		session->waits |= WAIT_COPY;
	return false;
}

void
session_prompt(struct session *session, struct span name)
{
	char request[TELNET_ANSWER_BYTES];

	memcpy(session->name, name.at, name.len);
	session->name[name.len] = '\0';
	session->prompting = true;
	session_keep_tag(session);
	/* First, so that who sees the prompt is not shown what he types. */
	if (!session->is_web &&
	    telnet_set_echo(&session->telnet, false, request))
		session_send(session, request, sizeof(request));
	/* No program should have to look for half a line. */
	if (session->format != FORMAT_TEXT)
		session_notice(session, span_of(PROMPT));
	else
		session_send(session, PROMPT, strlen(PROMPT));
}
