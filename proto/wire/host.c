/* Hosts that are near, and those that may be anybody's. */
#include "proto/wire/host.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

/* The host without its port, and IPv6 without its brackets. */
static struct span
take_name(struct span host, bool *is_ipv6)
{
	const char *colon = memrchr(host.at, ':', host.len);

	*is_ipv6 = host.at[0] == '[';
	if (colon && !memchr(colon, ']', host.len - (size_t)(colon - host.at)))
		host.len = (size_t)(colon - host.at);
	if (*is_ipv6 && host.len > 2 && host.at[host.len - 1] == ']')
		host = (struct span){host.at + 1, host.len - 2};
	return host;
}

static bool
is_address(struct span name, int family)
{
	char text[INET6_ADDRSTRLEN];
	unsigned char bytes[sizeof(struct in6_addr)];

	if (name.len >= sizeof(text))
		return false;
	memcpy(text, name.at, name.len);
	text[name.len] = '\0';
	return inet_pton(family, text, bytes) == 1;
}

static bool
ends_in(struct span name, const char *end)
{
	size_t len = strlen(end);

	return name.len > len &&
	       !strncasecmp(name.at + name.len - len, end, len);
}

bool
host_is_valid(struct span host)
{
	static const char others[] = "-._~!$&'()*+,;=:[]%";

	for (size_t i = 0; i < host.len; i++) {
		char c = host.at[i];

		if (!(c >= '0' && c <= '9') && !(c >= 'A' && c <= 'Z') &&
		    !(c >= 'a' && c <= 'z') &&
		    !memchr(others, c, sizeof(others) - 1))
			return false;
	}
	return true;
}

bool
host_is_near(struct span host)
{
	static const char *const ends[] = {
	    ".localhost", ".local", ".internal", ".home.arpa"};
	struct span name;
	bool is_ipv6;

	if (host.len == 0)
		return false;
	name = take_name(host, &is_ipv6);
	if (is_ipv6)
		return is_address(name, AF_INET6);
	if (name.len > 0 && !memchr(name.at, '.', name.len))
		return true;
	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++)
		if (ends_in(name, ends[i]))
			return true;
	return is_address(name, AF_INET);
}
