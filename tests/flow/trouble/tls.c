/* TLS beside text: told apart, talked over, ended, cut, and what is refused. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/kit/elsewhere.h"
#include "tests/kit/observe.h"
#include "tests/kit/tls_kit.h"

static struct test_client *
tls_user(const struct server_process *server, const char *name)
{
	struct test_client *client = tls_client_open(server);

	test_client_send(client, "/register %s %s\n", name, HARNESS_PASSWORD);
	test_client_expect(client, "OK registered %s", name);
	test_client_enter(client, name);
	return client;
}

FLOW_TEST(tls_and_text_talk_in_one_room)
{
	struct server_process *server = tls_kit_start(engine, NULL);
	struct test_client *plain = test_client_user(server, "plain");
	struct test_client *tls = tls_user(server, "sealed");

	test_client_send(tls, "/join dev\n");
	test_client_expect(tls, "OK joined #dev (1 members)");
	test_client_send(plain, "/join dev\nfrom text\n");
	test_client_expect(plain, "OK joined #dev (2 members)");
	test_client_match(tls, "*** #dev: plain#* joined");
	test_client_match(plain, "#dev [[]plain#*] from text");
	test_client_match(tls, "#dev [[]plain#*] from text");
	test_client_send(tls, "from TLS\n");
	test_client_match(plain, "#dev [[]sealed#*] from TLS");
	test_client_match(tls, "#dev [[]sealed#*] from TLS");
	server_process_stop(server);
}

FLOW_TEST(tls_prompts_and_formats_are_as_in_text)
{
	struct server_process *server = tls_kit_start(engine, NULL);
	struct test_client *client = tls_user(server, "sealed");

	test_client_send(client, "/logout\n/login sealed\n");
	test_client_expect(client, "OK logged out");
	test_client_expect_bytes(client, "Password: ", 10);
	test_client_send(client, "%s\n/format json\n/ping\n", HARNESS_PASSWORD);
	test_client_match(client, "OK logged in as sealed#*");
	test_client_match(client, "{\"event\":\"reply\",\"re\":\"format\",*");
	test_client_match(client, "{\"event\":\"reply\",\"re\":\"ping\",*");
	server_process_stop(server);
}

/* Each byte a segment of its own, the handshake and what follows. */
FLOW_TEST(tls_that_comes_byte_by_byte_is_understood)
{
	struct server_process *server = tls_kit_start(engine, NULL);
	struct test_client *client = test_client_open(server);
	char bytes[8192];
	SSL *ssl = tls_kit_client(NULL);
	int len, heard = 0;

	while (!SSL_is_init_finished(ssl) || heard == 0) {
		int result = SSL_is_init_finished(ssl)
				 ? SSL_write(ssl, "/ping x\n", 8)
				 : SSL_do_handshake(ssl);

		heard = result == 8;
		while ((len = BIO_read(
			    SSL_get_wbio(ssl), bytes, sizeof(bytes))) > 0)
			test_client_send_pieces(client, bytes, (size_t)len, 1);
		if (SSL_is_init_finished(ssl))
			continue;
		cr_assert(harness_stream_fill(
		    &client->in, harness_now_ms() + HARNESS_DEADLINE_MS));
		BIO_write(
		    SSL_get_rbio(ssl), client->in.bytes, (int)client->in.len);
		client->in.start = client->in.len;
	}
	while ((len = SSL_read(ssl, bytes, sizeof(bytes))) <= 0) {
		cr_assert(harness_stream_fill(
		    &client->in, harness_now_ms() + HARNESS_DEADLINE_MS));
		BIO_write(
		    SSL_get_rbio(ssl), client->in.bytes, (int)client->in.len);
		client->in.start = client->in.len;
	}
	cr_assert_eq(len, 10);
	cr_assert(!memcmp(bytes, "OK pong x\n", 10));
	SSL_free(ssl);
	server_process_stop(server);
}

FLOW_TEST(tls_session_is_resumed_by_its_ticket)
{
	struct server_process *server = tls_kit_start(engine, NULL);
	struct tls_wish wish = {0};
	struct test_client *client = tls_client_open(server);

	test_client_fence(client);
	wish.session = SSL_get1_session(client->in.tls);
	cr_assert(SSL_SESSION_is_resumable(wish.session));
	client = tls_client_open_with(server->listen[0], &wish);
	test_client_fence(client);
	cr_assert(SSL_session_reused(client->in.tls));
	SSL_SESSION_free(wish.session);
	server_process_stop(server);
}

