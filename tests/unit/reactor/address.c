/* Listen URLs in and out, and whether a peer is on this machine. */
#include <criterion/criterion.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "reactor/address.h"

#define PATH_MAX_LEN 107 /* sun_path without its NUL */

static struct endpoint endpoint;

/* Parses, and gives back the URL of what was understood. */
static const char *
again(const char *url)
{
	static char text[ENDPOINT_TEXT_BYTES];
	const char *problem = endpoint_parse(url, &endpoint);

	cr_assert_null(problem, "%s: %s", url, problem);
	return endpoint_format(&endpoint, text);
}

static void
is_refused(const char *url, const char *what)
{
	const char *problem = endpoint_parse(url, &endpoint);

	cr_assert_not_null(problem, "%s was taken", url);
	cr_assert_not_null(strstr(problem, what), "%s: %s", url, problem);
}

Test(reactor_address, url_comes_back_as_it_was)
{
	static const char *const urls[] = {
	    "tcp://127.0.0.1:5000",
	    "tcp://0.0.0.0:0",
	    "tcp://255.255.255.255:65535",
	    "tcp://[::1]:5000",
	    "tcp://[::]:1",
	    "tcp://[2001:db8::8:800:200c:417a]:65535",
	    "line://127.0.0.1:5000",
	    "tls://[::1]:5000",
	    "http://0.0.0.0:0",
	    "unix:/run/throng/socket",
	    "unix:relative",
	    "unix:tcp://127.0.0.1:5000",
	};

	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++)
		cr_assert_str_eq(again(urls[i]), urls[i]);
}

Test(reactor_address, scheme_says_what_a_listener_takes)
{
	static const struct {
		const char *url;
		enum speaks speaks;
	} kinds[] = {
	    {"tcp://127.0.0.1:1", SPEAKS_ANY},
	    {"unix:a", SPEAKS_ANY},
	    {"line://127.0.0.1:1", SPEAKS_LINES},
	    {"tls://127.0.0.1:1", SPEAKS_TLS},
	    {"http://127.0.0.1:1", SPEAKS_HTTP},
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		cr_assert_null(endpoint_parse(kinds[i].url, &endpoint));
		cr_assert_eq(endpoint.speaks, kinds[i].speaks);
	}
}

/* Where clients reach it, and what they will be told apart by. */
Test(reactor_address, url_of_an_ipv4_address_in_ipv6_form_is_told_as_ipv4)
{
	cr_assert_str_eq(
	    again("tcp://[::ffff:192.0.2.1]:80"), "tcp://192.0.2.1:80");
}

Test(reactor_address, ipv4_url_becomes_its_socket_address)
{
	const struct sockaddr_in *in = (void *)&endpoint.address;

	again("tcp://192.0.2.7:5001");
	cr_assert_eq(in->sin_family, AF_INET);
	cr_assert_eq(ntohs(in->sin_port), 5001);
	cr_assert_eq(ntohl(in->sin_addr.s_addr), 0xc0000207);
	cr_assert_eq(endpoint.length, sizeof(*in));
	cr_assert_str_empty(endpoint.path);
}

Test(reactor_address, ipv6_url_becomes_its_socket_address)
{
	const struct sockaddr_in6 *in6 = (void *)&endpoint.address;

	again("tcp://[::1]:5001");
	cr_assert_eq(in6->sin6_family, AF_INET6);
	cr_assert_eq(ntohs(in6->sin6_port), 5001);
	cr_assert_eq(memcmp(&in6->sin6_addr, &in6addr_loopback, 16), 0);
	cr_assert_eq(endpoint.length, sizeof(*in6));
}

Test(reactor_address, unix_url_becomes_its_socket_address)
{
	const struct sockaddr_un *un = (void *)&endpoint.address;

	again("unix:/tmp/x");
	cr_assert_eq(un->sun_family, AF_UNIX);
	cr_assert_str_eq(un->sun_path, "/tmp/x");
	cr_assert_str_eq(endpoint.path, "/tmp/x");
	cr_assert_eq(endpoint.length, sizeof(*un));
}

Test(reactor_address, parse_leaves_nothing_of_the_url_before)
{
	again("unix:/tmp/x");
	cr_assert_str_eq(again("tcp://127.0.0.1:1"), "tcp://127.0.0.1:1");
	cr_assert_str_empty(endpoint.path);
}

