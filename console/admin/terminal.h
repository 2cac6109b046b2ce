/*
 * The operator's terminal: a prompt with line editing, history and completion
 * (libedit), in a program that also waits for other things. Output goes above
 * the line that is being typed. One terminal, the main thread only.
 */
#ifndef CONSOLE_ADMIN_TERMINAL_H
#define CONSOLE_ADMIN_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

struct completion;
struct terminal;

enum terminal_result {
	TERMINAL_MORE,  /* no whole line yet */
	TERMINAL_LINE,  /* a line was entered */
	TERMINAL_ENDED, /* end of input (Ctrl-D on an empty line) */
};

/* Fills in what the `len` bytes before the cursor can become. */
typedef void terminal_completer(
    void *context, const char *line, size_t len, struct completion *out);

/* Are standard input and output a terminal on which a line can be drawn
 * anew? */
bool terminal_can_edit(void);

/* Whether the terminal, on which no line is edited, shows what is typed; only
 * if it is ours. */
void terminal_echo(bool shown);

/* Shows the prompt. terminal_can_edit says that it can. */
struct terminal *terminal_open(terminal_completer *complete, void *context);

/* Is the terminal ours at the moment? In the background of a shell it is not,
 * and to read from it, or to set it, would stop the process. */
bool terminal_is_ours(void);

/* After the process was stopped, or in the background: takes the terminal
 * again, whatever a shell has made of it. terminal_show is due. */
void terminal_resume(struct terminal *terminal);

/* Gives the terminal back as it was found, if it is ours; *terminal becomes
 * NULL. */
void terminal_close(struct terminal **terminal);

/*
 * Takes what was typed; standard input is readable. With TERMINAL_LINE, *line
 * is the line without its newline, valid until the next call.
 */
enum terminal_result terminal_read(struct terminal *terminal, char **line);

/*
 * The same for a line that is not shown and in no history, in answer to a
 * question. It is valid until terminal_forget, which wipes it. Ctrl-D
 * is TERMINAL_ENDED.
 */
enum terminal_result
terminal_read_secret(struct terminal *terminal, char **line);
void terminal_forget(struct terminal *terminal);

/* One key, unshown; standard input is readable. -1 at its end. */
int terminal_read_key(struct terminal *terminal);

/* What stands in the last line: a question, until a key answers it, or with
 * NULL the prompt and what is typed. It goes before other output, and comes
 * back after it. */
void terminal_show(struct terminal *terminal, const char *question);
void terminal_hide(struct terminal *terminal);

/* How large the terminal is now. */
void terminal_size(unsigned *rows, unsigned *columns);

#endif
