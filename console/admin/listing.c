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

/* Writes a cell with its padding, and a space behind it. */
static char *
put_cell(char *at, const char *end, const struct listing_column *column,
    const char *cell)
{
	/* Cells may hold UTF-8; what is padded is ASCII. */
	return at +
	       snprintf(at, (size_t)(end - at), "%*s ", -column->width, cell);
}

static void
say_texts(struct admin *admin, const struct listing_column columns[],
    unsigned count, const char *const cells[])
{
	size_t bytes = 1;
	char *line, *at;

	for (unsigned i = 0; i < count; i++)
		bytes += strlen(cells[i] ? cells[i] : "-") +
			 (size_t)abs(columns[i].width) + 1;
	line = memory_new(bytes);
	at = line;
	for (unsigned i = 0; i < count; i++)
		if (columns[i].title)
			at = put_cell(at, line + bytes, &columns[i],
			    cells[i] ? cells[i] : "-");
	check(at > line);
	at[-1] = '\0';
	admin->ops->say(admin, line);
	free(line);
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
say_object(struct admin *admin, const struct listing_column columns[],
    unsigned count, const char *const cells[])
{
	size_t bytes = 3;
	char *line, *at;

	for (unsigned i = 0; i < count; i++)
		if (columns[i].key)
			bytes +=
			    strlen(columns[i].key) + 4 +
			    (cells[i]
				    ? json_escaped_bytes(span_of(cells[i])) + 2
				    : 4);
	line = memory_new(bytes);
	at = line;
	*at++ = '{';
	for (unsigned i = 0; i < count; i++) {
		if (!columns[i].key)
			continue;
		if (at > line + 1)
			*at++ = ',';
		at = json_put_string(at, span_of(columns[i].key));
		*at++ = ':';
		at = put_value(at, &columns[i], cells[i]);
	}
	*at = '}';
	admin->ops->say(admin, line);
	free(line);
}

void
listing_begin(
    struct admin *admin, const struct listing_column columns[], unsigned count)
{
	const char *titles[LISTING_COLUMNS_MAX];

	check(count <= LISTING_COLUMNS_MAX);
	if (admin->as_json)
		return;
	for (unsigned i = 0; i < count; i++)
		titles[i] = columns[i].title;
	say_texts(admin, columns, count, titles);
}

void
listing_row(struct admin *admin, const struct listing_column columns[],
    unsigned count, const char *const cells[])
{
	check(count <= LISTING_COLUMNS_MAX);
	if (admin->as_json)
		say_object(admin, columns, count, cells);
	else
		say_texts(admin, columns, count, cells);
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
listing_count(uint64_t count, char text[LISTING_COUNT_BYTES])
{
	snprintf(text, LISTING_COUNT_BYTES, "%llu", (unsigned long long)count);
	return text;
}
