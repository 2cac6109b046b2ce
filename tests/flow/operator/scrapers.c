/* Who reads --metrics is no client: what holds for those, and what is counted
 * and told of them, is nothing to him. */
#include "tests/kit/harness.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "reactor/listen.h"

#define METRICS "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n"
#define HEALTH  "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"

static char target[64]; /* tcp://127.0.0.1:PORT */

static void
read_target(struct server_process *server)
{
	const char *line = server_process_expect(server, "[[]METRICS] *");
	const char *at = strstr(line, "://");

	snprintf(target, sizeof(target), "tcp%.*s",
	    (int)strcspn(at + 3, "/") + 3, at);
}

static struct server_process *
start(const char *engine, const char *option)
{
	struct server_process *server = server_process_start(
	    engine, "--metrics=tcp://127.0.0.1:0", option, NULL);

	read_target(server);
	return server;
}

/* All that comes up to the end, line by line. */
static void
expect_answer(struct test_client *client, const char *pattern)
{
	static char text[65536];
	const char *line;
	size_t len = 0;

	while ((line = harness_stream_line(&client->in)) != NULL) {
		cr_assert_lt(len + strlen(line) + 2, sizeof(text));
		len += (size_t)sprintf(text + len, "%s\n", line);
	}
	text[len] = '\0';
	cr_assert_eq(client->in.error, 0);
	cr_expect_eq(fnmatch(pattern, text, FNM_EXTMATCH), 0, "no %s in %s",
	    pattern, text);
	test_client_close(client);
}

static void
ask(const char *request, const char *pattern)
{
	struct test_client *client = test_client_open_at(target);

	test_client_send(client, "%s", request);
	expect_answer(client, pattern);
}

FLOW_TEST(scrapers_are_served_when_the_server_is_full)
{
	struct server_process *server = start(engine, "--max-clients=2");
	struct test_client *early = test_client_open_at(target);
	struct test_client *ann, *late;

	/* Nor does one take a client's place. */
	test_client_send(early, "GET /metrics HTTP/1.1\r\n");
	ask(METRICS, "*\nthrong_connections 0\n*");
	ann = test_client_user(server, "ann");
	test_client_user(server, "ben");
	late = test_client_open(server);
	test_client_match(late, "ERR busy *");
	for (int i = 0; i < 20; i++)
		ask(METRICS, "HTTP/1.1 200 OK*\nthrong_connections 2\n*");
	ask(METRICS, "*\nthrong_connections_accepted_total 2\n*");
	ask(METRICS, "*\nthrong_connections_refused_total 1\n*");
	ask(HEALTH, "HTTP/1.1 200 OK*\r\n\r\nok\n");
	test_client_send(early, "Host: a\r\n\r\n");
	expect_answer(early, "HTTP/1.1 200 OK*\nthrong_connections 2\n*");
	test_client_fence(ann);
	server_process_stop(server);
}

/* A reactor that is full hands clients over to one that is not, but keeps its
 * scrapers. The one that has them is hardly ever the last of eight. */
Test(flow_uring, scrapers_are_not_handed_over, .fini = harness_fini)
{
	struct server_setup setup = {.engine = "uring",
	    .args = {"--metrics=tcp://127.0.0.1:0", "--reactors=8"},
	    .no_reactors = true,
	    .descriptors_max = 150};
	struct server_process *server = server_process_start_with(&setup);
	unsigned fit;

	read_target(server);
	cr_assert_eq(
	    sscanf(server->started, "%*[^,], up to %u clients", &fit), 1);
	for (unsigned i = 0; i < fit; i++) {
		test_client_fence(test_client_open(server));
		if (i >= fit / 2)
			ask(HEALTH, "HTTP/1.1 200 OK*");
	}
	test_client_match(test_client_open(server), "ERR busy *");
	ask(METRICS, "HTTP/1.1 200 OK*");
	server_process_stop(server);
}

static void
is_logged_once(const char *log, const char *event)
{
	const char *at = strstr(log, event);

	cr_expect(at && !strstr(at + 1, event), "%s in %s", event, log);
}

FLOW_TEST(scrapers_are_no_news_and_get_none)
{
	struct server_process *server = start(engine, "--log-level=debug");
	struct test_client *half = test_client_open_at(target), *ann;
	unsigned news = 0;
	const char *line;

	test_client_send(half, "GET /metrics HTTP/1.1\r\n");
	ask(METRICS, "*\nthrong_connections 0\n*");
	ann = test_client_user(server, "ann");
	server_process_type(server, "broadcast hello\nlist\n");
	test_client_expect(ann, "*** hello");
	test_client_send(half, "Host: a\r\n\r\n");
	expect_answer(half, "HTTP/1.1 200 OK*\nthrong_connections 1\n*");
	server_process_type(server, "list\nexit\n");
	test_client_expect(ann, "*** server is going down");
	test_client_close(ann);
	/* All that is told is of her. */
	while ((line = server_process_line(server))) {
		news += !strncmp(line, "[NEW CONNECTION] ", 17);
		news += !strncmp(line, "sent to ", 8);
		news += strstr(line, " connected, ") != NULL;
		cr_expect(strncmp(line, "sent to ", 8) ||
			  !strcmp(line, "sent to 1 client"));
		cr_expect(!strstr(line, " connected, ") ||
			  !strcmp(line, "1 connected, 1 logged in"));
	}
	cr_expect_eq(news, 4);
	cr_assert_eq(server_process_wait(server), 0);
	line = server_process_errors(server);
	is_logged_once(line, " debug connected client=");
	is_logged_once(line, " info disconnected client=");
}

