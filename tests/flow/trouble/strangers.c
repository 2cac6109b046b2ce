/* A server on an open port: what one stranger can take of it, and that others
 * and this machine's own clients are served all the same. */
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "tests/kit/elsewhere.h"

#define CROWDED "ERR busy too many connections from your address, *"

static void
say(struct test_client *client, const char *command, const char *answer)
{
	test_client_send(client, "%s\n", command);
	test_client_match(client, "%s", answer);
}

/* Waits for it: a thread of its own writes the log. */
static void
expect_logged(struct server_process *server, const char *text)
{
	int64_t deadline_ms = harness_now_ms() + HARNESS_DEADLINE_MS;

	while (!strstr(server_process_errors(server), text)) {
		if (harness_now_ms() > deadline_ms)
			harness_fail("no `%s` in the log", text);
		sched_yield();
	}
}

/* It is told that its address has enough, and closed. */
static void
expect_crowded(struct test_client *client)
{
	test_client_match(client, CROWDED);
	test_client_expect_end(client);
}

/* Once the server has let go of one who left. */
static struct test_client *
open_at_last(const struct server_process *server, unsigned host)
{
	int64_t deadline_ms = harness_now_ms() + HARNESS_DEADLINE_MS;

	while (harness_now_ms() < deadline_ms) {
		struct test_client *client = elsewhere_open(server, host);

		test_client_send(client, "/ping\n");
		if (!strcmp(test_client_line(client), "OK pong"))
			return client;
		test_client_close(client);
	}
	harness_fail("nobody is let in from there");
}

FLOW_TEST(strangers_have_so_many_connections_of_one_address)
{
	struct server_process *server = elsewhere_start(
	    engine, "--max-per-address=3", "--reactors=3", NULL);
	struct test_client *clients[3];

	for (int i = 0; i < 3; i++) {
		clients[i] = elsewhere_open(server, 7);
		test_client_fence(clients[i]);
	}
	for (int i = 0; i < 3; i++)
		expect_crowded(elsewhere_open(server, 7));
	/* Nobody else is concerned. */
	test_client_fence(elsewhere_open(server, 8));
	for (int i = 0; i < 10; i++)
		test_client_fence(elsewhere_open_local(server));
	/* Who leaves makes room. */
	test_client_close(clients[0]);
	clients[0] = open_at_last(server, 7);
	expect_crowded(elsewhere_open(server, 7));
	for (int i = 0; i < 3; i++)
		test_client_fence(clients[i]);
	expect_logged(server, " warn refused address=198.51.100.7:");
	expect_logged(server, " reason=max-per-address\n");
	server_process_type(server, "stats\n");
	server_process_expect(server, "refused +( )0 *");
	server_process_expect(server, "refused_network +( )[1-9]*");
	server_process_stop(server);
}

FLOW_TEST(strangers_of_one_ipv6_network_are_one)
{
	struct server_setup setup = {
	    .engine = engine,
	    .no_listen = true,
	    .args = {"--listen=tcp://" ELSEWHERE_IPV6_OTHER ":0",
		"--max-per-address=2"},
	};
	struct server_process *server;

	elsewhere_begin();
	server = server_process_start_with(&setup);
	test_client_fence(test_client_open_from(server, ELSEWHERE_IPV6_A));
	test_client_fence(test_client_open_from(server, ELSEWHERE_IPV6_B));
	expect_crowded(test_client_open_from(server, ELSEWHERE_IPV6_A));
	expect_crowded(test_client_open_from(server, ELSEWHERE_IPV6_B));
	test_client_fence(test_client_open_from(server, ELSEWHERE_IPV6_OTHER));
	server_process_stop(server);
}

/* A server that has few places in each reactor, as many as *fit altogether, and
 * lets one address have five less than that. */
