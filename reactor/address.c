/* Listen URLs and peers' addresses. */
#include "reactor/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reactor/check.h"

/* What it is written with, for each enum speaks. */
static const char *const schemes[] = {
    [SPEAKS_ANY] = "tcp://",
    [SPEAKS_LINES] = "line://",
    [SPEAKS_TLS] = "tls://",
    [SPEAKS_HTTP] = "http://",
};

/* Reads a port, 0 to 65535, that ends the text. -1 when it is none. */
static int
port_parse(const char *text)
{
	char *end;
	long port;

	if (*text < '0' || *text > '9')
		return -1;
	errno = 0;
	port = strtol(text, &end, 10);
	if (errno || *end || port > 65535)
		return -1;
	return (int)port;
}

static const char *
unix_parse(const char *path, struct endpoint *out)
{
	struct sockaddr_un *un = (struct sockaddr_un *)&out->address;

	if (!*path)
		return "the path is missing";
	if (strlen(path) >= sizeof(un->sun_path))
		return "the path is too long for a Unix socket (107 bytes)";
	un->sun_family = AF_UNIX;
	strcpy(un->sun_path, path);
	strcpy(out->path, path);
	out->length = sizeof(*un);
	return NULL;
}

static const char *
tcp_parse(const char *where, struct endpoint *out)
{
	struct sockaddr_in *in = (struct sockaddr_in *)&out->address;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&out->address;
	const char *colon = strrchr(where, ':');
	char host[INET6_ADDRSTRLEN + 2];
	size_t len = colon ? (size_t)(colon - where) : 0;
	int port;

	if (!colon || len >= sizeof(host))
		return "it needs ADDRESS:PORT";
	port = port_parse(colon + 1);
	if (port < 0)
		return "the port must be 0 to 65535";
	memcpy(host, where, len);
	host[len] = '\0';
	if (len > 2 && host[0] == '[' && host[len - 1] == ']') {
		host[len - 1] = '\0';
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons((uint16_t)port);
		out->length = sizeof(*in6);
		if (inet_pton(AF_INET6, host + 1, &in6->sin6_addr) != 1)
			return "the part in [] is no IPv6 address";
		return NULL;
	}
	in->sin_family = AF_INET;
	in->sin_port = htons((uint16_t)port);
	out->length = sizeof(*in);
	if (inet_pton(AF_INET, host, &in->sin_addr) != 1)
		return "the address must be numeric, as 127.0.0.1 or [::1]";
	return NULL;
}

const char *
endpoint_parse(const char *url, struct endpoint *out)
{
	memset(out, 0, sizeof(*out));
	if (!strncmp(url, "unix:", 5))
		return unix_parse(url + 5, out);
	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
		size_t len = strlen(schemes[i]);

		out->speaks = (enum speaks)i;
		if (!strncmp(url, schemes[i], len))
			return tcp_parse(url + len, out);
	}
	out->speaks = SPEAKS_ANY;
	return "it must start with tcp://, line://, tls://, http:// or unix:";
}

const char *
endpoint_format(const struct endpoint *endpoint, char text[ENDPOINT_TEXT_BYTES])
{
	struct address address;
	char where[ADDRESS_TEXT_BYTES];

	if (endpoint->path[0]) {
		snprintf(text, ENDPOINT_TEXT_BYTES, "unix:%s", endpoint->path);
		return text;
	}
	address = address_of(&endpoint->address);
	snprintf(text, ENDPOINT_TEXT_BYTES, "%s%s", schemes[endpoint->speaks],
	    address_format(&address, where));
	return text;
}

struct address
address_of(const struct sockaddr_storage *from)
{
	const struct sockaddr_in *in = (const struct sockaddr_in *)from;
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)from;
	struct address address = {.family = AF_UNIX};

	if (from->ss_family == AF_INET) {
		address.family = AF_INET;
		address.port = ntohs(in->sin_port);
		memcpy(address.ip, &in->sin_addr, 4);
	} else if (from->ss_family == AF_INET6 &&
		   IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr)) {
		address.family = AF_INET;
		address.port = ntohs(in6->sin6_port);
		memcpy(address.ip, in6->sin6_addr.s6_addr + 12, 4);
	} else if (from->ss_family == AF_INET6) {
		address.family = AF_INET6;
		address.port = ntohs(in6->sin6_port);
		memcpy(address.ip, &in6->sin6_addr, 16);
	}
	return address;
}

struct address
address_of_peer(const struct sockaddr_storage *from, int fd)
{
	struct address address = address_of(from);
	struct ucred peer;
	socklen_t len = sizeof(peer);

	if (address.family == AF_UNIX &&
	    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0)
		memcpy(address.ip, &peer.uid, sizeof(peer.uid));
	return address;
}

const char *
address_format(const struct address *address, char text[ADDRESS_TEXT_BYTES])
{
	char ip[INET6_ADDRSTRLEN];

	if (address->family == AF_UNIX) {
		strcpy(text, "unix");
		return text;
	}
	check_nonzero(
	    inet_ntop(address->family, address->ip, ip, sizeof(ip)) != NULL);
	snprintf(text, ADDRESS_TEXT_BYTES,
	    address->family == AF_INET6 ? "[%s]:%u" : "%s:%u", ip,
	    address->port);
	return text;
}

size_t
address_network(const struct address *address, uint8_t out[ADDRESS_NETWORK_MAX])
{
	size_t len = address->family == AF_INET6 ? 8 : 4;

	out[0] = (uint8_t)address->family;
	memcpy(out + 1, address->ip, len);
	return 1 + len;
}

bool
address_bytes(const struct address *address, uint8_t out[16])
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

	if (address->family == AF_UNIX)
		return false;
	if (address->family == AF_INET6) {
		memcpy(out, address->ip, 16);
		return true;
	}
	memcpy(out, mapped, sizeof(mapped));
	memcpy(out + sizeof(mapped), address->ip, 4);
	return true;
}

bool
address_is_local(const struct address *address)
{
	if (address->family == AF_UNIX)
		return true;
	if (address->family == AF_INET)
		return address->ip[0] == 127;
	return !memcmp(address->ip, &in6addr_loopback, 16);
}
