/*
 * A long answer on a terminal, a page at a time. It keeps the lines that are
 * not shown yet, and counts the rows that they take. The main thread only.
 */
#ifndef CONSOLE_ADMIN_PAGER_H
#define CONSOLE_ADMIN_PAGER_H

#include <stdbool.h>
#include <stddef.h>

struct pager {
	char *lines; /* each ended by a NUL; owned */
	size_t len;
	size_t cap;
	size_t shown; /* bytes of those that are */
	size_t left;  /* lines that are not */
};

/* What a key does. */
enum pager_key {
	PAGER_PAGE,
	PAGER_LINE,
	PAGER_QUIT,
	PAGER_NOTHING,
};

/* Adds a copy of a line, without LF, at the end. */
void pager_add(struct pager *pager, const char *line);

/* The next line, or NULL when there is none: pager_next takes it as shown. It
 * lives until the pager is cleared, or a line is added. */
const char *pager_peek(const struct pager *pager);
const char *pager_next(struct pager *pager);

/* Rows of a terminal with `columns` that this text takes, at least 1. */
unsigned pager_rows(const char *text, unsigned columns);

/* Forgets all lines, and frees them. */
void pager_clear(struct pager *pager);

/* What a key means while there is more to show. */
enum pager_key pager_key_of(char key);

#endif
