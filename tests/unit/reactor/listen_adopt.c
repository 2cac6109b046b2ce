/* Listening sockets that somebody else has opened. */
#include <criterion/criterion.h>

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "reactor/address.h"
#include "reactor/listen.h"

#define LISTENERS 4

static struct endpoint endpoint;
static char error[LISTEN_ERROR_BYTES];
static int fds[LISTENERS];

static void
close_all(int count)
{
	for (int i = 0; i < count; i++)
		close(fds[i]);
}

static bool
option_is_set(int fd, int level, int name)
{
	int value = 0;
	socklen_t length = sizeof(value);

	cr_assert_eq(getsockopt(fd, level, name, &value, &length), 0);
	return value;
}

static int
adopt(int fd)
{
	return listen_adopt(fd, &endpoint, LISTENERS, fds, error);
}

static int
listen_abstract(const char *name)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	size_t length =
	    offsetof(struct sockaddr_un, sun_path) + 1 + strlen(name);

	memcpy(un.sun_path + 1, name, strlen(name));
	cr_assert_eq(bind(fd, (void *)&un, (socklen_t)length), 0);
	cr_assert_eq(listen(fd, 4), 0);
	return fd;
}

Test(reactor_listen_adopt, adopted_socket_is_one_for_all_with_our_options)
{
	char text[ENDPOINT_TEXT_BYTES], url[ENDPOINT_TEXT_BYTES];
	struct sockaddr_in in;
	socklen_t length = sizeof(in);
	int client = socket(AF_INET, SOCK_STREAM, 0);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	/* Without a bind: any address, a free port. */
	cr_assert_eq(listen(fd, 4), 0);
	cr_assert_eq(getsockname(fd, (void *)&in, &length), 0);
	snprintf(url, sizeof(url), "tcp://0.0.0.0:%u", ntohs(in.sin_port));
	cr_assert_eq(adopt(fd), 0, "%s", error);
	cr_assert_str_eq(endpoint_format(&endpoint, text), url);
	cr_assert_eq(connect(client, (void *)&in, length), 0);
	/* As the reactors are handed it: whichever looks finds the client. */
	fd = accept(fds[LISTENERS - 1], NULL, NULL);
	cr_assert_geq(fd, 0);
	cr_assert(option_is_set(fd, SOL_SOCKET, SO_KEEPALIVE));
	cr_assert(option_is_set(fd, IPPROTO_TCP, TCP_NODELAY));
	close(fd);
	close(client);
	for (int i = 1; i < LISTENERS; i++)
		cr_assert(fcntl(fds[i], F_GETFD) & FD_CLOEXEC);
	close_all(LISTENERS);
}

Test(reactor_listen_adopt, adopted_abstract_socket_has_a_name)
{
	char text[ENDPOINT_TEXT_BYTES];
	char name[32], longest[sizeof(endpoint.path)];

	snprintf(name, sizeof(name), "throng-test-%d", getpid());
	cr_assert_eq(adopt(listen_abstract(name)), 0, "%s", error);
	cr_assert_eq(
	    strncmp(endpoint_format(&endpoint, text), "unix:@throng-test-", 18),
	    0, "%s", text);
	close_all(LISTENERS);
	/* One byte more than a path that ends in a NUL. */
	snprintf(longest, sizeof(longest), "%0*d", (int)sizeof(longest) - 1,
	    getpid());
	cr_assert_eq(adopt(listen_abstract(longest)), 0, "%s", error);
	cr_assert_eq(strlen(endpoint_format(&endpoint, text)),
	    sizeof(endpoint.path) - 1 + 5);
	close_all(LISTENERS);
}

Test(reactor_listen_adopt, adopted_socket_of_another_kind_is_refused_and_closed)
{
	static const struct {
		int family, type;
		const char *why;
	} kinds[] = {
	    {AF_INET, SOCK_STREAM, "not listening"},
	    {AF_UNIX, SOCK_STREAM, "not listening"},
	    {AF_INET, SOCK_DGRAM, "not a stream"},
	    {AF_UNIX, SOCK_SEQPACKET, "not a stream"},
	};
	int first = dup(STDERR_FILENO); /* the lowest that is free */

	close(first);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		cr_assert_eq(
		    adopt(socket(kinds[i].family, kinds[i].type, 0)), -1);
		cr_assert_not_null(strstr(error, kinds[i].why), "%s", error);
	}
	cr_assert_eq(adopt(open("/dev/null", O_RDONLY)), -1);
	cr_assert_eq(dup(STDERR_FILENO), first, "one is still open");
}
