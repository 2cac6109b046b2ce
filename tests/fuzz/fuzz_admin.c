/*
 * The operator's commands, as bytes of a pipe or of the control socket: in
 * whatever pieces they come the answers are the same; each command is done
 * once; what it has the server do is within the server's bounds; and a password
 * is not told to the log (admin_world.c).
 *
 * The data: a name, a text, flags, and the operator's bytes.
 */
/* Covers: console/admin/admin*.c console/admin/complete.c */
/* Covers: console/setting/format.c */
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "console/admin/admin_input.h"
#include "console/admin/complete.h"
#include "console/server/supervisor.h"
#include "console/setting/options.h"
#include "proto/wire/utf8.h"
#include "reactor/check.h"
#include "tests/fuzz/admin_world.h"
#include "tests/fuzz/json_reader.h"
#include "tests/fuzz/source.h"

#define SAID_BYTES 2000 /* a shorter line was not cut */

static bool is_clean;    /* all that the operator says is text */
static unsigned fails;   /* of the present command */
static unsigned dones;   /* of all commands */
static unsigned secrets; /* lines that were one, or too long for one */

static void
check_line(const char *line)
{
	size_t len = strlen(line);

	check(strchr(line, '\n') == NULL);
	if (is_clean && len < SAID_BYTES)
		check(utf8_is_text(line, len));
}

/* The words of a command that has an answer are as its row wants them. */
static void
check_given(const struct admin *admin)
{
	char copy[ADMIN_LINE_BYTES];
	char *rest = strcpy(copy, admin->command), *word;
	const char *first = NULL, *last = NULL;
	int count = 0;

	check(!strcmp(strtok_r(rest, " \t", &rest), admin->row->name));
	for (; (word = strtok_r(NULL, " \t", &rest)); last = word, count++)
		first = first ? first : word;
	if (admin->as_json) {
		check(!strcmp(first, "--json") || !strcmp(last, "--json"));
		count--;
	}
	check(count >= admin->row->min);
	check(count == 0 || admin->row->max > 0);
}

static void
on_say(struct admin *admin, const char *line)
{
	check_line(line);
	check_given(admin);
	if (admin->as_json)
		json_check(span_of(line));
	admin_world_note("say", line);
}

static void
on_fail(struct admin *admin, const char *line)
{
	check_line(line);
	check(fails == 0);
	fails++;
	if (admin->row && (admin->row->flags & ADMIN_SECRET))
		secrets += !strcmp(line, "the line is too long") ||
			   !strcmp(line, ADMIN_BAD_LINE) ||
			   admin->arguments[admin->row->max];
	admin_world_note("fail", line);
}

static void
on_done(struct admin *admin)
{
	(void)admin;
	fails = 0;
	dones++;
	admin_world_note("done", "");
}

/* The last one may have no end. */
static unsigned
count_lines(const char *bytes, size_t len)
{
	unsigned lines = len > 0 && bytes[len - 1] != '\n';

	for (size_t i = 0; i < len; i++)
		lines += bytes[i] == '\n';
	return lines;
}

/* All of the operator's bytes, in pieces; what happens goes into *text. */
static void
talk(const char *bytes, size_t len, size_t piece, char **text, size_t *text_len)
{
	static struct supervisor supervisor;
	static struct admin_input input;
	static struct admin admin;
	static struct options options;
	const struct admin_ops ops = {.say = on_say,
	    .fail = on_fail,
	    .done = on_done,
	    .waits_for_end = admin_world.flags & IS_PEER};
	unsigned lines = count_lines(bytes, len);
	size_t room;

	dones = secrets = admin_world.secrets = 0;
	options.password_min = PASSWORD_BYTES_MIN;
	supervisor.options = &options;
	/* Only what admin_commit applies asks whether there is a server. */
	supervisor.server = (struct server *)&admin_world;
	input = (struct admin_input){0};
	admin_init(&admin, &ops, &supervisor);
	admin_world.transcript = open_memstream(text, text_len);
	check(admin_world.transcript != NULL);
	while (!input.ended || input.len > 0 || admin_is_busy(&admin)) {
		char *to = admin_input_room(&input, &room);

		room = room < piece ? room : piece;
		room = room < len ? room : len;
		memcpy(to, bytes, room);
		input.len += room;
		bytes += room;
		len -= room;
		input.ended = len == 0;
		admin_input_run(&input, &admin);
		if (admin_is_busy(&admin))
			admin_world_turn(&admin);
	}
	check(!admin.wants_secret);
	check(dones + secrets + admin_world.secrets == lines);
	check_zero(fclose(admin_world.transcript));
}

static void
check_completion(const char *bytes, size_t len)
{
	struct completion completion;

	complete_line(NULL, bytes, len, &completion);
	check(completion.typed <= len);
	check(completion.count <= COMPLETE_WORDS_MAX);
	check(complete_common(&completion) >= completion.typed);
	for (unsigned i = 0; i < completion.count; i++) {
		check(!strncasecmp(completion.words[i],
		    bytes + len - completion.typed, completion.typed));
		check(complete_common(&completion) <=
		      strlen(completion.words[i]));
	}
}

/* Line by line, for line ends are no text. */
static bool
is_all_text(const char *bytes, size_t len)
{
	while (len > 0) {
		const char *lf = memchr(bytes, '\n', len);
		size_t line = lf ? (size_t)(lf - bytes) : len;

		if (!utf8_is_text(bytes, line))
			return false;
		line += lf != NULL;
		bytes += line;
		len -= line;
	}
	return true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct source source = {data, size};
	char *whole, *pieces;
	size_t whole_len, pieces_len;
	const char *bytes;

	admin_world_make(&source);
	bytes = (const char *)source.at;
	is_clean = is_all_text(bytes, source.left);
	talk(bytes, source.left, SIZE_MAX, &whole, &whole_len);
	/* Byte by byte where that does not take long. */
	talk(bytes, source.left,
	    source.left < 256 ? 1 : 61 + (size_t)admin_world.flags / 16,
	    &pieces, &pieces_len);
	check(whole_len == pieces_len);
	check(!memcmp(whole, pieces, whole_len));
	free(whole);
	free(pieces);
	/* A terminal's line has no NUL. */
	check_completion(bytes, strnlen(bytes, source.left));
	return 0;
}
