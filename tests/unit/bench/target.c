#include <criterion/criterion.h>

#include <arpa/inet.h>
#include <string.h>
#include <unistd.h>

#include "bench/load/target.h"

static void
expect_wrong(const char *url, const char *why)
{
	struct target target;
	const char *wrong = target_parse(&target, url);

	cr_assert_not_null(wrong, "%s", url);
	cr_expect_not_null(strstr(wrong, why), "%s: %s", url, wrong);
}

static void
expect_socket(const struct target *target)
{
	int fd = target_socket(target);

	cr_expect_geq(fd, 0);
	close(fd);
}

Test(bench_target, default_is_port_5000_of_this_machine)
{
	struct target target;

	cr_assert_null(target_parse(&target, TARGET_DEFAULT));
	cr_expect_eq(target.address.in.sin_family, AF_INET);
	cr_expect_eq(ntohs(target.address.in.sin_port), 5000);
	cr_expect_eq(ntohl(target.address.in.sin_addr.s_addr), INADDR_LOOPBACK);
	cr_expect_eq(target.length, sizeof(struct sockaddr_in));
	expect_socket(&target);
}

Test(bench_target, bracketed_address_is_ipv6)
{
	struct target target;

	cr_assert_null(target_parse(&target, "tcp://[::1]:65535"));
	cr_expect_eq(target.address.in6.sin6_family, AF_INET6);
	cr_expect_eq(ntohs(target.address.in6.sin6_port), 65535);
	cr_expect(IN6_IS_ADDR_LOOPBACK(&target.address.in6.sin6_addr));
	cr_expect_eq(target.length, sizeof(struct sockaddr_in6));
}

Test(bench_target, tls_is_tcp_with_a_context_for_all)
{
	struct target target, other;

	cr_assert_null(target_parse(&target, "tls://127.0.0.1:5000"));
	cr_assert_null(target_parse(&other, "tls://[::1]:5000"));
	cr_expect_eq(target.address.in.sin_family, AF_INET);
	cr_assert_not_null(target.tls);
	cr_expect_eq(other.tls, target.tls);
	cr_assert_null(target_parse(&target, "tcp://127.0.0.1:5000"));
	cr_expect_null(target.tls);
}

Test(bench_target, unix_path_is_taken_as_it_is)
{
	struct target target;

	cr_assert_null(target_parse(&target, "unix:/run/a b:5000"));
	cr_expect_eq(target.address.un.sun_family, AF_UNIX);
	cr_expect_str_eq(target.address.un.sun_path, "/run/a b:5000");
	expect_socket(&target);
}

Test(bench_target, longest_unix_path_fits_and_a_longer_one_does_not)
{
	struct target target;
	char url[sizeof "unix:" + sizeof target.address.un.sun_path];

	memset(url, 'p', sizeof url);
	memcpy(url, "unix:", 5);
	url[sizeof url - 1] = '\0';
	expect_wrong(url, "too long");
	url[sizeof url - 2] = '\0';
	cr_expect_null(target_parse(&target, url));
}

Test(bench_target, wrong_url_says_what_is_wrong)
{
	expect_wrong("", "must be tcp://");
	expect_wrong("127.0.0.1:5000", "must be tcp://");
	expect_wrong("udp://127.0.0.1:5000", "must be tcp://");
	expect_wrong("unix:", "empty");
	expect_wrong("tcp://127.0.0.1", "port");
	expect_wrong("tcp://127.0.0.1:", "port");
	expect_wrong("tcp://127.0.0.1:0", "port");
	expect_wrong("tcp://127.0.0.1:65536", "port");
	expect_wrong("tcp://127.0.0.1:4294967297", "port");
	expect_wrong("tcp://127.0.0.1:50x", "port");
	expect_wrong("tcp://127.0.0.1:5000/", "port");
	expect_wrong("tcp://:5000", "empty");
	expect_wrong("tcp://[]:5000", "empty");
	expect_wrong("tcp://::1:5000", "brackets");
	expect_wrong("tcp://[::1:5000", "closed");
}
