/* People in a browser: lines by WebSocket, beside others who type them. */
#include "tests/kit/observe.h"
#include "tests/kit/web_client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

FLOW_TEST(websocket_and_lines_are_in_one_room)
{
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *ann = test_client_user(server, "ann");
	struct test_client *web = web_client_user(server, "web");

	test_client_send(ann, "/join dev\n");
	test_client_expect(ann, "OK joined #dev (1 members)");
	web_client_send(web, "/join dev");
	web_client_match(web, "{*\"re\":\"join\",\"ok\":true*");
	test_client_expect(ann, "*** #dev: web#%lu joined", web->id);
	web_client_send(web, "<script>alert(\"hi\")</script> \u202e\U0001f600");
	web_client_match(web,
	    "{\"event\":\"message\",\"room\":\"dev\",\"seq\":1,"
	    "\"from\":\"web\",*\"text\":\"<script>alert(\\\\\"hi\\\\\")"
	    "</script> \u202e\U0001f600\"}");
	test_client_expect(ann,
	    "#dev [web#%lu] <script>alert(\"hi\")</script> "
	    "\u202e\U0001f600",
	    web->id);
	test_client_send(ann, "and back\n");
	test_client_expect(ann, "#dev [ann#%lu] and back", ann->id);
	web_client_match(web,
	    "{\"event\":\"message\",\"room\":\"dev\",\"seq\":2,"
	    "\"from\":\"ann\",*\"text\":\"and back\"}");
	test_client_send(ann, "/msg web psst\n");
	test_client_expect(ann, "OK sent to web (1 sessions)");
	web_client_match(web, "{\"event\":\"direct\",*\"text\":\"psst\"}");
	server_process_stop(server);
}

FLOW_TEST(websocket_speaks_the_format_that_it_is_told)
{
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *web = web_client_user(server, "web");

	web_client_send(web, "/format text");
	web_client_match(web, "OK format text");
	web_client_send(web, "/b hello");
	web_client_match(web, "\\[web#%lu] hello", web->id);
	web_client_send(web, "@t /who");
	web_client_match(web, "@t - web#%lu", web->id);
	web_client_match(web, "@t OK 1 online");
	web_client_send(web, "/b %0*d", 200, 7);
	web_client_match(web, "\\[web#%lu] %0*d", web->id, 200, 7);
	web_client_send(web, "/format json");
	web_client_match(web, "{*\"text\":\"format json\"}");
	server_process_stop(server);
}

/* Two fragments with a ping between, and a line of a longer head. */
FLOW_TEST(websocket_frames_split_anywhere_are_the_same)
{
	static const char begin[] = "\x01\x83\x01\x02\x03\x04"
				    "\x6e\x67\x6f" /* oel, masked */
				    "\x89\x80\xff\xff\xff\xff"
				    "\x80\x81\0\0\0\0x"
				    "\x81\xfe\x00\x7e\0\0\0\0";
	char bytes[sizeof(begin) - 1 + 126];
	struct server_process *server =
	    server_process_start(engine, "--listen=unix:{folder}/socket", NULL);
	char echo[127];

	memcpy(bytes, begin, sizeof(begin) - 1);
	memset(bytes + sizeof(begin) - 1, 'y', 126);
	memset(echo, 'y', 126);
	echo[126] = '\0';
	for (size_t size = 1; size <= sizeof(bytes); size++) {
		struct test_client *web = web_client_open_at(server->listen[1]);

		test_client_send_pieces(web, bytes, sizeof(bytes), size);
		test_client_expect_bytes(web, "\x8a", 2);
		web_client_match(web, "{\"event\":\"echo\",\"text\":\"oelx\"}");
		web_client_match(
		    web, "{\"event\":\"echo\",\"text\":\"%s\"}", echo);
		test_client_close(web);
	}
	server_process_stop(server);
}

FLOW_TEST(websocket_is_asked_for_a_password_by_a_notice)
{
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *web = web_client_open(server);

	web_client_send(web, "/register web " HARNESS_PASSWORD);
	web_client_match(web, "{*\"re\":\"register\",\"ok\":true*");
	web_client_send(web, "/login web");
	web_client_match(web, "{\"event\":\"notice\",\"text\":\"Password: \"}");
	web_client_send(web, HARNESS_PASSWORD);
	web_client_match(web, "{*\"re\":\"login\",\"ok\":true*");
	server_process_stop(server);
}

