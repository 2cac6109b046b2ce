/*
 * Under load: peers that are gone without a word, as after a cable was pulled.
 * They have to be found, their room told, and their places freed, within 150
 * seconds. The test waits for the kernel's timers, two minutes, and does
 * nothing meanwhile.
 */
#include "tests/kit/harness.h"

#include <fnmatch.h>
#include <linux/filter.h>
#include <poll.h>
#include <sys/socket.h>

#define FOUND_S   150
#define TIMEOUT_S 200 /* of the test */

/* From now on its kernel drops what comes for it, unacknowledged: neither the
 * test nor the server's end of the connection is told. */
static void
pull_cable(const struct test_client *client)
{
	struct sock_filter drop = BPF_STMT(BPF_RET | BPF_K, 0);
	struct sock_fprog program = {1, &drop};

	if (setsockopt(client->in.fd, SOL_SOCKET, SO_ATTACH_FILTER, &program,
		sizeof(program)) < 0)
		cr_skip_test("no filters on sockets here");
}

static struct test_client *
enter_room(const struct server_process *server, const char *name)
{
	struct test_client *client = test_client_user(server, name);

	test_client_send(client, "/join dev\n");
	test_client_match(client, "OK joined #dev *");
	return client;
}

/* The next thing that this one hears, which may take long. */
static const char *
hear_late(struct test_client *client, int64_t deadline_ms)
{
	struct pollfd fd = {.fd = client->in.fd, .events = POLLIN};
	int64_t left_ms = deadline_ms - harness_now_ms();

	if (client->in.len == client->in.start)
		cr_assert_gt(poll(&fd, 1, left_ms > 0 ? (int)left_ms : 0), 0,
		    "one is not found in %d seconds", FOUND_S);
	return test_client_line(client);
}

/* Eve has been sent something that she does not acknowledge; dan has not, and
 * nor has ben, until he is told that eve has left. Nobody's output waits for
 * room, so none of them stalls. */
static void
half_open_peers_are_found(const char *engine)
{
	static const char *const gone[] = {"eve", "dan", "ben"};
	struct server_process *server =
	    server_process_start(engine, "--stall-timeout=1000", NULL);
	struct test_client *ann = enter_room(server, "ann");
	struct test_client *ben = enter_room(server, "ben");
	struct test_client *eve = enter_room(server, "eve");
	struct test_client *dan = test_client_user(server, "dan");
	int64_t deadline_ms = harness_now_ms() + FOUND_S * 1000;

	test_client_match(ann, "[*][*][*] #dev: ben#* joined");
	test_client_match(ann, "[*][*][*] #dev: eve#* joined");
	pull_cable(ben);
	pull_cable(eve);
	pull_cable(dan);
	test_client_send(ann, "/msg eve are you there\n");
	test_client_expect(ann, "OK sent to eve (1 sessions)");
	for (int i = 0; i < 2; i++)
		cr_assert_eq(fnmatch(i ? "[*][*][*] #dev: ben#* left"
				       : "[*][*][*] #dev: eve#* left",
				 hear_late(ann, deadline_ms), 0),
		    0);
	for (int i = 0; i < 3; i++)
		server_process_expect(
		    server, "[[]DISCONNECTED] * %s (connection lost)", gone[i]);
	server_process_type(server, "list\n");
	server_process_expect(server, "*ann *");
	cr_assert_str_eq(
	    server_process_line(server), "1 connected, 1 logged in");
	server_process_stop(server);
}

Test(flow_epoll, load_half_open_peers_are_found, .fini = harness_fini,
    .timeout = TIMEOUT_S)
{
	half_open_peers_are_found("epoll");
}

Test(flow_uring, load_half_open_peers_are_found, .fini = harness_fini,
    .timeout = TIMEOUT_S)
{
	half_open_peers_are_found("uring");
}