Test(reactor_address, longest_path_is_taken_and_one_more_refused)
{
	char url[5 + PATH_MAX_LEN + 2] = "unix:";

	memset(url + 5, 'p', PATH_MAX_LEN + 1);
	is_refused(url, "too long");
	url[5 + PATH_MAX_LEN] = '\0';
	cr_assert_str_eq(again(url), url);
}

Test(reactor_address, longest_ipv6_address_fits)
{
	static const char url[] =
	    "tcp://[2001:0db8:1111:2222:3333:4444:255.255.255.255]:65535";

	cr_assert_str_eq(
	    again(url), "tcp://[2001:db8:1111:2222:3333:4444:ffff:ffff]:65535");
}

Test(reactor_address, other_beginnings_are_refused)
{
	static const char *const urls[] = {"", "tcp:", "tcp:/", "127.0.0.1:1",
	    "TCP://127.0.0.1:1", "https://127.0.0.1:1", " tcp://127.0.0.1:1",
	    "unix", "udp://127.0.0.1:1", ":5000", "5000"};

	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++)
		is_refused(urls[i], "http:// or unix:");
	is_refused("unix:", "missing");
}

Test(reactor_address, bad_ports_are_refused)
{
	static const char *const urls[] = {
	    "tcp://127.0.0.1:", "tcp://127.0.0.1:65536", "tcp://127.0.0.1:-1",
	    "tcp://127.0.0.1:+1", "tcp://127.0.0.1: 1", "tcp://127.0.0.1:1 ",
	    "tcp://127.0.0.1:0x10", "tcp://127.0.0.1:http",
	    "tcp://127.0.0.1:1/", "tcp://[::1]:", "tcp://[::1]:65536",
	    "tcp://127.0.0.1:99999999999999999999"};

	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++)
		is_refused(urls[i], "port");
}

Test(reactor_address, bad_hosts_are_refused)
{
	static const char *const names[] = {"tcp://localhost:1", "tcp://:1",
	    "tcp://127.0.0:1", "tcp://127.0.0.256:1", "tcp://127.0.0.1.1:1",
	    "tcp://*:1", "tcp://::1:1", "tcp://[]:1", "tcp://[::1:1",
	    "tcp://::1]:1", "tcp:// 127.0.0.1:1", "tcp://user@127.0.0.1:1"};
	static const char *const ipv6[] = {"tcp://[1]:1", "tcp://[::g]:1",
	    "tcp://[::1%lo]:1", "tcp://[127.0.0.1]:1", "tcp://[[::1]]:1"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		is_refused(names[i], "numeric");
	for (size_t i = 0; i < sizeof(ipv6) / sizeof(ipv6[0]); i++)
		is_refused(ipv6[i], "IPv6");
	is_refused("tcp://", "ADDRESS:PORT");
	is_refused("tcp://127.0.0.1", "ADDRESS:PORT");
}

Test(reactor_address, host_of_any_length_is_refused_not_overrun)
{
	for (size_t len = 0; len < 200; len++) {
		char url[256] = "tcp://[";

		memset(url + 7, '1', len);
		strcpy(url + 7 + len, "]:1");
		cr_assert_not_null(endpoint_parse(url, &endpoint));
	}
}

/* What accept() fills in for a peer with this URL. */
static struct address
peer_of(const char *url)
{
	again(url);
	return address_of(&endpoint.address);
}

static const char *
formatted(const struct address *address)
{
	static char text[ADDRESS_TEXT_BYTES];

	return address_format(address, text);
}

Test(reactor_address, peer_is_told_with_its_port)
{
	struct address ipv4 = peer_of("tcp://192.0.2.7:5001");
	struct address ipv6 = peer_of("tcp://[2001:db8::1]:65535");
	struct address unix_peer = peer_of("unix:/tmp/x");

	cr_assert_str_eq(formatted(&ipv4), "192.0.2.7:5001");
	cr_assert_str_eq(formatted(&ipv6), "[2001:db8::1]:65535");
	cr_assert_str_eq(formatted(&unix_peer), "unix");
}

Test(reactor_address, peer_without_a_name_is_a_unix_one)
{
	struct sockaddr_storage nothing = {0};
	struct address address = address_of(&nothing);

	cr_assert_eq(address.family, AF_UNIX);
	cr_assert(address_is_local(&address));
}

Test(reactor_address, peers_on_this_machine_are_local)
{
	static const char *const urls[] = {"tcp://127.0.0.1:1",
	    "tcp://127.255.255.255:1", "tcp://127.1.2.3:1", "tcp://[::1]:1",
	    "tcp://[::ffff:127.0.0.1]:1", "tcp://[::ffff:127.9.9.9]:1",
	    "unix:x"};

	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		struct address address = peer_of(urls[i]);

		cr_assert(address_is_local(&address), "%s", urls[i]);
	}
}

