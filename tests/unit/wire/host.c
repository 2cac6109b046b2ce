/* Hosts that nobody far away has a name for. */
#include <criterion/criterion.h>

#include "proto/wire/host.h"

static void
expect_all(const char *const hosts[], size_t count, bool near)
{
	for (size_t i = 0; i < count; i++)
		cr_expect_eq(
		    host_is_near(span_of(hosts[i])), near, "`%s`", hosts[i]);
}

Test(wire_host, addresses_and_names_of_the_own_network_are_near)
{
	static const char *const hosts[] = {"127.0.0.1", "127.0.0.1:5000",
	    "192.0.2.7:80", "[::1]", "[::1]:5000", "[2001:db8::7]:5000",
	    "localhost", "LOCALHOST:5000", "chat.localhost:5000", "server",
	    "server:5000", "server.local:5000", "a.b.Internal",
	    "pi.home.arpa:5000"};

	expect_all(hosts, sizeof(hosts) / sizeof(*hosts), true);
}

/* Whoever likes can have such a name, and have it lead anywhere. */
Test(wire_host, names_of_the_world_are_not)
{
	static const char *const hosts[] = {"chat.example.org",
	    "chat.example.org:5000", "127.0.0.1.example.org", "local.example",
	    "localhost.", "localhost.example", "mylocal.org", ".local",
	    "xn--ls8h.la", "127.0.0.1.", "127.0.0.256", "127.0.1", "[::1",
	    "[::1.example]", "[evil.example]:80", "[127.0.0.1]", "[]", "", ":",
	    ":5000", "[", "a.b]:local"};

	expect_all(hosts, sizeof(hosts) / sizeof(*hosts), false);
}
