/*
 * The command parser. It knows the verbs of commands.def and nothing else of
 * its rows: what a verb needs and does is the session's.
 */
#include "proto/wire/command.h"

#include "proto/limits.h"
#include "proto/wire/name.h"
#include "reactor/check.h"

static const struct {
	const char *name;
	const char *alias; /* NULL for none */
} verbs[VERB_COUNT] = {
#define COMMAND(id, verb, alias, ...) {#verb, alias},
#include "proto/commands.def"
#undef COMMAND
};

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* The span from its byte `from` on. */
static struct span
span_from(struct span span, size_t from)
{
	check(from <= span.len);
	return (struct span){span.at + from, span.len - from};
}

static struct span
skip_blanks(struct span span)
{
	size_t blanks = 0;

	while (blanks < span.len && is_blank(span.at[blanks]))
		blanks++;
	return span_from(span, blanks);
}

/* Cuts the first word off, up to the next blank or the end. */
static struct span
cut_word(struct span *rest)
{
	struct span word = {rest->at, 0};

	while (word.len < rest->len && !is_blank(rest->at[word.len]))
		word.len++;
	*rest = span_from(*rest, word.len);
	return word;
}

/* Is this the name, in whatever case it was typed? */
static bool
is_typed_as(const char *name, struct span typed)
{
	for (size_t i = 0; i < typed.len; i++) {
		char c = typed.at[i];
		if (c >= 'A' && c <= 'Z')
			c = (char)(c + ('a' - 'A'));
		if (name[i] == '\0' || c != name[i])
			return false;
	}
	return name[typed.len] == '\0';
}

static bool
is_tag(struct span word)
{
	if (word.len == 0 || word.len > TAG_BYTES_MAX)
		return false;
	for (size_t i = 0; i < word.len; i++) {
		if (!name_is_character(word.at[i]))
			return false;
	}
	return true;
}

/* One slash begins a command, two stand for one in plain text. */
static bool
is_command(struct span line)
{
	return line.len > 0 && line.at[0] == '/' &&
	       (line.len == 1 || line.at[1] != '/');
}

/*
 * Takes `@TAG ` off a command. Returns false, and leaves both alone, when this
 * is no tag or no command follows it, since people write "@bob hi" as well.
 */
static bool
cut_tag(struct span *line, struct span *tag)
{
	if (line->len == 0 || line->at[0] != '@')
		return false;

	struct span rest = span_from(*line, 1);
	struct span word = cut_word(&rest);
	rest = skip_blanks(rest);
	if (!is_tag(word) || !is_command(rest))
		return false;
	*tag = word;
	*line = rest;
	return true;
}

enum verb
command_verb(struct span name)
{
	for (int verb = 0; verb < VERB_COUNT; verb++) {
		const char *alias = verbs[verb].alias;
		if (is_typed_as(verbs[verb].name, name) ||
		    (alias != NULL && is_typed_as(alias, name)))
			return (enum verb)verb;
	}
	return VERB_UNKNOWN;
}

const char *
command_name(enum verb verb)
{
	check(verb < VERB_COUNT);
	return verbs[verb].name;
}

void
command_parse(struct span line, struct command *command)
{
	*command = (struct command){.verb = VERB_TEXT, .rest = line};
	if (!cut_tag(&line, &command->tag) && !is_command(line)) {
		if (line.len > 1 && line.at[0] == '/')
			command->rest = span_from(line, 1);
		return;
	}
	check(is_command(line));
	line = span_from(line, 1);
	command->name = cut_word(&line);
	command->verb = command_verb(command->name);
	command->rest = skip_blanks(line);
}

int
command_split(
    struct span rest, unsigned max, bool text, struct span arguments[])
{
	unsigned count = 0;

	check(max <= ARGUMENTS_MAX);
	check(max > 0 || !text);
	if (rest.len == 0)
		return 0;
	for (;;) {
		rest = skip_blanks(rest);
		if (rest.len == 0)
			return (int)count;
		if (count == max)
			return -1;
		if (text && count + 1 == max) {
			arguments[count] = rest;
			return (int)max;
		}
		arguments[count++] = cut_word(&rest);
	}
}
