/*
 * How the operator is shown what is not text already. What is given a text
 * writes to it and returns it. Pure but for the time zone; any thread.
 */
#ifndef CONSOLE_SETTING_FORMAT_H
#define CONSOLE_SETTING_FORMAT_H

#include <stdint.h>

#include "auth/auth.h"

#define FORMAT_UNTIL_BYTES  40
#define FORMAT_REPORT_BYTES 160

/* What a word ends with that so many are counted by: "s", or "" for one. */
const char *format_plural(uint64_t count);

/* The end of a ban: "for ever" or "until 2026-01-31 12:00:00". */
const char *format_until(int64_t until, char text[FORMAT_UNTIL_BYTES]);

/* "1 account, 2 bans and 0 mutes in 5 lines, 700 bytes". */
const char *
format_report(const struct auth_report *report, char text[FORMAT_REPORT_BYTES]);

#endif
