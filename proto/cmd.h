/*
 * Command handlers, one for each row of commands.def. The dispatcher has
 * checked state and arity before. A handler validates first, changes state
 * second, and answers last, once: at once, or later after session_await.
 */
#ifndef PROTO_CMD_H
#define PROTO_CMD_H

#include "proto/wire/command.h"

struct session;

/* `arguments` point into the line; valid for the call. */
typedef void command_handler(
    struct session *session, const struct span arguments[], int count);

#define COMMAND(id, verb, ...) command_handler cmd_##verb;
#include "proto/commands.def"
#undef COMMAND

/* What the dispatcher and /help need to know of a verb. */
struct command_row {
	const char *verb;
	const char *alias; /* or NULL */
	command_handler *handle;
	unsigned who; /* GUEST, USER bits */
	int min;
	int max;
	unsigned flags; /* COMMAND_ bits, commands.def tells of them */
	const char *usage;
	const char *help;
};

enum {
	COMMAND_GUEST = 1,
	COMMAND_USER = 2,
	COMMAND_ANYONE = 3,
};

enum {
	COMMAND_TEXT = 1,
	COMMAND_SECRET = 2,
	COMMAND_RATE = 4,
	COMMAND_VOICE = 8,
	COMMAND_ASKS = 16,
	COMMAND_TO_LOBBY = 32,
	COMMAND_TO_ROOM = 64,
};

/* The row of a verb below VERB_COUNT. */
const struct command_row *command_row(enum verb verb);

/* Plain text: it is said in the current room; where there is none it is
 * answered, as in a conversation. */
void cmd_text(struct session *session, struct span text);

/* The line after a password prompt. */
void cmd_login_password(struct session *session, struct span password);

#endif
