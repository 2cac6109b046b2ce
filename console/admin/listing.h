/*
 * Listings for the operator: for people a header and aligned columns, for
 * programs (--json) an object a line with the same values. The main thread
 * only.
 */
#ifndef CONSOLE_ADMIN_LISTING_H
#define CONSOLE_ADMIN_LISTING_H

#include <stdbool.h>
#include <stdint.h>

struct admin;

#define LISTING_COLUMNS_MAX 8
#define LISTING_TIME_BYTES  32
#define LISTING_COUNT_BYTES 24

struct listing_column {
	const char *title; /* NULL: this one is for programs alone */
	const char *key;   /* in JSON; NULL: this one is for people alone */
	int width;         /* at least; negative: to the right; 0: no padding */
	bool number;       /* in JSON, without quotes */
};

/* The header, unless the command was given --json. */
void listing_begin(
    struct admin *admin, const struct listing_column columns[], unsigned count);

/* One row; a cell that is NULL is "-", in JSON null. Cells are UTF-8 without
 * control characters. */
void listing_row(struct admin *admin, const struct listing_column columns[],
    unsigned count, const char *const cells[]);

/* Seconds since 1970 as this listing tells them: local time, in JSON RFC 3339.
 */
const char *listing_time(
    const struct admin *admin, int64_t time_s, char text[LISTING_TIME_BYTES]);

/* A number as text. */
const char *listing_count(uint64_t count, char text[LISTING_COUNT_BYTES]);

#endif
