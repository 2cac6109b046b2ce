/* A WebSocket client of the tests. */
#include "tests/kit/web_client.h"

#include <fnmatch.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* A line without its CR. */
static const char *
head_line(struct test_client *client)
{
	static char line[1024];
	size_t len;

	snprintf(line, sizeof(line), "%s", test_client_line(client));
	len = strlen(line);
	if (len == 0 || line[len - 1] != '\r')
		harness_fail(
		    "%s: `%s` does not end in CR LF", client->in.label, line);
	line[len - 1] = '\0';
	return line;
}

const char *
web_client_head(struct test_client *client, const char *status)
{
	static char head[4096];
	const char *line = head_line(client);
	size_t len = 0;

	if (strcmp(line, status) != 0)
		harness_fail(
		    "%s: got `%s`, not `%s`", client->in.label, line, status);
	head[0] = '\0';
	while (*(line = head_line(client)))
		len += (size_t)snprintf(
		    head + len, sizeof(head) - len, "%s\n", line);
	return head;
}

static void
upgrade(struct test_client *client)
{
	const char *head;

	test_client_send(client, WEB_CLIENT_REQUEST "\r\n");
	head = web_client_head(client, "HTTP/1.1 101 Switching Protocols");
	if (!strstr(
		head, "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\n"))
		harness_fail("%s: not accepted: %s", client->in.label, head);
}

struct test_client *
web_client_open(const struct server_process *server)
{
	return web_client_open_at(server->listen[0]);
}

struct test_client *
web_client_open_at(const char *url)
{
	struct test_client *client = test_client_open_at(url);

	upgrade(client);
	return client;
}

void
web_client_enter(struct test_client *client, const char *name)
{
	const char *id;

	web_client_send(client, "/login %s " HARNESS_PASSWORD, name);
	id = web_client_match(
	    client, "{*\"re\":\"login\",\"ok\":true*\"client\":*");
	sscanf(strstr(id, "\"client\":"), "\"client\":%lu", &client->id);
}

struct test_client *
web_client_user(const struct server_process *server, const char *name)
{
	struct test_client *client = web_client_open(server);

	web_client_send(client, "/register %s " HARNESS_PASSWORD, name);
	web_client_match(client, "{*\"re\":\"register\",\"ok\":true*");
	web_client_enter(client, name);
	return client;
}

void
web_client_send(struct test_client *client, const char *format, ...)
{
	unsigned char frame[8 + 8192] = {0x81};
	char text[8192];
	size_t head = 2;
	va_list ap;
	int len;

	va_start(ap, format);
	len = vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	cr_assert(len >= 0 && len < (int)sizeof(text));
	frame[1] = (unsigned char)(0x80 | (len < 126 ? len : 126));
	if (len >= 126) {
		frame[2] = (unsigned char)(len >> 8);
		frame[3] = (unsigned char)len;
		head = 4;
	}
	memset(frame + head, 0, 4);
	memcpy(frame + head + 4, text, (size_t)len);
	test_client_send_bytes(
	    client, (const char *)frame, head + 4 + (size_t)len);
}

/* Waits for so many bytes, and returns where they are. */
static const unsigned char *
await_bytes(struct test_client *client, size_t count)
{
	struct harness_stream *in = &client->in;
	int64_t deadline = harness_now_ms() + HARNESS_DEADLINE_MS;

	while (in->len - in->start < count)
		if (!harness_stream_fill(in, deadline))
			harness_fail("%s: the end, where a frame was expected",
			    in->label);
	return (const unsigned char *)in->bytes + in->start;
}

/* The next frame: its first byte, and its payload, terminated. */
static unsigned
next_frame(struct test_client *client, const char **payload, size_t *len)
{
	static char text[65536];
	const unsigned char *bytes = await_bytes(client, 2);
	unsigned first = bytes[0];
	size_t head = 2;

	*len = bytes[1];
	if (*len == 126) {
		bytes = await_bytes(client, 4);
		*len = (size_t)(bytes[2] << 8 | bytes[3]);
		head = 4;
	}
	if (*len > sizeof(text) - 1 || bytes[1] > 126)
		harness_fail(
		    "%s: a frame of %zu bytes", client->in.label, *len);
	bytes = await_bytes(client, head + *len);
	memcpy(text, bytes + head, *len);
	text[*len] = '\0';
	client->in.start += head + *len;
	*payload = text;
	return first;
}

const char *
web_client_match(struct test_client *client, const char *pattern, ...)
{
	char wanted[8192];
	const char *text;
	va_list ap;
	size_t len;
	unsigned first = next_frame(client, &text, &len);

	va_start(ap, pattern);
	vsnprintf(wanted, sizeof(wanted), pattern, ap);
	va_end(ap);
	if (first != 0x81 || fnmatch(wanted, text, FNM_EXTMATCH) != 0)
		harness_fail("%s: expected `%s`, got %02x `%s`",
		    client->in.label, wanted, first, harness_quote(text, len));
	return text;
}

void
web_client_expect_ping(struct test_client *client)
{
	const char *payload;
	size_t len;
	unsigned first = next_frame(client, &payload, &len);

	if (first != 0x89)
		harness_fail("%s: expected a ping, got %02x `%s`",
		    client->in.label, first, harness_quote(payload, len));
}

void
web_client_expect_close(struct test_client *client, int code)
{
	const char *payload;
	size_t len;
	unsigned first = next_frame(client, &payload, &len);
	int said = len < 2 ? 0
			   : (unsigned char)payload[0] << 8 |
				 (unsigned char)payload[1];

	if (first != 0x88 || said != code)
		harness_fail("%s: expected a close with %d, got %02x `%s`",
		    client->in.label, code, first, harness_quote(payload, len));
	test_client_expect_end(client);
}
