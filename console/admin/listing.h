/*
 * Listings for the operator: for people a header and aligned columns, each as
 * wide as what is in it, for programs (--json) an object a line with the same
 * values. The main thread only.
 */
#ifndef CONSOLE_ADMIN_LISTING_H
#define CONSOLE_ADMIN_LISTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct admin;

#define LISTING_COLUMNS_MAX 8
#define LISTING_TIME_BYTES  32
#define LISTING_COUNT_BYTES 24

struct listing_column {
	const char *title; /* NULL: this one is for programs alone */
	const char *key;   /* in JSON; NULL: this one is for people alone */
	int width;         /* at most: what is longer moves the rest of its row;
			      negative: to the right; 0: no padding */
	bool number;       /* in JSON, without quotes */
};

struct listing {
	struct admin *admin;                  /* borrowed */
	const struct listing_column *columns; /* borrowed */
	unsigned count;
	int widths[LISTING_COLUMNS_MAX]; /* of what has come so far */
	char *cells;                     /* each ended by a NUL; owned */
	size_t len;
	size_t cap;
};

/* Begins with the header, unless the command was given --json. The columns are
 * borrowed until listing_end, which is due. */
void listing_begin(struct listing *listing, struct admin *admin,
    const struct listing_column columns[], unsigned count);

/* One row, copied; a cell that is NULL is "-", in JSON null. Cells are UTF-8
 * without control characters. */
void listing_row(struct listing *listing, const char *const cells[]);

/* All has come, and is said. */
void listing_end(struct listing *listing);

/* Seconds since 1970 as this listing tells them: local time, in JSON RFC 3339.
 */
const char *listing_time(
    const struct admin *admin, int64_t time_s, char text[LISTING_TIME_BYTES]);

/* The same, for people to the minute. */
const char *listing_minute(
    const struct admin *admin, int64_t time_s, char text[LISTING_TIME_BYTES]);

/* A number as text. */
const char *listing_count(uint64_t count, char text[LISTING_COUNT_BYTES]);

#endif
