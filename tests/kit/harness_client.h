/*
 * Clients of whole-server tests: they say exactly the bytes they are told to,
 * and check what they get. All that a test has opened is closed by its end
 * (harness_fini). The test's own thread only.
 */
#ifndef TESTS_KIT_HARNESS_CLIENT_H
#define TESTS_KIT_HARNESS_CLIENT_H

#include <stddef.h>

#include "tests/kit/harness_stream.h"

#define HARNESS_PASSWORD "secretpw"

struct server_process;

struct test_client {
	struct harness_stream in;
	unsigned long id; /* client number; of users only */
	char sent[64];    /* the end of what was sent, for messages */
	struct test_client *next;
};

/* Connects to the server's first address, also from another loopback address
 * than the usual one, or to any. */
struct test_client *test_client_open(const struct server_process *server);
struct test_client *
test_client_open_from(const struct server_process *server, const char *address);
struct test_client *test_client_open_at(const char *url);
/* The same without a client: a descriptor, or -1 with errno. */
int test_client_connect(const char *url);
/* Logs in with HARNESS_PASSWORD; `again` connects before, `user` connects and
 * registers; `users` does so for user0, user1, and so on. */
void test_client_enter(struct test_client *client, const char *name);
struct test_client *
test_client_again(const struct server_process *server, const char *name);
struct test_client *
test_client_user(const struct server_process *server, const char *name);
void test_client_users(const struct server_process *server,
    struct test_client *users[], int count);

/* Sends; await_taken waits until the peer has read it all (a Unix socket) or
 * its kernel has it (TCP); send_pieces waits so after every `size` bytes. */
void test_client_send(struct test_client *client, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void test_client_send_bytes(
    struct test_client *client, const char *bytes, size_t len);
void test_client_await_taken(struct test_client *client);
void test_client_send_pieces(
    struct test_client *client, const char *bytes, size_t len, size_t size);

/* The next line, which must come; it is valid until the next call. It must be
 * the one that is given, or match an fnmatch pattern (FNM_EXTMATCH). */
const char *test_client_line(struct test_client *client);
void test_client_expect(struct test_client *client, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
const char *test_client_match(struct test_client *client, const char *pattern,
    ...) __attribute__((format(printf, 2, 3)));

/* The next bytes are these; the connection ends in order and nothing came
 * before; nothing comes for a while (for claims about time only); a /ping is
 * answered next, so nothing else was owed. */
void test_client_expect_bytes(
    struct test_client *client, const char *bytes, size_t len);
void test_client_expect_end(struct test_client *client);
void test_client_expect_silence(struct test_client *client, int ms);
void test_client_fence(struct test_client *client);

/* Ends its output alone; closes in order; closes with a reset. The client can
 * be looked at until free_all. */
void test_client_half_close(struct test_client *client);
void test_client_close(struct test_client *client);
void test_client_reset(struct test_client *client);
void test_client_close_all(void);
void test_client_free_all(void); /* for harness_fini */

/* See HERE. */
#ifndef HARNESS_WITHOUT_PLACES
#define test_client_open(...)      HERE(test_client_open(__VA_ARGS__))
#define test_client_open_from(...) HERE(test_client_open_from(__VA_ARGS__))
#define test_client_open_at(...)   HERE(test_client_open_at(__VA_ARGS__))
#define test_client_again(...)     HERE(test_client_again(__VA_ARGS__))
#define test_client_user(...)      HERE(test_client_user(__VA_ARGS__))
#define test_client_users(...)     HERE(test_client_users(__VA_ARGS__))
#define test_client_enter(...)     HERE(test_client_enter(__VA_ARGS__))
#define test_client_line(...)      HERE(test_client_line(__VA_ARGS__))
#define test_client_expect(...)    HERE(test_client_expect(__VA_ARGS__))
#define test_client_match(...)     HERE(test_client_match(__VA_ARGS__))
#define test_client_fence(...)     HERE(test_client_fence(__VA_ARGS__))
#define test_client_expect_end(c)  HERE(test_client_expect_end(c))
#define test_client_expect_silence(...)                                        \
	HERE(test_client_expect_silence(__VA_ARGS__))
#define test_client_expect_bytes(...)                                          \
	HERE(test_client_expect_bytes(__VA_ARGS__))
#endif

#endif