Test(reactor_address, peers_on_other_machines_are_not_local)
{
	static const char *const urls[] = {"tcp://126.0.0.1:1",
	    "tcp://128.0.0.1:1", "tcp://10.0.0.127:1", "tcp://0.0.0.0:1",
	    "tcp://192.168.0.1:1", "tcp://[::]:1", "tcp://[::2]:1",
	    "tcp://[::127.0.0.1]:1", "tcp://[::ffff:10.0.0.1]:1",
	    "tcp://[::fffe:127.0.0.1]:1", "tcp://[1::ffff:127.0.0.1]:1",
	    "tcp://[fe80::1]:1", "tcp://[7f00::1]:1", "tcp://[1::1]:1"};

	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		struct address address = peer_of(urls[i]);

		cr_assert_not(address_is_local(&address), "%s", urls[i]);
	}
}

Test(reactor_address, ipv4_peer_of_an_ipv6_listener_is_an_ipv4_one)
{
	struct address address = peer_of("tcp://[::ffff:192.0.2.7]:5001");

	cr_assert_str_eq(formatted(&address), "192.0.2.7:5001");
}

/* What one stranger can't choose freely: an IPv6 customer has a /64 at least.
 */
Test(reactor_address, network_is_all_of_ipv4_and_half_of_ipv6)
{
	uint8_t one[ADDRESS_NETWORK_MAX], two[ADDRESS_NETWORK_MAX];
	struct address a = peer_of("tcp://192.0.2.7:1");
	struct address b = peer_of("tcp://192.0.2.7:2");
	struct address c = peer_of("tcp://192.0.2.8:1");
	struct address d = peer_of("tcp://[2001:db8:0:1::1]:1");
	struct address e = peer_of("tcp://[2001:db8:0:1:f::2]:1");
	struct address f = peer_of("tcp://[2001:db8:0:2::1]:1");
	struct address local = peer_of("unix:x");

	memcpy(local.ip, a.ip, 4);
	cr_assert_eq(address_network(&a, one), 5);
	cr_assert_eq(address_network(&b, two), 5);
	cr_assert_eq(memcmp(one, two, 5), 0);
	cr_assert_eq(address_network(&c, two), 5);
	cr_assert_neq(memcmp(one, two, 5), 0);
	cr_assert_eq(address_network(&local, two), 5);
	cr_assert_neq(memcmp(one, two, 5), 0, "a user is no address");
	cr_assert_eq(address_network(&d, one), 9);
	cr_assert_eq(address_network(&e, two), 9);
	cr_assert_eq(memcmp(one, two, 9), 0);
	cr_assert_eq(address_network(&f, two), 9);
	cr_assert_neq(memcmp(one, two, 9), 0);
}

Test(reactor_address, bytes_are_ipv6_of_either_kind)
{
	static const uint8_t ipv4[16] = {
	    [10] = 0xff, [11] = 0xff, [12] = 192, [14] = 2, [15] = 7};
	static const uint8_t ipv6[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 1};
	struct address a = peer_of("tcp://192.0.2.7:1");
	struct address b = peer_of("tcp://[::ffff:192.0.2.7]:1");
	struct address c = peer_of("tcp://[2001:db8::1]:1");
	struct address local = peer_of("unix:x");
	uint8_t bytes[16];

	cr_assert(address_bytes(&a, bytes));
	cr_assert_eq(memcmp(bytes, ipv4, 16), 0);
	cr_assert(address_bytes(&b, bytes));
	cr_assert_eq(memcmp(bytes, ipv4, 16), 0);
	cr_assert(address_bytes(&c, bytes));
	cr_assert_eq(memcmp(bytes, ipv6, 16), 0);
	cr_assert_not(address_bytes(&local, bytes));
}

Test(reactor_address, unix_peer_is_known_by_his_user_id)
{
	struct sockaddr_storage nothing = {.ss_family = AF_UNIX};
	struct address address;
	uid_t user = geteuid();
	int pair[2];

	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	address = address_of_peer(&nothing, pair[0]);
	cr_assert_eq(memcmp(address.ip, &user, sizeof(user)), 0);
	close(pair[0]);
	close(pair[1]);
}
