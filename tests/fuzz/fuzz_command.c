/*
 * Any line is parsed into spans of itself that can be put together again, and
 * its rest is split into arguments with nothing but blanks between them. It is
 * a command where a plain second look finds one, and a known one where its name
 * is in the table. Names, ranges of messages and HTTP request lines are judged
 * on the way.
 */
/* Covers: proto/wire/command.c proto/wire/name.c proto/wire/http.c */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "proto/limits.h"
#include "proto/question.h"
#include "proto/wire/command.h"
#include "proto/wire/http.h"
#include "proto/wire/name.h"
#include "reactor/check.h"
#include "tests/fuzz/source.h"

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

static size_t
count_of(struct span span, bool (*has)(char c))
{
	size_t count = 0;

	while (count < span.len && has(span.at[count]))
		count++;
	return count;
}

static struct span
behind(struct span span, size_t bytes)
{
	return (struct span){span.at + bytes, span.len - bytes};
}

/* A slash that is alone, at the beginning or behind a tag and blanks. */
static bool
is_plainly_command(struct span line)
{
	size_t tag, blanks;

	if (line.len > 0 && *line.at == '@') {
		line = behind(line, 1);
		tag = count_of(line, name_is_character);
		line = behind(line, tag);
		blanks = count_of(line, is_blank);
		line = behind(line, blanks);
		if (tag == 0 || tag > TAG_BYTES_MAX || blanks == 0)
			return false;
	}
	return line.len > 0 && *line.at == '/' &&
	       (line.len == 1 || line.at[1] != '/');
}

/* The verb of this name or alias, by the table itself. */
static enum verb
plain_verb(struct span name)
{
	static const char *const names[][2] = {
#define COMMAND(id, verb, alias, ...) {#verb, alias},
#include "proto/commands.def"
#undef COMMAND
	};

	for (int i = 0; i < VERB_COUNT; i++)
		for (int j = 0; j < 2; j++)
			if (names[i][j] && strlen(names[i][j]) == name.len &&
			    !strncasecmp(names[i][j], name.at, name.len))
				return (enum verb)i;
	return VERB_UNKNOWN;
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

static bool
is_capital(char c)
{
	return c >= 'A' && c <= 'Z';
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_visible(char c)
{
	return (unsigned char)c > ' ';
}

static bool
is_in_method(char c)
{
	return is_visible(c) && (unsigned char)c < 0x7f &&
	       !strchr("\"(),/:;<=>?@[\\]{}", c);
}

/* METHOD SP TARGET SP HTTP/D.D, from left to right. */
static void
check_http(struct span line)
{
	size_t method = count_of(line, is_in_method);
	bool is_known = count_of(line, is_capital) == method;
	struct span rest = behind(line, method), target;
	const char *space;
	bool begins = method > 0 && rest.len > 1 && *rest.at == ' ' &&
		      (is_known || rest.at[1] == '/');

	check(begins || !http_is_request(line));
	check(begins || !http_is_long_request(line));
	check(begins || !http_is_begun_request(line));
	if (!begins)
		return;
	target = rest = behind(rest, 1);
	check(http_is_long_request(line) ==
	      (count_of(rest, is_visible) > HTTP_BYTES_LONG ||
		  (*rest.at == '/' && method >= HTTP_BYTES_LONG)));
	space = memchr(rest.at, ' ', rest.len);
	target.len = space ? (size_t)(space - rest.at) : rest.len;
	rest = behind(rest, target.len);
	check(http_is_request(line) ==
	      (target.len > 0 && rest.len == strlen(" HTTP/1.1") &&
		  !memcmp(rest.at, " HTTP/", 6) && is_digit(rest.at[6]) &&
		  rest.at[7] == '.' && is_digit(rest.at[8])));
	check(!http_is_request(line) || !is_known || *target.at != '/' ||
	      count_of(target, is_visible) < target.len ||
	      http_is_begun_request(line));
}

/* N or since=SEQ, of digits; all that have 19 fit. */
static void
check_range(struct span text)
{
	struct question question = {0};
	bool is_range = question_read_range(&question, text);
	bool by_seq = text.len > 6 && !memcmp(text.at, "since=", 6);
	struct span digits = behind(text, by_seq ? 6 : 0);
	bool is_number =
	    digits.len > 0 && count_of(digits, is_digit) == digits.len;
	unsigned __int128 number = 0;

	check(is_number || !is_range);
	if (!is_number)
		return;
	check(is_range || digits.len > 19);
	for (size_t i = 0; i < digits.len && number <= UINT64_MAX; i++)
		number = number * 10 + (unsigned)(digits.at[i] - '0');
	if (!is_range)
		return;
	check(question.by_seq == by_seq);
	check((by_seq ? question.since : question.last) == number);
}

static void
check_names(struct span line)
{
	char folded[NAME_BYTES_MAX + 1], again[NAME_BYTES_MAX + 1];
	struct span room = name_of_room(line);

	check(room.at + room.len == line.at + line.len);
	check(line.len - room.len == (line.len > 0 && *line.at == '#'));
	check(name_is_valid(line) ==
	      (line.len > 0 && line.len <= NAME_BYTES_MAX &&
		  count_of(line, name_is_character) == line.len &&
		  strchr("._-", *line.at) == NULL));
	if (!name_is_valid(line))
		return;
	name_fold(line, folded);
	check(strlen(folded) == line.len);
	for (size_t i = 0; i < line.len; i++)
		check(!is_capital(folded[i]));
	check(name_is_valid(span_of(folded)));
	check(!strcmp(name_fold(span_of(folded), again), folded));
	check(!strncasecmp(folded, line.at, line.len));
	check(name_equals(line, span_of(folded)));
	folded[line.len - 1] ^= 1;
	check(!name_equals(line, span_of(folded)));
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
	check((command.verb != VERB_TEXT) == is_plainly_command(line));
	if (command.verb != VERB_TEXT)
		check(command.verb == plain_verb(command.name));
	check_verb(&command);
	for (unsigned max = 0; max <= ARGUMENTS_MAX; max++) {
		check_split(command.rest, max, false);
		if (max > 0)
			check_split(command.rest, max, true);
	}
	check_names(line);
	check_http(line);
	check_range(line);
	free(copy);
	return 0;
}
