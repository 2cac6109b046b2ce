/*
 * Command lines out of a stream of bytes, for one who gives commands and has no
 * line editor: a pipe, a file, a peer of the control socket. A line waits until
 * the one before it is done; one that is too long is refused at once, and its
 * rest dropped. The main thread only.
 */
#ifndef CONSOLE_ADMIN_ADMIN_INPUT_H
#define CONSOLE_ADMIN_ADMIN_INPUT_H

#include "console/admin/admin.h"

struct admin_input {
	char bytes[ADMIN_LINE_BYTES]; /* wiped behind len: there are secrets */
	size_t len;
	bool skipping; /* the present line is too long */
	bool ended;    /* no more bytes will come */
};

/* Where to read more bytes to, and how many at most; then add to len. */
char *admin_input_room(struct admin_input *input, size_t *room);

/* Gives the admin the lines that are complete, or all of them at the end, as
 * far as it is not busy. */
void admin_input_run(struct admin_input *input, struct admin *admin);

#endif
