/*
 * The operator's console on standard input: a line is a command (admin.def).
 * On a terminal it has a prompt, line editing and history, and events appear
 * above the line being typed; else it reads and writes plain lines. Commands
 * are done one after the other, each with its answer before the next is read.
 * The main thread only.
 */
#ifndef CONSOLE_CONSOLE_H
#define CONSOLE_CONSOLE_H

#include <stdbool.h>

#include "reactor/mailbox.h"

struct feed;
struct server;
struct terminal;

struct console {
	struct server *server;  /* borrowed */
	struct mailbox mailbox; /* errands come back here */
	unsigned errands;       /* under way: the next command waits for them */
	struct terminal *terminal; /* NULL when input or output is none */
	bool hidden;               /* its prompt is not shown at the moment */
	bool stopping;
};

/* Writes one line to the operator; printf-like, without the newline. */
void console_say(struct console *console, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Runs one command line. */
void console_command(struct console *console, char *line);

/*
 * Serves the operator until `exit` or a signal (SIGINT, SIGTERM, SIGHUP, which
 * are blocked in all threads): end of input leaves the server running. `feed`
 * is borrowed.
 */
void console_run(struct console *console, struct feed *feed, int signals);

#endif
