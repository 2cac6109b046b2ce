/*
 * Listening sockets: whose port it is, and what is refused. Then a reactor that
 * runs out of descriptors, or of room for clients, and goes on serving.
 */
#include "tests/unit/reactor/rig.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "reactor/address.h"
#include "reactor/listen.h"

#define LISTENERS 4
#define CROWD     200

static struct endpoint endpoint;
static char error[LISTEN_ERROR_BYTES];
static int fds[LISTENERS];
static char url[ENDPOINT_TEXT_BYTES];

static int
open_all(const char *where, unsigned count)
{
	cr_assert_null(endpoint_parse(where, &endpoint));
	return listen_open(&endpoint, count, fds, error);
}

static void
close_all(int count)
{
	for (int i = 0; i < count; i++)
		close(fds[i]);
}

static int
open_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int count = 0;

	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}

/* Refused with a line that names the URL, and nothing left open. */
static void
is_refused(const char *where, const char *why)
{
	int before = open_descriptors();

	cr_assert_eq(open_all(where, LISTENERS), -1);
	cr_assert_eq(open_descriptors(), before);
	cr_assert_not_null(strstr(error, where), "%s", error);
	cr_assert_not_null(strstr(error, why), "%s", error);
}

static int
connect_to(const struct endpoint *to)
{
	int fd = socket(to->address.ss_family, SOCK_STREAM, 0);

	cr_assert_eq(connect(fd, (const void *)&to->address, to->length), 0);
	return fd;
}

/* --- TCP --- */

static in_port_t
port_of(int fd)
{
	struct sockaddr_in in;
	socklen_t length = sizeof(in);

	cr_assert_eq(getsockname(fd, (void *)&in, &length), 0);
	return in.sin_port;
}

Test(reactor_listen, port_0_becomes_one_port_for_all)
{
	cr_assert_eq(open_all("tcp://127.0.0.1:0", LISTENERS), 0, "%s", error);
	cr_assert_neq(port_of(fds[0]), 0);
	for (int i = 0; i < LISTENERS; i++)
		cr_assert_eq(port_of(fds[i]), port_of(fds[0]));
	cr_assert_eq(((struct sockaddr_in *)&endpoint.address)->sin_port,
	    port_of(fds[0]), "the caller is told");
	close_all(LISTENERS);
}

Test(reactor_listen, clients_are_spread_and_none_is_lost)
{
	int clients[CROWD];
	int accepted[LISTENERS] = {0};
	int total = 0;

	cr_assert_eq(open_all("tcp://127.0.0.1:0", LISTENERS), 0, "%s", error);
	for (int i = 0; i < CROWD; i++)
		clients[i] = connect_to(&endpoint);
	for (int i = 0; i < LISTENERS; i++) {
		int fd;

		while ((fd = accept(fds[i], NULL, NULL)) >= 0) {
			accepted[i]++;
			close(fd);
		}
		cr_assert_eq(errno, EAGAIN, "listeners do not block");
		total += accepted[i];
		cr_assert_gt(accepted[i], 0, "listener %d", i);
	}
	cr_assert_eq(total, CROWD);
	for (int i = 0; i < CROWD; i++)
		close(clients[i]);
	close_all(LISTENERS);
}

/* Another server's socket on any port; its URL for us. */
static int
occupy(bool shares)
{
	struct sockaddr_in in = {.sin_family = AF_INET};
	socklen_t length = sizeof(in);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	int one = 1;

	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (shares)
		setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one));
	cr_assert_eq(bind(fd, (void *)&in, length), 0);
	cr_assert_eq(listen(fd, 1), 0);
	cr_assert_eq(getsockname(fd, (void *)&in, &length), 0);
	snprintf(url, sizeof(url), "tcp://127.0.0.1:%u", ntohs(in.sin_port));
	return fd;
}

Test(reactor_listen, port_in_use_is_refused)
{
	int other = occupy(false);

	is_refused(url, "in use");
	close(other);
	cr_assert_eq(open_all(url, LISTENERS), 0, "%s", error);
	close_all(LISTENERS);
}

Test(reactor_listen, port_in_use_is_refused_even_if_it_would_be_shared)
{
	int other = occupy(true);

	is_refused(url, "in use");
	close(other);
}

/* Our own sockets share their port: with each other, not with a second
 * server of our kind. */
Test(reactor_listen, second_server_is_refused)
{
	int first[LISTENERS];

	cr_assert_eq(open_all("tcp://127.0.0.1:0", LISTENERS), 0, "%s", error);
	memcpy(first, fds, sizeof(first));
	endpoint_format(&endpoint, url);
	is_refused(url, "in use");
	memcpy(fds, first, sizeof(first));
	close_all(LISTENERS);
}

Test(reactor_listen, address_of_another_machine_is_refused)
{
	is_refused("tcp://192.0.2.1:0", "annot assign");
}

