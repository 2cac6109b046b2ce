#include "bench/report/progress.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "bench/clock.h"
#include "reactor/check.h"

#define BAR_MAX       32
#define BAR_MIN       8 /* a shorter one says nothing */
#define COLUMNS_USUAL 80
#define COLUMNS_SPARE 3 /* for the ^C that a terminal shows, and no more */
#define REDRAW_NS     (NS_PER_S / 10)
#define NEXT_LINE_NS  (10 * NS_PER_S)
#define RATE_NS       (NS_PER_S / 2) /* a rate is of so long at least */
#define CLEAR_LINE    "\r\033[K"

static const int fatal[] = {SIGINT, SIGTERM, SIGHUP};

#define FATAL_COUNT (sizeof fatal / sizeof *fatal)

/* Takes the bar off and goes on as it would have without a bar: the signal has
 * its default action again, and comes when this returns. */
static void
on_fatal(int signal)
{
	ssize_t ignored = write(STDERR_FILENO, CLEAR_LINE, strlen(CLEAR_LINE));

	(void)ignored;
	raise(signal);
}

/* Who has ignored a signal, such as nohup, is not to be ended by it. */
static void
catch_fatal(void (*handler)(int), void (*expected)(int))
{
	const struct sigaction action = {
	    .sa_handler = handler,
	    .sa_flags = (int)(SA_RESETHAND | SA_RESTART),
	};
	struct sigaction found;

	for (size_t i = 0; i < FATAL_COUNT; i++) {
		check_zero(sigaction(fatal[i], NULL, &found));
		if (found.sa_handler == expected)
			check_zero(sigaction(fatal[i], &action, NULL));
	}
}

static int
terminal_columns(void)
{
	struct winsize size;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		return size.ws_col;
	return COLUMNS_USUAL;
}

/* Three digits: "3.14 M", "310 k", "95". */
static void
rate_text(double rate, char text[32])
{
	static const char *const prefixes[] = {"", " k", " M", " G"};
	size_t prefix = 0;

	for (; rate >= 999.5 && prefix < 3; prefix++)
		rate /= 1000;
	snprintf(text, 32, "%.*f%s",
	    prefix == 0 || rate >= 99.95 ? 0
	    : rate >= 9.995              ? 1
					 : 2,
	    rate, prefixes[prefix]);
}

/* What is counted of the rate; it starts anew with another unit. */
static void
follow_rate(
    struct progress *progress, const struct progress_state *state, uint64_t now)
{
	uint64_t ns = now - progress->since_ns;

	if (state->unit != progress->since.unit)
		progress->rate_known = false;
	else if (ns < RATE_NS || now < progress->next_ns)
		return;
	else if (state->unit) {
		progress->rate =
		    (double)(state->operations - progress->since.operations) *
		    NS_PER_S / (double)ns;
		progress->rate_known = true;
	}
	progress->since_ns = now;
	progress->since = *state;
}

void
progress_add(struct progress_state *all, const struct progress_state *one)
{
	all->done += one->done;
	all->operations += one->operations;
	if (one->unit != all->unit)
		all->unit = NULL;
}

void
progress_init(struct progress *progress, const char *name, uint64_t total)
{
	check(total > 0);
	*progress = (struct progress){
	    .name = name,
	    .total = total,
	    .start_ns = clock_ns(),
	    .terminal = isatty(STDERR_FILENO),
	};
	progress->since_ns = progress->start_ns;
	if (progress->terminal)
		catch_fatal(on_fatal, SIG_DFL);
	else
		progress->next_ns = progress->start_ns + NEXT_LINE_NS;
}

void
progress_text(const struct progress *progress,
    const struct progress_state *state, double seconds, int columns,
    char text[PROGRESS_TEXT_BYTES])
{
	uint64_t percent = state->done * 100 / progress->total;
	char head[64], rate[96] = "", tail[160], number[32];
	char bar[BAR_MAX + 1] = "";
	int width, filled;

	percent = percent > 100 ? 100 : percent;
	if (progress->rate_known) {
		rate_text(progress->rate, number);
		snprintf(rate, sizeof rate, "  %s %s/s", number, state->unit);
	}
	snprintf(head, sizeof head, "%s%s%s", progress->name,
	    state->stage ? " " : "", state->stage ? state->stage : "");
	snprintf(tail, sizeof tail, "%3" PRIu64 " %%%s  %.1f s", percent, rate,
	    seconds);
	width = columns - (int)(strlen(head) + strlen(" [] ") + strlen(tail));
	width = width > BAR_MAX ? BAR_MAX : width;
	if (width < BAR_MIN) {
		snprintf(text, PROGRESS_TEXT_BYTES, "%s %s", head, tail);
		if (columns > 0 && columns < PROGRESS_TEXT_BYTES)
			text[columns] = '\0';
		return;
	}
	filled = (int)(percent * (uint64_t)width / 100);
	memset(bar, '-', (size_t)width);
	memset(bar, '#', (size_t)filled);
	snprintf(text, PROGRESS_TEXT_BYTES, "%s [%s] %s", head, bar, tail);
}

void
progress_show(struct progress *progress, const struct progress_state *state)
{
	uint64_t now = clock_ns();
	double seconds = (double)(now - progress->start_ns) / NS_PER_S;
	char text[PROGRESS_TEXT_BYTES];
	int columns;

	follow_rate(progress, state, now);
	if (now < progress->next_ns)
		return;
	/* In one piece, so that nothing comes between. */
	if (progress->terminal) {
		columns = terminal_columns() - COLUMNS_SPARE;
		progress_text(
		    progress, state, seconds, columns > 0 ? columns : 1, text);
		dprintf(STDERR_FILENO, "\r%s\033[K", text);
		progress->next_ns = now + REDRAW_NS;
	} else {
		progress_text(progress, state, seconds, 0, text);
		dprintf(STDERR_FILENO, "throng-bench: %s\n", text);
		progress->next_ns = now + NEXT_LINE_NS;
	}
}

void
progress_end(struct progress *progress)
{
	if (!progress->terminal)
		return;
	dprintf(STDERR_FILENO, CLEAR_LINE);
	catch_fatal(SIG_DFL, on_fatal);
}