static struct server_process *
start_small(unsigned *fit)
{
	struct server_setup setup = {
	    .engine = "uring",
	    .no_listen = true,
	    .args = {"--listen=tcp://198.51.100.1:0"},
	    .descriptors_max = 250,
	};
	struct server_process *server;
	static char option[40];

	elsewhere_begin();
	server = server_process_start_with(&setup);
	cr_assert_eq(
	    sscanf(server->started, "%*[^,], up to %u clients", fit), 1);
	server_process_stop(server);
	snprintf(option, sizeof(option), "--max-per-address=%u", *fit - 5);
	server->setup.args[1] = option;
	return server_process_restart(server);
}

/* A full reactor hands over who comes next, and nearly all fit: some are. Each
 * is one connection all the same, coming and going. */
Test(flow_uring, strangers_who_are_handed_over_are_counted_once,
    .fini = harness_fini)
{
	unsigned fit;
	struct server_process *server = start_small(&fit);

	for (int round = 0; round < 2; round++) {
		for (unsigned i = 0; i < fit - 5; i++)
			open_at_last(server, 7);
		expect_crowded(elsewhere_open(server, 7));
		test_client_fence(elsewhere_open(server, 8));
		test_client_close_all();
	}
	server_process_stop(server);
}

/* Without an option, as many as a big office has, and no more. */
FLOW_TEST(strangers_are_bounded_by_default)
{
	struct server_process *server = elsewhere_start(engine, NULL);

	for (int i = 0; i < 100; i++)
		test_client_fence(elsewhere_open(server, 7));
	expect_crowded(elsewhere_open(server, 7));
	test_client_fence(elsewhere_open(server, 8));
	server_process_stop(server);
}

static void
write_config(const struct server_process *server, const char *text)
{
	char path[160];
	FILE *file;

	snprintf(path, sizeof(path), "%s/config", server->folder);
	file = fopen(path, "we");
	cr_assert_not_null(file);
	cr_assert_geq(fputs(text, file), 0);
	cr_assert_eq(fclose(file), 0);
}

/* A server that has a configuration file, which is in its folder. */
static struct server_process *
start_with_config(const char *engine, const char *text)
{
	struct server_process *server = elsewhere_start(engine, NULL);

	server_process_stop(server);
	write_config(server, text);
	server->setup.args[2] = "--config={folder}/config";
	return server_process_restart(server);
}

static void
reload(struct server_process *server, const char *text)
{
	write_config(server, text);
	server_process_signal(server, SIGHUP);
	server_process_expect(server, "[[]RELOADED] changed: *");
}

FLOW_TEST(strangers_are_as_many_as_a_reload_lets_in)
{
	struct server_process *server =
	    start_with_config(engine, "max-per-address = 2\n");
	struct test_client *clients[4];

	for (int i = 0; i < 2; i++) {
		clients[i] = elsewhere_open(server, 7);
		test_client_fence(clients[i]);
	}
	expect_crowded(elsewhere_open(server, 7));
	reload(server, "max-per-address = 3\n");
	clients[2] = elsewhere_open(server, 7);
	test_client_fence(clients[2]);
	expect_crowded(elsewhere_open(server, 7));
	/* Those that are there are counted, and stay. */
	reload(server, "max-per-address = 1\n");
	expect_crowded(elsewhere_open(server, 7));
	reload(server, "max-per-address = 0\n");
	clients[3] = elsewhere_open(server, 7);
	for (int i = 0; i < 4; i++)
		test_client_fence(clients[i]);
	server_process_stop(server);
}

#define TOO_OFTEN                                                              \
	"ERR too-many-attempts too many accounts were made or changed from "   \
	"your address, try again in +([0-9]) seconds"

/* A guest registers name after name, as often as it is let. */
static void
register_names(struct test_client *client, const char *prefix, int count)
{
	for (int i = 0; i < count; i++) {
		test_client_send(
		    client, "/register %s%d secretpw\n", prefix, i);
		test_client_expect(client, "OK registered %s%d", prefix, i);
	}
}

