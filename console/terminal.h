/*
 * The operator's terminal: a prompt with line editing and history (libedit), in
 * a program that also waits for other things. Output goes above the line that
 * is being typed. One terminal, the main thread only.
 */
#ifndef CONSOLE_TERMINAL_H
#define CONSOLE_TERMINAL_H

struct terminal;

enum terminal_result {
	TERMINAL_MORE,  /* no whole line yet */
	TERMINAL_LINE,  /* a line was entered */
	TERMINAL_ENDED, /* end of input (Ctrl-D on an empty line) */
};

/* Shows the prompt. Standard input and output are a terminal. */
struct terminal *terminal_open(void);

/* Gives the terminal back as it was found; *terminal becomes NULL. */
void terminal_close(struct terminal **terminal);

/*
 * Takes what was typed; standard input is readable. With TERMINAL_LINE, *line
 * is the line without its newline, valid until the next call.
 */
enum terminal_result terminal_read(struct terminal *terminal, char **line);

/* Before and after other output: the line being typed goes and comes back. */
void terminal_hide(struct terminal *terminal);
void terminal_show(struct terminal *terminal);

#endif
