/*
 * The operator's list of bans, --bans FILE: a name, an address or a prefix in
 * each line, # for comments. Main thread.
 */
#ifndef CONSOLE_SETTING_BANLIST_H
#define CONSOLE_SETTING_BANLIST_H

#include <stdbool.h>
#include <stddef.h>

#include "auth/auth.h"
#include "console/setting/textfile.h"

#define BANLIST_BYTES_MAX (4 * 1024 * 1024)

struct banlist_entry {
	const char *text; /* in file.bytes */
	unsigned line;
	struct auth_ban ban; /* for ever, and listed */
};

struct banlist {
	struct banlist_entry *entries; /* owned; NULL when there is none */
	size_t count;
	struct textfile file; /* owned */
};

/*
 * Whom a text means: an address or a network, by its canonical text, else a
 * name. Some names are addresses as well, and are those then; what has only
 * digits and dots otherwise is most likely a slip, and nobody. True, and sets
 * kind and name; or false.
 */
bool banlist_parse(const char *text, struct auth_ban *ban);

/* Reads it. 0, then banlist_free is due; -1 with a line in `error` that begins
 * with file and line, and nothing to free. */
int banlist_read(
    struct banlist *list, const char *path, char error[TEXTFILE_ERROR_BYTES]);

/* Frees what banlist_read has made. */
void banlist_free(struct banlist *list);

#endif