/* Whoever can reach that address may: it is the operator's to choose. */
FLOW_TEST(scrapers_may_be_anybody_who_comes_there)
{
	struct server_process *server = start(engine, "--web=off");
	struct test_client *client;

	server_process_type(server, "ban 127.0.0.0/8\n");
	server_process_expect(server, "127.0.0.0/8 is banned*");
	client = test_client_open(server);
	test_client_match(client, "ERR banned *");
	ask(METRICS, "HTTP/1.1 200 OK*");
	/* What is for others is not there for them. */
	ask("GET /app.js HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 404 *");
	ask("GET /ws HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 404 *");
	ask("/register ann secretpw\r\n\r\n", "HTTP/1.1 4*");
	ask("\x16\x03\x01\r\n\r\n", "HTTP/1.1 4*");
	server_process_stop(server);
}

FLOW_TEST(scrapers_have_a_while_to_ask_and_one_answer)
{
	/* A third of it is for the head; a slow machine needs some to send. */
	struct server_process *server = start(engine, "--web-timeout=6");
	struct test_client *quiet = test_client_open_at(target);
	struct test_client *half = test_client_open_at(target);

	test_client_send(half, "GET /metrics HTTP/1.1\r\nHost:");
	expect_answer(half, "HTTP/1.1 408 Request Timeout\r\n*");
	test_client_expect_end(quiet);
	ask(HEALTH HEALTH, "HTTP/1.1 200 OK*Connection: close*\r\n\r\nok\n");
	server_process_stop(server);
}

FLOW_TEST(scrapers_are_served_while_clients_are_given_time_to_go)
{
	struct server_process *server = start(engine, "--reactors=3");
	struct test_client *ann = test_client_user(server, "ann");
	struct test_client *half;

	server_process_type(server, "exit 1000\n");
	test_client_expect(ann, "*** the server is going down in 1000 seconds");
	/* The answer to a later errand: no client comes in any more. */
	server_process_type(server, "list\n");
	server_process_expect(server, "1 connected, 1 logged in");
	cr_expect_eq(test_client_connect(server->listen[0]), -1);
	cr_expect_eq(errno, ECONNREFUSED);
	ask(METRICS, "*\nthrong_connections 1\n*");
	half = test_client_open_at(target);
	test_client_send(half, "GET /metrics");
	test_client_send(ann, "/quit\n");
	test_client_expect(ann, "OK bye");
	test_client_close(ann);
	/* They are not waited for. */
	server_process_expect(
	    server, "[[]STOPPING] saying goodbye to 0 clients");
	server_process_expect(server, "all threads joined");
	cr_assert_eq(server_process_wait(server), 0);
}

/* As many as there may be, and that of metrics besides. */
FLOW_TEST(scrapers_are_served_beside_sixteen_addresses)
{
	struct server_setup setup = {.engine = engine, .no_listen = true};
	struct server_process *server;
	struct test_client *ann, *ben;
	char first[64], last[64];

	for (int i = 0; i < 16; i++)
		setup.args[i] = "--listen=tcp://127.0.0.1:0";
	setup.args[16] = "--metrics=tcp://127.0.0.1:0";
	setup.args[17] = "--reactors=1";
	server = server_process_launch(&setup);
	for (int i = 0; i < 16; i++)
		snprintf(i == 0 ? first : last, sizeof(last), "%s",
		    server_process_expect(server, "[[]LISTENING] *") + 12);
	read_target(server);
	ann = test_client_open_at(first);
	test_client_send(ann, "/register ann %s\n", HARNESS_PASSWORD);
	test_client_match(ann, "OK registered ann");
	test_client_enter(ann, "ann");
	ben = test_client_open_at(last);
	test_client_enter(ben, "ann");
	ask(METRICS, "*\nthrong_connections 2\n*");
	test_client_fence(ben);
	server_process_stop(server);
}

/* It is not one of the sockets that a service manager has opened. */
FLOW_TEST(scrapers_are_served_beside_passed_sockets)
{
	struct server_setup setup = {
	    .engine = engine, .args = {"--metrics=tcp://127.0.0.1:0"}};
	struct endpoint endpoint;
	char error[LISTEN_ERROR_BYTES];
	struct server_process *server;

	cr_assert_null(endpoint_parse("tcp://127.0.0.1:0", &endpoint));
	cr_assert_eq(listen_open(&endpoint, 1, setup.passed, error), 0);
	setup.passed_count = 1;
	server = server_process_start_with(&setup);
	read_target(server);
	test_client_fence(test_client_open(server));
	ask(METRICS, "*\nthrong_connections 1\n*");
	server_process_stop(server);
}
