#include "bench/report/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "bench/load/load.h"
#include "reactor/check.h"

#define BAR_WIDTH    32
#define NS_PER_S     1000000000u
#define REDRAW_NS    (NS_PER_S / 10)
#define NEXT_LINE_NS ((uint64_t)10 * NS_PER_S)

static void
draw_bar(const struct progress *progress, uint64_t done, double seconds)
{
	int filled = (int)(done * BAR_WIDTH / progress->total);

	fprintf(stderr, "\r%s [", progress->name);
	for (int i = 0; i < BAR_WIDTH; i++)
		fputc(i < filled ? '#' : '-', stderr);
	fprintf(stderr,
	    "] %3" PRIu64 " %%  %" PRIu64 "/%" PRIu64 "  %.1f s\033[K",
	    done * 100 / progress->total, done, progress->total, seconds);
	fflush(stderr);
}

void
progress_init(struct progress *progress, const char *name, uint64_t total)
{
	check(total > 0);
	*progress = (struct progress){
	    .name = name,
	    .total = total,
	    .start_ns = load_clock(),
	    .terminal = isatty(STDERR_FILENO),
	};
	if (!progress->terminal)
		progress->next_ns = progress->start_ns + NEXT_LINE_NS;
}

void
progress_show(struct progress *progress, uint64_t done)
{
	uint64_t now = load_clock();
	double seconds = (double)(now - progress->start_ns) / NS_PER_S;

	if (now < progress->next_ns)
		return;
	if (progress->terminal) {
		draw_bar(progress, done, seconds);
		progress->next_ns = now + REDRAW_NS;
	} else {
		fprintf(stderr,
		    "throng-bench: %s: %" PRIu64 " of %" PRIu64
		    " steps after %.0f s\n",
		    progress->name, done, progress->total, seconds);
		progress->next_ns = now + NEXT_LINE_NS;
	}
}

void
progress_end(struct progress *progress)
{
	if (progress->terminal)
		fputs("\r\033[K", stderr);
}