/* The new one may be there because the old one's key is known to others. */
FLOW_TEST(tls_session_ends_with_its_certificate)
{
	struct server_process *server = tls_kit_start(engine, NULL);
	struct tls_wish wish = {0};
	struct test_client *client = tls_client_open(server);

	test_client_fence(client);
	wish.session = SSL_get1_session(client->in.tls);
	server_process_type(server, "reload\n");
	server_process_expect(server, "certificate: valid until *");
	client = tls_client_open_with(server->listen[0], &wish);
	test_client_fence(client);
	cr_assert_not(SSL_session_reused(client->in.tls));
	SSL_SESSION_free(wish.session);
	server_process_stop(server);
}

FLOW_TEST(tls_client_hears_the_goodbye_and_an_orderly_end)
{
	struct server_process *server = tls_kit_start(engine, NULL);
	struct test_client *user = tls_user(server, "sealed");
	struct test_client *guest = tls_client_open(server);

	test_client_fence(guest);
	server_process_type(server, "exit\n");
	test_client_expect(user, "*** server is going down");
	test_client_expect_end(user);
	test_client_expect(guest, "*** server is going down");
	test_client_expect_end(guest);
	cr_assert_eq(server_process_wait(server), 0);
}

FLOW_TEST(tls_half_close_is_answered_first)
{
	struct server_process *server = tls_kit_start(engine, NULL);
	struct test_client *client = tls_client_open(server);

	test_client_send(
	    client, "/register late %s\n/ping\nhalf a line", HARNESS_PASSWORD);
	test_client_half_close(client);
	test_client_expect(client, "OK registered late");
	test_client_expect(client, "OK pong");
	test_client_expect(client, "Echo: half a line");
	test_client_expect_end(client);
	server_process_stop(server);
}

/* What was cut in two by whoever has the wire is no line. */
FLOW_TEST(tls_half_a_line_before_a_cut_is_not_said)
{
	struct server_process *server = tls_kit_start(engine, NULL);
	struct test_client *client = tls_client_open(server);

	test_client_send(client, "whole\n/ping half");
	test_client_expect(client, "Echo: whole");
	cr_assert_eq(shutdown(client->in.fd, SHUT_WR), 0);
	test_client_expect_end(client);
	server_process_stop(server);
}

/* It reads nothing for a while, misses messages, and learns how many: each that
 * was said is heard or counted. A Unix socket holds little by itself. */
FLOW_TEST(tls_reader_that_is_slow_is_told_of_its_gap)
{
	struct server_process *server = tls_kit_start(
	    engine, "--out-limit=65536", "--listen=unix:{folder}/socket", NULL);
	struct test_client *loud = test_client_user(server, "loud");
	struct test_client *slow = test_client_open_at(server->listen[1]);
	int heard = 0, missed = 0, n;

	tls_client_shake(slow, NULL);
	test_client_enter(slow, "loud");
	for (int i = 1; i <= 600; i++) {
		test_client_send(loud, "/b %01000d\n", i);
		test_client_match(loud, "[[]loud#*] %01000d", i);
	}
	while (heard + missed < 600) {
		const char *line = test_client_line(slow);

		if (sscanf(line, "*** #lobby: %d messages skipped", &n) == 1)
			missed += n;
		else if (sscanf(line, "[loud#%*u] %d", &n) == 1)
			cr_assert_eq(n, ++heard + missed);
		else
			harness_fail("not expected: %s", line);
	}
	cr_assert_gt(missed, 0);
	cr_assert_gt(heard, 60);
	test_client_fence(slow);
	server_process_stop(server);
}

FLOW_TEST(tls_members_all_get_a_long_history)
{
	struct server_process *server = tls_kit_start(engine, NULL);
	struct test_client *plain = test_client_user(server, "plain");
	struct test_client *members[20];
	char text[3000];

	memset(text, 'y', sizeof(text));
	for (int i = 0; i < 20; i++) {
		char name[24];

		snprintf(name, sizeof(name), "member%d", i);
		members[i] = tls_user(server, name);
	}
	for (int n = 0; n < 30; n++) {
		test_client_send(plain, "/broadcast %d %.2900s\n", n, text);
		test_client_match(plain, "[[]plain#*] %d y*", n);
	}
	for (int i = 0; i < 20; i++)
		for (int n = 0; n < 30; n++)
			test_client_match(members[i], "[[]plain#*] %d y*", n);
	test_client_send(members[0], "/history 30\n");
	for (int n = 0; n < 30; n++)
		test_client_match(members[0], "*plain#*] %d y*", n);
	test_client_match(members[0], "OK *");
	server_process_stop(server);
}

