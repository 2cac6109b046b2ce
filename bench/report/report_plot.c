/*
 * The form for the eye: a script for gnuplot, which draws the distribution of
 * each row's latencies. The horizontal axis is as many nines as a percentile
 * has, so that the few slow ones have as much room as the many fast; a curve
 * ends where its row has no more values to tell percentiles apart.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/report/machine.h"
#include "bench/report/picture.h"
#include "bench/report/report_priv.h"
#include "reactor/check.h"

#define NINES_MAX   4.0     /* 99.99 % */
#define NINES_MIN   0.30103 /* 50 %: what any row can have */
#define NINES_STEP  0.02
#define US_MIN      0.001 /* a clock that has not moved has no logarithm */
#define LABEL_ABOVE 0.05  /* of the height: one label above another */
#define LABEL_WIDE  0.6   /* in nines */

/* A gnuplot string; what could end it, or run a command, is left out. */
static void
put_string(FILE *out, const char *text)
{
	fputc('"', out);
	for (; *text; text++)
		if (!strchr("\"\\\n`", *text))
			fputc(*text, out);
	fputc('"', out);
}

/* gnuplot's style, with which other pictures are drawn as well. */
static const char style[] =
#include "bench/plot/style.inc"
    ;

/* A curve, and where its label stands. */
struct curve {
	const struct report_row *row;
	double nines; /* where it ends */
	double us;    /* and how high */
	double place; /* of the label, from 0 at the bottom to 1 */
	bool is_placed;
};

/* Where each decade of an axis is cut. */
struct cuts {
	size_t count;
	double at[8];
};

struct plot {
	size_t count;
	struct curve curves[REPORT_ROWS_MAX];
	const struct cuts *cuts; /* of the vertical axis, logarithmic */
	double low_us;
	double high_us;
};

static double
us_at_nines(const struct report_row *row, double nines)
{
	double percent = 100 * (1 - pow(10, -nines));
	double us;

	if (percent < 1e-6)
		percent = 1e-6; /* the smallest value */
	us = (double)histogram_percentile(&row->latencies, percent) / 1e3;
	return us > US_MIN ? us : US_MIN;
}

/* Where an axis that has so many decades is cut in each: coarser the more. */
static const struct cuts *
axis_cuts(double decades)
{
	static const struct cuts fine = {8, {1, 1.5, 2, 3, 4, 5, 6, 8}};
	static const struct cuts usual = {3, {1, 2, 5}};
	static const struct cuts coarse = {1, {1}};

	return decades < 1 ? &fine : decades < 3 ? &usual : &coarse;
}

/* The last cut that is not above the value, or the first that is not below. */
static double
axis_round(double value, const struct cuts *cuts, bool up)
{
	double decade = pow(10, floor(log10(value)));
	double below = decade;

	for (size_t i = 0; i < cuts->count; i++) {
		double cut = decade * cuts->at[i];

		if (cut >= value && up)
			return cut;
		if (cut <= value)
			below = cut;
	}
	return up ? decade * 10 : below;
}

static int
compare_counts(const void *a, const void *b)
{
	const struct curve *one = a;
	const struct curve *other = b;
	const uint64_t counts[2] = {
	    one->row->latencies.count, other->row->latencies.count};

	if (counts[0] != counts[1])
		return counts[0] < counts[1] ? 1 : -1;
	return one->row < other->row ? -1 : 1;
}

/* Every row that has values, the one with the most first. */
static void
find_curves(struct plot *plot, const struct report *report)
{
	for (size_t i = 0; i < report->row_count; i++) {
		const struct report_row *row = &report->rows[i];
		double nines;

		if (row->latencies.count == 0)
			continue;
		nines = log10((double)row->latencies.count);
		nines = fmin(fmax(nines, NINES_MIN), NINES_MAX);
		plot->curves[plot->count++] = (struct curve){
		    .row = row,
		    .nines = nines,
		    .us = us_at_nines(row, nines),
		};
	}
	qsort(plot->curves, plot->count, sizeof *plot->curves, compare_counts);
}

static void
find_range(struct plot *plot)
{
	const struct cuts *ends;

	plot->low_us = HUGE_VAL;
	for (size_t i = 0; i < plot->count; i++) {
		const struct curve *curve = &plot->curves[i];

		plot->low_us = fmin(plot->low_us, us_at_nines(curve->row, 0));
		plot->high_us = fmax(plot->high_us, curve->us);
	}
	plot->cuts = axis_cuts(log10(plot->high_us / plot->low_us));
	/* Where there are cuts at decades alone, it need not end at one. */
	ends = plot->cuts->count > 1 ? plot->cuts : axis_cuts(2);
	plot->low_us = axis_round(plot->low_us, ends, false);
	plot->high_us = axis_round(plot->high_us, ends, true);
	if (plot->high_us > plot->low_us)
		return;
	plot->low_us /= 2;
	plot->high_us *= 2;
}

static double
height_of(const struct plot *plot, double us)
{
	return log(us / plot->low_us) / log(plot->high_us / plot->low_us);
}

/* Does the curve pass through a label that stands behind `nines`? */
static bool
passes(const struct plot *plot, const struct curve *curve, double nines,
    double place)
{
	double at, end = nines + LABEL_WIDE;
	double height;

	for (at = nines; at < end && at < curve->nines; at += LABEL_WIDE / 4) {
		height = height_of(plot, us_at_nines(curve->row, at));
		if (fabs(height - place) < LABEL_ABOVE / 2)
			return true;
	}
	return false;
}

