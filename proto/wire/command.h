/*
 * The command parser: a line in, a tag, a verb and arguments out. Pure; all
 * spans point into the line. The verbs are those of commands.def.
 */
#ifndef PROTO_WIRE_COMMAND_H
#define PROTO_WIRE_COMMAND_H

#include <stdbool.h>

#include "proto/wire/span.h"

enum verb {
#define COMMAND(id, ...) VERB_##id,
#include "proto/commands.def"
#undef COMMAND
	VERB_COUNT,
	VERB_UNKNOWN = VERB_COUNT,
	VERB_TEXT, /* no command: plain text */
};

struct command {
	enum verb verb;
	struct span tag;  /* empty when there is none; without the @ */
	struct span name; /* the verb as typed, without the slash */
	struct span rest; /* VERB_TEXT: the text; else what follows the verb,
			   * without the spaces between */
};

/*
 * Reads one line as line_next gives it. `/verb rest` is a command, its verb in
 * any case; `@TAG /verb rest` is a tagged one; `//text` is the plain text
 * `/text`; everything else is plain text as it stands, also an @word that is
 * not a tag followed by a command. Never fails: what is no known verb is
 * VERB_UNKNOWN.
 */
void command_parse(struct span line, struct command *command);

/*
 * Looks a verb up by its name or alias, in any case and without the slash.
 * VERB_UNKNOWN when there is none.
 */
enum verb command_verb(struct span name);

/* The verb's name in lower case, terminated; `verb` is below VERB_COUNT. */
const char *command_name(enum verb verb);

/*
 * Cuts `rest` at runs of spaces and tabs into at most `max` arguments. With
 * `text` the last of the `max` is the rest of the line as it stands, with the
 * spaces inside and after it. Returns the number of arguments, or -1 when there
 * are more than `max`.
 */
int command_split(
    struct span rest, unsigned max, bool text, struct span arguments[]);

#endif
