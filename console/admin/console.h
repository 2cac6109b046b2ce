/*
 * The operator's console on standard input: a line is a command (admin.h). On a
 * terminal it has a prompt, line editing, history and completion, long answers
 * come a page at a time, and events appear above the line being typed; else it
 * reads and writes plain lines. Commands are done one after the other, each
 * with its answer before the next is read. The main thread only.
 */
#ifndef CONSOLE_ADMIN_CONSOLE_H
#define CONSOLE_ADMIN_CONSOLE_H

#include <stdbool.h>

struct console;
struct supervisor;

/* It speaks at once, and reads from console_start on. */
struct console *console_new(struct supervisor *supervisor);
void console_free(struct console **console);

/* Begins to read commands. At the end of input the server goes on. */
void console_start(struct console *console);

/* Whenever the main thread is about to wait: does the lines that have waited
 * for others, and brings back the prompt after other output. */
void console_refresh(struct console *console);

/* The process goes on after it was stopped (SIGCONT), or has come into a
 * shell's foreground or background: there it does not read, and news are plain
 * lines. */
void console_resume(struct console *console);

/* The terminal has another size (SIGWINCH): once that stays as it is for a
 * moment, the last line is drawn anew. */
void console_resize(struct console *console);

/* Ends to read, and gives the terminal back; it still speaks. */
void console_stop(struct console *console);

/* Writes one line of news to the operator; printf-like, without the newline. It
 * is dropped where nobody reads what was written before: what a command answers
 * can wait for its reader, the server cannot. */
void console_say(struct console *console, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Is it in the middle of something that a line of news would spoil, or does
 * nobody read its output at the moment? */
bool console_is_occupied(const struct console *console);

#endif