FLOW_TEST(strangers_register_only_so_often)
{
	struct server_process *server = elsewhere_start(
	    engine, "--register-rate=10/h:4", "--log-level=warn", NULL);
	struct test_client *client = elsewhere_open(server, 7);

	/* What can be seen to be wrong costs nothing, and tells nothing. */
	for (int i = 0; i < 9; i++) {
		say(client, "/register .x secretpw", "ERR bad-name *");
		say(client, "/register x short", "ERR weak-password *");
	}
	register_names(client, "a", 2);
	/* Asking which names there are does. */
	say(client, "/register a0 secretpw", "ERR name-taken *");
	say(client, "/register a1 secretpw", "ERR name-taken *");
	say(client, "/register a1 secretpw", TOO_OFTEN);
	/* On any connection, but from nowhere else. */
	client = elsewhere_open(server, 7);
	say(client, "/register b secretpw", TOO_OFTEN);
	say(client, "/login a0 secretpw", "OK logged in as a0#*");
	register_names(elsewhere_open(server, 8), "c", 4);
	register_names(elsewhere_open_local(server), "d", 9);
	expect_logged(server, " warn change-throttled client=");
	expect_logged(server, " address=198.51.100.7:");
	server_process_type(server, "stats\n");
	server_process_expect(server, "changes_throttled +( )2 *");
	server_process_stop(server);
}

/* They are lines in the account file, too. */
FLOW_TEST(strangers_change_their_accounts_only_so_often)
{
	struct server_process *server = elsewhere_start(
	    engine, "--register-rate=10/h:4", "--log-level=warn", NULL);
	struct test_client *client = elsewhere_open(server, 7);

	register_names(client, "a", 1);
	test_client_send(client, "/login a0 secretpw\n");
	test_client_match(client, "OK logged in as a0#*");
	say(client, "/passwd secretpw secretpw2", "OK password changed");
	say(client, "/passwd secretpw2 secretpw3", "OK password changed");
	say(client, "/passwd secretpw3 secretpw4", "OK password changed");
	say(client, "/passwd secretpw4 secretpw5", TOO_OFTEN);
	say(client, "/unregister secretpw4", TOO_OFTEN);
	client = elsewhere_open_local(server);
	say(client, "/login a0 secretpw4", "OK logged in as a0#*");
	for (int i = 0; i < 5; i++)
		say(client, "/passwd secretpw4 secretpw4",
		    "OK password changed");
	say(client, "/unregister secretpw4", "OK account removed");
	server_process_stop(server);
}

/* Without an option 20 at once; a reload can lift it. */
FLOW_TEST(strangers_register_as_often_as_a_reload_lets_them)
{
	struct server_process *server = start_with_config(engine, "\n");
	struct test_client *client = elsewhere_open(server, 7);

	server->quiet = false;
	register_names(client, "a", 20);
	say(client, "/register b secretpw", TOO_OFTEN);
	reload(server, "register-rate = 0\n");
	register_names(client, "c", 30);
	server_process_stop(server);
}

/* What the console says up to the answer of a command has nothing of it. */
static void
expect_not_said(struct server_process *server, const char *word)
{
	const char *line;

	server_process_type(server, "count\n");
	do {
		line = server_process_line(server);
		cr_assert_not_null(line);
		cr_assert(!strstr(line, word), "%s", line);
	} while (!strstr(line, " logged in"));
}

#define FULL "ERR read-only there are as many accounts as there may be; *"