FLOW_TEST(tls_and_text_listeners_take_only_their_own)
{
	struct server_process *server =
	    tls_kit_start(engine, "--listen=line://127.0.0.1:0",
		"--listen=tls://127.0.0.1:0", "--log-level=info", NULL);
	struct test_client *client = test_client_open_at(server->listen[1]);

	cr_assert(!strncmp(server->listen[1], "line://127.0.0.1:", 17));
	cr_assert(!strncmp(server->listen[2], "tls://127.0.0.1:", 16));
	test_client_fence(client);
	client = test_client_open_at(server->listen[1]);
	test_client_send(client, "\x16\x03\x01\n");
	test_client_expect_end(client);
	client = test_client_open_at(server->listen[2]);
	test_client_send(client, "/ping\n");
	test_client_expect_end(client);
	client = tls_client_open_with(server->listen[2], NULL);
	test_client_fence(client);
	server_process_stop(server);
	cr_assert_not_null(
	    strstr(server_process_errors(server), " reason=not-tls "));
}

/* A site that has a browser lead here can have it say what the site has once
 * given it, as a ticket, in its first message. */
FLOW_TEST(tls_without_a_certificate_is_closed_and_the_log_says_why)
{
	struct server_process *server =
	    server_process_start(engine, "--log-level=warn", NULL);
	const char *errors, *first;

	for (int i = 0; i < 2; i++) {
		struct test_client *client = test_client_open(server);

		test_client_send(client,
		    "\x16\x03\x01%0*d\n/register eve secretpw\n/whoami\n",
		    i * 5000, i);
		test_client_expect_end(client);
	}
	test_client_user(server, "eve");
	server_process_stop(server);
	errors = server_process_errors(server);
	first = strstr(errors, "tls-without-certificate");
	cr_assert_not_null(first);
	cr_assert_null(strstr(first + 1, "tls-without-certificate"));
}

FLOW_TEST(tls_only_takes_no_password_of_strangers_in_clear)
{
	struct server_process *server;
	struct test_client *client;
	char how[160], cert[96], key[96];

	tls_kit_certificate("one", -1, 100);
	snprintf(cert, sizeof(cert), "--tls-cert=%s", tls_kit_path("one.cert"));
	snprintf(key, sizeof(key), "--tls-key=%s", tls_kit_path("one.key"));
	server = elsewhere_start(engine, "--tls-only", cert, key, NULL);
	snprintf(how, sizeof(how),
	    "ERR forbidden use TLS: openssl s_client -quiet -connect %s",
	    server->listen[0] + strlen("tcp://"));
	client = elsewhere_open(server, 7);
	test_client_send(client,
	    "/register far secretpw\n/login far\n/login far secretpw\n"
	    "@t /register far x\n/ping\n");
	test_client_expect(client, "%s", how);
	test_client_expect(client, "%s", how);
	test_client_expect(client, "%s", how);
	test_client_expect(client, "@t %s", how);
	test_client_expect(client, "OK pong");
	/* The same in TLS, and from this machine. */
	client = elsewhere_open(server, 8);
	tls_client_shake(client, NULL);
	test_client_send(client, "/register far secretpw\n");
	test_client_expect(client, "OK registered far");
	test_client_enter(client, "far");
	client = elsewhere_open_local(server);
	test_client_enter(client, "far");
	server_process_stop(server);
}

/* Who was asked for it when that was still allowed has to read on first. */
FLOW_TEST(tls_only_by_a_reload_takes_no_password_that_was_asked_for)
{
	struct server_process *server;
	struct test_client *client;
	char config[96], cert[96], key[96];

	tls_kit_certificate("one", -1, 100);
	tls_kit_write("config", "");
	snprintf(config, sizeof(config), "--config=%s", tls_kit_path("config"));
	snprintf(cert, sizeof(cert), "--tls-cert=%s", tls_kit_path("one.cert"));
	snprintf(key, sizeof(key), "--tls-key=%s", tls_kit_path("one.key"));
	server = elsewhere_start(engine, config, cert, key, NULL);
	client = elsewhere_open(server, 7);
	test_client_send(client, "/register far secretpw\n@t /login far\n");
	test_client_expect(client, "OK registered far");
	test_client_expect_bytes(client, "Password: ", 10);
	tls_kit_write("config", "tls-only = yes\n");
	server_process_type(server, "reload\n");
	server_process_expect(server, "changed: tls-only");
	test_client_send(client, "secretpw\n/whoami\n");
	test_client_match(client, "@t ERR forbidden use TLS: *");
	test_client_match(client, "OK guest#*");
	server_process_stop(server);
}

/* The address is what the client has used, also where all are listened to, and
 * the port is one that takes TLS. */
