/*
 * The client of the lab's sheet: it sends what is typed, without a newline, and
 * shows what one recv() of 1,024 bytes gives. Each answer is whole in that one.
 */
#include "tests/kit/harness.h"

#include <fnmatch.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define RECV_BYTES 1024

/* client.recv(1024) */
static const char *
lab_recv(struct test_client *client)
{
	static char text[RECV_BYTES + 1];
	struct pollfd pollfd = {.fd = client->in.fd, .events = POLLIN};
	ssize_t got;

	cr_assert_eq(poll(&pollfd, 1, HARNESS_DEADLINE_MS), 1,
	    "no answer to `%s`", client->sent);
	got = recv(client->in.fd, text, RECV_BYTES, 0);
	cr_assert_geq(got, 0);
	text[got] = '\0';
	return text;
}

/* client.send(...), client.recv(1024) */
static void
lab_say(struct test_client *client, const char *text, const char *pattern)
{
	const char *answer;

	test_client_send(client, "%s", text);
	answer = lab_recv(client);
	cr_assert_eq(fnmatch(pattern, answer, 0), 0,
	    "to `%s` expected `%s`, got `%s`", text, pattern, answer);
}

FLOW_TEST(lab_client_converses)
{
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *client = test_client_open(server);

	lab_say(client, "hello", "Echo: hello\n");
	lab_say(client, "how are you?", "Echo: how are you?\n");
	lab_say(client, "h\303\251llo", "Echo: h\303\251llo\n");
	lab_say(client, " ", "Echo:  \n");
	lab_say(client, "/ping", "OK pong\n");
	lab_say(client, "/nope", "ERR unknown-command *\n");
	test_client_close(client);
	server_process_expect(server, "[[]DISCONNECTED] *");
	server_process_stop(server);
}

FLOW_TEST(lab_client_registers_logs_in_and_broadcasts)
{
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *one = test_client_open(server);
	struct test_client *two = test_client_open(server);

	lab_say(one, "/broadcast hi", "ERR not-logged-in *\n");
	lab_say(one, "/register ann secretpw", "OK registered ann\n");
	lab_say(one, "/register ann secretpw", "ERR name-taken *\n");
	lab_say(one, "/login ann wrongword", "ERR bad-credentials *\n");
	lab_say(one, "/login ann secretpw", "OK logged in as ann#*\n");
	lab_say(two, "/login ann", "Password: ");
	lab_say(two, "wrongword", "ERR bad-credentials *\n");
	lab_say(two, "/login ann", "Password: ");
	lab_say(two, "secretpw", "OK logged in as ann#*\n");
	lab_say(one, "hello", "Echo: hello\n");
	lab_say(one, "/broadcast hi all", "\\[ann#*] hi all\n");
	cr_assert_eq(fnmatch("\\[ann#*] hi all\n", lab_recv(two), 0), 0);
	lab_say(two, "/who", "- ann#*\n- ann#*\nOK 2 online\n");
	lab_say(one, "/whoami", "OK ann#*\n");
	lab_say(one, "/passwd secretpw newpassword", "OK password changed\n");
	lab_say(one, "/logout", "OK logged out\n");
	lab_say(one, "/login ann newpassword", "OK logged in as ann#*\n");
	lab_say(one, "/quit", "OK bye\n");
	cr_assert_str_eq(lab_recv(one), "");
	server_process_type(server, "exit\n");
	cr_assert_str_eq(lab_recv(two), "*** server is going down\n");
	cr_assert_str_eq(lab_recv(two), "");
	test_client_close_all();
	cr_assert_eq(server_process_wait(server), 0);
}

/* Many of them at once, as the sheet's last task has it. */
FLOW_TEST(lab_clients_at_once_are_each_answered)
{
	enum {
		COUNT = 50
	};
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *clients[COUNT];
	char answer[64];

	for (int i = 0; i < COUNT; i++)
		clients[i] = test_client_open(server);
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < COUNT; i++)
			test_client_send(clients[i], "hello %d %d", i, round);
		for (int i = 0; i < COUNT; i++) {
			snprintf(answer, sizeof(answer), "Echo: hello %d %d\n",
			    i, round);
			cr_assert_str_eq(lab_recv(clients[i]), answer);
		}
	}
	server_process_stop(server);
}
