/* Clients of the whole-server tests (harness.h). */
#define HARNESS_WITHOUT_PLACES
#include "tests/kit/harness_client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fnmatch.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/kit/harness.h"

/* The longest thing that a printf-like send can say. */
#define SEND_BYTES (16 * 1024)

static struct test_client *clients;

/* "tcp://ADDRESS:PORT", "tls://[ADDRESS]:PORT" or "unix:PATH". */
static socklen_t
url_parse(const char *url, struct sockaddr_storage *out)
{
	struct sockaddr_in *in = (struct sockaddr_in *)out;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)out;
	struct sockaddr_un *un = (struct sockaddr_un *)out;
	char host[64];
	unsigned port;

	memset(out, 0, sizeof(*out));
	if (!strncmp(url, "unix:", 5)) {
		un->sun_family = AF_UNIX;
		snprintf(un->sun_path, sizeof(un->sun_path), "%s", url + 5);
		return sizeof(*un);
	}
	if (sscanf(url, "%*[a-z]://[%63[^]]]:%u", host, &port) == 2) {
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons((uint16_t)port);
		cr_assert_eq(inet_pton(AF_INET6, host, &in6->sin6_addr), 1);
		return sizeof(*in6);
	}
	cr_assert_eq(sscanf(url, "%*[a-z]://%63[^:]:%u", host, &port), 2);
	in->sin_family = AF_INET;
	in->sin_port = htons((uint16_t)port);
	cr_assert_eq(inet_pton(AF_INET, host, &in->sin_addr), 1);
	return sizeof(*in);
}

