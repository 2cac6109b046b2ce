/*
 * A WebSocket client of the whole-server tests: a test_client that has been
 * upgraded. Its frames are as plain as the rules allow, masked with zeros;
 * tests/web/conformance.py has the others. The test's own thread only.
 */
#ifndef TESTS_KIT_WEB_CLIENT_H
#define TESTS_KIT_WEB_CLIENT_H

#include "tests/kit/harness.h"

/* A request to become one; the key is RFC 6455's example. */
#define WEB_CLIENT_REQUEST                                                     \
	"GET /ws HTTP/1.1\r\nHost: chat.example\r\nUpgrade: websocket\r\n"     \
	"Connection: keep-alive, Upgrade\r\nSec-WebSocket-Version: 13\r\n"     \
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"

/* Reads the answer to a request: its status line must be `status`. Returns
 * what is in the head, with LF between; valid until the next call. */
const char *web_client_head(struct test_client *client, const char *status);

/* Connects and upgrades; `user` registers and logs in, too. */
struct test_client *web_client_open(const struct server_process *server);
struct test_client *web_client_open_at(const char *url);
void web_client_enter(struct test_client *client, const char *name);
struct test_client *
web_client_user(const struct server_process *server, const char *name);

/* One line, as a text frame. */
void web_client_send(struct test_client *client, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The next frame has to be text, and to match an fnmatch pattern. Returns it,
 * terminated, valid until the next call. */
const char *web_client_match(struct test_client *client, const char *pattern,
    ...) __attribute__((format(printf, 2, 3)));

/* The next frame has to be a ping; it is not answered. Or a close with this
 * code, and then the end has to come. */
void web_client_expect_ping(struct test_client *client);
void web_client_expect_close(struct test_client *client, int code);

#endif