FLOW_TEST(websocket_is_told_why_it_ends)
{
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *kicked = web_client_user(server, "kicked");
	struct test_client *web = web_client_user(server, "web");

	server_process_type(server, "kick kicked be nice\n");
	web_client_match(kicked, "{*\"text\":\"you were kicked: be nice\"}");
	web_client_expect_close(kicked, 1000);
	server_process_type(server, "exit\n");
	web_client_match(
	    web, "{\"event\":\"notice\",\"text\":\"server is going down\"}");
	web_client_expect_close(web, 1001);
	cr_assert_eq(server_process_wait(server), 0);
}

/* The status of a request to become one, by a page of `origin`. */
static void
expect_entry(struct test_client *client, const char *host, const char *origin,
    const char *status)
{
	char text[64];

	test_client_send(client,
	    "GET /ws HTTP/1.1\r\nHost: %s\r\nOrigin: %s\r\n"
	    "Upgrade: websocket\r\nConnection: Upgrade\r\n"
	    "Sec-WebSocket-Version: 13\r\n"
	    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
	    host, origin);
	snprintf(text, sizeof(text), "HTTP/1.1 %s", status);
	web_client_head(client, text);
}

/* What a page of another site has the browser send has its Origin with it, and
 * the site's name may have been made to lead here. */
FLOW_TEST(websocket_of_another_site_is_refused)
{
	static const char in[] = "101 Switching Protocols";
	static const char out[] = "403 Forbidden";
	static const struct {
		const char *host, *origin, *status;
	} entries[] = {
	    {"127.0.0.1:5000", "http://127.0.0.1:5000", in},
	    {"[::1]:5000", "http://[::1]:5000", in},
	    {"localhost:5000", "http://LOCALHOST:5000", in},
	    {"server.local", "http://server.local", in},
	    /* At a proxy that has a certificate for it. */
	    {"chat.example", "https://CHAT.example", in},
	    {"localhost:5000", "https://app.example:8443", in},
	    {"app.example:8443", "http://app.example:8443", in},
	    {"other.example", "http://other.example", in},
	    {"evil.example", "http://evil.example", out},
	    {"evil.example:5000", "http://evil.example:5000", out},
	    {"localhost:5000", "http://evil.example:5000", out},
	    {"localhost:5000", "http://localhost", out},
	    {"localhost:5000", "http://localhost:5001", out},
	    {"localhost:5000", "https://app.example", out},
	    {"chat.example", "https://chat.example.evil", out},
	    {"chat.example", "chat.example", out},
	    {"localhost", "localhost", out},
	    {"localhost", "null", out},
	    {"localhost", "", out},
	};
	struct server_process *server = server_process_start(engine,
	    "--web-origin=http://other.example,https://app.example:8443", NULL);

	for (size_t i = 0; i < sizeof(entries) / sizeof(*entries); i++)
		expect_entry(test_client_open(server), entries[i].host,
		    entries[i].origin, entries[i].status);
	server_process_stop(server);
}

FLOW_TEST(websocket_request_that_is_not_one_is_refused)
{
	static const struct {
		const char *headers, *status;
	} requests[] = {
	    {"Upgrade: websocket\r\nConnection: Upgrade\r\n"
	     "Sec-WebSocket-Version: 8\r\n"
	     "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
		"426 Upgrade Required"},
	    {"Upgrade: h2c\r\nConnection: Upgrade\r\n"
	     "Sec-WebSocket-Version: 13\r\n"
	     "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
		"426 Upgrade Required"},
	    {"Upgrade: websocket\r\nConnection: keep-alive\r\n"
	     "Sec-WebSocket-Version: 13\r\n"
	     "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
		"426 Upgrade Required"},
	    {"Upgrade: websocket\r\nConnection: Upgrade\r\n"
	     "Sec-WebSocket-Version: 13\r\n"
	     "Sec-WebSocket-Key: dG9vIHNob3J0\r\n",
		"400 Bad Request"},
	    {"Upgrade: websocket\r\nConnection: Upgrade\r\n"
	     "Sec-WebSocket-Version: 13\r\n",
		"400 Bad Request"},
	};
	struct server_process *server = server_process_start(engine, NULL);

	for (size_t i = 0; i < sizeof(requests) / sizeof(*requests); i++) {
		struct test_client *client = test_client_open(server);
		char status[64];

		test_client_send(client,
		    "GET /ws HTTP/1.1\r\nHost: a\r\n%s\r\n",
		    requests[i].headers);
		snprintf(
		    status, sizeof(status), "HTTP/1.1 %s", requests[i].status);
		cr_expect(strstr(
		    web_client_head(client, status), "\nConnection: close\n"));
	}
	server_process_stop(server);
}

