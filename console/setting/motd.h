/*
 * The greeting of --motd: a short text file, its lines kept as they are, empty
 * ones too. Main thread; what was read may be handed to others.
 */
#ifndef CONSOLE_SETTING_MOTD_H
#define CONSOLE_SETTING_MOTD_H

#include "console/setting/textfile.h"

#define MOTD_LINES_MAX 20
#define MOTD_BYTES_MAX 4096

struct motd {
	unsigned count;
	const char *lines[MOTD_LINES_MAX]; /* in file.bytes */
	struct textfile file;              /* owned */
};

/* Reads it. 0, then motd_free is due; -1 with a line in `error` that begins
 * with file and line, and nothing to free. */
int motd_read(
    struct motd *motd, const char *path, char error[TEXTFILE_ERROR_BYTES]);

/* Frees what motd_read has made. */
void motd_free(struct motd *motd);

#endif
