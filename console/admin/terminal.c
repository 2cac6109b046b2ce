/* The operator's terminal, on libedit's own interface (editline(3)). */
#include "console/admin/terminal.h"

#include <histedit.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

#include "console/admin/complete.h"
#include "console/admin/pager.h"
#include "proto/limits.h"
#include "reactor/check.h"
#include "reactor/memory.h"

#define PROMPT         "> "
#define HISTORY_LINES  500
#define KEY_WAIT_MS    100 /* for the rest of a key's bytes */
#define QUESTION_BYTES 128

struct terminal {
	EditLine *editor;
	History *history;
	terminal_completer *complete;
	void *context;                 /* the completer's */
	char *line;                    /* the last one entered; owned */
	char question[QUESTION_BYTES]; /* that is shown; "": the line is */
	unsigned columns;              /* when that was shown */
	char secret[PASSWORD_BYTES_MAX + 2]; /* as far as it is typed */
	size_t secret_len;
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

/* One character for the editor. In the middle of what is more than one key, or
 * one byte, the rest comes at once or is not waited for: other things are. */
static int
terminal_get(EditLine *editor, wchar_t *out)
{
	struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
	mbstate_t state = {0};
	size_t used = 0;
	char byte;

	(void)editor;
	do {
		if (poll(&input, 1, KEY_WAIT_MS) <= 0 ||
		    read(STDIN_FILENO, &byte, 1) != 1)
			return 0;
		used = mbrtowc(out, &byte, 1, &state);
	} while (used == (size_t)-2);
	return used <= 1;
}

/* What could be meant, in columns, below the line. */
static void
show_words(const struct completion *completion)
{
	unsigned rows, columns, width = 1, in_row;

	terminal_size(&rows, &columns);
	for (unsigned i = 0; i < completion->count; i++)
		if (strlen(completion->words[i]) + 2 > width)
			width = (unsigned)strlen(completion->words[i]) + 2;
	in_row = columns / width > 0 ? columns / width : 1;
	putchar('\n');
	for (unsigned i = 0; i < completion->count; i++) {
		bool last = (i + 1) % in_row == 0 || i + 1 == completion->count;

		printf("%-*s%s", last ? 0 : (int)width, completion->words[i],
		    last ? "\n" : "");
	}
	if (completion->more)
		puts("...");
	fflush(stdout);
}

/* The Tab key. */
static unsigned char
terminal_complete(EditLine *editor, int key)
{
	const LineInfo *info = el_line(editor);
	struct completion *completion = memory_new(sizeof(*completion));
	unsigned char result = CC_ERROR;
	struct terminal *terminal;
	size_t common;

	(void)key;
	check_zero(el_get(editor, EL_CLIENTDATA, &terminal));
	terminal->complete(terminal->context, info->buffer,
	    (size_t)(info->cursor - info->buffer), completion);
	common = complete_common(completion);
	if (completion->count == 1 || common > completion->typed) {
		char word[COMPLETE_WORD_BYTES + 1];

		snprintf(word, sizeof(word), "%.*s%s", (int)common,
		    completion->words[0], completion->count == 1 ? " " : "");
		if (el_insertstr(editor, word + completion->typed) == 0)
			result = CC_REFRESH;
	} else if (completion->count > 1) {
		show_words(completion);
		result = CC_REDISPLAY;
	}
	free(completion);
	return result;
}

static const struct {
	const char *key, *does;
} bindings[] = {
    {"^I", "complete"},
    /* These would wait for what is typed next, whole words of it. */
    {"^R", "ed-unassigned"},
    {"^S", "ed-unassigned"},
    {"^V", "ed-unassigned"},
    {"^[x", "ed-unassigned"},
    {"^[X", "ed-unassigned"},
    /* Of these, which terminfo may not name, the ends would be typed: Ctrl and
     * an arrow, Home and End, Insert, the pages, F5 to F12. */
    {"\\e[1;5C", "em-next-word"},
    {"\\e[1;5D", "ed-prev-word"},
    {"\\e[1~", "ed-move-to-beg"},
    {"\\e[4~", "ed-move-to-end"},
    {"\\e[2~", "ed-unassigned"},
    {"\\e[5~", "ed-unassigned"},
    {"\\e[6~", "ed-unassigned"},
    {"\\e[15~", "ed-unassigned"},
    {"\\e[17~", "ed-unassigned"},
    {"\\e[18~", "ed-unassigned"},
    {"\\e[19~", "ed-unassigned"},
    {"\\e[20~", "ed-unassigned"},
    {"\\e[21~", "ed-unassigned"},
    {"\\e[23~", "ed-unassigned"},
    {"\\e[24~", "ed-unassigned"},
};

bool
terminal_can_edit(void)
{
	const char *kind = getenv("TERM");

	return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && kind && *kind &&
	       strcmp(kind, "dumb") != 0;
}

void
terminal_echo(bool shown)
{
	struct termios mode;

	if (!terminal_is_ours() || tcgetattr(STDIN_FILENO, &mode) < 0)
		return;
	mode.c_lflag &= ~(tcflag_t)ECHO;
	if (shown)
		mode.c_lflag |= ECHO;
	tcsetattr(STDIN_FILENO, TCSADRAIN, &mode);
}

struct terminal *
terminal_open(terminal_completer *complete, void *context)
{
	struct terminal *terminal = memory_new(sizeof(*terminal));
	HistEvent event;
	unsigned rows;

	terminal->complete = complete;
	terminal->context = context;
	terminal->editor = el_init("throng", stdin, stdout, stderr);
	terminal->history = history_init();
	check(terminal->editor);
	check(terminal->history);
	history(terminal->history, &event, H_SETSIZE, HISTORY_LINES);
	history(terminal->history, &event, H_SETUNIQUE, 1);
	el_set(terminal->editor, EL_CLIENTDATA, terminal);
	el_set(terminal->editor, EL_PROMPT, terminal_prompt);
	el_set(terminal->editor, EL_EDITOR, "emacs");
	el_set(terminal->editor, EL_HIST, history, terminal->history);
	/* The narrow el_set copies these two texts, and never frees them. */
	el_wset(terminal->editor, EL_ADDFN, L"complete", L"complete a word",
	    terminal_complete);
	el_set(terminal->editor, EL_GETCFN, terminal_get);
	for (size_t i = 0; i < sizeof(bindings) / sizeof(bindings[0]); i++)
		el_set(terminal->editor, EL_BIND, bindings[i].key,
		    bindings[i].does, NULL);
	/* Between two lines the editor puts the terminal back, for a moment:
	 * what is typed ahead then, a password may be, is not to be shown, nor
	 * edited by the kernel. */
	el_set(terminal->editor, EL_SETTY, "-x", "-echo", "-icanon", NULL);
	/* Control-S is a key: the main thread is not to wait for Control-Q. */
	el_set(terminal->editor, EL_SETTY, "-x", "-ixon", NULL);
	el_set(terminal->editor, EL_SETTY, "-d", "-ixon", NULL);
	el_source(terminal->editor, NULL); /* the operator's ~/.editrc */
	el_set(terminal->editor, EL_UNBUFFERED, 1);
	terminal_size(&rows, &terminal->columns);
	return terminal;
}

bool
terminal_is_ours(void)
{
	pid_t group = tcgetpgrp(STDIN_FILENO);

	/* None, where no shell controls its jobs by it. */
	return group <= 0 || group == getpgid(0);
}

void
terminal_resume(struct terminal *terminal)
{
	/* The editor takes it for what it has left. */
	el_set(terminal->editor, EL_PREP_TERM, 0);
	el_set(terminal->editor, EL_PREP_TERM, 1);
	fputs("\r\033[J", stdout);
}

void
terminal_close(struct terminal **pointer)
{
	struct terminal *terminal = *pointer;

	if (!terminal_is_ours())
		el_set(terminal->editor, EL_EDITMODE, 0); /* hands off */
	el_set(terminal->editor, EL_UNBUFFERED, 0);
	el_end(terminal->editor);
	history_end(terminal->history);
	free(terminal->line);
	terminal_forget(terminal);
	free(terminal);
	*pointer = NULL;
}

void
terminal_size(unsigned *rows, unsigned *columns)
{
	struct winsize size = {0};

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_row < 2 ||
	    size.ws_col < 2)
		size = (struct winsize){.ws_row = 24, .ws_col = 80};
	*rows = size.ws_row;
	*columns = size.ws_col;
}

