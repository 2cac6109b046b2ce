/* Guessing passwords: who is slowed down by it, and who is not. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "auth/throttle.h"
#include "tests/kit/harness.h"

#define THROTTLED "ERR too-many-attempts *try again in +([0-9]) seconds"
#define REFUSED   "ERR bad-credentials *"

static void
say(struct test_client *client, const char *command, const char *answer)
{
	test_client_send(client, "%s\n", command);
	test_client_match(client, "%s", answer);
}

static void
guess(struct test_client *client, int times)
{
	while (times-- > 0)
		say(client, "/login ann wrongword", REFUSED);
}

/* A server with the accounts of ann and ben, who logged in from 127.0.0.1. */
static struct server_process *
start(const char *engine)
{
	struct server_process *server = server_process_start(engine, NULL);

	test_client_user(server, "ann");
	test_client_user(server, "ben");
	return server;
}

FLOW_TEST(throttle_stops_a_guesser_and_nobody_else)
{
	struct server_process *server = start(engine);
	struct test_client *guesser, *other, *owner;

	guesser = test_client_open_from(server, "127.0.0.2");
	guess(guesser, THROTTLE_PAIR_FREE);
	/* Also the right one does not tell him, and on no other connection. */
	say(guesser, "/login ann " HARNESS_PASSWORD, THROTTLED);
	other = test_client_open_from(server, "127.0.0.2");
	say(other, "/login ANN " HARNESS_PASSWORD, THROTTLED);
	say(other, "/login ben " HARNESS_PASSWORD, "OK logged in as ben#*");
	owner = test_client_open(server);
	say(owner, "/login ann " HARNESS_PASSWORD, "OK logged in as ann#*");
	owner = test_client_open_from(server, "127.0.0.3");
	say(owner, "/login ann " HARNESS_PASSWORD, "OK logged in as ann#*");
	server_process_stop(server);
}

FLOW_TEST(throttle_does_not_tell_which_names_exist)
{
	struct server_process *server = start(engine);
	struct test_client *client = test_client_open(server);

	for (int i = 0; i < THROTTLE_PAIR_FREE; i++)
		say(client, "/login nobody wrongword", REFUSED);
	say(client, "/login nobody wrongword", THROTTLED);
	server_process_stop(server);
}

/* Right or wrong, those that wait to be hashed are asked again before it. */
FLOW_TEST(throttle_counts_guesses_that_are_made_all_at_once)
{
	enum {
		GUESSERS = 100,
		HASHERS_MAX = 64
	};
	struct server_process *server = start(engine);
	struct test_client *guessers[GUESSERS];
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	int tried = 0, i;

	cr_assert_lt(cores, HASHERS_MAX);
	for (i = 0; i < GUESSERS; i++)
		guessers[i] = test_client_open_from(server, "127.0.0.2");
	for (i = 0; i < GUESSERS; i++)
		test_client_send(guessers[i], "/login ann wrongword\n");
	for (i = 0; i < GUESSERS; i++)
		tried += !strncmp(test_client_line(guessers[i]),
		    "ERR bad-credentials", strlen("ERR bad-credentials"));
	cr_assert_geq(tried, THROTTLE_PAIR_FREE);
	cr_assert_leq(tried, THROTTLE_PAIR_FREE + cores - 1);
	server_process_stop(server);
}

FLOW_TEST(throttle_counts_names_tried_from_one_address)
{
	struct server_process *server = start(engine);
	struct test_client *client = test_client_open_from(server, "127.0.0.2");
	char command[64];

	for (int i = 0; i < THROTTLE_ADDRESS_FREE; i++) {
		snprintf(command, sizeof(command), "/login u%d wrongword", i);
		say(client, command, REFUSED);
	}
	say(client, "/login ann " HARNESS_PASSWORD, THROTTLED);
	/* A name that logged in from there before is not concerned. */
	for (int i = 0; i < THROTTLE_ADDRESS_FREE; i++) {
		client = test_client_open(server);
		snprintf(command, sizeof(command), "/login u%d wrongword", i);
		say(client, command, REFUSED);
	}
	say(client, "/login cat wrongword", THROTTLED);
	say(client, "/login ann " HARNESS_PASSWORD, "OK logged in as ann#*");
	server_process_stop(server);
}

FLOW_TEST(throttle_counts_addresses_that_try_one_name)
{
	struct server_process *server = start(engine);
	struct test_client *client;
	char address[32];

	for (int i = 0; i < THROTTLE_ACCOUNT_FREE; i++) {
		snprintf(address, sizeof(address), "127.0.1.%d", i + 1);
		client = test_client_open_from(server, address);
		guess(client, 1);
	}
	say(client, "/login ann wrongword", THROTTLED);
	/* The first try from anywhere else is as good as ever. */
	client = test_client_open_from(server, "127.0.2.1");
	say(client, "/login ann " HARNESS_PASSWORD, "OK logged in as ann#*");
	server_process_stop(server);
}

/* Nor can a session that was left open be used to find the password. */
FLOW_TEST(throttle_counts_guesses_of_ones_own_password)
{
	struct server_process *server = start(engine);
	struct test_client *client = test_client_open(server);

	test_client_enter(client, "ann");
	say(client, "/passwd wrongword newpassword", REFUSED);
	say(client, "/unregister wrongword", REFUSED);
	say(client, "/passwd wrongword newpassword", REFUSED);
	say(client, "/passwd " HARNESS_PASSWORD " newpassword", THROTTLED);
	say(client, "/unregister " HARNESS_PASSWORD, THROTTLED);
	say(client, "/whoami", "OK ann#*");
	server_process_stop(server);
}

/* A client of a Unix socket that says it is another user; only root may. */
static struct test_client *
open_as(const struct server_process *server, uid_t user)
{
	const char *path = server->listen[1] + strlen("unix:");
	struct test_client *client;

	cr_assert_eq(chmod(server->folder, 0711), 0);
	cr_assert_eq(chmod(path, 0666), 0);
	cr_assert_eq(seteuid(user), 0);
	client = test_client_open_at(server->listen[1]);
	cr_assert_eq(seteuid(0), 0);
	return client;
}

FLOW_TEST(throttle_on_a_unix_socket_tells_users_apart)
{
	struct server_process *server =
	    server_process_start(engine, "--listen=unix:{folder}/s", NULL);
	struct test_client *client = test_client_user(server, "ann");

	client = test_client_open_at(server->listen[1]);
	guess(client, THROTTLE_PAIR_FREE);
	say(client, "/login ann " HARNESS_PASSWORD, THROTTLED);
	client = test_client_open(server);
	say(client, "/login ann " HARNESS_PASSWORD, "OK logged in as ann#*");
	if (geteuid() == 0) {
		client = open_as(server, 12345);
		say(client, "/login ann " HARNESS_PASSWORD,
		    "OK logged in as ann#*");
	}
	server_process_stop(server);
}
