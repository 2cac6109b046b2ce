#include "bench/load/target.h"

#include <netdb.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "bench/load/bot_tls.h"
#include "reactor/check.h"

#define HOST_BYTES_MAX 255 /* of a name in the DNS */
#define PORT_DIGITS    5

static bool
is_port(const char *text)
{
	size_t digits = strspn(text, "0123456789");
	unsigned port = 0;

	if (digits == 0 || digits > PORT_DIGITS || text[digits])
		return false;
	for (; *text; text++)
		port = port * 10 + (unsigned)(*text - '0');
	return port >= 1 && port <= 65535;
}

static const char *
parse_unix(struct target *target, const char *path)
{
	struct sockaddr_un *un = &target->address.un;

	if (!*path)
		return "the path after unix: is empty";
	if (strlen(path) >= sizeof un->sun_path)
		return "the path is too long for a unix socket";
	un->sun_family = AF_UNIX;
	strcpy(un->sun_path, path);
	target->length = sizeof *un;
	return NULL;
}

static const char *
look_up(struct target *target, const char *host, const char *port)
{
	struct addrinfo hints = {
	    .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
	struct addrinfo *found;

	if (getaddrinfo(host, port, &hints, &found))
		return "no such host";
	check(found->ai_addrlen <= sizeof target->address);
	memcpy(&target->address, found->ai_addr, found->ai_addrlen);
	target->length = found->ai_addrlen;
	freeaddrinfo(found);
	return NULL;
}

/* HOST:PORT or [IPv6]:PORT: the last colon parts them. */
static const char *
parse_tcp(struct target *target, const char *rest)
{
	char host[HOST_BYTES_MAX + 1];
	const char *colon = strrchr(rest, ':');
	const char *from = rest;
	size_t len;

	if (!colon || !is_port(colon + 1))
		return "it needs a port from 1 to 65535 at its end";
	len = (size_t)(colon - rest);
	if (*rest == '[') {
		if (len < 2 || rest[len - 1] != ']')
			return "the bracket of the IPv6 address is not closed";
		from = rest + 1;
		len -= 2;
	} else if (memchr(rest, ':', len)) {
		return "an IPv6 address is written in brackets";
	}
	if (len == 0 || len > HOST_BYTES_MAX)
		return "the host is empty or too long";
	memcpy(host, from, len);
	host[len] = '\0';
	return look_up(target, host, colon + 1);
}

const char *
target_parse(struct target *target, const char *url)
{
	*target = (struct target){.url = url};
	if (!strncmp(url, "unix:", 5))
		return parse_unix(target, url + 5);
	if (!strncmp(url, "tcp://", 6))
		return parse_tcp(target, url + 6);
	if (!strncmp(url, "tls://", 6)) {
		target->tls = bot_tls_context();
		return parse_tcp(target, url + 6);
	}
	return "it must be tcp://HOST:PORT, tcp://[IPv6]:PORT or unix:PATH";
}

int
target_socket(const struct target *target)
{
	int family = target->address.any.sa_family;
	int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int on = 1;

	/* Without it the second of two short lines waits for an ACK. */
	if (fd >= 0 && family != AF_UNIX)
		check_zero(
		    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on));
	return fd;
}
