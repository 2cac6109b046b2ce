/*
 * Lengths of time as an operator types them: a number and a unit, as 90s, 30m,
 * 12h, 7d or 2w. Pure; any thread.
 */
#ifndef CONSOLE_SETTING_DURATION_H
#define CONSOLE_SETTING_DURATION_H

#include <stdbool.h>
#include <stdint.h>

#define DURATION_S_MAX ((int64_t)100 * 365 * 86400) /* a hundred years */

/* Seconds, 1 to DURATION_S_MAX. False when `text` is anything else. */
bool duration_parse(const char *text, int64_t *seconds);

#endif