/* The text between the first column and the cursor, and what would stand
 * there: behind a full row the cursor is on the next one. */
static char *
terminal_shown(const struct terminal *terminal)
{
	const LineInfo *info = el_line(terminal->editor);
	char *text;
	int bytes;

	if (terminal->question[0])
		bytes = asprintf(&text, "%s _", terminal->question);
	else
		bytes = asprintf(&text, PROMPT "%.*s_",
		    (int)(info->cursor - info->buffer), info->buffer);
	check(bytes > 0);
	return text;
}

/* Also when it has more than one row. */
void
terminal_hide(struct terminal *terminal)
{
	char *shown = terminal_shown(terminal);
	unsigned rows, columns, up;

	terminal_size(&rows, &columns);
	up = pager_rows(shown, columns) - 1;
	free(shown);
	if (up > 0)
		printf("\033[%uA", up);
	fputs("\r\033[J", stdout);
}

void
terminal_show(struct terminal *terminal, const char *question)
{
	unsigned rows;

	snprintf(terminal->question, sizeof(terminal->question), "%s",
	    question ? question : "");
	if (question)
		printf("\033[7m%s\033[m ", terminal->question);
	fflush(stdout);
	terminal_size(&rows, &terminal->columns);
	el_resize(terminal->editor);
	if (!question)
		el_set(terminal->editor, EL_REFRESH);
}

