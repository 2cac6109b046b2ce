/*
 * The table of settings: what can be given on the command line (--name value)
 * and in the configuration file (name = value). One row has all that is known
 * of one; --help, the file's reader and a reload come from the same rows.
 * Main thread.
 */
#ifndef CONSOLE_SETTING_SETTING_H
#define CONSOLE_SETTING_SETTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct options;

#define SETTING_PROBLEM_BYTES 512

enum setting_group { /* as --help shows them */
	SETTING_NETWORK,
	SETTING_CLIENTS,
	SETTING_ACCOUNTS,
	SETTING_ROOMS,
	SETTING_OPERATOR,
	SETTING_PROCESS,
	SETTING_OTHERWISE,
	SETTING_GROUPS,
};

enum setting_trait {
	SETTING_LIVE = 1,    /* a reload can change it */
	SETTING_REPEATS = 2, /* each one is added to those before */
	SETTING_NO_FILE = 4, /* on the command line alone */
};

struct setting;

/* Puts the value of a text into the options. False with what is wrong with it
 * in `problem`. */
typedef bool value_parser(const struct setting *setting, const char *text,
    struct options *options, char problem[SETTING_PROBLEM_BYTES]);

struct setting {
	const char *name;
	const char
	    *value; /* as --help calls it: words with | between them are
		     * all there are; NULL: a flag, yes or no in a file */
	const char *help;
	enum setting_group group;
	unsigned traits;
	value_parser *parse;
	size_t offset; /* of the field in struct options, or of the first */
	size_t size;   /* to the end of the last */
	uint32_t min;  /* of a number, and its greatest; `unit` is what one */
	uint32_t max;  /* of what is typed is in the field */
	uint32_t unit;
};

/* In the order of --help's groups (setting_table.c). */
extern const struct setting settings[];
extern const unsigned settings_count;

/* The setting of this name, or NULL. */
const struct setting *setting_find(const char *name);

/* Is its value the same in both? */
bool setting_is_same(const struct setting *setting, const struct options *a,
    const struct options *b);

/* Copies its value. */
void setting_copy(const struct setting *setting, struct options *to,
    const struct options *from);

#endif
