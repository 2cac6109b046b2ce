/* A server on an open port: what one stranger can take of it, and that others
 * and this machine's own clients are served all the same. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "tests/elsewhere.h"

#define CROWDED "ERR busy too many connections from your address, *"

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
	const char *log;

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
	log = server_process_errors(server);
	cr_assert(
	    strstr(log, " warn refused address=198.51.100.7:"), "%s", log);
	cr_assert(strstr(log, " reason=max-per-address\n"), "%s", log);
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

/* A full reactor hands over who comes next; he is one connection all the same,
 * coming and going. */
Test(flow_uring, strangers_who_are_handed_over_are_counted_once,
    .fini = harness_fini)
{
	enum {
		COUNT = 300,
		DESCRIPTORS = 250 /* for the places of each reactor */
	};
	struct server_setup setup = {
	    .engine = "uring",
	    .no_listen = true,
	    .args = {"--listen=tcp://198.51.100.1:0", "--max-per-address=300"},
	    .descriptors_max = DESCRIPTORS,
	};
	static struct test_client *clients[COUNT];
	struct server_process *server;

	elsewhere_begin();
	server = server_process_start_with(&setup);
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < COUNT; i++)
			clients[i] = open_at_last(server, 7);
		expect_crowded(elsewhere_open(server, 7));
		for (int i = 0; i < COUNT; i++)
			test_client_close(clients[i]);
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
