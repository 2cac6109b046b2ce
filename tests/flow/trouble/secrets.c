/*
 * Passwords leave no trace in the server's memory: whole, split, typed at the
 * prompt, wrong, refused, over telnet.
 */
#include "tests/kit/tls_kit.h"
#include "tests/kit/web_client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Put together at run time, so that no copy of it is in a binary. */
static void
make_secret(char out[32], const char *name)
{
	snprintf(out, 32, "%s-%s-%s", "Qz7", name, "Kw9xv");
}

/* How often the bytes occur in one mapping of the process. */
static unsigned
count_in(FILE *memory, unsigned long from, unsigned long to, const char *needle)
{
	size_t len = to - from;
	char *bytes = malloc(len);
	unsigned found = 0;

	if (fseek(memory, (long)from, SEEK_SET) == 0 &&
	    (len = fread(bytes, 1, len, memory)) > 0)
		for (char *at = bytes;
		     (at = memmem(at, len - (size_t)(at - bytes), needle,
			  strlen(needle)));
		     at++)
			found++;
	free(bytes);
	return found;
}

/* How often they occur in all that it may write. */
static unsigned
count_in_server(const struct server_process *server, const char *needle)
{
	char path[64], line[512], rights[8];
	unsigned long from, to;
	unsigned found = 0;
	FILE *maps, *memory;

	snprintf(path, sizeof(path), "/proc/%d/maps", (int)server->pid);
	maps = fopen(path, "r");
	snprintf(path, sizeof(path), "/proc/%d/mem", (int)server->pid);
	memory = fopen(path, "r");
	cr_assert(maps && memory, "the server's memory cannot be read");
	while (fgets(line, sizeof(line), maps)) {
		cr_assert_eq(
		    sscanf(line, "%lx-%lx %7s", &from, &to, rights), 3);
		/* AddressSanitizer's shadow is terabytes of nothing. */
		if (rights[0] == 'r' && rights[1] == 'w' &&
		    to - from < 1ul << 30)
			found += count_in(memory, from, to, needle);
	}
	fclose(maps);
	fclose(memory);
	return found;
}

/* The search finds what is there: the name, which is no secret. */
static void
assert_wiped(const struct server_process *server, const char *secret)
{
	cr_assert_gt(count_in_server(server, "Visible"), 0);
	cr_assert_eq(count_in_server(server, secret), 0,
	    "%s is still in the server's memory", secret);
}

FLOW_TEST(passwords_that_were_used_are_nowhere_in_memory)
{
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *client = test_client_open(server);
	char secret[32], other[32];

	make_secret(secret, "used");
	make_secret(other, "next");
	test_client_send(client, "/register Visible %s\n", secret);
	test_client_expect(client, "OK registered Visible");
	test_client_send(client, "/login Visible %s\n", secret);
	test_client_match(client, "OK logged in as Visible#*");
	test_client_send(client, "/passwd %s %s\n", secret, other);
	test_client_expect(client, "OK password changed");
	test_client_send(client, "/passwd %s short\n", other);
	test_client_match(client, "ERR weak-password *");
	test_client_fence(client);
	assert_wiped(server, secret);
	assert_wiped(server, other);
	server_process_stop(server);
}

FLOW_TEST(passwords_that_came_in_pieces_are_nowhere_in_memory)
{
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *client = test_client_user(server, "Visible");
	char secret[32], line[64];

	make_secret(secret, "split");
	snprintf(line, sizeof(line), "/passwd secretpw %s\n", secret);
	/* In the middle of the secret, and right before its end. */
	test_client_send_bytes(client, line, strlen(line) - 6);
	test_client_await_taken(client);
	test_client_fence(test_client_user(server, "other"));
	test_client_send(client, "%s", line + strlen(line) - 6);
	test_client_expect(client, "OK password changed");
	test_client_fence(client);
	assert_wiped(server, secret);
	server_process_stop(server);
}

/* What is behind it has no room where it is: it is moved. */
FLOW_TEST(passwords_before_many_blanks_are_nowhere_in_memory)
{
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *client = test_client_user(server, "Visible");
	char secret[32];

	make_secret(secret, "moved");
	test_client_send(client, "/passwd secretpw %s", secret);
	test_client_await_taken(client);
	test_client_fence(test_client_user(server, "other"));
	test_client_send(client, "%300s\n", "");
	test_client_expect(client, "OK password changed");
	test_client_fence(client);
	assert_wiped(server, secret);
	server_process_stop(server);
}

FLOW_TEST(passwords_typed_at_the_prompt_are_nowhere_in_memory)
{
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *client = test_client_user(server, "Visible");
	char secret[32];

	make_secret(secret, "prompt");
	test_client_send(
	    client, "/logout\n/login Visible\n%s\n/ping\n", secret);
	test_client_expect(client, "OK logged out");
	test_client_expect(
	    client, "Password: ERR bad-credentials wrong name or password");
	test_client_expect(client, "OK pong");
	test_client_fence(client);
	assert_wiped(server, secret);
	server_process_stop(server);
}

