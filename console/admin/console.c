/* The operator's console. */
#include "console/admin/console.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "console/admin/admin_input.h"
#include "console/admin/complete.h"
#include "console/admin/pager.h"
#include "console/admin/terminal.h"
#include "console/server/supervisor.h"
#include "reactor/check.h"
#include "reactor/memory.h"

#define FOREGROUND_MS 500
#define PATIENCE_MS   2000 /* for output that nobody reads */
#define RESIZED_MS    300  /* tmux tells of a new size up to 250 ms late */

struct console {
	struct supervisor *supervisor; /* borrowed */
	struct admin admin;
	struct watch input;
	bool reading;    /* until the end of input */
	bool background; /* the terminal is a shell's at the moment */
	unsigned long long unshown;    /* lines that nobody has read */
	struct timer foreground_timer; /* looks whether it still is */
	struct timer resize_timer;     /* when its size was the last one */
	/* On a terminal: */
	struct terminal *terminal; /* NULL when input or output is none */
	struct pager pager;
	bool hidden; /* prompt or question are not shown now */
	char *first; /* the secret, typed once of twice; owned */
	/* On anything else, which may be a terminal without the other half: */
	struct admin_input plain;
	bool unseen; /* what is typed now */
};

/* Does the pager wait for a key? */
static bool
is_paging(const struct console *console)
{
	return console->pager.left > 0;
}

/* Lines of output begin where the prompt or a question was. */
static void
console_hide(struct console *console)
{
	if (console->terminal && !console->hidden)
		terminal_hide(console->terminal);
	console->hidden = true;
}

/* Would a line be written at once, within so long? Not into a pipe that is
 * full, or to a terminal that is stopped. */
static bool
output_is_ready(int within_ms)
{
	struct pollfd output = {.fd = STDOUT_FILENO, .events = POLLOUT};

	return poll(&output, 1, within_ms) != 0;
}

/* Whoever does not read is waited for once, and not long: signals, --control
 * and the watchdog wait with us. */
static void
console_put(struct console *console, const char *line)
{
	if (!output_is_ready(console->unshown ? 0 : PATIENCE_MS)) {
		console->unshown++;
		return;
	}
	console_hide(console);
	if (console->unshown)
		printf("(%llu lines were not shown, as nobody read them)\n",
		    console->unshown);
	console->unshown = 0;
	puts(line);
	if (!console->terminal || console->background)
		fflush(stdout);
}

void
console_say(struct console *console, const char *format, ...)
{
	char line[2048];
	va_list ap;

	if (!output_is_ready(0))
		return;
	va_start(ap, format);
	vsnprintf(line, sizeof(line), format, ap);
	va_end(ap);
	console_put(console, line);
}

bool
console_is_occupied(const struct console *console)
{
	return is_paging(console) ||
	       (console->terminal && console->admin.wants_secret) ||
	       !output_is_ready(0);
}

static struct console *
console_of(struct admin *admin)
{
	return list_entry(admin, struct console, admin);
}

/* Shows up to `rows_max` rows of the answer that is paged, and a line in any
 * case. */
static void
console_page(struct console *console, unsigned rows_max, unsigned columns)
{
	const char *line;
	unsigned rows = 0;

	while ((line = pager_peek(&console->pager))) {
		unsigned needed = pager_rows(line, columns);

		if (rows > 0 && rows + needed > rows_max)
			break;
		console_put(console, pager_next(&console->pager));
		rows += needed;
	}
	if (!is_paging(console))
		pager_clear(&console->pager);
}

static void
console_page_key(struct console *console)
{
	int key = terminal_read_key(console->terminal);
	enum pager_key does = key < 0 ? PAGER_QUIT : pager_key_of((char)key);
	unsigned rows, columns;

	terminal_size(&rows, &columns);
	switch (does) {
	case PAGER_PAGE:
		console_page(console, rows - 1, columns);
		break;
	case PAGER_LINE:
		console_page(console, 1, columns);
		break;
	case PAGER_QUIT:
		console_hide(console);
		pager_clear(&console->pager);
		break;
	case PAGER_NOTHING:
		break;
	}
}

