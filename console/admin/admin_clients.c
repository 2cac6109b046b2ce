/* The operator's commands about clients and rooms. */
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "console/admin/admin.h"
#include "console/admin/listing.h"
#include "console/server/server.h"
#include "console/server/supervisor.h"
#include "console/setting/format.h"
#include "proto/errand.h"
#include "proto/wire/name.h"
#include "reactor/memory.h"

static const struct listing_column client_columns[] = {
    {"ID", "id", 10, true},
    {"NAME", "name", 14, false},
    {"ADDRESS", "address", 21, false}, /* an IPv4 address and its port */
    {"SINCE", "since", 16, false},
    {"IN", "in", -10, true},
    {"OUT", "out", -10, true},
    {"ROOMS", "rooms", -5, true},
};

#define CLIENT_COLUMNS (sizeof(client_columns) / sizeof(client_columns[0]))

static const struct listing_column room_columns[] = {
    {"ROOM", "room", 32, false},
    {"MEMBERS", "members", -8, true},
    {"KEPT", "kept", -8, true},
    {"BYTES", "bytes", -10, true},
    {"TOPIC", "topic", 0, false},
};

#define ROOM_COLUMNS (sizeof(room_columns) / sizeof(room_columns[0]))

static void
say_count(struct admin *admin, uint64_t connected, uint64_t logged_in)
{
	admin_say(admin, "%llu connected, %llu logged in",
	    (unsigned long long)connected, (unsigned long long)logged_in);
}

void
admin_count(struct admin *admin, char *arguments[])
{
	struct server_count count = server_count(admin->supervisor->server);

	(void)arguments;
	say_count(admin, count.connected, count.logged_in);
}

static int
compare_clients(const void *a, const void *b)
{
	const struct client_row *one = a;
	const struct client_row *other = b;

	return (one->id > other->id) - (one->id < other->id);
}

/* The pattern is a shell's, and finds names and addresses in any case, these
 * with their port and, as `ban` takes them, without. */
static bool
client_matches(
    const struct client_row *row, const char *address, const char *pattern)
{
	bool brackets = *address == '[';
	const char *from = address + brackets;
	char host[ADDRESS_TEXT_BYTES];

	snprintf(host, sizeof(host), "%.*s",
	    (int)strcspn(from, brackets ? "]" : ":"), from);
	return !*pattern || !fnmatch(pattern, row->name, FNM_CASEFOLD) ||
	       !fnmatch(pattern, address, FNM_CASEFOLD) ||
	       !fnmatch(pattern, host, FNM_CASEFOLD);
}

static void
say_client(
    struct listing *listing, const struct client_row *row, const char *address)
{
	char id[LISTING_COUNT_BYTES], since[LISTING_TIME_BYTES];
	char in[LISTING_COUNT_BYTES], out[LISTING_COUNT_BYTES];
	char rooms[LISTING_COUNT_BYTES];
	const char *cells[CLIENT_COLUMNS] = {
	    listing_count(row->id, id),
	    row->name[0] ? row->name : NULL,
	    address,
	    listing_minute(listing->admin, row->opened_s, since),
	    listing_count(row->bytes_in, in),
	    listing_count(row->bytes_out, out),
	    listing_count(row->rooms, rooms),
	};

	listing_row(listing, cells);
}

static void
list_is_back(struct envelope *envelope, void *owner)
{
	struct errand *errand = (struct errand *)envelope;
	struct client_row *clients = errand_rows(errand);
	struct admin *admin = errand->context;
	struct listing listing;
	unsigned logged_in = 0;

	(void)owner;
	if (errand->count > 0)
		qsort(
		    clients, errand->count, sizeof(*clients), compare_clients);
	listing_begin(&listing, admin, client_columns, CLIENT_COLUMNS);
	for (unsigned i = 0; i < errand->count; i++) {
		char address[ADDRESS_TEXT_BYTES];

		logged_in += clients[i].name[0] != '\0';
		address_format(&clients[i].peer, address);
		if (client_matches(&clients[i], address, errand->text))
			say_client(&listing, &clients[i], address);
	}
	listing_end(&listing);
	if (!admin->as_json)
		say_count(admin, errand->count, logged_in);
	errand_free(errand);
	admin_errand_ended(admin);
}

