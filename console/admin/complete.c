/* What the Tab key makes of a command line. */
#include "console/admin/complete.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "auth/auth.h"
#include "console/admin/admin.h"
#include "console/server/supervisor.h"
#include "reactor/log.h"

static void
add(struct completion *out, struct span typed, const char *word)
{
	if (strncasecmp(word, typed.at, typed.len) != 0)
		return;
	if (out->count == COMPLETE_WORDS_MAX) {
		out->more = true;
		return;
	}
	if (strlen(word) < COMPLETE_WORD_BYTES)
		strcpy(out->words[out->count++], word);
}

static void
add_commands(struct completion *out, struct span typed)
{
	for (const struct admin_row *row = admin_rows; row->handle; row++)
		add(out, typed, row->name);
}

static void
add_levels(struct completion *out, struct span typed)
{
	for (unsigned i = 0; log_level_name(i); i++)
		add(out, typed, log_level_name(i));
}

static void
add_names(
    struct supervisor *supervisor, struct completion *out, struct span typed)
{
	char names[COMPLETE_WORDS_MAX + 1][NAME_BYTES_MAX + 1];
	size_t count = auth_names(
	    supervisor_auth(supervisor), typed, names, COMPLETE_WORDS_MAX + 1);

	for (size_t i = 0; i < count; i++)
		add(out, typed, names[i]);
}

static void
add_bans(struct supervisor *supervisor, enum auth_ban_kind kind,
    struct completion *out, struct span typed)
{
	struct auth_ban *bans;
	ssize_t count = auth_bans(supervisor_auth(supervisor), kind, &bans);

	for (ssize_t i = 0; i < count; i++)
		add(out, typed, bans[i].name);
	free(bans);
}

static void
add_arguments(struct supervisor *supervisor, enum admin_completes completes,
    struct completion *out, struct span typed)
{
	switch (completes) {
	case COMPLETE_NOTHING:
		break;
	case COMPLETE_COMMAND:
		add_commands(out, typed);
		break;
	case COMPLETE_LEVEL:
		add_levels(out, typed);
		break;
	case COMPLETE_NAME:
		add_names(supervisor, out, typed);
		break;
	case COMPLETE_BANNED:
		add_bans(supervisor, BANNED_NAME, out, typed);
		add_bans(supervisor, BANNED_ADDRESS, out, typed);
		break;
	case COMPLETE_MUTED:
		add_bans(supervisor, MUTED_NAME, out, typed);
		break;
	}
}

static int
compare_words(const void *a, const void *b)
{
	return strcasecmp(a, b);
}

/* The command before `end`, where nothing but blanks follows it; or NULL. */
static const struct admin_row *
find_command(const char *line, size_t end)
{
	char command[COMPLETE_WORD_BYTES];
	size_t name = 0;

	while (end > 0 && line[end - 1] == ' ')
		end--;
	while (name < end && line[name] != ' ')
		name++;
	if (name < end || name >= sizeof(command))
		return NULL;
	memcpy(command, line, name);
	command[name] = '\0';
	return admin_find(command);
}

void
complete_line(struct supervisor *supervisor, const char *line, size_t len,
    struct completion *out)
{
	const struct admin_row *row;
	struct span typed;
	size_t word;

	*out = (struct completion){0};
	for (; len > 0 && *line == ' '; len--)
		line++;
	word = len;
	while (word > 0 && line[word - 1] != ' ')
		word--;
	typed = (struct span){line + word, len - word};
	out->typed = typed.len;
	row = find_command(line, word);
	if (word == 0)
		add_commands(out, typed);
	else if (row)
		add_arguments(supervisor, row->completes, out, typed);
	qsort(out->words, out->count, sizeof(out->words[0]), compare_words);
}

size_t
complete_common(const struct completion *completion)
{
	size_t common;

	if (completion->count == 0 || completion->more)
		return completion->typed;
	common = strlen(completion->words[0]);
	for (unsigned i = 1; i < completion->count; i++)
		while (strncasecmp(completion->words[0], completion->words[i],
			   common) != 0)
			common--;
	return common;
}