FLOW_TEST(passwords_amid_telnet_sequences_are_nowhere_in_memory)
{
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *client = test_client_user(server, "Visible");
	char secret[32];

	make_secret(secret, "telnet");
	/* IAC NOP before it: what follows is moved down over it. */
	test_client_send(client, "\377\361/passwd secretpw %s\r\n", secret);
	test_client_expect(client, "OK password changed");
	test_client_fence(client);
	assert_wiped(server, secret);
	server_process_stop(server);
}

/* Also one of which others come behind, or that comes in pieces. */
FLOW_TEST(passwords_by_websocket_are_nowhere_in_memory)
{
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *client = web_client_open(server);
	char secret[32], frame[128];
	int len;

	make_secret(secret, "framed");
	web_client_send(client, "/register Visible %s", secret);
	web_client_match(client, "{*\"text\":\"registered Visible\"}");
	web_client_send(client, "/login Visible");
	web_client_match(client, "{*\"text\":\"Password: \"}");
	web_client_send(client, "%s", secret);
	web_client_match(client, "{*\"text\":\"logged in as Visible#*\"}");
	/* Twice at once, and the second one is not whole. */
	len = snprintf(frame, sizeof(frame), "....../passwd x %s", secret);
	memcpy(frame, "\x81\x80\0\0\0\0", 6);
	frame[1] |= (char)(len - 6);
	test_client_send_bytes(client, frame, (size_t)len);
	test_client_send_bytes(client, frame, (size_t)len - 3);
	web_client_match(client, "{*\"code\":\"bad-credentials\"*");
	test_client_send_bytes(client, frame + len - 3, 3);
	web_client_match(client, "{*\"ok\":false*");
	web_client_send(client, "/ping");
	web_client_match(client, "{*\"text\":\"pong\"}");
	assert_wiped(server, secret);
	server_process_stop(server);
}

/* Neither sealed text that was opened, nor OpenSSL's buffers, nor half a record
 * that waits for the rest. */
FLOW_TEST(passwords_that_came_by_tls_are_nowhere_in_memory)
{
	struct server_process *server = tls_kit_start(engine, NULL);
	struct tls_wish old = {.version_max = TLS1_2_VERSION};
	const struct tls_wish *wishes[] = {NULL, &old};
	const char *names[] = {"tls-new", "tls-old"};

	test_client_user(server, "Visible");
	for (int i = 0; i < 2; i++) {
		struct test_client *client =
		    tls_client_open_with(server->listen[0], wishes[i]);
		char secret[32], prompt[32], split[64];

		make_secret(secret, names[i]);
		make_secret(prompt, names[i] + 4);
		test_client_send(client, "/register %s %s\n/login %s %s\n",
		    names[i], secret, names[i], secret);
		test_client_expect(client, "OK registered %s", names[i]);
		test_client_match(client, "OK logged in as *");
		test_client_send(
		    client, "/logout\n/login Visible\n%s\n", prompt);
		test_client_expect(client, "OK logged out");
		test_client_match(client, "Password: ERR bad-credentials *");
		snprintf(
		    split, sizeof(split), "/login %s %s\n", names[i], secret);
		for (const char *at = split; *at; at++)
			test_client_send_bytes(client, at, 1);
		test_client_match(client, "OK logged in as *");
		test_client_fence(client);
		assert_wiped(server, secret);
		assert_wiped(server, prompt);
	}
	server_process_stop(server);
}

static void
assert_without(const char *where, const char *text, const char *secret)
{
	cr_assert_null(strstr(text, secret), "a password is in %s", where);
}

static void
assert_file_without(const char *path, const char *secret)
{
	static char bytes[1 << 20];
	FILE *file = fopen(path, "r");
	size_t len;

	cr_assert_not_null(file, "%s", path);
	len = fread(bytes, 1, sizeof(bytes) - 1, file);
	fclose(file);
	cr_assert_gt(len, 0);
	for (size_t i = 0; i < len; i++)
		if (!bytes[i])
			bytes[i] = ' '; /* between arguments */
	bytes[len] = '\0';
	assert_without(path, bytes, secret);
}

FLOW_TEST(passwords_are_in_no_file_log_console_or_argument)
{
	struct server_process *server =
	    server_process_start(engine, "--log-level=debug", NULL);
	struct test_client *client = test_client_open(server);
	char secret[32], path[64];
	const char *line;

	make_secret(secret, "shown");
	test_client_send(client, "/register Visible %s\n", secret);
	test_client_expect(client, "OK registered Visible");
	test_client_send(client, "/login Visible x%s\n", secret);
	test_client_match(client, "ERR bad-credentials *");
	test_client_send(client, "/login Visible %s\n/passwd %s x%s\n", secret,
	    secret, secret);
	test_client_match(client, "OK logged in as Visible#*");
	test_client_expect(client, "OK password changed");
	/* Not even where it makes no sense. */
	test_client_send(client, "/who %s\n/nope %s\n", secret, secret);
	test_client_match(client, "ERR *");
	test_client_match(client, "ERR *");
	server_process_type(server, "list\nverify\n");
	do {
		line = server_process_line(server);
		assert_without("the console", line, secret);
	} while (!strstr(line, " bans and "));
	assert_without("the log", server_process_errors(server), secret);
	assert_file_without(server->accounts, secret);
	snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)server->pid);
	assert_file_without(path, secret);
	server_process_stop(server);
}
