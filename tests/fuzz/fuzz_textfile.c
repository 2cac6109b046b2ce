/*
 * The greeting and the list of bans: a file whose lines are all right is read,
 * and then they are those of the file; any other is refused with a reason that
 * names the line.
 */
/* Covers: console/setting/textfile.c console/setting/motd.c */
/* Covers: console/setting/banlist.c */
#include <stdio.h>
#include <stdlib.h>

#include "auth/bans.h"
#include "console/setting/banlist.h"
#include "console/setting/motd.h"
#include "proto/wire/network.h"
#include "proto/wire/utf8.h"
#include "reactor/check.h"
#include "tests/fuzz/source.h"

/* "PATH: ..." of the file as a whole, or "PATH:LINE: ...", one line that does
 * not end before it says something. */
static void
check_reason(const char *error, const char *path, unsigned lines)
{
	size_t len = strlen(path);
	unsigned line;
	int used = 0;

	check(strlen(error) < TEXTFILE_ERROR_BYTES);
	check(!strncmp(error, path, len));
	check(utf8_is_text(error, strlen(error)));
	if (!strcmp(error + len, ": cannot be read: it is too long"))
		return;
	check(sscanf(error + len, ":%u: %n", &line, &used) == 1);
	check(used > 0);
	check(error[len + (size_t)used] != '\0');
	check(line >= 1);
	check(line <= lines);
}

/* How many lines there are, the last one also without its LF. */
static unsigned
count_lines(const uint8_t *data, size_t size)
{
	unsigned lines = size > 0 && data[size - 1] != '\n';

	for (size_t i = 0; i < size; i++)
		lines += data[i] == '\n';
	return lines;
}

/* The lines one by one, cut out of a copy of their own. */
static bool
are_all(const uint8_t *data, size_t size, bool (*is_good)(char *line))
{
	bool good = true;

	while (size > 0) {
		const uint8_t *lf = memchr(data, '\n', size);
		size_t len = lf ? (size_t)(lf - data) : size;
		size_t cr = len > 0 && data[len - 1] == '\r';
		char *line = strndup((const char *)data, len - cr);

		check(line != NULL);
		good &= len - cr <= TEXTFILE_LINE_BYTES_MAX;
		good &= utf8_is_text((const char *)data, len - cr);
		good = good && is_good(line);
		free(line);
		len += lf != NULL;
		data += len;
		size -= len;
	}
	return good;
}

static bool
is_anything(char *line)
{
	(void)line;
	return true;
}

static bool
is_ban(char *line)
{
	struct auth_ban ban;

	line = textfile_strip(line);
	return !*line || banlist_parse(line, &ban);
}

/* Line for line the file, but for CRs. */
static void
check_motd(const struct motd *motd, const uint8_t *data, size_t size)
{
	const char *at = (const char *)data, *end = at + size;

	for (unsigned i = 0; i < motd->count; i++) {
		size_t len = strlen(motd->lines[i]);

		check(utf8_is_text(motd->lines[i], len));
		check((size_t)(end - at) >= len);
		check(!memcmp(at, motd->lines[i], len));
		at += len;
		at += at < end && *at == '\r';
		check(at == end || *at == '\n');
		at += at < end;
	}
	check(at == end);
}

static void
check_bans(const struct banlist *list, unsigned lines)
{
	unsigned before = 0;

	for (size_t i = 0; i < list->count; i++) {
		const struct banlist_entry *entry = &list->entries[i];
		const struct auth_ban *ban = &entry->ban;
		struct network network;

		check(entry->line > before);
		check(entry->line <= lines);
		before = entry->line;
		check(ban->listed);
		check(ban->until == AUTH_FOREVER);
		check(bans_name_is_valid(ban->kind, span_of(ban->name)));
		check(network_parse(span_of(entry->text), &network) ==
		      (ban->kind == BANNED_ADDRESS));
		if (ban->kind == BANNED_NAME)
			check(!strcmp(entry->text, ban->name));
	}
}

/* A stripped line begins and ends with what is not blank, is in the line, and
 * is stripped already; nothing but blanks and a comment is cut. */
static void
check_strip(const char *text)
{
	char *line = strdup(text), *left;
	size_t len;

	check(line != NULL);
	left = textfile_strip(line);
	len = strlen(left);
	check(strspn(left, " \t#") == 0);
	check(len == 0 || strchr(" \t", left[len - 1]) == NULL);
	check(strspn(text, " \t") >= (size_t)(left - line) || len == 0);
	check(!strncmp(text + (left - line), left, len));
	text += (size_t)(left - line) + len;
	text += strspn(text, " \t");
	check(*text == '\0' || *text == '#');
	check(textfile_strip(left) == left);
	check(strlen(left) == len);
	free(line);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char error[TEXTFILE_ERROR_BYTES];
	struct source source = {data, size};
	const char *path = source_file(data, size);
	bool is_short = size <= MOTD_BYTES_MAX;
	size_t mark = bytes_mark(data, size);
	struct banlist list;
	struct motd motd;
	unsigned lines;
	char *text;

	data += mark;
	size -= mark;
	lines = count_lines(data, size);
	if (lines <= MOTD_LINES_MAX && is_short &&
	    are_all(data, size, is_anything)) {
		check_zero(motd_read(&motd, path, error));
		check(motd.count == lines);
		check_motd(&motd, data, size);
		motd_free(&motd);
	} else {
		check(motd_read(&motd, path, error) < 0);
		check_reason(error, path, lines);
	}
	if (are_all(data, size, is_ban)) {
		check_zero(banlist_read(&list, path, error));
		check_bans(&list, lines);
		banlist_free(&list);
	} else {
		check(banlist_read(&list, path, error) < 0);
		check_reason(error, path, lines);
	}
	check(motd_read(&motd, "/", error) < 0);
	check(!strcmp(error, "/: cannot be read: it is no regular file"));
	text = source_text(&source);
	check_strip(text);
	free(text);
	return 0;
}