FLOW_TEST(websocket_that_is_silent_is_asked_for_a_sign)
{
	static const char pong[] = "\x8a\x80\0\0\0\0";
	struct server_process *server =
	    server_process_start(engine, "--web-timeout=1", NULL);
	struct test_client *web = NULL;
	int64_t came_ms;

	/* On a machine that stands still the pong may be late: the ping came
	 * after a second, and for another one it is waited for. */
	do {
		if (web)
			test_client_close(web);
		came_ms = harness_now_ms();
		web = web_client_open(server);
		web_client_expect_ping(web);
		test_client_send_bytes(web, pong, sizeof(pong) - 1);
	} while (harness_now_ms() - came_ms > 1800);
	web_client_expect_ping(web);
	web_client_expect_close(web, 1000);
	server_process_expect(server, "*did not answer a ping*");
	server_process_stop(server);
}

/* Who does not read is told what it missed, as everybody is. */
FLOW_TEST(websocket_that_does_not_read_is_told_its_gap)
{
	enum {
		MESSAGES = 600
	};
	struct server_process *server = server_process_start(
	    engine, "--out-limit=65536", "--listen=unix:{folder}/socket", NULL);
	struct test_client *ann = test_client_user(server, "ann");
	struct test_client *slow = web_client_open_at(server->listen[1]);
	unsigned long long seq, last = 0, missed = 0;

	web_client_enter(slow, "ann");
	for (int i = 1; i <= MESSAGES; i++) {
		test_client_send(ann, "/b %01000d\n", i);
		test_client_expect(ann, "[ann#%lu] %01000d", ann->id, i);
	}
	while (last + missed < MESSAGES) {
		const char *line = web_client_match(slow, "{*");

		if (sscanf(line,
			"{\"event\":\"message\",\"room\":\"lobby\","
			"\"seq\":%llu,",
			&seq) == 1) {
			cr_assert_eq(seq, last + missed + 1);
			last = seq - missed;
			continue;
		}
		cr_assert_eq(missed, 0);
		cr_assert_eq(sscanf(line,
				 "{\"event\":\"gap\",\"room\":\"lobby\","
				 "\"after\":%llu,\"missed\":%llu}",
				 &seq, &missed),
		    2);
		cr_assert_eq(seq, last);
	}
	cr_assert_gt(missed, 0);
	server_process_stop(server);
}

/* Guests get little: what is no line any more is not kept for them. */
FLOW_TEST(websocket_messages_that_do_not_end_take_little_memory)
{
	enum {
		GUESTS = 200,
		FRAGMENT_BYTES = 8000
	};
	/* Of zero bytes, by a mask of zeros. */
	static char fragment[8 + FRAGMENT_BYTES] = "\x01\xfe\x1f\x40";
	struct server_process *server =
	    server_process_start(engine, "--listen=unix:{folder}/socket", NULL);
	uint64_t before = observe_memory(server);

	for (int i = 0; i < GUESTS; i++) {
		struct test_client *web = web_client_open_at(server->listen[1]);

		for (int n = 0; n < 8; n++) {
			fragment[0] = n == 0 ? '\x01' : '\x00';
			test_client_send_bytes(web, fragment, sizeof(fragment));
		}
		test_client_send_bytes(web, "\x89\x80\0\0\0\0", 6);
		test_client_expect_bytes(web, "\x8a", 2);
	}
	cr_expect_lt((observe_memory(server) - before) / GUESTS, 48 * 1024);
	server_process_stop(server);
}

/* Frames that break the rules, and fragments, by another implementation. */
FLOW_TEST(websocket_conforms)
{
	struct server_process *server = server_process_start(engine, NULL);
	char command[256];

	if (system("/usr/bin/python3 -c 'import websockets' 2>/dev/null") != 0)
		cr_skip_test("there is no python3-websockets here");
	snprintf(command, sizeof(command),
	    "/usr/bin/python3 tests/web/conformance.py 127.0.0.1 %d >&2",
	    atoi(strchr(strstr(server->listen[0], "127.0.0.1:"), ':') + 1));
	cr_assert_eq(system(command), 0);
	server_process_stop(server);
}
