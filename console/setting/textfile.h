/*
 * A small text file of the operator's, read as a whole and given line by line,
 * with numbers for messages: the configuration, the bans, the greeting. A text
 * is UTF-8 without control characters other than TAB; a CR before the LF is
 * dropped, and so is a byte order mark at the beginning. Main thread.
 */
#ifndef CONSOLE_SETTING_TEXTFILE_H
#define CONSOLE_SETTING_TEXTFILE_H

#include <limits.h>
#include <stddef.h>

#define TEXTFILE_LINE_BYTES_MAX 4096

/* Room for a path, a line's number and what is wrong with it. */
#define TEXTFILE_ERROR_BYTES (PATH_MAX + 1024)

struct textfile {
	const char *path; /* borrowed */
	char *bytes;      /* owned, a NUL behind them */
	char *next;       /* in bytes; at their end when all is taken */
	char *end;
	unsigned line; /* number of the line taken last, from 1 */
};

/* Reads a regular file of at most bytes_max. 0, then textfile_close is due; -1
 * with a line in `error` that begins with the path. */
int textfile_open(struct textfile *file, const char *path, size_t bytes_max,
    char error[TEXTFILE_ERROR_BYTES]);

/*
 * The next line without its ending. 1: *line is it, and may be written to until
 * the close; 0: there is none; -1: it is too long or no text, `error` has a
 * line that begins with path and number, and the one behind it may be asked
 * for.
 */
int textfile_next(
    struct textfile *file, char **line, char error[TEXTFILE_ERROR_BYTES]);

/* What of this line, or of its end, is not blank and not a comment: that begins
 * with a # at the beginning or behind a blank. Cuts it there, returns where it
 * begins; an empty text when there is nothing. */
char *textfile_strip(char *line);

/* Writes "PATH:LINE: " and what is formatted, which is text of the file's that
 * may be cut anywhere; for the line taken last. */
void
textfile_complain(const struct textfile *file, char error[TEXTFILE_ERROR_BYTES],
    const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Closes it and frees what it holds. */
void textfile_close(struct textfile *file);

#endif
