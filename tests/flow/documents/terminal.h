/*
 * A shell that a test types commands to, and then what the programs that these
 * start ask for; all that is printed, errors too, is one stream of lines. It is
 * no terminal to the programs: nothing is echoed, and there are no prompts of
 * the shell. The test's own thread only.
 */
#ifndef TESTS_FLOW_DOCUMENTS_TERMINAL_H
#define TESTS_FLOW_DOCUMENTS_TERMINAL_H

#include "tests/kit/harness.h"

struct terminal {
	pid_t shell; /* leads a group of processes; 0 when it has ended */
	int keys;    /* its standard input; -1 when closed */
	struct harness_stream screen;
	bool omitted; /* lines may come before the next that is looked for */
};

/* Starts one in a folder, which ends when a command fails; the number is for
 * messages. It dies with the test, its programs when they are killed. */
void terminal_start(struct terminal *terminal, const char *folder, int number);
void terminal_kill(struct terminal *terminal);

/* Types a line, whose newline is added. */
void terminal_type(struct terminal *terminal, const char *line);
/* The next line is as an fnmatch pattern (FNM_EXTMATCH) says, or the first that
 * is where some are omitted, which ends that; `text` is for messages. */
void
terminal_see(struct terminal *terminal, const char *pattern, const char *text);
/* The next bytes are these. */
void terminal_see_bytes(struct terminal *terminal, const char *bytes);

/* No more is typed. */
void terminal_end_input(struct terminal *terminal);
/* Waits until the shell and all its programs have ended: well, and having
 * printed no more than may be omitted. */
void terminal_await_end(struct terminal *terminal);

#endif