/* Is there room for the curve's label? */
static bool
is_free(const struct plot *plot, const struct curve *curve, double place)
{
	for (size_t i = 0; i < plot->count; i++) {
		const struct curve *other = &plot->curves[i];

		if (other->is_placed &&
		    fabs(other->nines - curve->nines) < LABEL_WIDE &&
		    fabs(other->place - place) < LABEL_ABOVE)
			return false;
		if (other != curve && passes(plot, other, curve->nines, place))
			return false;
	}
	return place >= 0 && place <= 1;
}

/* The label stands where the curve ends, or next to that. */
static void
place_label(const struct plot *plot, struct curve *curve)
{
	double end = height_of(plot, curve->us);

	curve->place = end;
	for (int i = 0; i < 100 && !is_free(plot, curve, curve->place); i++) {
		int steps = i / 2 + 1;

		curve->place = end + (i % 2 ? -0.005 : 0.005) * steps;
	}
	curve->is_placed = true;
}

/* From the bottom to the top, so that they stand like the curves. */
static void
place_labels(struct plot *plot)
{
	for (size_t i = 0; i < plot->count; i++) {
		struct curve *lowest = NULL;

		for (size_t k = 0; k < plot->count; k++) {
			struct curve *curve = &plot->curves[k];

			if (!curve->is_placed &&
			    (!lowest || curve->us < lowest->us))
				lowest = curve;
		}
		check(lowest);
		place_label(plot, lowest);
	}
}

/* "2 ms": the unit that leaves the fewest digits. */
static void
put_tick(FILE *out, double us)
{
	static const struct {
		double us;
		const char *name;
	} units[] = {{1e6, "s"}, {1e3, "ms"}, {1, "µs"}, {1e-3, "ns"}};
	size_t i = 0;

	while (i < 3 && us < units[i].us * 0.999)
		i++;
	fprintf(out, "\"%g %s\" %g", us / units[i].us, units[i].name, us);
}

static void
put_axes(const struct plot *plot, FILE *out)
{
	double decade = pow(10, floor(log10(plot->low_us)));
	const char *separator = "";

	fprintf(out,
	    "set xrange [0:%g]\nset logscale y\nset yrange [%g:%g]\n"
	    "set xtics (\"0 %%%%\" 0, \"50 %%%%\" 0.30103, \"90 %%%%\" 1, "
	    "\"99 %%%%\" 2, \"99.9 %%%%\" 3, \"99.99 %%%%\" 4)\n"
	    "set ytics (",
	    NINES_MAX, plot->low_us, plot->high_us);
	for (; decade < plot->high_us * 1.001; decade *= 10)
		for (size_t i = 0; i < plot->cuts->count; i++) {
			double us = decade * plot->cuts->at[i];

			if (us < plot->low_us * 0.999 ||
			    us > plot->high_us * 1.001)
				continue;
			fputs(separator, out);
			put_tick(out, us);
			separator = ", ";
		}
	fputs(")\n", out);
}

static void
put_curve(const struct plot *plot, size_t index, FILE *out)
{
	const struct curve *curve = &plot->curves[index];
	double end = curve->nines;

	fprintf(out, "set label %zu ", index + 10);
	put_string(out, curve->row->step);
	fprintf(out,
	    " at first %g, graph %g left offset 0.8,0 noenhanced front "
	    "textcolor lt %zu\n$row%zu << END\n",
	    end, curve->place, index + 1, index);
	for (double nines = 0; nines < end; nines += NINES_STEP)
		fprintf(
		    out, "%.3f %.3f\n", nines, us_at_nines(curve->row, nines));
	fprintf(out, "%.3f %.3f\nEND\n", end, curve->us);
}

/* What the server has spent on one operation, if it is told. */
static bool
find_cost(const struct report *report, double *us)
{
	for (size_t i = 0; i < report->fact_count; i++)
		if (!strcmp(report->facts[i].key, "server_cpu_us"))
			return sscanf(report->facts[i].value, "%lf", us) == 1;
	return false;
}

static void
put_headline(const struct report *report, FILE *out)
{
	char cost[64] = "";
	char line[REPORT_TITLE_BYTES + 128];
	double us;

	if (find_cost(report, &us))
		snprintf(cost, sizeof cost,
		    ", %.3g µs of server CPU an operation", us);
	snprintf(line, sizeof line, "%s: %s%s%s", report->scenario,
	    report->title, cost, report->failures > 0 ? " (FAILED)" : "");
	fputs("headline = ", out);
	put_string(out, line);
}

static void
put_subline(const struct report *report, FILE *out)
{
	char date[sizeof "2026-11-24"];
	struct machine machine;
	char line[sizeof machine + 64];
	struct tm tm;

	machine_read(&machine);
	gmtime_r(&report->begun, &tm);
	strftime(date, sizeof date, "%Y-%m-%d", &tm);
	snprintf(line, sizeof line,
	    "Latency by percentile. %d CPUs, %s, %s, %s", machine.cpus,
	    machine.processor, machine.kernel, date);
	fputs("\nsubline = ", out);
	put_string(out, line);
}

bool
report_plot(const struct report *report, FILE *out)
{
	struct plot plot = {0};

	find_curves(&plot, report);
	if (plot.count == 0)
		return false;
	find_range(&plot);
	place_labels(&plot);
	put_headline(report, out);
	put_subline(report, out);
	fprintf(out, "\nending = \"%s\"\n%s",
	    picture_ending(report->form->plot), style);
	put_axes(&plot, out);
	for (size_t i = 0; i < plot.count; i++)
		put_curve(&plot, i, out);
	for (size_t i = 0; i < plot.count; i++)
		fprintf(out, "%s $row%zu with lines linetype %zu",
		    i == 0 ? "plot" : ",", i, i + 1);
	fputc('\n', out);
	return true;
}
