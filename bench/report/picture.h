/*
 * A picture of a report, drawn by gnuplot, which is looked for when one is
 * asked for. Main thread, before and after the run.
 */
#ifndef BENCH_REPORT_PICTURE_H
#define BENCH_REPORT_PICTURE_H

#include <stddef.h>

/* NULL when a picture can be drawn there, else why not, a text that is valid
 * until the next call. Leaves nothing behind. */
const char *picture_check(const char *path);

/* "svg" or "png", a constant; NULL when the path ends in neither. */
const char *picture_ending(const char *path);

/*
 * Draws what the script says at a path that picture_check has found good: the
 * whole file is there afterwards, or what was there before. 0, or -1 after
 * saying on standard error why not.
 */
int picture_draw(const char *path, const char *script, size_t len);

#endif
