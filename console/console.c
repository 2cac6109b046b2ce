/* The operator's console. */
#include "console/console.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "console/admin.h"
#include "console/feed.h"
#include "console/server.h"
#include "console/service.h"
#include "console/terminal.h"
#include "proto/limits.h"
#include "reactor/check.h"
#include "reactor/clock.h"
#include "reactor/memory.h"

#define INPUT_BYTES_MAX (LINE_BYTES_MAX + 64)

/* A command line on its way in, when standard input is no terminal. */
struct plain_input {
	char bytes[INPUT_BYTES_MAX];
	size_t len;
	bool skipping; /* the present line is too long */
};

void
console_say(struct console *console, const char *format, ...)
{
	va_list ap;

	if (console->terminal && !console->hidden) {
		terminal_hide(console->terminal);
		console->hidden = true;
	}
	va_start(ap, format);
	vprintf(format, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
}

/* Shows the prompt, and what has been typed, again after other output. */
static void
prompt_restore(struct console *console)
{
	if (console->hidden && console->terminal && !console->stopping)
		terminal_show(console->terminal);
	console->hidden = false;
}

/* Cuts up to `max` words off the line, the last of them with all the rest. */
static int
split_arguments(char *rest, int max, char *arguments[])
{
	int count = 0;

	while (count < max) {
		rest += strspn(rest, " \t");
		if (!*rest)
			return count;
		arguments[count++] = rest;
		if (count == max)
			break;
		rest += strcspn(rest, " \t");
		if (*rest)
			*rest++ = '\0';
	}
	return *rest && max == 0 ? -1 : count;
}

static void
trim_end(char *line)
{
	size_t len = strlen(line);

	while (len > 0 && strchr(" \t\r\n", line[len - 1]))
		line[--len] = '\0';
}

void
console_command(struct console *console, char *line)
{
	char *arguments[ADMIN_ARGUMENTS_MAX] = {NULL};
	const struct admin_row *row;
	char *rest;
	int count;

	trim_end(line);
	line += strspn(line, " \t");
	if (!*line)
		return;
	rest = line + strcspn(line, " \t");
	if (*rest)
		*rest++ = '\0';
	row = admin_find(line);
	if (!row) {
		console_say(console, "no such command: %s (try help)", line);
		return;
	}
	rest += strspn(rest, " \t");
	count = row->max == 0 && *rest
		    ? -1
		    : split_arguments(rest, row->max, arguments);
	if (count < row->min) {
		console_say(console, "usage: %s%s%s", row->name,
		    *row->usage ? " " : "", row->usage);
		return;
	}
	row->handle(console, arguments);
}

/* Runs the complete lines, as far as no errand is under way. */
static void
plain_run(struct console *console, struct plain_input *input, bool end)
{
	while (console->errands == 0 && !console->stopping && input->len > 0) {
		char *newline = memchr(input->bytes, '\n', input->len);
		size_t used =
		    newline ? (size_t)(newline - input->bytes) + 1 : input->len;
		char line[INPUT_BYTES_MAX + 1];

		if (!newline && !end && input->len < sizeof(input->bytes))
			return;
		memcpy(line, input->bytes, used);
		line[used] = '\0';
		input->len -= used;
		memmove(input->bytes, input->bytes + used, input->len);
		if (!input->skipping && (newline || end))
			console_command(console, line);
		else if (!input->skipping)
			console_say(console, "the line is too long");
		input->skipping = !newline && !end;
	}
}

/* False at the end of input. */
static bool
plain_read(struct plain_input *input)
{
	ssize_t got = read(STDIN_FILENO, input->bytes + input->len,
	    sizeof(input->bytes) - input->len);

	if (got > 0)
		input->len += (size_t)got;
	return got > 0 || (got < 0 && errno == EINTR);
}

static int
show_news(struct console *console, struct feed *feed)
{
	int again_ms;
	struct feed_news news = feed_take(feed, &again_ms);
	struct server_count count = server_count(console->server);

	for (unsigned i = 0; i < news.line_count; i++)
		console_say(console, "%s", news.lines[i]);
	if (news.came + news.went > 0)
		console_say(console,
		    "[ACTIVE CONNECTIONS] %llu (%llu more came, %llu more "
		    "went)",
		    (unsigned long long)count.connected,
		    (unsigned long long)news.came,
		    (unsigned long long)news.went);
	else if (news.line_count > 0)
		console_say(console, "[ACTIVE CONNECTIONS] %llu",
		    (unsigned long long)count.connected);
	return again_ms;
}

/* Tells the service manager that we are not hung, when it is time. Returns
 * when to come again: in `timeout_ms` (-1: never) or sooner. */
static int
stay_alive(struct console *console, uint64_t *due_ms, int timeout_ms)
{
	int every_ms = service_watchdog_ms();
	uint64_t now_ms = clock_monotonic_ms();
	char status[64];
	int left_ms;

	if (every_ms == 0)
		return timeout_ms;
	if (now_ms >= *due_ms) {
		*due_ms = now_ms + (uint64_t)every_ms;
		snprintf(status, sizeof(status), "%llu clients",
		    (unsigned long long)server_count(console->server)
			.connected);
		service_alive(status);
	}
	left_ms = (int)(*due_ms - now_ms);
	return timeout_ms < 0 || timeout_ms > left_ms ? left_ms : timeout_ms;
}

enum watched {
	WATCH_INPUT,
	WATCH_SIGNALS,
	WATCH_MAILBOX,
	WATCH_FEED,
	WATCH_COUNT,
};

static void
take_signal(struct console *console, int signals)
{
	struct signalfd_siginfo info;

	if (read(signals, &info, sizeof(info)) != sizeof(info))
		return;
	console_say(console, "%s: stopping", strsignal((int)info.ssi_signo));
	console->stopping = true;
}

/* False at the end of input. */
static bool
terminal_input(struct console *console, short events)
{
	char *line;

	if (events & (POLLHUP | POLLERR))
		return false;
	switch (terminal_read(console->terminal, &line)) {
	case TERMINAL_MORE:
		break;
	case TERMINAL_LINE:
		console_command(console, line);
		break;
	case TERMINAL_ENDED:
		console_say(console, "end of input; the server goes on");
		return false;
	}
	return true;
}

void
console_run(struct console *console, struct feed *feed, int signals)
{
	struct plain_input *input = memory_new(sizeof(*input));
	struct pollfd watched[WATCH_COUNT] = {
	    [WATCH_INPUT] = {.fd = STDIN_FILENO, .events = POLLIN},
	    [WATCH_SIGNALS] = {.fd = signals, .events = POLLIN},
	    [WATCH_MAILBOX] = {.fd = console->mailbox.bell, .events = POLLIN},
	    [WATCH_FEED] = {.fd = feed_descriptor(feed), .events = POLLIN},
	};
	bool ended = false;
	uint64_t alive_due_ms = 0;
	int timeout_ms = 0;

	if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO))
		console->terminal = terminal_open();
	while (!console->stopping) {
		/* A command waits for the one before it. */
		watched[WATCH_INPUT].fd =
		    ended || console->errands > 0 ? -1 : STDIN_FILENO;
		if (poll(watched, WATCH_COUNT, timeout_ms) < 0)
			check(errno == EINTR);
		if (watched[WATCH_SIGNALS].revents)
			take_signal(console, signals);
		if (watched[WATCH_MAILBOX].revents) {
			mailbox_hush(&console->mailbox);
			mailbox_drain(&console->mailbox, console);
		}
		timeout_ms = stay_alive(
		    console, &alive_due_ms, show_news(console, feed));
		if (watched[WATCH_INPUT].revents)
			ended = console->terminal
				    ? !terminal_input(
					  console, watched[WATCH_INPUT].revents)
				    : !plain_read(input);
		plain_run(console, input, ended);
		if (ended && console->terminal)
			terminal_close(&console->terminal);
		prompt_restore(console);
	}
	if (console->terminal)
		terminal_close(&console->terminal);
	console->hidden = false;
	free(input);
}
