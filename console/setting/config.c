/* The configuration file. */
#include "console/setting/config.h"

#include <stdlib.h>
#include <string.h>

#include "console/setting/setting.h"
#include "console/setting/textfile.h"
#include "reactor/memory.h"

#define CONFIG_BYTES_MAX (64 * 1024)
#define PROBLEMS_MAX     10

struct config {
	struct textfile file;
	struct options *options; /* borrowed */
	unsigned *lines; /* owned; of each setting, where it was given, or 0 */
	char error[TEXTFILE_ERROR_BYTES];
};

/* Cuts the name off: returns it, and *value is what follows the =. NULL when
 * there is no =, or nothing before it. */
static char *
split_name(char *text, char **value)
{
	char *equals = strchr(text, '=');
	char *end = equals;

	if (!equals)
		return NULL;
	while (end > text && strchr(" \t", end[-1]))
		end--;
	if (end == text)
		return NULL;
	*end = '\0';
	*value = equals + 1 + strspn(equals + 1, " \t");
	return text;
}

/* Takes the quotes off, or blanks and a comment. NULL when something is behind
 * the closing quote, or there is none. */
static char *
strip_value(char *value)
{
	char *end;

	if (*value != '"')
		return textfile_strip(value);
	value++;
	end = strchr(value, '"');
	if (!end || *textfile_strip(end + 1))
		return NULL;
	*end = '\0';
	return value;
}

/* The setting of this name, if it may be given here; else says why not. */
static const struct setting *
find_setting(struct config *config, const char *name)
{
	const struct setting *setting = setting_find(name);
	unsigned first;

	if (!setting) {
		textfile_complain(&config->file, config->error,
		    "%.100s: there is no such setting", name);
		return NULL;
	}
	if (setting->traits & SETTING_NO_FILE) {
		textfile_complain(&config->file, config->error,
		    "%s: can be given on the command line alone", name);
		return NULL;
	}
	first = config->lines[setting - settings];
	if (first && !(setting->traits & SETTING_REPEATS)) {
		textfile_complain(&config->file, config->error,
		    "%s: given twice, first in line %u", name, first);
		return NULL;
	}
	return setting;
}

/* Takes one line that is neither empty nor a comment. 0 or -1. */
static int
take_line(struct config *config, char *text)
{
	char problem[SETTING_PROBLEM_BYTES];
	const struct setting *setting;
	char *value;
	char *name = split_name(text, &value);

	if (!name) {
		textfile_complain(&config->file, config->error,
		    "%.100s: this is not NAME = VALUE", text);
		return -1;
	}
	setting = find_setting(config, name);
	if (!setting)
		return -1;
	config->lines[setting - settings] = config->file.line;
	if (!*value || *value == '#') {
		textfile_complain(&config->file, config->error,
		    "%s: the value is missing", name);
		return -1;
	}
	value = strip_value(value);
	if (!value) {
		textfile_complain(&config->file, config->error,
		    "%s: the closing quote is missing, or not the last", name);
		return -1;
	}
	if (setting->parse(setting, value, config->options, problem))
		return 0;
	textfile_complain(
	    &config->file, config->error, "%s: %s", name, problem);
	return -1;
}

int
config_read(const char *path, struct options *options,
    config_complaint *complain, void *context)
{
	struct config config = {.options = options};
	int problems = 0;
	int result;
	char *line;

	if (textfile_open(&config.file, path, CONFIG_BYTES_MAX, config.error) <
	    0) {
		complain(context, config.error);
		return -1;
	}
	config.lines = memory_new(settings_count * sizeof(*config.lines));
	while (problems < PROBLEMS_MAX &&
	       (result = textfile_next(&config.file, &line, config.error))) {
		if (result > 0) {
			line += strspn(line, " \t");
			result = *line && *line != '#'
				     ? take_line(&config, line)
				     : 0;
		}
		if (result < 0) {
			problems++;
			complain(context, config.error);
		}
	}
	free(config.lines);
	textfile_close(&config.file);
	return problems;
}
