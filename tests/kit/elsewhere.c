/* Other machines (elsewhere.h): addresses of a loopback device of our own. */
#include "tests/kit/elsewhere.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* <linux/ipv6.h> has it, which does not go with <netinet/in.h>. */
struct in6_ifreq {
	struct in6_addr address;
	uint32_t prefix_len;
	int index;
};

/* On loopback the whole prefix of an address is this machine's. */
static void
add_ipv4(int fd, struct ifreq *request, unsigned long what, const char *text)
{
	struct sockaddr_in in = {.sin_family = AF_INET};

	cr_assert_eq(inet_pton(AF_INET, text, &in.sin_addr), 1);
	memcpy(&request->ifr_addr, &in, sizeof(in));
	cr_assert_eq(ioctl(fd, what, request), 0, "%s", text);
}

/* `text` is in brackets. */
static void
add_ipv6(int fd, const char *text)
{
	struct in6_ifreq request = {
	    .prefix_len = 128, .index = (int)if_nametoindex("lo")};
	char address[INET6_ADDRSTRLEN];

	snprintf(
	    address, sizeof(address), "%.*s", (int)strlen(text) - 2, text + 1);
	cr_assert_eq(inet_pton(AF_INET6, address, &request.address), 1);
	cr_assert_eq(ioctl(fd, SIOCSIFADDR, &request), 0, "%s", text);
}

void
elsewhere_begin(void)
{
	struct ifreq request = {.ifr_name = "lo"};
	int fd, fd6;

	/* Whoever is not root would have to be a process of one thread. */
	if (unshare(CLONE_NEWNET) < 0)
		cr_skip_test("a network of our own is refused");
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	fd6 = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	cr_assert(fd >= 0 && fd6 >= 0);
	request.ifr_flags = IFF_UP;
	cr_assert_eq(ioctl(fd, SIOCSIFFLAGS, &request), 0);
	strcpy(request.ifr_name, "lo:1");
	add_ipv4(fd, &request, SIOCSIFADDR, "198.51.100.1");
	add_ipv4(fd, &request, SIOCSIFNETMASK, "255.255.255.0");
	add_ipv6(fd6, ELSEWHERE_IPV6_A);
	add_ipv6(fd6, ELSEWHERE_IPV6_B);
	add_ipv6(fd6, ELSEWHERE_IPV6_OTHER);
	close(fd);
	close(fd6);
}

struct server_process *
elsewhere_start(const char *engine, ...)
{
	struct server_setup setup = {
	    .engine = engine,
	    .no_listen = true,
	    .args = {"--listen=tcp://198.51.100.1:0",
		"--listen=tcp://127.0.0.1:0"},
	};
	va_list ap;

	va_start(ap, engine);
	server_setup_add(&setup, ap);
	va_end(ap);
	elsewhere_begin();
	return server_process_start_with(&setup);
}

struct test_client *
elsewhere_open(const struct server_process *server, unsigned host)
{
	char address[32];

	snprintf(address, sizeof(address), "198.51.100.%u", host);
	return test_client_open_from(server, address);
}

struct test_client *
elsewhere_open_local(const struct server_process *server)
{
	return test_client_open_at(server->listen[1]);
}