FLOW_TEST(accounts_are_no_more_than_there_may_be)
{
	struct server_process *server = server_process_start(
	    engine, "--max-accounts=3", "--log-level=warn", NULL);
	struct test_client *client = test_client_open(server);

	register_names(client, "a", 3);
	server_process_expect(server, "[[]FULL] 3 accounts are as many as *");
	say(client, "/register b secretpw", FULL);
	say(client, "/register a0 secretpw", FULL);
	/* All else goes on. */
	say(client, "/login a0 secretpw", "OK logged in as a0#*");
	/* It is told once; what the first change has to tell, it has told when
	 * the second is done. */
	say(client, "/passwd secretpw secretpw2", "OK password changed");
	say(client, "/passwd secretpw2 secretpw3", "OK password changed");
	expect_not_said(server, "FULL");
	say(client, "/unregister secretpw3", "OK account removed");
	say(client, "/register b secretpw", "OK registered b");
	server_process_expect(server, "[[]FULL] 3 accounts are as many as *");
	expect_logged(server, " warn accounts-full accounts=3\n");
	server_process_type(server, "stats\n");
	server_process_expect(server, "changes_full +( )2 *");
	server_process_stop(server);
	/* A start with as many tells it as well. */
	server = server_process_restart(server);
	server_process_expect(server, "[[]FULL] 3 accounts are as many as *");
	server_process_stop(server);
}

/* However many ask at once. */
FLOW_TEST(accounts_asked_for_at_once_are_no_more_than_there_may_be)
{
	enum {
		COUNT = 60,
		MAX = 25
	};
	struct server_process *server = server_process_start(
	    engine, "--max-accounts=25", "--log-level=warn", NULL);
	struct test_client *clients[COUNT];
	int registered = 0;

	for (int i = 0; i < COUNT; i++)
		clients[i] = test_client_open(server);
	for (int i = 0; i < COUNT; i++)
		test_client_send(clients[i], "/register n%d secretpw\n", i);
	for (int i = 0; i < COUNT; i++)
		registered += !strncmp(test_client_line(clients[i]), "OK ", 3);
	cr_assert_eq(registered, MAX);
	server_process_stop(server);
}

static struct test_client *
register_and_enter(struct test_client *client, const char *name)
{
	test_client_send(client, "/register %s secretpw\n", name);
	test_client_expect(client, "OK registered %s", name);
	test_client_enter(client, name);
	return client;
}

/* Says so many messages as fast as it can; all come back. Milliseconds. */
static int64_t
talk(struct test_client *client, int count)
{
	int64_t start_ms = harness_now_ms();

	/* What follows comes in a turn that has begun since. */
	test_client_fence(client);
	for (int i = 0; i < count; i++)
		test_client_send(client, "/b m%d\n", i);
	for (int i = 0; i < count; i++)
		test_client_match(client, "[[]*#*] m%d", i);
	return harness_now_ms() - start_ms;
}

/* 200 at once, then 20 a second: the last eight of 208 take 400 ms. */
FLOW_TEST(strangers_who_talk_too_fast_wait_and_lose_nothing)
{
	struct server_process *server = elsewhere_start(engine, NULL);
	struct test_client *stranger =
	    register_and_enter(elsewhere_open(server, 7), "ann");
	struct test_client *local;

	cr_assert_geq(talk(stranger, 208), 8 * 50 - 10);
	local = register_and_enter(elsewhere_open_local(server), "ben");
	cr_assert_lt(talk(local, 600), 400 * 50);
	server_process_stop(server);
}

/* Each costs as much as a message; at one in 50 ms the fifth comes late. */
FLOW_TEST(rate_counts_listings_as_messages)
{
	static const char *const asked[] = {
	    "/who", "/rooms", "/history lobby 0"};
	struct server_process *server =
	    server_process_start(engine, "--rate=20/s:2", NULL);
	char name[] = "u0";

	for (int i = 0; i < 3; i++, name[1]++) {
		struct test_client *client = test_client_user(server, name);
		int64_t start_ms = harness_now_ms();

		/* What follows comes in a turn that has begun since. */
		test_client_fence(client);
		for (int times = 0; times < 6; times++)
			test_client_send(client, "%s\n", asked[i]);
		test_client_send(client, "/ping x\n");
		while (strcmp(test_client_line(client), "OK pong x") != 0)
			;
		cr_assert_geq(harness_now_ms() - start_ms, 4 * 50 - 10,
		    "%s is not counted", asked[i]);
		test_client_close(client);
	}
	server_process_stop(server);
}