static void
console_answer(struct admin *admin, const char *line)
{
	struct console *console = console_of(admin);

	if (console->terminal && admin->row &&
	    (admin->row->flags & ADMIN_PAGED))
		pager_add(&console->pager, line);
	else
		console_put(console, line);
}

static void
console_fail(struct admin *admin, const char *line)
{
	console_put(console_of(admin), line);
}

static void
console_done(struct admin *admin)
{
	struct console *console = console_of(admin);
	unsigned rows, columns;

	if (!is_paging(console))
		return;
	terminal_size(&rows, &columns);
	console_page(console, rows - 1, columns);
}

static const struct admin_ops console_ops = {
    .say = console_answer,
    .fail = console_fail,
    .done = console_done,
    .sees_log = true,
};

static void
forget_first(struct console *console)
{
	if (console->first)
		explicit_bzero(console->first, strlen(console->first));
	free(console->first);
	console->first = NULL;
}

/* What is typed unseen is typed twice. NULL: it was not. */
static void
console_take_secret(struct console *console, char *line)
{
	putchar('\n'); /* the question stays, answered */
	console->hidden = true;
	if (line && *line && !console->first) {
		console->first = strdup(line);
		check(console->first);
	} else {
		bool same =
		    line && console->first && !strcmp(line, console->first);

		if (console->first && line && !same)
			console_put(console, "the two are not the same");
		admin_secret(&console->admin, same ? line : NULL);
		forget_first(console);
	}
	terminal_forget(console->terminal);
}

/* What is due in the last line of the terminal. */
static void
console_show(struct console *console)
{
	char question[128];

	if (is_paging(console))
		snprintf(question, sizeof(question),
		    "-- %zu more: space, Enter or q --", console->pager.left);
	else if (console->admin.wants_secret)
		snprintf(question, sizeof(question), "%s for %s (unseen):",
		    console->first ? "Once more" : "New password",
		    console->admin.arguments[0]);
	else
		question[0] = '\0';
	terminal_show(console->terminal, *question ? question : NULL);
	console->hidden = false;
}

/* False when there will be no more. */
static bool
terminal_input(struct console *console)
{
	char *line;

	if (is_paging(console)) {
		console_page_key(console);
		return true;
	}
	if (console->admin.wants_secret) {
		switch (terminal_read_secret(console->terminal, &line)) {
		case TERMINAL_MORE:
			break;
		case TERMINAL_LINE:
			console_take_secret(console, line);
			break;
		case TERMINAL_ENDED:
			console_take_secret(console, NULL);
			break;
		}
		return true;
	}
	/* The editor draws on from where it was. */
	if (console->hidden)
		console_show(console);
	switch (terminal_read(console->terminal, &line)) {
	case TERMINAL_MORE:
		break;
	case TERMINAL_LINE:
		console_hide(console); /* the next prompt: it is not due yet */
		if (strlen(line) >= ADMIN_LINE_BYTES)
			admin_refuse(&console->admin, "the line is too long");
		else
			admin_run(&console->admin, line);
		break;
	case TERMINAL_ENDED:
		console_put(console, "end of input; the server goes on");
		return false;
	}
	return true;
}

static void
plain_read(struct console *console)
{
	size_t room;
	char *bytes = admin_input_room(&console->plain, &room);
	ssize_t got = read(STDIN_FILENO, bytes, room);

	if (got > 0)
		console->plain.len += (size_t)got;
	else if (got == 0 || errno != EINTR)
		console->plain.ended = true;
}

static void
console_ready(struct watch *watch, short revents)
{
	struct console *console = list_entry(watch, struct console, input);

	if (console->background) /* since a moment ago */
		return;
	if (!console->terminal)
		plain_read(console);
	/* One that has hung up stays readable, and gives nothing. */
	else if ((revents & (POLLHUP | POLLERR)) || !terminal_input(console))
		console_stop(console);
}

