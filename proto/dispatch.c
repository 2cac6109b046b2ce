/* The verb table with its handlers, and the dispatcher. */
#include "proto/dispatch.h"

#include <string.h>

#include "proto/cmd.h"
#include "proto/session_answer.h"
#include "proto/session_room.h"
#include "proto/session_talk.h"
#include "reactor/check.h"
#include "reactor/counters.h"
#include "reactor/reactor.h"

/* The words of the table's columns. */
enum {
	GUEST = COMMAND_GUEST,
	USER = COMMAND_USER,
	ANYONE = COMMAND_ANYONE,
	TEXT = COMMAND_TEXT,
	SECRET = COMMAND_SECRET,
	RATE = COMMAND_RATE,
	VOICE = COMMAND_VOICE,
	ASKS = COMMAND_ASKS,
	TO_LOBBY = COMMAND_TO_LOBBY,
	TO_ROOM = COMMAND_TO_ROOM,
};

#define HAS(flags, flag) (((flags) & (flag)) != 0)

/* A row that may overtake leaves no way to be refused once its line is taken
 * for a message: it is this, and nothing may be left out. */
#define SAYS(who, min, max, flags, to, arguments)                              \
	((flags) == (TEXT | VOICE | (to)) && (who) == USER &&                  \
	    (min) == (arguments) && (max) == (arguments))

