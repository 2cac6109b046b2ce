/* Lines as people and programs write them, and what the parser makes of them.
 * The verbs come from the same table as the parser's, so a new row is tested
 * by being there. */
#include <criterion/criterion.h>

#include <ctype.h>
#include <stdio.h>

#include "proto/limits.h"
#include "proto/wire/command.h"

static const struct row {
	enum verb verb;
	const char *name;
	const char *alias;
} rows[] = {
#define COMMAND(id, verb, alias, ...) {VERB_##id, #verb, alias},
#include "proto/commands.def"
#undef COMMAND
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

static bool
is(struct span span, const char *text)
{
	return span_equals(span, span_of(text));
}

static void
expect_command(const char *line, enum verb verb, const char *tag,
    const char *name, const char *rest)
{
	struct command command;

	command_parse(span_of(line), &command);
	cr_assert_eq(command.verb, verb, "%s", line);
	cr_assert(is(command.tag, tag), "%s", line);
	cr_assert(is(command.name, name), "%s", line);
	cr_assert(is(command.rest, rest), "%s", line);
}

static void
expect_text(const char *line, const char *text)
{
	expect_command(line, VERB_TEXT, "", "", text);
}

/* The verb as typed: alone, with arguments, and tagged. */
static void
expect_typed(const char *typed, enum verb verb)
{
	char line[128];

	cr_assert_eq(command_verb(span_of(typed)), verb, "%s", typed);
	snprintf(line, sizeof(line), "/%s", typed);
	expect_command(line, verb, "", typed, "");
	snprintf(line, sizeof(line), "/%s  a  b ", typed);
	expect_command(line, verb, "", typed, "a  b ");
	snprintf(line, sizeof(line), "/%s\t \ta", typed);
	expect_command(line, verb, "", typed, "a");
	snprintf(line, sizeof(line), "@t.1 /%s a", typed);
	expect_command(line, verb, "t.1", typed, "a");
}

static void
expect_in_every_case(const char *name, enum verb verb)
{
	char typed[64];
	size_t len = strlen(name);

	expect_typed(name, verb);
	for (size_t i = 0; i <= len; i++)
		typed[i] = (char)toupper((unsigned char)name[i]);
	expect_typed(typed, verb);
	for (size_t i = 0; i < len; i += 2)
		typed[i] = name[i];
	expect_typed(typed, verb);
}

Test(command, every_verb_is_known_in_every_case)
{
	cr_assert_eq(ROWS, VERB_COUNT);
	for (size_t i = 0; i < ROWS; i++) {
		expect_in_every_case(rows[i].name, rows[i].verb);
		cr_assert_str_eq(command_name(rows[i].verb), rows[i].name);
	}
}

Test(command, every_alias_is_known_in_every_case)
{
	for (size_t i = 0; i < ROWS; i++) {
		if (rows[i].alias != NULL)
			expect_in_every_case(rows[i].alias, rows[i].verb);
	}
	cr_assert_eq(command_verb(span_of("b")), VERB_BROADCAST);
	cr_assert_eq(command_verb(span_of("B")), VERB_BROADCAST);
}

Test(command, near_misses_of_every_verb_are_unknown)
{
	char typed[64];

	for (size_t i = 0; i < ROWS; i++) {
		size_t len = strlen(rows[i].name);
		memcpy(typed, rows[i].name, len);
		typed[len] = '\0';
		enum verb longer = command_verb((struct span){typed, len + 1});
		cr_assert_eq(longer, VERB_UNKNOWN);
		typed[len] = '~';
		longer = command_verb((struct span){typed, len + 1});
		cr_assert_eq(longer, VERB_UNKNOWN);
		typed[len - 1] = '~';
		enum verb other = command_verb((struct span){typed, len});
		cr_assert_eq(other, VERB_UNKNOWN);
		enum verb shorter = command_verb((struct span){typed, len - 1});
		cr_assert_neq(shorter, rows[i].verb);
	}
}

Test(command, what_is_no_verb_is_unknown)
{
	expect_command("/nonsense a b", VERB_UNKNOWN, "", "nonsense", "a b");
	expect_command("/", VERB_UNKNOWN, "", "", "");
	expect_command("/ login a b", VERB_UNKNOWN, "", "", "login a b");
	expect_command("/\tlogin", VERB_UNKNOWN, "", "", "login");
	expect_command("/login/", VERB_UNKNOWN, "", "login/", "");
	expect_command(
	    "/\xC3\xA9t\xC3\xA9", VERB_UNKNOWN, "", "\xC3\xA9t\xC3\xA9", "");
	cr_assert_eq(command_verb((struct span){NULL, 0}), VERB_UNKNOWN);
}

Test(command, blanks_behind_the_verb_are_no_rest)
{
	expect_command("/whoami ", VERB_WHOAMI, "", "whoami", "");
	expect_command("/whoami \t ", VERB_WHOAMI, "", "whoami", "");
}

Test(command, text_stays_as_it_stands)
{
	expect_text("", "");
	expect_text(" ", " ");
	expect_text("hello", "hello");
	expect_text("  hello \t", "  hello \t");
	expect_text(" /login a b", " /login a b");
	expect_text("\t/quit", "\t/quit");
	expect_text("a /quit", "a /quit");
}

Test(command, two_slashes_stand_for_one_in_text)
{
	expect_text("//", "/");
	expect_text("//quit", "/quit");
	expect_text("//quit  now ", "/quit  now ");
	expect_text("///", "//");
}

Test(command, tag_is_cut_off_its_command)
{
	expect_command("@1 /ping x", VERB_PING, "1", "ping", "x");
	expect_command("@aZ09._- /PING x", VERB_PING, "aZ09._-", "PING", "x");
	expect_command("@- \t  /ping", VERB_PING, "-", "ping", "");
	expect_command("@t /", VERB_UNKNOWN, "t", "", "");
	expect_command("@t /what ever", VERB_UNKNOWN, "t", "what", "ever");
}

Test(command, tag_without_a_command_is_text)
{
	static const char *const texts[] = {
	    "@",
	    "@ ",
	    "@ /ping",
	    "@t",
	    "@t ",
	    "@t ping",
	    "@t/ping",
	    "@t //ping",
	    "@t @u /ping",
	    "@bob have a look at /ping",
	    "@a@b /ping",
	    "@t! /ping",
	    "@t\xC3\xA9 /ping",
	    " @t /ping",
	    "@@t /ping",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		expect_text(texts[i], texts[i]);
}

Test(command, tag_length_limit_is_exact)
{
	char line[64], tag[TAG_BYTES_MAX + 2] = "";

	memset(tag, 't', TAG_BYTES_MAX);
	snprintf(line, sizeof(line), "@%s /ping", tag);
	expect_command(line, VERB_PING, tag, "ping", "");
	tag[TAG_BYTES_MAX] = 't';
	snprintf(line, sizeof(line), "@%s /ping", tag);
	expect_text(line, line);
}

Test(command, every_character_of_a_tag_is_judged)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

	for (int c = 1; c <= 0xFF; c++) {
		char line[] = "@?x /ping";
		struct command command;
		line[1] = (char)c;
		command_parse(span_of(line), &command);
		cr_assert_eq(command.verb == VERB_PING,
		    strchr(allowed, c) != NULL, "%02x", (unsigned)c);
	}
}

/* Expects the arguments, written with a bar after each. */
static void
expect_split(const char *rest, unsigned max, bool text, const char *expected)
{
	struct span arguments[ARGUMENTS_MAX + 1];
	char joined[128] = "";

	arguments[max] = span_of("beyond the last");
	int count = command_split(span_of(rest), max, text, arguments);
	cr_assert(is(arguments[max], "beyond the last"));
	for (int i = 0; i < count; i++) {
		strncat(joined, arguments[i].at, arguments[i].len);
		strcat(joined, "|");
	}
	cr_assert_str_eq(count < 0 ? "too many" : joined, expected, "%s", rest);
}

Test(command, split_cuts_at_runs_of_blanks)
{
	expect_split("a", 4, false, "a|");
	expect_split("a b c d", 4, false, "a|b|c|d|");
	expect_split("  a\t\tb \t c", 4, false, "a|b|c|");
	expect_split("\xC3\xA9 /b", 2, false, "\xC3\xA9|/b|");
}

Test(command, split_of_blanks_gives_no_argument)
{
	for (unsigned max = 0; max <= ARGUMENTS_MAX; max++) {
		expect_split("", max, false, "");
		expect_split(" \t ", max, false, "");
		if (max > 0)
			expect_split(" \t ", max, true, "");
	}
	cr_assert_eq(0, command_split((struct span){NULL, 0}, 0, false, NULL));
}

Test(command, split_refuses_one_argument_too_many)
{
	expect_split("a", 0, false, "too many");
	expect_split("a b", 1, false, "too many");
	expect_split("a b c d e", 4, false, "too many");
	expect_split("a b", 2, false, "a|b|");
}

Test(command, split_ignores_trailing_blanks)
{
	expect_split("a ", 1, false, "a|");
	expect_split("a b \t ", 2, false, "a|b|");
	expect_split("a ", 2, true, "a|");
}

Test(command, split_leaves_text_as_it_stands)
{
	expect_split("hello  there \t", 1, true, "hello  there \t|");
	expect_split("room   hello  there ", 2, true, "room|hello  there |");
	expect_split("a b", 3, true, "a|b|");
	expect_split("a b c d e f ", 4, true, "a|b|c|d e f |");
}