void
admin_list(struct admin *admin, char *arguments[])
{
	struct errand *errand =
	    admin_errand_new(admin, ERRAND_LIST, list_is_back);

	if (arguments[0])
		snprintf(
		    errand->text, sizeof(errand->text), "%s", arguments[0]);
	admin_errand_start(admin, errand);
}

static int
compare_rooms(const void *a, const void *b)
{
	const struct room_row *one = a;
	const struct room_row *other = b;

	return strcmp(one->name, other->name);
}

static void
say_room(struct listing *listing, const struct room_row *row)
{
	char members[LISTING_COUNT_BYTES], kept[LISTING_COUNT_BYTES];
	char bytes[LISTING_COUNT_BYTES];
	const char *cells[ROOM_COLUMNS] = {
	    row->name,
	    listing_count(row->members, members),
	    listing_count(row->kept, kept),
	    listing_count(row->kept_bytes, bytes),
	    row->topic,
	};

	listing_row(listing, cells);
}

static void
rooms_are_back(struct envelope *envelope, void *owner)
{
	struct errand *errand = (struct errand *)envelope;
	struct room_row *rooms = errand_room_rows(errand);
	struct admin *admin = errand->context;
	struct listing listing;

	(void)owner;
	if (errand->count > 0)
		qsort(rooms, errand->count, sizeof(*rooms), compare_rooms);
	listing_begin(&listing, admin, room_columns, ROOM_COLUMNS);
	for (unsigned i = 0; i < errand->count; i++)
		if (!*errand->text ||
		    !fnmatch(errand->text, rooms[i].name, FNM_CASEFOLD))
			say_room(&listing, &rooms[i]);
	listing_end(&listing);
	if (!admin->as_json)
		admin_say(admin, "%u room%s", errand->count,
		    format_plural(errand->count));
	errand_free(errand);
	admin_errand_ended(admin);
}

void
admin_rooms(struct admin *admin, char *arguments[])
{
	struct errand *errand =
	    admin_errand_new(admin, ERRAND_ROOMS, rooms_are_back);

	/* Written with or without #, as clients do. */
	if (arguments[0])
		snprintf(errand->text, sizeof(errand->text), "%s",
		    arguments[0] + (*arguments[0] == '#'));
	admin_errand_start(admin, errand);
}

/* A notice is a line of the protocol, and has a line's bounds. */
static bool
check_text(struct admin *admin, const char *text)
{
	if (strlen(text) <= LINE_BYTES_MAX)
		return true;
	admin_fail(admin, "the text may have %d bytes", LINE_BYTES_MAX);
	return false;
}

static void
notice_is_back(struct envelope *envelope, void *owner)
{
	struct errand *errand = (struct errand *)envelope;
	struct admin *admin = errand->context;

	(void)owner;
	admin_say(admin, "sent to %u client%s", errand->count,
	    format_plural(errand->count));
	errand_free(errand);
	admin_errand_ended(admin);
}

void
admin_broadcast(struct admin *admin, char *arguments[])
{
	struct errand *errand;

	if (!check_text(admin, arguments[0]))
		return;
	errand = admin_errand_new(admin, ERRAND_NOTICE, notice_is_back);
	strcpy(errand->text, arguments[0]);
	admin_errand_start(admin, errand);
}

void
admin_kick_is_back(struct envelope *envelope, void *owner)
{
	struct errand *errand = (struct errand *)envelope;
	struct admin *admin = errand->context;

	(void)owner;
	if (errand->count > 0)
		admin_say(admin, "kicked %u client%s", errand->count,
		    format_plural(errand->count));
	else if (errand->work != ERRAND_KICK_BANNED)
		admin_fail(admin, "no such client: nobody was kicked");
	errand_free(errand);
	admin_errand_ended(admin);
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
admin_kick(struct admin *admin, char *arguments[])
{
	uint64_t id = parse_id(arguments[0]);
	struct errand *errand;

	if (id == 0 && !name_is_valid(span_of(arguments[0]))) {
		admin_fail(admin, "%s is neither a client id nor a name",
		    arguments[0]);
		return;
	}
	if (arguments[1] && !check_text(admin, arguments[1]))
		return;
	errand = admin_errand_new(admin, ERRAND_KICK, admin_kick_is_back);
	errand->id = id;
	if (id == 0)
		strcpy(errand->name, arguments[0]);
	if (arguments[1])
		strcpy(errand->text, arguments[1]);
	admin_errand_start(admin, errand);
}
