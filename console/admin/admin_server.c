/* The operator's commands about the server as a whole. */
#include <stdio.h>
#include <string.h>

#include "console/admin/admin.h"
#include "console/admin/drain.h"
#include "console/admin/listing.h"
#include "console/admin/reload.h"
#include "console/server/server.h"
#include "console/server/supervisor.h"
#include "console/setting/duration.h"
#include "reactor/check.h"
#include "reactor/counters.h"
#include "reactor/log.h"

#define EXIT_SECONDS_MAX 86400

static const struct listing_column counter_columns[] = {
    {"COUNTER", NULL, 18, false},
    {"VALUE", NULL, -20, true},
    {"WHAT", NULL, 0, false},
};

#define COUNTER_COLUMNS (sizeof(counter_columns) / sizeof(counter_columns[0]))

/* Those of one metric have one text, and are told apart by its label. */
static void
say_counter(struct listing *listing, const char *name, uint64_t value,
    const char *help, const char *label)
{
	char count[LISTING_COUNT_BYTES], what[128];
	const char *cells[COUNTER_COLUMNS] = {
	    name, listing_count(value, count), what};

	snprintf(what, sizeof(what), "%s%s%s", help, *label ? ", " : "", label);
	listing_row(listing, cells);
}

static void
say_counters(struct admin *admin, const struct counters *total)
{
	struct listing listing;

	listing_begin(&listing, admin, counter_columns, COUNTER_COLUMNS);
#define COUNTER(name, metric, label, help)                                     \
	say_counter(&listing, #name, counter_read(&total->name), help, label);
#include "reactor/counters.def"
#undef COUNTER
	listing_end(&listing);
}

/* All of them in one object. */
static void
say_counters_object(struct admin *admin, const struct counters *total)
{
	char object[sizeof(*total) / sizeof(counter) * 48];
	size_t used = 0;

#define COUNTER(name, metric, label, help)                                     \
	used += (size_t)snprintf(object + used, sizeof(object) - used,         \
	    "%s\"%s\":%llu", used ? "," : "{", #name,                          \
	    (unsigned long long)counter_read(&total->name));
#include "reactor/counters.def"
#undef COUNTER
	check(used + 1 < sizeof(object));
	admin_say(admin, "%s}", object);
}

void
admin_stats(struct admin *admin, char *arguments[])
{
	struct counters total;

	(void)arguments;
	server_counters(admin->supervisor->server, &total);
	if (admin->as_json)
		say_counters_object(admin, &total);
	else
		say_counters(admin, &total);
}

void
admin_log(struct admin *admin, char *arguments[])
{
	int level;

	if (!arguments[0]) {
		admin_say(admin, "%s", log_level_name(log_level_now()));
		return;
	}
	level = log_level_parse(arguments[0]);
	if (level < 0) {
		admin_fail(admin, "%s is not debug, info, warn or error",
		    arguments[0]);
		return;
	}
	log_set_level((enum log_level)level);
	admin_say(admin, "what is logged: %s and worse", arguments[0]);
}

void
admin_reload(struct admin *admin, char *arguments[])
{
	(void)arguments;
	reload_start(admin->supervisor, admin);
}

/* A bare number is of seconds, as `exit 10` has always been read. */
static bool
parse_seconds(const char *text, int64_t *seconds)
{
	char with_unit[16];

	while (text[0] == '0' && text[1])
		text++;
	if (!strcmp(text, "0")) {
		*seconds = 0;
		return true;
	}
	if (text[strspn(text, "0123456789")] == '\0') {
		snprintf(with_unit, sizeof(with_unit), "%.10ss", text);
		text = with_unit;
	}
	return duration_parse(text, seconds) && *seconds <= EXIT_SECONDS_MAX;
}

void
admin_exit(struct admin *admin, char *arguments[])
{
	int64_t seconds = 0;

	if (arguments[0] && !parse_seconds(arguments[0], &seconds)) {
		admin_fail(admin,
		    "%s is no number of seconds, nor a time as 5m; a day is "
		    "the most",
		    arguments[0]);
		return;
	}
	if (admin->ops->waits_for_end)
		admin_errand_begun(admin);
	drain_start(admin->supervisor, (uint32_t)seconds);
}
