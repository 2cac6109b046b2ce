/* Every row of the verb table, in every state and with every count of
 * arguments, as the table says. */
#include "tests/kit/harness.h"

#include <stdio.h>
#include <string.h>

/* The words of the table's columns. */
enum who {
	GUEST = 1,
	USER = 2,
	ANYONE = 3,
};

enum flag {
	TEXT = 1,
	SECRET = 2,
	RATE = 4,
	VOICE = 8,
	ASKS = 16,
	TO_LOBBY = 32,
	TO_ROOM = 64,
};

static const struct verb_row {
	const char *verb;
	const char *alias;
	int who;
	int min;
	int max;
	int flags;
} rows[] = {
#define COMMAND(id, verb, alias, who, min, max, flags, usage, help)            \
	{#verb, alias, who, min, max, flags},
#include "proto/commands.def"
#undef COMMAND
};

#define ROW_COUNT (sizeof(rows) / sizeof(*rows))

static void
send_verb(struct test_client *client, const char *verb, int arguments)
{
	char line[64];
	int len = snprintf(line, sizeof(line), "/%s", verb);

	for (int i = 0; i < arguments; i++)
		len +=
		    snprintf(line + len, sizeof(line) - (size_t)len, " a%d", i);
	test_client_send(client, "%s\n", line);
}

FLOW_TEST(verbs_in_the_wrong_state_are_refused)
{
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *guest = test_client_open(server);
	struct test_client *user = test_client_user(server, "ann");

	for (size_t i = 0; i < ROW_COUNT; i++) {
		/* Whatever the arguments are. */
		for (int count = 0; count <= rows[i].max + 1; count++) {
			if (!(rows[i].who & GUEST)) {
				send_verb(guest, rows[i].verb, count);
				test_client_match(
				    guest, "ERR not-logged-in ?*");
			}
			if (!(rows[i].who & USER)) {
				send_verb(user, rows[i].verb, count);
				test_client_match(
				    user, "ERR already-logged-in ?*");
			}
		}
	}
	test_client_fence(guest);
	test_client_fence(user);
	server_process_stop(server);
}

FLOW_TEST(verbs_with_too_few_or_many_arguments_are_refused)
{
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *guest = test_client_open(server);
	struct test_client *user = test_client_user(server, "ann");

	for (size_t i = 0; i < ROW_COUNT; i++) {
		struct test_client *client = rows[i].who & USER ? user : guest;

		if (rows[i].min > 0) {
			send_verb(client, rows[i].verb, rows[i].min - 1);
			test_client_match(client, "ERR bad-arguments ?*");
		}
		/* Text takes any number of words. */
		if (!(rows[i].flags & TEXT)) {
			send_verb(client, rows[i].verb, rows[i].max + 1);
			test_client_match(client, "ERR bad-arguments ?*");
		}
	}
	test_client_fence(guest);
	test_client_fence(user);
	server_process_stop(server);
}

FLOW_TEST(verbs_that_are_unknown_are_refused)
{
	static const char *const verbs[] = {"/nope", "/", "/ ping", "/pin",
	    "/pingg", "/ping/", "/#", "/\303\251", "/nope a b c d e f"};
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *guest = test_client_open(server);

	for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++) {
		test_client_send(guest, "%s\n", verbs[i]);
		test_client_match(guest, "ERR unknown-command ?*");
	}
	test_client_fence(guest);
	server_process_stop(server);
}

FLOW_TEST(verbs_are_all_explained_by_help)
{
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *guest = test_client_open(server);
	const char *line;

	test_client_send(guest, "/help\n");
	for (size_t i = 0; i < ROW_COUNT; i++)
		test_client_match(guest, "- /%s[ :]*", rows[i].verb);
	while (strcmp(line = test_client_line(guest), "OK") != 0)
		cr_assert_eq(strncmp(line, "- ", 2), 0, "%s", line);
	for (size_t i = 0; i < ROW_COUNT; i++) {
		test_client_send(
		    guest, i % 2 ? "/HELP %s\n" : "/help /%s\n", rows[i].verb);
		test_client_match(guest, "- /%s[ :]*", rows[i].verb);
		test_client_expect(guest, "OK");
		if (!rows[i].alias)
			continue;
		test_client_send(guest, "/help %s\n", rows[i].alias);
		test_client_match(guest, "- /%s[ :]*", rows[i].verb);
		test_client_expect(guest, "OK");
	}
	test_client_send(guest, "/help nope\n/help a b\n");
	test_client_match(guest, "ERR unknown-command ?*");
	test_client_match(guest, "ERR bad-arguments ?*");
	test_client_fence(guest);
	server_process_stop(server);
}
