/* How many clients fit: what the first line says, and what is so. */
#include "tests/kit/harness.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define DESCRIPTORS 250

static struct server_process *
start(const char *engine, const char *option)
{
	struct server_setup setup = {
	    .engine = engine,
	    .args = {option},
	    .descriptors_max = DESCRIPTORS,
	};

	return server_process_start_with(&setup);
}

/* One more comes and is served, or is told that there is no room. */
static bool
comes(const struct server_process *server, struct test_client **client)
{
	const char *line;

	*client = test_client_open(server);
	test_client_send(*client, "/ping\n");
	line = test_client_line(*client);
	cr_assert_not_null(line);
	if (!strcmp(line, "OK pong"))
		return true;
	cr_assert_eq(strncmp(line, "ERR busy ", 9), 0, "%s", line);
	return false;
}

/* `list` knows where it comes from. */
static void
is_listed(struct server_process *server, const struct test_client *client)
{
	struct sockaddr_in own;
	socklen_t length = sizeof(own);

	cr_assert_eq(getsockname(client->in.fd, (void *)&own, &length), 0);
	server_process_type(server, "list\n");
	server_process_expect(
	    server, "*127.0.0.1:%u *", (unsigned)ntohs(own.sin_port));
	server_process_expect(server, "* connected, * logged in");
}

FLOW_TEST(capacity_is_what_the_first_line_says)
{
	struct server_process *server = start(engine, NULL);
	bool uring = !strcmp(engine, "uring");
	unsigned long fit = 0;
	struct test_client *client, *last = NULL;

	cr_assert_eq(sscanf(server->started, "%*[^,], up to %lu clients", &fit),
	    1, "%s", server->started);
	cr_assert(strstr(server->started, "limit of 250 descriptors"), "%s",
	    server->started);
	/* Those of a reactor are bounded, not those of the process. */
	if (uring)
		cr_assert_gt(fit, DESCRIPTORS);
	else
		cr_assert_lt(fit, DESCRIPTORS);
	for (unsigned long i = 0; i < fit; i++, last = client)
		cr_assert(comes(server, &client), "%lu of %lu", i, fit);
	is_listed(server, last);
	cr_assert(!comes(server, &client));
	/* There is room again, once the kernel has let go. */
	test_client_close(last);
	while (!comes(server, &client))
		test_client_close(client);
	server_process_stop(server);
}

/* More than fit are not promised. */
FLOW_TEST(capacity_says_when_less_fit_than_asked_for)
{
	struct server_process *server = start(engine, "--max-clients=5000");

	cr_assert(strstr(server->started, " clients, not 5000 ("), "%s",
	    server->started);
	server_process_stop(server);
}

/* Without --reactors there are as many as the clients need. */
Test(flow_uring, capacity_asked_for_makes_reactors)
{
	struct server_setup setup = {
	    .engine = "uring",
	    .args = {"--max-clients=1000"},
	    .no_reactors = true,
	    .descriptors_max = DESCRIPTORS,
	};
	struct server_process *server = server_process_start_with(&setup);
	unsigned reactors = 0;

	cr_assert_eq(sscanf(server->started,
			 "%*[^:]: %u reactors on io_uring, up to 1000 clients "
			 "(--max-clients)",
			 &reactors),
	    1, "%s", server->started);
	cr_assert_geq(reactors, 1000 / DESCRIPTORS);
	server_process_stop(server);
}