FLOW_TEST(tls_only_says_where_tls_is)
{
	struct server_setup setup = {.engine = engine, .no_listen = true};
	struct server_process *server;
	struct test_client *client;
	char cert[96], key[96], url[64];
	unsigned line_port = 0, tls_port = 0;

	tls_kit_certificate("one", -1, 100);
	snprintf(cert, sizeof(cert), "--tls-cert=%s", tls_kit_path("one.cert"));
	snprintf(key, sizeof(key), "--tls-key=%s", tls_kit_path("one.key"));
	setup.args[0] = "--listen=line://0.0.0.0:0";
	setup.args[1] = "--listen=tls://0.0.0.0:0";
	setup.args[2] = "--tls-only";
	setup.args[3] = cert;
	setup.args[4] = key;
	elsewhere_begin();
	server = server_process_start_with(&setup);
	sscanf(server->listen[0], "line://0.0.0.0:%u", &line_port);
	sscanf(server->listen[1], "tls://0.0.0.0:%u", &tls_port);
	snprintf(url, sizeof(url), "tcp://198.51.100.1:%u", line_port);
	client = test_client_open_at(url);
	test_client_send(client, "/login far secretpw\n");
	test_client_expect(client,
	    "ERR forbidden use TLS: openssl s_client -quiet -connect "
	    "198.51.100.1:%u",
	    tls_port);
	server_process_stop(server);
}

/* How far a visitor gets, by turns: amid its hello, to the server's answer, to
 * the end of the handshake. */
static void
give_up(const struct server_process *server, const char *hello, size_t len,
    unsigned turn)
{
	struct test_client *client = test_client_open(server);

	switch (turn % 8) {
	case 0:
		tls_client_shake(client, NULL);
		break;
	case 1:
	case 2:
		test_client_send_bytes(client, hello, len);
		test_client_expect_bytes(client, "\x16\x03\x03", 3);
		break;
	default:
		test_client_send_bytes(client, hello, 1 + turn * 7 % len);
	}
	if (turn / 8 % 2)
		test_client_reset(client);
	else
		test_client_close(client);
}

FLOW_TEST(tls_handshakes_that_are_given_up_leave_nothing)
{
	struct server_process *server = tls_kit_start(engine, NULL);
	SSL *ssl = tls_kit_client(NULL);
	uint64_t descriptors;
	char hello[4096];
	int len;

	SSL_do_handshake(ssl);
	len = BIO_read(SSL_get_wbio(ssl), hello, sizeof(hello));
	SSL_free(ssl);
	descriptors = observe_descriptors(server);
	for (unsigned i = 0; i < 1000; i++)
		give_up(server, hello, (size_t)len, i);
	observe_open(server, 0);
	observe_as_many_descriptors(server, descriptors);
	server_process_stop(server);
}

/* As a program would be run: what is typed, and what it shows. */
static void
program_talks(const struct server_process *server, const char *const argv[])
{
	struct harness_stream out = {.label = "the program"};
	int to[2], from[2];
	const char *line;
	pid_t pid;

	cr_assert_eq(pipe2(to, O_CLOEXEC), 0);
	cr_assert_eq(pipe2(from, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(to[0], STDIN_FILENO);
		dup2(from[1], STDOUT_FILENO);
		dup2(open("/dev/null", O_WRONLY), STDERR_FILENO);
		execvp(argv[0], (char *const *)argv);
		_exit(127);
	}
	close(to[0]);
	close(from[1]);
	out.fd = from[0];
	cr_assert_eq(write(to[1], "hello there\n", 12), 12);
	line = harness_stream_line(&out);
	cr_assert_not_null(line, "%s ended", argv[0]);
	cr_assert_str_eq(line, "Echo: hello there");
	server_process_type((struct server_process *)server, "broadcast hi\n");
	line = harness_stream_line(&out);
	cr_assert_not_null(line);
	cr_assert_str_eq(line, "*** hi");
	cr_assert_eq(write(to[1], "/quit\n", 6), 6);
	while (harness_stream_line(&out))
		;
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	close(to[1]);
	harness_stream_close(&out);
}

FLOW_TEST(tls_is_spoken_by_the_programs_that_people_have)
{
	struct server_process *server = tls_kit_start(engine, NULL);
	char where[64], port[16];
	const char *openssl[] = {
	    "openssl", "s_client", "-quiet", "-connect", where, NULL};
	const char *ncat[] = {"ncat", "--ssl", "127.0.0.1", port, NULL};

	snprintf(where, sizeof(where), "%s", server->listen[0] + 6);
	snprintf(port, sizeof(port), "%s", strrchr(where, ':') + 1);
	program_talks(server, openssl);
	program_talks(server, ncat);
	server_process_stop(server);
}
