/*
 * A configuration file is read, or refused, each wrong line with its number, as
 * a plain second reader does it; and then the options are what its lines say. A
 * reload takes it as a whole or not at all.
 */
/* Covers: console/setting/config.c */
#include <stdio.h>
#include <stdlib.h>

#include "console/setting/config.h"
#include "console/setting/options.h"
#include "console/setting/setting.h"
#include "console/setting/textfile.h"
#include "proto/wire/utf8.h"
#include "reactor/check.h"
#include "tests/fuzz/source.h"

#define PROBLEMS_MAX 10
#define SETTINGS_MAX 100

/* What config_read complains of. */
struct complaints {
	const char *path;
	int count;
	unsigned line; /* of the last */
};

static void
check_complaint(void *context, const char *text)
{
	struct complaints *complaints = context;
	size_t len = strlen(complaints->path);
	unsigned line;
	int used = 0;

	check(!strncmp(text, complaints->path, len));
	check(utf8_is_text(text, strlen(text)));
	complaints->count++;
	if (!strncmp(text + len, ": cannot be read: ", 18))
		return;
	check(sscanf(text + len, ":%u: %n", &line, &used) == 1);
	check(used > 0);
	check(text[len + (size_t)used] != '\0');
	check(line > complaints->line);
	complaints->line = line;
}

/* The second reader. */
struct plain {
	struct options options;
	bool given[SETTINGS_MAX];
	int problems;
};

/* Ends the text at its last character that is not blank. */
static void
trim(char *text)
{
	size_t len = strlen(text);

	while (len > 0 && strchr(" \t", text[len - 1]))
		len--;
	text[len] = '\0';
}

/* Cuts the value out of what follows the =; NULL when it is not one. */
static char *
plain_value(char *text)
{
	char *end;

	text += strspn(text, " \t");
	if (*text == '"') {
		end = strchr(++text, '"');
		if (!end)
			return NULL;
		*end++ = '\0';
		end += strspn(end, " \t");
		return *end && *end != '#' ? NULL : text;
	}
	if (*text == '#')
		return NULL;
	for (end = text; (end = strchr(end, '#')); end++) {
		if (strchr(" \t", end[-1])) {
			*end = '\0';
			break;
		}
	}
	trim(text);
	return *text ? text : NULL;
}

/* Is this line, a copy of its own, right? */
static bool
plain_line(struct plain *plain, char *line)
{
	char problem[SETTING_PROBLEM_BYTES];
	const struct setting *setting;
	char *value;
	bool *given;
	bool again;

	line += strspn(line, " \t");
	if (!*line || *line == '#')
		return true;
	value = strchr(line, '=');
	if (!value)
		return false;
	*value++ = '\0';
	trim(line);
	setting = setting_find(line);
	if (!setting || (setting->traits & SETTING_NO_FILE))
		return false;
	given = &plain->given[setting - settings];
	again = *given && !(setting->traits & SETTING_REPEATS);
	*given = true;
	value = plain_value(value);
	return !again && value &&
	       setting->parse(setting, value, &plain->options, problem);
}

static void
plain_read(struct plain *plain, const uint8_t *data, size_t size)
{
	memset(plain, 0, sizeof(*plain));
	while (size > 0 && plain->problems < PROBLEMS_MAX) {
		const uint8_t *lf = memchr(data, '\n', size);
		size_t len = lf ? (size_t)(lf - data) : size;
		size_t text = len - (len > 0 && data[len - 1] == '\r');
		char *line = strndup((const char *)data, text);

		check(line != NULL);
		if (text > TEXTFILE_LINE_BYTES_MAX ||
		    !utf8_is_text((const char *)data, text) ||
		    !plain_line(plain, line))
			plain->problems++;
		free(line);
		len += lf != NULL;
		data += len;
		size -= len;
	}
}

static void
check_reload(struct options *running, const char *path, int problems)
{
	static struct options next;
	struct reload_report report;
	size_t len = strlen(path);

	if (options_reload(running, &next, &report) < 0) {
		check(problems != 0);
		check(!strncmp(report.error, path, len));
		return;
	}
	check_zero(problems);
	check(report.error[0] == '\0');
	for (unsigned i = 0; i < settings_count; i++)
		if (!(settings[i].traits & SETTING_LIVE))
			check(setting_is_same(&settings[i], running, &next));
	check(
	    (report.taken[0] == '\0') == !memcmp(running, &next, sizeof(next)));
}

/* A server that was started with an empty file. */
static struct options *
start(void)
{
	static struct options running;
	static char throng[] = "throng", config[] = "--config", path[64];
	char *arguments[] = {throng, config, path, NULL};

	if (path[0])
		return &running;
	check(settings_count <= SETTINGS_MAX);
	snprintf(path, sizeof(path), "%s", source_file("", 0));
	options_parse(&running, 3, arguments);
	return &running;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct options options;
	static struct plain plain;
	struct options *running = start();
	struct complaints complaints = {.path = source_file(data, size)};
	size_t mark;
	int problems;

	memset(&options, 0, sizeof(options));
	problems = config_read(
	    complaints.path, &options, check_complaint, &complaints);
	check(problems <= PROBLEMS_MAX);
	check(complaints.count == (problems < 0 ? 1 : problems));
	check_reload(running, complaints.path, problems);
	if (problems < 0)
		return 0;
	mark = bytes_mark(data, size);
	plain_read(&plain, data + mark, size - mark);
	check(problems == plain.problems);
	if (problems == 0)
		check(!memcmp(&options, &plain.options, sizeof(options)));
	return 0;
}
