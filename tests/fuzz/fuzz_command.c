/*
 * Any line is parsed into spans of itself that can be put together again, and
 * its rest is split into arguments with nothing but blanks between them. Names
 * and HTTP request lines are judged on the way.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "proto/limits.h"
#include "proto/wire/command.h"
#include "proto/wire/http.h"
#include "proto/wire/name.h"
#include "reactor/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool
has_blank(struct span span)
{
	for (size_t i = 0; i < span.len; i++) {
		if (is_blank(span.at[i]))
			return true;
	}
	return false;
}

/* Everything from `from` up to `to` is blank. */
static void
check_blank(const char *from, const char *to)
{
	check(from <= to);
	for (; from < to; from++)
		check(is_blank(*from));
}

static void
check_text(struct span line, const struct command *command)
{
	size_t slash = line.len > 1 && line.at[0] == '/';

	check(command->tag.len == 0);
	check(command->name.len == 0);
	check(command->rest.at == line.at + slash);
	check(command->rest.len == line.len - slash);
	check(!slash || line.at[1] == '/');
}

/* The pieces stand in the line in order: @TAG blanks /NAME blanks REST. */
static void
check_command(struct span line, const struct command *command)
{
	const char *at = line.at;

	if (*at == '@') {
		check(command->tag.at == at + 1);
		check(command->tag.len > 0);
		check(command->tag.len <= TAG_BYTES_MAX);
		for (size_t i = 0; i < command->tag.len; i++)
			check(name_is_character(command->tag.at[i]));
		at = command->tag.at + command->tag.len;
		check(at < command->name.at - 1);
		check_blank(at, command->name.at - 1);
		at = command->name.at - 1;
	}
	check(*at == '/');
	check(command->name.at == at + 1);
	check(!has_blank(command->name));
	check_blank(at + 1 + command->name.len, command->rest.at);
	check(command->rest.at + command->rest.len == line.at + line.len);
	check(command->rest.len == 0 || !is_blank(*command->rest.at));
	check(command->verb == command_verb(command->name));
}

static void
check_verb(const struct command *command)
{
	char folded[NAME_BYTES_MAX + 1];

	if (command->verb >= VERB_COUNT)
		return;
	check(name_is_valid(command->name));
	name_fold(command->name, folded);
	check(command_verb(span_of(folded)) == command->verb);
	const char *name = command_name(command->verb);
	check(command_verb(span_of(name)) == command->verb);
}

static void
check_split(struct span rest, unsigned max, bool text)
{
	struct span arguments[ARGUMENTS_MAX];
	const char *at = rest.at, *end = rest.at + rest.len;
	int count = command_split(rest, max, text, arguments);

	check(count >= -1);
	check(count <= (int)max);
	check(count >= 0 || !text);
	for (int i = 0; i < count; i++) {
		check(arguments[i].len > 0);
		check(!is_blank(*arguments[i].at));
		check_blank(at, arguments[i].at);
		at = arguments[i].at + arguments[i].len;
		check(at == end || is_blank(*at));
		if (!text || i + 1 < (int)max)
			check(!has_blank(arguments[i]));
		else
			check(at == end);
	}
	if (count >= 0)
		check_blank(at, end);
}

static void
check_names(struct span line)
{
	char folded[NAME_BYTES_MAX + 1], again[NAME_BYTES_MAX + 1];

	if (http_is_request(line))
		check(memmem(line.at, line.len, " HTTP/", 6) != NULL);
	if (!name_is_valid(line))
		return;
	name_fold(line, folded);
	check(strlen(folded) == line.len);
	check(name_is_valid(span_of(folded)));
	check(!strcmp(name_fold(span_of(folded), again), folded));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct command command;
	char *copy = malloc(size + (size == 0));
	struct span line = {copy, size};

	if (size > 0)
		memcpy(copy, data, size);
	command_parse(line, &command);
	if (command.verb == VERB_TEXT)
		check_text(line, &command);
	else
		check_command(line, &command);
	check_verb(&command);
	for (unsigned max = 0; max <= ARGUMENTS_MAX; max++) {
		check_split(command.rest, max, false);
		if (max > 0)
			check_split(command.rest, max, true);
	}
	check_names(line);
	free(copy);
	return 0;
}