#define COMMAND(id, verb, alias, who, min, max, flags, usage, help)            \
	_Static_assert((min) <= (max) && (max) <= ARGUMENTS_MAX, #verb);       \
	_Static_assert(!HAS(flags, TEXT) || (max) > 0, #verb);                 \
	_Static_assert(!HAS(flags, ASKS) || HAS(flags, VOICE), #verb);         \
	_Static_assert(!HAS(flags, ASKS) || (min) < (max), #verb);             \
	_Static_assert(                                                        \
	    !HAS(flags, TO_LOBBY) || SAYS(who, min, max, flags, TO_LOBBY, 1),  \
	    #verb);                                                            \
	_Static_assert(                                                        \
	    !HAS(flags, TO_ROOM) || SAYS(who, min, max, flags, TO_ROOM, 2),    \
	    #verb);
#include "proto/commands.def"
#undef COMMAND

static const struct command_row rows[VERB_COUNT] = {
#define COMMAND(id, verb, alias, who, min, max, flags, usage, help)            \
	[VERB_##id] = {                                                        \
	    #verb, alias, cmd_##verb, who, min, max, flags, usage, help},
#include "proto/commands.def"
#undef COMMAND
};

const struct command_row *
command_row(enum verb verb)
{
	check(verb < VERB_COUNT);
	return &rows[verb];
}

bool
dispatch_is_in_clear(const struct session *session)
{
	return session_hub(session)->options.tls_only &&
	       !conn_is_tls(&session->conn) &&
	       !address_is_local(&session->conn.peer);
}

/* What keeps a command from being called; REPLY_COUNT when nothing does. */
static enum reply_code
dispatch_gate(const struct session *session, const struct command *command,
    struct span arguments[], int *count)
{
	const struct command_row *row;

	if (command->verb == VERB_UNKNOWN)
		return ERR_UNKNOWN_COMMAND;
	row = command_row(command->verb);
	if (session->state == SESSION_GUEST && !(row->who & GUEST))
		return ERR_NOT_LOGGED_IN;
	if (session->state == SESSION_USER && !(row->who & USER))
		return ERR_ALREADY_LOGGED_IN;
	if ((row->flags & SECRET) && dispatch_is_in_clear(session))
		return ERR_FORBIDDEN;
	*count = command_split(
	    command->rest, (unsigned)row->max, row->flags & TEXT, arguments);
	if (*count < row->min) /* -1: more than max */
		return ERR_BAD_ARGUMENTS;
	return REPLY_COUNT;
}

static void
dispatch_say_tls(struct session *session)
{
	char where[ADDRESS_TEXT_BYTES];
	struct address address;

	if (conn_tls_address(&session->conn, &address))
		session_err(session, ERR_FORBIDDEN,
		    "use TLS: openssl s_client -quiet -connect %s",
		    address_format(&address, where));
	else
		session_err(session, ERR_FORBIDDEN, "use TLS");
}

void
dispatch_refuse(struct session *session, enum verb verb, enum reply_code code)
{
	char muted[SESSION_MUTED_BYTES];
	const struct command_row *row;

	switch (code) {
	case ERR_MUTED:
		counter_add(&reactor_counters(session->conn.reactor)->muted, 1);
		session_err(
		    session, code, "%s", session_muted_text(session, muted));
		break;
	case ERR_UNKNOWN_COMMAND:
		session_err(session, code, "no such command; try /help");
		break;
	case ERR_FORBIDDEN:
		dispatch_say_tls(session);
		break;
	case ERR_NOT_LOGGED_IN:
		session_err(
		    session, code, "log in first: /login NAME PASSWORD");
		break;
	case ERR_ALREADY_LOGGED_IN:
		session_err(session, code,
		    "you are logged in as %s; /logout first", session->name);
		break;
	default:
		row = command_row(verb);
		session_err(session, code, "usage: /%s%s%s", row->verb,
		    *row->usage ? " " : "", row->usage);
	}
}

/* The room that it will be a message to and nothing else; NULL if it is not. */
static struct room *
dispatch_room(struct session *session, const struct command_row *row,
    const struct span arguments[])
{
	if (!row)
		return session_current_room(session);
	if (row->flags & TO_ROOM)
		return session_room(session, arguments[0]);
	return row->flags & TO_LOBBY ? session_hub(session)->lobby : NULL;
}

/* Would it be heard by others, from one who is muted? */
static bool
dispatch_is_muted(struct session *session, const struct command_row *row,
    int count, bool talk)
{
	if (row)
		talk = (row->flags & VOICE) &&
		       !((row->flags & ASKS) && count < row->max);
	return talk && session_is_muted(session);
}

/* Is it this one's turn, or has it to wait? */
static bool
dispatch_may(struct session *session, const struct room *room, unsigned flags)
{
	if (room)
		return session_may_talk(session, room);
	return session->unseen == 0 &&
	       (!(flags & RATE) || session_keeps_rate(session));
}

bool
dispatch_line(struct session *session, char *line, size_t len)
{
	struct span arguments[ARGUMENTS_MAX];
	const struct command_row *row = NULL;
	struct command command;
	enum reply_code refusal = REPLY_COUNT;
	const struct room *room = NULL;
	int count = 0;

	command_parse((struct span){line, len}, &command);
	if (command.verb != VERB_TEXT)
		refusal = dispatch_gate(session, &command, arguments, &count);
	if (command.verb < VERB_COUNT)
		row = command_row(command.verb);
	if (refusal == REPLY_COUNT)
		room = dispatch_room(session, row, arguments);
	if (refusal == REPLY_COUNT &&
	    dispatch_is_muted(session, row, count, room)) {
		refusal = ERR_MUTED;
		room = NULL;
	}
	if (!dispatch_may(
		session, room, row && refusal == REPLY_COUNT ? row->flags : 0))
		return false;
	counter_add(&reactor_counters(session->conn.reactor)->commands, 1);
	session_set_tag(session, command.tag);
	session->verb = (uint8_t)command.verb;
	if (refusal != REPLY_COUNT)
		dispatch_refuse(session, command.verb, refusal);
	else if (command.verb == VERB_TEXT)
		cmd_text(session, command.rest);
	else
		row->handle(session, arguments, count);
	if (!session->tag_kept)
		session_set_tag(session, (struct span){0});
	if (row && (row->flags & SECRET))
		explicit_bzero(line, len);
	return true;
}