/* A terminal of another width has broken the line anew, where the editor does
 * not know of it. */
static void
terminal_follow(struct terminal *terminal)
{
	unsigned rows, columns;

	terminal_size(&rows, &columns);
	if (columns == terminal->columns)
		return;
	terminal_hide(terminal);
	terminal_show(terminal, NULL);
}

enum terminal_result
terminal_read(struct terminal *terminal, char **line)
{
	HistEvent event;
	int count = 0;
	const char *typed;

	terminal_follow(terminal);
	typed = el_gets(terminal->editor, &count);
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

int
terminal_read_key(struct terminal *terminal)
{
	unsigned char key;

	(void)terminal;
	/* The editor takes no more than it needs, so nothing waits in it. */
	return read(STDIN_FILENO, &key, 1) == 1 ? key : -1;
}

enum terminal_result
terminal_read_secret(struct terminal *terminal, char **line)
{
	int key = terminal_read_key(terminal);

	switch (key) {
	case -1:
	case 'D' - '@':
		return TERMINAL_ENDED;
	case '\r':
	case '\n':
		terminal->secret[terminal->secret_len] = '\0';
		*line = terminal->secret;
		return TERMINAL_LINE;
	case 0x7f:
	case '\b':
		if (terminal->secret_len > 0)
			terminal->secret_len--;
		return TERMINAL_MORE;
	case 'U' - '@':
		terminal->secret_len = 0;
		return TERMINAL_MORE;
	default:
		/* One that is too long stays too long. */
		if (terminal->secret_len < sizeof(terminal->secret) - 1)
			terminal->secret[terminal->secret_len++] = (char)key;
		return TERMINAL_MORE;
	}
}

void
terminal_forget(struct terminal *terminal)
{
	explicit_bzero(terminal->secret, sizeof(terminal->secret));
	terminal->secret_len = 0;
}
