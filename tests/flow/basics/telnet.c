/* What telnet clients send and see, beside the lines. */
#include "tests/kit/harness.h"

#include <string.h>

#define BYTES(literal) literal, sizeof(literal) - 1

#define DONT        "\376"
#define DO          "\375"
#define WONT        "\374"
#define WILL        "\373"
#define IAC         "\377"
#define ECHO_OPTION "\001"

static struct server_process *
start_with_socket(const char *engine)
{
	return server_process_start(engine, "--unterminated-after=0",
	    "--listen=unix:{folder}/socket", NULL);
}

/* What is sent inside `he..llo`, and the answer to it. */
static const struct {
	const char *sent;
	size_t sent_len;
	const char *answer;
	size_t answer_len;
} sequences[] = {
    {BYTES(IAC WILL "\030"), BYTES(IAC DONT "\030")}, /* terminal type */
    {BYTES(IAC WILL "\037"), BYTES(IAC DONT "\037")}, /* window size */
    {BYTES(IAC WILL "\001"), BYTES(IAC DONT "\001")},
    {BYTES(IAC DO "\001"), BYTES(IAC WONT "\001")},
    {BYTES(IAC DO "\003"), BYTES(IAC WONT "\003")},
    {BYTES(IAC DO "\377"), BYTES(IAC WONT "\377")},
    {BYTES(IAC DO "\n"), BYTES(IAC WONT "\n")},
    {BYTES(IAC WONT "\030"), BYTES("")},
    {BYTES(IAC DONT "\001"), BYTES("")},
    {BYTES(IAC "\361"), BYTES("")}, /* NOP */
    {BYTES(IAC "\366"), BYTES("")}, /* are you there */
    {BYTES(IAC "\372\030\0ansi\n" IAC "\360"), BYTES("")},
    {BYTES(IAC "\372\037" IAC IAC IAC "\360"), BYTES("")},
    {BYTES(IAC WILL "\030" IAC DO "\003"),
	BYTES(IAC DONT "\030" IAC WONT "\003")},
};

FLOW_TEST(telnet_options_split_anywhere_are_refused)
{
	struct server_process *server = start_with_socket(engine);
	char bytes[64] = "he";

	for (size_t i = 0; i < sizeof(sequences) / sizeof(*sequences); i++) {
		size_t len = 2 + sequences[i].sent_len;

		memcpy(bytes + 2, sequences[i].sent, sequences[i].sent_len);
		memcpy(bytes + len, "llo\n", 4);
		for (size_t at = 0; at < len + 4; at++) {
			struct test_client *client =
			    test_client_open_at(server->listen[1]);

			test_client_send_bytes(client, bytes, at);
			test_client_await_taken(client);
			test_client_send_bytes(
			    client, bytes + at, len + 4 - at);
			test_client_expect_bytes(client, sequences[i].answer,
			    sequences[i].answer_len);
			test_client_expect(client, "Echo: hello");
			test_client_fence(client);
			test_client_close(client);
		}
	}
	server_process_stop(server);
}

FLOW_TEST(telnet_carriage_return_nul_ends_a_line)
{
	struct server_process *server = start_with_socket(engine);
	struct test_client *client = test_client_open_at(server->listen[1]);

	test_client_send_bytes(client, BYTES("one\r\0two\r\nthree\nfour\r"));
	test_client_expect(client, "Echo: one");
	test_client_expect(client, "Echo: two");
	test_client_expect(client, "Echo: three");
	test_client_await_taken(client);
	test_client_send_bytes(client, BYTES("\0five\r"));
	test_client_expect(client, "Echo: four");
	test_client_await_taken(client);
	test_client_send_bytes(client, BYTES("\n"));
	test_client_expect(client, "Echo: five");
	server_process_stop(server);
}

/* A peer that has shown that it speaks telnet does not show the password. */
FLOW_TEST(telnet_password_is_asked_for_with_echo_off)
{
	struct server_process *server = start_with_socket(engine);
	struct test_client *client = test_client_user(server, "ann");

	client = test_client_open_at(server->listen[1]);
	test_client_send_bytes(client, BYTES(IAC WILL "\030"));
	test_client_expect_bytes(client, BYTES(IAC DONT "\030"));
	for (int round = 0; round < 2; round++) {
		test_client_send_bytes(client, BYTES("/login ann\r\0"));
		test_client_expect_bytes(
		    client, BYTES(IAC WILL ECHO_OPTION "Password: "));
		test_client_send_bytes(client, BYTES(IAC DO ECHO_OPTION));
		test_client_await_taken(client);
		test_client_send_pieces(client, BYTES("secretpw\r\0"), 3);
		test_client_expect_bytes(
		    client, BYTES(IAC WONT ECHO_OPTION "\r\n"));
		test_client_match(client, "OK logged in as ann#*");
		test_client_send_bytes(client, BYTES(IAC DONT ECHO_OPTION));
		test_client_send(client, "/logout\r\n");
		test_client_expect(client, "OK logged out");
	}
	test_client_fence(client);
	server_process_stop(server);
}

FLOW_TEST(telnet_peer_that_keeps_its_echo_can_log_in)
{
	struct server_process *server = start_with_socket(engine);
	struct test_client *client = test_client_user(server, "ann");

	client = test_client_open_at(server->listen[1]);
	test_client_send_bytes(
	    client, BYTES(IAC DONT ECHO_OPTION "/login ann\n"));
	test_client_expect_bytes(
	    client, BYTES(IAC WILL ECHO_OPTION "Password: "));
	test_client_send_bytes(
	    client, BYTES(IAC DONT ECHO_OPTION "secretpw\n"));
	test_client_match(client, "*OK logged in as ann#*");
	test_client_fence(client);
	server_process_stop(server);
}

/* Nor does one get telnet that has not: nc would show it. */
FLOW_TEST(telnet_is_not_spoken_to_a_peer_that_does_not)
{
	struct server_process *server = start_with_socket(engine);
	struct test_client *client = test_client_user(server, "ann");

	client = test_client_open(server);
	test_client_send(client, "/login ann\n");
	test_client_expect_bytes(client, BYTES("Password: "));
	test_client_send(client, "secretpw\n");
	test_client_expect_bytes(client, BYTES("OK logged in as ann#"));
	test_client_line(client);
	test_client_fence(client);
	server_process_stop(server);
}
