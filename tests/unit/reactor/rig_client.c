/* The rig's clients: blocking sockets, and what they expect to read. */
#include "tests/unit/reactor/rig_client.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "reactor/address.h"
#include "tests/unit/reactor/rig.h"

int
rig_raise_descriptors(int wanted)
{
	struct rlimit limit;

	cr_assert_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = limit.rlim_max;
	cr_assert_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	if (limit.rlim_cur < (rlim_t)wanted * 2 + 100)
		wanted = (int)(limit.rlim_cur - 100) / 2;
	return wanted;
}

int
rig_connect_with(struct rig *rig, int receive_buffer)
{
	const struct timeval deadline = {.tv_sec = RIG_DEADLINE_S};
	int fd = socket(
	    rig->endpoint.address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	cr_assert_geq(fd, 0);
	if (receive_buffer)
		cr_assert_eq(setsockopt(fd, SOL_SOCKET, SO_RCVBUF,
				 &receive_buffer, sizeof(receive_buffer)),
		    0);
	cr_assert_eq(connect(fd, (const void *)&rig->endpoint.address,
			 rig->endpoint.length),
	    0, "%s", strerror(errno));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &deadline, sizeof(deadline));
	return fd;
}

int
rig_connect(struct rig *rig)
{
	int fd = rig_connect_with(rig, 0);

	rig_await(&rig->opened);
	return fd;
}

struct peer *
rig_connect_peer(struct rig *rig, int *fd)
{
	*fd = rig_connect(rig);
	return atomic_load(&rig->newest);
}

/* 251 is prime: no power of two that buffers come in hides a mistake. */
char
rig_pattern(size_t place)
{
	return (char)(place % 251 + place / 65536);
}

void
rig_write_pattern(int fd, size_t from, size_t len)
{
	char bytes[16384];

	while (len > 0) {
		size_t n = len < sizeof(bytes) ? len : sizeof(bytes);
		ssize_t sent;

		for (size_t i = 0; i < n; i++)
			bytes[i] = rig_pattern(from + i);
		/* One that waits for room may be interrupted, as rig_recv. */
		sent = send(fd, bytes, n, MSG_NOSIGNAL);
		if (sent < 0 && errno == EINTR)
			continue;
		cr_assert_gt(sent, 0, "%s", strerror(errno));
		from += (size_t)sent;
		len -= (size_t)sent;
	}
}

ssize_t
rig_recv(int fd, char *bytes, size_t len)
{
	ssize_t got;

	do
		got = recv(fd, bytes, len, 0);
	while (got < 0 && errno == EINTR);
	return got;
}

void
rig_queue_pattern(struct conn *conn, size_t from, size_t len)
{
	char *room = conn_reserve(conn, len);

	for (size_t i = 0; i < len; i++)
		room[i] = rig_pattern(from + i);
	conn_commit(conn, len);
}

void
rig_read_pattern(int fd, size_t from, size_t len)
{
	char bytes[16384];

	while (len > 0) {
		size_t n = len < sizeof(bytes) ? len : sizeof(bytes);
		ssize_t got = rig_recv(fd, bytes, n);

		cr_assert_gt(got, 0, "%zu bytes missing: %s", len,
		    got < 0 ? strerror(errno) : "end");
		for (ssize_t i = 0; i < got; i++)
			cr_assert_eq(bytes[i], rig_pattern(from + (size_t)i));
		from += (size_t)got;
		len -= (size_t)got;
	}
}

void
rig_expect(int fd, const char *text)
{
	size_t len = strlen(text);

	while (len > 0) {
		char bytes[256];
		ssize_t got = rig_recv(
		    fd, bytes, len < sizeof(bytes) ? len : sizeof(bytes));

		cr_assert_gt(got, 0, "\"%s\" missing: %s", text,
		    got < 0 ? strerror(errno) : "end");
		cr_assert_eq(memcmp(bytes, text, (size_t)got), 0,
		    "\"%.*s\" for \"%s\"", (int)got, bytes, text);
		text += got;
		len -= (size_t)got;
	}
}

void
rig_expect_end(int fd)
{
	char byte;
	ssize_t got = rig_recv(fd, &byte, 1);

	cr_assert_eq(got, 0, "%s", got > 0 ? "a byte" : strerror(errno));
}

void
rig_expect_last(int fd, const char *text)
{
	char bytes[16384];
	size_t len = 0;
	ssize_t got;

	while ((got = rig_recv(fd, bytes + len, sizeof(bytes) - len)) > 0)
		len += (size_t)got;
	cr_assert_eq(got, 0, "%s", strerror(errno));
	cr_assert_geq(len, strlen(text));
	cr_assert_eq(memcmp(bytes + len - strlen(text), text, strlen(text)), 0);
}

void
rig_round_trip(int fd)
{
	cr_assert_eq(send(fd, "hello", 5, MSG_NOSIGNAL), 5);
	rig_expect(fd, "hello");
}

void
rig_reset(int fd)
{
	const struct linger at_once = {.l_onoff = 1, .l_linger = 0};

	cr_assert_eq(
	    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)),
	    0);
	close(fd);
}

void
rig_comes_from(const struct peer *peer, int fd)
{
	struct sockaddr_storage own;
	socklen_t length = sizeof(own);
	struct address address;
	char expected[ADDRESS_TEXT_BYTES], text[ADDRESS_TEXT_BYTES];

	cr_assert_eq(getsockname(fd, (void *)&own, &length), 0);
	address = address_of(&own);
	cr_assert_str_eq(address_format(&peer->conn.peer, text),
	    address_format(&address, expected));
}