/* A secret is asked for, and not to be seen, where it is typed. */
static void
plain_ask(struct console *console)
{
	if (!isatty(STDIN_FILENO))
		return;
	terminal_echo(!console->unseen);
	if (console->unseen)
		console_say(console, "New password for %s (unseen):",
		    console->admin.arguments[0]);
}

/* Does what was read. */
static void
plain_run(struct console *console)
{
	admin_input_run(&console->plain, &console->admin);
	if (console->unseen == console->admin.wants_secret)
		return;
	console->unseen = console->admin.wants_secret;
	plain_ask(console);
}

void
console_refresh(struct console *console)
{
	bool busy, reading;

	if (console->background) {
		console->input.fd = -1;
		return;
	}
	if (!console->terminal)
		plain_run(console);
	busy = admin_is_busy(&console->admin);
	reading = console->reading && !console->plain.ended;
	console->input.fd = reading && !busy ? STDIN_FILENO : -1;
	if (console->terminal && console->hidden && !busy &&
	    !console->supervisor->stopping)
		console_show(console);
}

static void
console_complete(
    void *context, const char *line, size_t len, struct completion *out)
{
	struct console *console = context;

	complete_line(console->supervisor, line, len, out);
}

void
console_resume(struct console *console)
{
	if (!console->reading || !isatty(STDIN_FILENO))
		return;
	console->background = !terminal_is_ours();
	console->hidden = true; /* other programs have written meanwhile */
	/* No signal tells one that runs that a shell's `fg` has moved it. */
	if (console->background)
		loop_set_timer(&console->supervisor->loop,
		    &console->foreground_timer, FOREGROUND_MS);
	else if (console->unseen)
		plain_ask(console);
	if (console->background || !terminal_can_edit())
		return;
	if (console->terminal) {
		terminal_resume(console->terminal);
	} else {
		console->terminal = terminal_open(console_complete, console);
		console->hidden = false; /* the prompt is there */
	}
}

/* Hides the last line, which console_refresh then shows anew; not where nobody
 * reads. */
static void
on_resize_timer(struct timer *timer)
{
	struct console *console =
	    list_entry(timer, struct console, resize_timer);

	if (!console->background && output_is_ready(0))
		console_hide(console);
}

void
console_resize(struct console *console)
{
	if (console->terminal)
		loop_set_timer(&console->supervisor->loop,
		    &console->resize_timer, RESIZED_MS);
}

static void
on_foreground_timer(struct timer *timer)
{
	console_resume(list_entry(timer, struct console, foreground_timer));
}

struct console *
console_new(struct supervisor *supervisor)
{
	struct console *console = memory_new(sizeof(*console));

	console->supervisor = supervisor;
	admin_init(&console->admin, &console_ops, supervisor);
	strcpy(console->admin.who, "console");
	list_init(&console->input.link);
	timer_init(&console->foreground_timer, on_foreground_timer);
	timer_init(&console->resize_timer, on_resize_timer);
	return console;
}

void
console_start(struct console *console)
{
	console->reading = true;
	loop_add(&console->supervisor->loop, &console->input, STDIN_FILENO,
	    POLLIN, console_ready);
	console_resume(console);
}

void
console_stop(struct console *console)
{
	console->reading = false;
	timer_stop(&console->foreground_timer);
	timer_stop(&console->resize_timer);
	if (console->terminal)
		console_hide(console);
	pager_clear(&console->pager);
	forget_first(console);
	if (console->terminal)
		terminal_close(&console->terminal);
	if (console->unseen)
		terminal_echo(true);
	console->unseen = false;
}

void
console_free(struct console **pointer)
{
	struct console *console = *pointer;

	console_stop(console);
	if (!list_is_empty(&console->input.link))
		loop_remove(&console->supervisor->loop, &console->input);
	explicit_bzero(console, sizeof(*console));
	free(console);
	*pointer = NULL;
}
