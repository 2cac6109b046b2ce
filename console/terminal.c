/* The operator's terminal, on libedit's own interface (editline(3)). */
#include "console/terminal.h"

#include <histedit.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reactor/check.h"
#include "reactor/memory.h"

#define PROMPT        "> "
#define HISTORY_LINES 500

struct terminal {
	EditLine *editor;
	History *history;
	char *line; /* the last one entered; owned */
};

static char *
terminal_prompt(EditLine *editor)
{
	static char prompt[] = PROMPT;

	(void)editor;
	return prompt;
}

/* In unbuffered mode el_gets returns after each key; turning the mode off and
 * on again ends one line and begins the next. */
static void
terminal_next_line(struct terminal *terminal)
{
	el_set(terminal->editor, EL_UNBUFFERED, 0);
	el_set(terminal->editor, EL_UNBUFFERED, 1);
}

struct terminal *
terminal_open(void)
{
	struct terminal *terminal = memory_new(sizeof(*terminal));
	HistEvent event;

	terminal->editor = el_init("throng", stdin, stdout, stderr);
	terminal->history = history_init();
	check(terminal->editor);
	check(terminal->history);
	history(terminal->history, &event, H_SETSIZE, HISTORY_LINES);
	history(terminal->history, &event, H_SETUNIQUE, 1);
	el_set(terminal->editor, EL_PROMPT, terminal_prompt);
	el_set(terminal->editor, EL_EDITOR, "emacs");
	el_set(terminal->editor, EL_HIST, history, terminal->history);
	el_source(terminal->editor, NULL); /* the operator's ~/.editrc */
	el_set(terminal->editor, EL_UNBUFFERED, 1);
	return terminal;
}

void
terminal_close(struct terminal **pointer)
{
	struct terminal *terminal = *pointer;

	el_set(terminal->editor, EL_UNBUFFERED, 0);
	el_end(terminal->editor);
	history_end(terminal->history);
	free(terminal->line);
	free(terminal);
	*pointer = NULL;
}

enum terminal_result
terminal_read(struct terminal *terminal, char **line)
{
	HistEvent event;
	int count = 0;
	const char *typed = el_gets(terminal->editor, &count);

	/* Also for an empty line, and when reading failed: whoever polls sees
	 * that the terminal has hung up. */
	if (!typed || count <= 0)
		return TERMINAL_MORE;
	if (count == 1 && typed[0] == 'D' - '@')
		return TERMINAL_ENDED;
	if (typed[count - 1] != '\n' && typed[count - 1] != '\r')
		return TERMINAL_MORE;
	free(terminal->line);
	terminal->line = strndup(typed, (size_t)count - 1);
	check(terminal->line);
	if (*terminal->line)
		history(terminal->history, &event, H_ENTER, terminal->line);
	terminal_next_line(terminal);
	*line = terminal->line;
	return TERMINAL_LINE;
}

void
terminal_hide(struct terminal *terminal)
{
	(void)terminal;
	fputs("\r\033[K", stdout);
}

void
terminal_show(struct terminal *terminal)
{
	fflush(stdout);
	el_set(terminal->editor, EL_REFRESH);
}
