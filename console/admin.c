/* The console's commands. */
#include "console/admin.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "console/console.h"
#include "console/server.h"
#include "proto/operator.h"
#include "proto/wire/name.h"
#include "proto/wire/utf8.h"
#include "reactor/counters.h"
#include "reactor/memory.h"

static const struct admin_row rows[] = {
#define ADMIN(name, min, max, usage, help)                                     \
	{#name, admin_##name, min, max, usage, help},
#include "console/admin.def"
#undef ADMIN
    {0},
};

const struct admin_row *
admin_find(const char *name)
{
	for (const struct admin_row *row = rows; row->name; row++)
		if (!strcmp(row->name, name))
			return row;
	return NULL;
}

void
admin_help(struct console *console, char *arguments[])
{
	const struct admin_row *only = NULL;

	if (arguments[0]) {
		only = admin_find(arguments[0]);
		if (!only) {
			console_say(console, "no such command: %s (try help)",
			    arguments[0]);
			return;
		}
	}
	for (const struct admin_row *row = rows; row->name; row++) {
		char left[48];

		if (only && row != only)
			continue;
		snprintf(left, sizeof(left), "%s%s%s", row->name,
		    *row->usage ? " " : "", row->usage);
		console_say(console, "  %-24s %s", left, row->help);
	}
}

static void
say_count(struct console *console, uint64_t connected, uint64_t logged_in)
{
	console_say(console, "%llu connected, %llu logged in",
	    (unsigned long long)connected, (unsigned long long)logged_in);
}

void
admin_count(struct console *console, char *arguments[])
{
	struct server_count count = server_count(console->server);

	(void)arguments;
	say_count(console, count.connected, count.logged_in);
}

struct errand *
console_errand_new(struct console *console, envelope_handler *handle)
{
	console->errands++;
	return errand_new(&console->mailbox, handle);
}

static int
compare_rows(const void *a, const void *b)
{
	const struct client_row *one = a;
	const struct client_row *other = b;

	return (one->id > other->id) - (one->id < other->id);
}

/* The pattern is a shell's, and finds names and addresses in any case. */
static bool
row_matches(
    const struct client_row *row, const char *address, const char *pattern)
{
	return !*pattern || !fnmatch(pattern, row->name, FNM_CASEFOLD) ||
	       !fnmatch(pattern, address, FNM_CASEFOLD);
}

static void
say_row(
    struct console *console, const struct client_row *row, const char *address)
{
	struct tm tm;
	char since[32];

	localtime_r(&row->opened_s, &tm);
	strftime(since, sizeof(since), "%Y-%m-%d %H:%M:%S", &tm);
	console_say(console, "%-8llu %-20s %-24s %s %10llu %10llu %5u",
	    (unsigned long long)row->id, row->name[0] ? row->name : "-",
	    address, since, (unsigned long long)row->bytes_in,
	    (unsigned long long)row->bytes_out, row->rooms);
}

static void
list_is_back(struct envelope *envelope, void *owner)
{
	struct errand *errand = (struct errand *)envelope;
	struct client_row *clients = errand_rows(errand);
	struct console *console = owner;
	unsigned logged_in = 0;

	console->errands--;
	if (errand->count > 0)
		qsort(clients, errand->count, sizeof(*clients), compare_rows);
	console_say(console, "%-8s %-20s %-24s %-19s %10s %10s %5s", "ID",
	    "NAME", "ADDRESS", "SINCE", "IN", "OUT", "ROOMS");
	for (unsigned i = 0; i < errand->count; i++) {
		char address[ADDRESS_TEXT_BYTES];

		logged_in += clients[i].name[0] != '\0';
		address_format(&clients[i].peer, address);
		if (row_matches(&clients[i], address, errand->text))
			say_row(console, &clients[i], address);
	}
	say_count(console, errand->count, logged_in);
	errand_free(errand);
}

void
admin_list(struct console *console, char *arguments[])
{
	struct errand *errand = console_errand_new(console, list_is_back);

	if (arguments[0])
		snprintf(
		    errand->text, sizeof(errand->text), "%s", arguments[0]);
	errand_list(errand);
	errand_start(errand, server_first_reactor(console->server));
}

static int
compare_rooms(const void *a, const void *b)
{
	const struct room_row *one = a;
	const struct room_row *other = b;

	return strcmp(one->name, other->name);
}

static void
rooms_are_back(struct envelope *envelope, void *owner)
{
	struct errand *errand = (struct errand *)envelope;
	struct room_row *rooms = errand_room_rows(errand);
	struct console *console = owner;

	console->errands--;
	if (errand->count > 0)
		qsort(rooms, errand->count, sizeof(*rooms), compare_rooms);
	console_say(console, "%-32s %8s %8s %10s %s", "ROOM", "MEMBERS", "KEPT",
	    "BYTES", "TOPIC");
	for (unsigned i = 0; i < errand->count; i++)
		if (!*errand->text ||
		    !fnmatch(errand->text, rooms[i].name, FNM_CASEFOLD))
			console_say(console, "%-32s %8u %8u %10zu %s",
			    rooms[i].name, rooms[i].members, rooms[i].kept,
			    rooms[i].kept_bytes, rooms[i].topic);
	console_say(
	    console, "%u room%s", errand->count, errand->count == 1 ? "" : "s");
	errand_free(errand);
}

void
admin_rooms(struct console *console, char *arguments[])
{
	struct errand *errand = console_errand_new(console, rooms_are_back);

	/* Written with or without #, as clients do. */
	if (arguments[0])
		snprintf(errand->text, sizeof(errand->text), "%s",
		    arguments[0] + (*arguments[0] == '#'));
	errand_rooms(errand);
	errand_start(errand, server_first_reactor(console->server));
}

void
admin_stats(struct console *console, char *arguments[])
{
	struct counters total;

	(void)arguments;
	server_counters(console->server, &total);
#define COUNTER(name, help)                                                    \
	console_say(console, "%-12s %20llu  %s", #name,                        \
	    (unsigned long long)counter_read(&total.name), help);
#include "reactor/counters.def"
#undef COUNTER
}

/* A notice is a line of the protocol, and has a line's bounds. */
static bool
check_text(struct console *console, const char *text)
{
	size_t len = strlen(text);

	if (len <= LINE_BYTES_MAX && utf8_is_text(text, len))
		return true;
	console_say(console,
	    "the text must be UTF-8 without control "
	    "characters, at most %d bytes",
	    LINE_BYTES_MAX);
	return false;
}

static void
notice_is_back(struct envelope *envelope, void *owner)
{
	struct errand *errand = (struct errand *)envelope;
	struct console *console = owner;

	console->errands--;
	console_say(console, "sent to %u client%s", errand->count,
	    errand->count == 1 ? "" : "s");
	errand_free(errand);
}

void
admin_broadcast(struct console *console, char *arguments[])
{
	struct errand *errand;

	if (!check_text(console, arguments[0]))
		return;
	errand = console_errand_new(console, notice_is_back);
	strcpy(errand->text, arguments[0]);
	errand_notice(errand);
	errand_start(errand, server_first_reactor(console->server));
}

void
console_kick_is_back(struct envelope *envelope, void *owner)
{
	struct errand *errand = (struct errand *)envelope;
	struct console *console = owner;

	console->errands--;
	if (errand->count == 0 && !errand->banned)
		console_say(console, "no such client: nobody was kicked");
	if (errand->count > 0)
		console_say(console, "kicked %u client%s", errand->count,
		    errand->count == 1 ? "" : "s");
	errand_free(errand);
}

/* "17" and "#17" are client ids, everything else is a name. */
static uint64_t
parse_id(const char *text)
{
	unsigned long long id;
	char *end;

	if (*text == '#')
		text++;
	if (*text < '0' || *text > '9')
		return 0;
	id = strtoull(text, &end, 10);
	return *end ? 0 : id;
}

void
admin_kick(struct console *console, char *arguments[])
{
	uint64_t id = parse_id(arguments[0]);
	struct errand *errand;

	if (id == 0 && !name_is_valid(span_of(arguments[0]))) {
		console_say(console, "%s is neither a client id nor a name",
		    arguments[0]);
		return;
	}
	if (arguments[1] && !check_text(console, arguments[1]))
		return;
	errand = console_errand_new(console, console_kick_is_back);
	errand->id = id;
	if (id == 0)
		strcpy(errand->name, arguments[0]);
	if (arguments[1])
		strcpy(errand->text, arguments[1]);
	errand_kick(errand);
	errand_start(errand, server_first_reactor(console->server));
}

void
admin_exit(struct console *console, char *arguments[])
{
	(void)arguments;
	console->stopping = true;
}