Test(reactor_listen, port_can_be_taken_again_at_once)
{
	int client;
	int served;

	cr_assert_eq(open_all("tcp://127.0.0.1:0", 1), 0, "%s", error);
	client = connect_to(&endpoint);
	served = accept(fds[0], NULL, NULL);
	/* Ours first: it is our side that is left in TIME_WAIT. */
	close(served);
	close(client);
	close_all(1);
	endpoint_format(&endpoint, url);
	cr_assert_eq(open_all(url, LISTENERS), 0, "%s", error);
	close_all(LISTENERS);
}

/* IPv6 sockets are for IPv6 alone, so that both can be asked for. Another
 * program may have just that port of IPv4. */
Test(reactor_listen, ipv6_leaves_the_ipv4_port_free)
{
	int ipv6, opened = -1;

	for (int tries = 3; opened != 0 && tries > 0; tries--) {
		if (open_all("tcp://[::]:0", 1) != 0)
			cr_skip_test("no IPv6 here");
		ipv6 = fds[0];
		snprintf(url, sizeof(url), "tcp://0.0.0.0:%u",
		    ntohs(
			((struct sockaddr_in6 *)&endpoint.address)->sin6_port));
		opened = open_all(url, 1);
		close(ipv6);
	}
	cr_assert_eq(opened, 0, "%s", error);
	close_all(1);
}

static int
option_of(int fd, int level, int name)
{
	int value = -1;
	socklen_t length = sizeof(value);

	cr_assert_eq(getsockopt(fd, level, name, &value, &length), 0);
	return value;
}

/* A peer that is gone without a word is found within 150 seconds. */
Test(reactor_listen, accepted_sockets_find_dead_peers_and_do_not_delay)
{
	int client;
	int fd;

	cr_assert_eq(open_all("tcp://127.0.0.1:0", 2), 0, "%s", error);
	for (int tries = 0; tries < 2; tries++) {
		client = connect_to(&endpoint);
		fd = accept(fds[0], NULL, NULL);
		if (fd < 0)
			fd = accept(fds[1], NULL, NULL);
		cr_assert_geq(fd, 0);
		cr_assert(option_of(fd, SOL_SOCKET, SO_KEEPALIVE));
		cr_assert(option_of(fd, IPPROTO_TCP, TCP_NODELAY));
		cr_assert_leq(option_of(fd, IPPROTO_TCP, TCP_KEEPIDLE) +
				  option_of(fd, IPPROTO_TCP, TCP_KEEPINTVL) *
				      option_of(fd, IPPROTO_TCP, TCP_KEEPCNT),
		    150);
		cr_assert_leq(
		    option_of(fd, IPPROTO_TCP, TCP_USER_TIMEOUT), 150000);
		close(fd);
		close(client);
	}
	close_all(2);
}

/* --- Unix sockets --- */

static char directory[] = "/tmp/throng-listen.XXXXXX";
static char *path;

static void
setup_unix(void)
{
	cr_assert_not_null(mkdtemp(directory));
	snprintf(url, sizeof(url), "unix:%s/socket", directory);
	path = url + 5;
}

static void
teardown_unix(void)
{
	unlink(path);
	rmdir(directory);
}

TestSuite(reactor_listen_unix, .init = setup_unix, .fini = teardown_unix);

Test(reactor_listen_unix, one_socket_is_shared_and_removed)
{
	int client;

	cr_assert_eq(open_all(url, LISTENERS), 0, "%s", error);
	client = connect_to(&endpoint);
	cr_assert_geq(accept(fds[LISTENERS - 1], NULL, NULL), 0);
	close(client);
	close_all(LISTENERS);
	listen_remove(&endpoint);
	cr_assert_neq(access(path, F_OK), 0);
}

Test(reactor_listen_unix, path_in_use_is_refused)
{
	int first[LISTENERS];

	cr_assert_eq(open_all(url, LISTENERS), 0, "%s", error);
	memcpy(first, fds, sizeof(first));
	is_refused(url, "in use");
	close(connect_to(&endpoint));
	memcpy(fds, first, sizeof(first));
	close_all(LISTENERS);
}

Test(reactor_listen_unix, path_of_a_dead_server_is_taken_over)
{
	cr_assert_eq(open_all(url, 1), 0, "%s", error);
	close_all(1);
	cr_assert_eq(access(path, F_OK), 0);
	cr_assert_eq(open_all(url, LISTENERS), 0, "%s", error);
	close(connect_to(&endpoint));
	close_all(LISTENERS);
}

Test(reactor_listen_unix, file_is_refused_and_left_alone)
{
	char text[8] = "";
	int fd = open(path, O_CREAT | O_WRONLY, 0600);

	cr_assert_eq(write(fd, "precious", 8), 8);
	close(fd);
	is_refused(url, "File exists (and is no socket)");
	fd = open(path, O_RDONLY);
	cr_assert_eq(read(fd, text, 8), 8);
	cr_assert_eq(memcmp(text, "precious", 8), 0);
	close(fd);
}

Test(reactor_listen_unix, link_is_not_followed)
{
	cr_assert_eq(symlink("/nowhere", path), 0);
	is_refused(url, "File exists (and is no socket)");
}

Test(reactor_listen_unix, missing_folder_is_refused)
{
	is_refused("unix:/nowhere/at/all", "folder is missing");
}
