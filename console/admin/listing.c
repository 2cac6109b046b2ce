/* Listings, in columns or in JSON. */
#include "console/admin/listing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "console/admin/admin.h"
#include "proto/wire/json.h"
#include "reactor/check.h"
#include "reactor/memory.h"

/* Keeps a row of cells until all widths are known. */
static void
keep_row(struct listing *listing, const char *const cells[])
{
	for (unsigned i = 0; i < listing->count; i++) {
		const char *cell = cells[i] ? cells[i] : "-";
		size_t bytes = strlen(cell) + 1;

		/* Cells may hold UTF-8; what is padded is ASCII. */
		if (bytes - 1 <= (size_t)abs(listing->columns[i].width) &&
		    (int)bytes - 1 > listing->widths[i])
			listing->widths[i] = (int)bytes - 1;
		if (listing->len + bytes > listing->cap) {
			listing->cap = 2 * (listing->len + bytes);
			listing->cells =
			    memory_resize(listing->cells, listing->cap);
		}
		memcpy(listing->cells + listing->len, cell, bytes);
		listing->len += bytes;
	}
}

/* Says the row whose cells begin here; the bytes of these. */
static size_t
say_texts(const struct listing *listing, const char *cells)
{
	size_t used = 0, bytes = 1;
	char *line, *at;

	for (unsigned i = 0; i < listing->count; i++) {
		size_t len = strlen(cells + used) + 1;

		bytes += len + (size_t)listing->widths[i];
		used += len;
	}
	line = memory_new(bytes);
	at = line;
	for (unsigned i = 0; i < listing->count; i++) {
		int width = listing->widths[i];

		if (listing->columns[i].title)
			at += snprintf(at, (size_t)(line + bytes - at), "%*s ",
			    listing->columns[i].width < 0 ? width : -width,
			    cells);
		cells += strlen(cells) + 1;
	}
	check(at > line);
	at[-1] = '\0';
	listing->admin->ops->say(listing->admin, line);
	free(line);
	return used;
}

static char *
put_value(char *at, const struct listing_column *column, const char *cell)
{
	if (!cell)
		return stpcpy(at, "null");
	if (column->number)
		return stpcpy(at, cell);
	return json_put_string(at, span_of(cell));
}

static void
say_object(const struct listing *listing, const char *const cells[])
{
	const struct listing_column *columns = listing->columns;
	size_t bytes = 3;
	char *line, *at;

	for (unsigned i = 0; i < listing->count; i++)
		if (columns[i].key)
			bytes +=
			    strlen(columns[i].key) + 4 +
			    (cells[i]
				    ? json_escaped_bytes(span_of(cells[i])) + 2
				    : 4);
	line = memory_new(bytes);
	at = line;
	*at++ = '{';
	for (unsigned i = 0; i < listing->count; i++) {
		if (!columns[i].key)
			continue;
		if (at > line + 1)
			*at++ = ',';
		at = json_put_string(at, span_of(columns[i].key));
		*at++ = ':';
		at = put_value(at, &columns[i], cells[i]);
	}
	*at = '}';
	listing->admin->ops->say(listing->admin, line);
	free(line);
}

void
listing_begin(struct listing *listing, struct admin *admin,
    const struct listing_column columns[], unsigned count)
{
	const char *titles[LISTING_COLUMNS_MAX] = {0};

	check(count <= LISTING_COLUMNS_MAX);
	*listing = (struct listing){
	    .admin = admin, .columns = columns, .count = count};
	if (admin->as_json)
		return;
	for (unsigned i = 0; i < count; i++)
		titles[i] = columns[i].title;
	keep_row(listing, titles);
}

void
listing_row(struct listing *listing, const char *const cells[])
{
	if (listing->admin->as_json)
		say_object(listing, cells);
	else
		keep_row(listing, cells);
}

void
listing_end(struct listing *listing)
{
	for (size_t at = 0; at < listing->len;)
		at += say_texts(listing, listing->cells + at);
	free(listing->cells);
}

const char *
listing_time(
    const struct admin *admin, int64_t time_s, char text[LISTING_TIME_BYTES])
{
	time_t time = (time_t)time_s;
	struct tm tm = {0};

	if (admin->as_json) {
		gmtime_r(&time, &tm);
		strftime(text, LISTING_TIME_BYTES, "%Y-%m-%dT%H:%M:%SZ", &tm);
	} else {
		localtime_r(&time, &tm);
		strftime(text, LISTING_TIME_BYTES, "%Y-%m-%d %H:%M:%S", &tm);
	}
	return text;
}

const char *
listing_minute(
    const struct admin *admin, int64_t time_s, char text[LISTING_TIME_BYTES])
{
	listing_time(admin, time_s, text);
	if (!admin->as_json)
		*strrchr(text, ':') = '\0';
	return text;
}

const char *
listing_count(uint64_t count, char text[LISTING_COUNT_BYTES])
{
	snprintf(text, LISTING_COUNT_BYTES, "%llu", (unsigned long long)count);
	return text;
}