/* `from` is the URL of an own address to connect from, or NULL. */
static int
url_connect(const char *url, const char *from)
{
	struct sockaddr_storage address, own;
	socklen_t length = url_parse(url, &address);
	int fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int error;

	cr_assert_geq(fd, 0);
	if (from)
		cr_assert_eq(bind(fd, (void *)&own, url_parse(from, &own)), 0);
	if (connect(fd, (void *)&address, length) == 0)
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

int
test_client_connect(const char *url)
{
	return url_connect(url, NULL);
}

static struct test_client *
client_new(const char *url, const char *from)
{
	int fd = url_connect(url, from);
	struct test_client *client;
	int one = 1;

	if (fd < 0)
		harness_fail("connect %s: %s", url, strerror(errno));
	client = calloc(1, sizeof(*client));
	cr_assert_not_null(client);
	client->in.fd = fd;
	client->next = clients;
	clients = client;
	snprintf(client->in.label, sizeof(client->in.label), "client %d",
	    client->in.fd);
	if (strncmp(url, "unix:", 5) != 0)
		cr_assert_eq(setsockopt(client->in.fd, IPPROTO_TCP, TCP_NODELAY,
				 &one, sizeof(one)),
		    0);
	return client;
}

struct test_client *
test_client_open_at(const char *url)
{
	return client_new(url, NULL);
}

struct test_client *
test_client_open_from(const struct server_process *server, const char *address)
{
	char url[64];

	snprintf(url, sizeof(url), "tcp://%s:0", address);
	return client_new(server->listen[0], url);
}

struct test_client *
test_client_open(const struct server_process *server)
{
	return test_client_open_at(server->listen[0]);
}

void
test_client_enter(struct test_client *client, const char *name)
{
	unsigned long long id;
	const char *line;
	size_t len = strlen(name);

	snprintf(client->in.label, sizeof(client->in.label), "%s", name);
	test_client_send(client, "/login %s %s\n", name, HARNESS_PASSWORD);
	line = test_client_match(client, "OK logged in as *#*");
	if (strncasecmp(line + 16, name, len) != 0 ||
	    sscanf(line + 16 + len, "#%llu", &id) != 1)
		harness_fail(
		    "expected `OK logged in as %s#ID`, got `%s`", name, line);
	client->id = id;
}

struct test_client *
test_client_again(const struct server_process *server, const char *name)
{
	struct test_client *client = test_client_open(server);

	test_client_enter(client, name);
	return client;
}

struct test_client *
test_client_user(const struct server_process *server, const char *name)
{
	struct test_client *client = test_client_open(server);

	test_client_send(client, "/register %s %s\n", name, HARNESS_PASSWORD);
	test_client_expect(client, "OK registered %s", name);
	test_client_enter(client, name);
	return client;
}

void
test_client_users(
    const struct server_process *server, struct test_client *users[], int count)
{
	for (int i = 0; i < count; i++) {
		char name[16];

		snprintf(name, sizeof(name), "user%d", i);
		users[i] = test_client_user(server, name);
	}
}

/* Some of it, as send(2). */
static ssize_t
client_write(struct test_client *client, const char *bytes, size_t len)
{
	struct pollfd pollfd = {.fd = client->in.fd, .events = POLLOUT};
	size_t sent = 0;
	int result;

	if (!client->in.tls)
		return send(client->in.fd, bytes, len, MSG_NOSIGNAL);
	ERR_clear_error();
	result = SSL_write_ex(client->in.tls, bytes, len, &sent);
	if (result == 1)
		return (ssize_t)sent;
	if (SSL_get_error(client->in.tls, result) != SSL_ERROR_WANT_WRITE)
		return -1;
	poll(&pollfd, 1, HARNESS_DEADLINE_MS);
	return 0;
}

void
test_client_send_bytes(
    struct test_client *client, const char *bytes, size_t len)
{
	size_t room = sizeof(client->sent) - 1;
	size_t kept = len < room ? len : room;
	size_t done = 0;

	memcpy(client->sent, bytes + len - kept, kept);
	client->sent[kept] = '\0';
	while (done < len) {
		ssize_t sent = client_write(client, bytes + done, len - done);

		if (sent < 0)
			harness_fail(
			    "%s: send: %s", client->in.label, strerror(errno));
		done += (size_t)sent;
	}
}

void
test_client_send(struct test_client *client, const char *format, ...)
{
	char text[SEND_BYTES];
	va_list ap;
	int len;

	va_start(ap, format);
	len = vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	cr_assert_lt(len, (int)sizeof(text));
	test_client_send_bytes(client, text, (size_t)len);
}

void
test_client_await_taken(struct test_client *client)
{
	int64_t deadline_ms = harness_now_ms() + HARNESS_DEADLINE_MS;
	int waiting = 1;

	/* The kernel has no event for this, so it is asked again and again;
	 * a peer that has closed takes nothing more. */
	while (ioctl(client->in.fd, SIOCOUTQ, &waiting) == 0 && waiting > 0) {
		struct pollfd closed = {.fd = client->in.fd};

		if (poll(&closed, 1, 0) > 0 && (closed.revents & POLLHUP))
			return;
		if (harness_now_ms() > deadline_ms)
			harness_fail("%s: %d bytes were not taken in time",
			    client->in.label, waiting);
		sched_yield();
	}
}

void
test_client_send_pieces(
    struct test_client *client, const char *bytes, size_t len, size_t size)
{
	for (size_t at = 0; at < len; at += size) {
		test_client_send_bytes(
		    client, bytes + at, len - at < size ? len - at : size);
		test_client_await_taken(client);
	}
}

static const char *
client_end_text(const struct test_client *client)
{
	return client->in.error ? strerror(client->in.error) : "end of input";
}

static const char *
client_sent_text(const struct test_client *client)
{
	return harness_quote(client->sent, strlen(client->sent));
}

/* The next line, or a failure that says what was expected. */
static const char *
client_next(struct test_client *client, const char *expected)
{
	const char *line = harness_stream_line(&client->in);

	if (!line)
		harness_fail("%s: expected `%s`, got %s; last sent `%s`",
		    client->in.label, expected, client_end_text(client),
		    client_sent_text(client));
	return line;
}

static _Noreturn void
client_wrong(struct test_client *client, const char *expected, const char *line)
{
	harness_fail("%s: expected `%s`, got `%s`; last sent `%s`",
	    client->in.label, harness_quote(expected, strlen(expected)),
	    harness_quote(line, strlen(line)), client_sent_text(client));
}

const char *
test_client_line(struct test_client *client)
{
	return client_next(client, "a line");
}

void
test_client_expect(struct test_client *client, const char *format, ...)
{
	char expected[SEND_BYTES];
	const char *line;
	va_list ap;

	va_start(ap, format);
	vsnprintf(expected, sizeof(expected), format, ap);
	va_end(ap);
	line = client_next(client, expected);
	if (strcmp(line, expected) != 0)
		client_wrong(client, expected, line);
}

const char *
test_client_match(struct test_client *client, const char *format, ...)
{
	char pattern[SEND_BYTES];
	const char *line;
	va_list ap;

	va_start(ap, format);
	vsnprintf(pattern, sizeof(pattern), format, ap);
	va_end(ap);
	line = client_next(client, pattern);
	if (fnmatch(pattern, line, FNM_EXTMATCH) != 0)
		client_wrong(client, pattern, line);
	return line;
}

void
test_client_expect_bytes(
    struct test_client *client, const char *bytes, size_t len)
{
	int64_t deadline_ms = harness_now_ms() + HARNESS_DEADLINE_MS;
	struct harness_stream *in = &client->in;
	size_t have;

	do {
		have = in->len - in->start < len ? in->len - in->start : len;
		if (have > 0 && memcmp(in->bytes + in->start, bytes, have) != 0)
			break;
		if (have == len) {
			in->start += len;
			return;
		}
	} while (harness_stream_fill(in, deadline_ms));
	harness_fail("%s: expected the bytes `%s`, got `%s`%s", in->label,
	    harness_quote(bytes, len),
	    harness_quote(in->bytes + in->start, in->len - in->start),
	    in->ended ? " and the end" : "");
}

void
test_client_expect_end(struct test_client *client)
{
	struct harness_stream *in = &client->in;

	if (in->start == in->len &&
	    !harness_stream_fill(in, harness_now_ms() + HARNESS_DEADLINE_MS) &&
	    in->error == 0)
		return;
	harness_fail("%s: expected the end, got `%s` %s; last sent `%s`",
	    in->label,
	    harness_quote(in->bytes + in->start, in->len - in->start),
	    in->error ? strerror(in->error) : "", client_sent_text(client));
}

void
test_client_expect_silence(struct test_client *client, int ms)
{
	struct pollfd pollfd = {.fd = client->in.fd, .events = POLLIN};

	if (client->in.len == client->in.start && poll(&pollfd, 1, ms) == 0)
		return;
	harness_stream_fill(&client->in, harness_now_ms());
	harness_fail("%s: expected nothing for %d ms, got `%s`",
	    client->in.label, ms,
	    harness_quote(client->in.bytes + client->in.start,
		client->in.len - client->in.start));
}

void
test_client_fence(struct test_client *client)
{
	test_client_send(client, "/ping fence\n");
	test_client_expect(client, "OK pong fence");
}

void
test_client_half_close(struct test_client *client)
{
	if (client->in.tls)
		cr_assert_geq(SSL_shutdown(client->in.tls), 0);
	else
		cr_assert_eq(shutdown(client->in.fd, SHUT_WR), 0);
}

void
test_client_close(struct test_client *client)
{
	harness_stream_close(&client->in);
}

void
test_client_reset(struct test_client *client)
{
	struct linger at_once = {.l_onoff = 1};

	cr_assert_eq(setsockopt(client->in.fd, SOL_SOCKET, SO_LINGER, &at_once,
			 sizeof(at_once)),
	    0);
	harness_stream_close(&client->in);
}

void
test_client_close_all(void)
{
	for (struct test_client *each = clients; each; each = each->next)
		harness_stream_close(&each->in);
}

void
test_client_free_all(void)
{
	struct test_client *client;

	while ((client = clients) != NULL) {
		clients = client->next;
		harness_stream_close(&client->in);
		free(client);
	}
}
