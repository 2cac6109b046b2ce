/* Listening sockets: how they are opened. */
#include "reactor/listen.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "reactor/address.h"
#include "reactor/check.h"

/* An address that is in use: two seconds altogether. Each pause is twice as
 * long as the one before, for each look at a Unix socket is a client to its
 * server. */
#define IN_USE_PAUSES   8
#define IN_USE_PAUSE_MS 8

/* Accepted sockets inherit all of it, so nothing is set for each connection. */
static void
socket_set_options(int fd)
{
	static const struct {
		int level, name, value;
	} options[] = {
	    {SOL_SOCKET, SO_KEEPALIVE, 1},
	    {IPPROTO_TCP, TCP_NODELAY, 1},
	    {IPPROTO_TCP, TCP_KEEPIDLE, LISTEN_KEEP_IDLE_S},
	    {IPPROTO_TCP, TCP_KEEPINTVL, LISTEN_KEEP_INTERVAL_S},
	    {IPPROTO_TCP, TCP_KEEPCNT, LISTEN_KEEP_PROBES},
	    {IPPROTO_TCP, TCP_USER_TIMEOUT, LISTEN_UNTAKEN_S * 1000},
	};

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		check_zero(setsockopt(fd, options[i].level, options[i].name,
		    &options[i].value, sizeof(options[i].value)));
}

static int
socket_make(const struct endpoint *endpoint)
{
	int fd = socket(endpoint->address.ss_family,
	    SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int one = 1;

	if (fd >= 0 && endpoint->address.ss_family != AF_UNIX) {
		check_zero(setsockopt(
		    fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)));
		socket_set_options(fd);
	}
	if (fd >= 0 && endpoint->address.ss_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
	return fd;
}

/* Is somebody listening at this path? If not, it is a dead server's. */
static bool
unix_is_alive(const struct endpoint *endpoint)
{
	int fd = socket_make(endpoint);
	bool alive = fd >= 0 && (connect(fd, (const void *)&endpoint->address,
				     endpoint->length) == 0 ||
				    errno != ECONNREFUSED);

	if (fd >= 0)
		close(fd);
	return alive;
}

/* May what has the path be replaced? Only a dead server's socket ever is, and
 * no file of somebody's; it may have gone by itself. If not, errno says why. */
static bool
unix_is_left(const struct endpoint *endpoint)
{
	struct stat st;

	if (lstat(endpoint->path, &st) < 0)
		return errno == ENOENT;
	if (S_ISSOCK(st.st_mode) && !unix_is_alive(endpoint))
		return true;
	errno = S_ISSOCK(st.st_mode) ? EADDRINUSE : EEXIST;
	return false;
}

static int
endpoint_bind(int fd, const struct endpoint *endpoint)
{
	if (bind(fd, (const void *)&endpoint->address, endpoint->length) == 0)
		return 0;
	if (errno != EADDRINUSE || !endpoint->path[0])
		return -1;
	if (!unix_is_left(endpoint) ||
	    (unlink(endpoint->path) < 0 && errno != ENOENT))
		return -1;
	return bind(fd, (const void *)&endpoint->address, endpoint->length);
}

/*
 * The first socket binds and listens without SO_REUSEPORT, so that a port which
 * another server has, or takes at this moment, is found to be in use even when
 * that server would share it with us; it is set afterwards, for our own further
 * sockets.
 */
static int
listen_first(struct endpoint *endpoint)
{
	int fd = socket_make(endpoint);
	int one = 1;

	if (fd < 0)
		return -1;
	if (endpoint_bind(fd, endpoint) < 0 || listen(fd, LISTEN_BACKLOG) < 0)
		goto fail;
	if (endpoint->path[0])
		return fd;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one)) < 0 ||
	    getsockname(fd, (void *)&endpoint->address, &endpoint->length) < 0)
		goto fail;
	return fd;
fail:
	one = errno;
	close(fd);
	errno = one;
	return -1;
}

/* What a killed server's ring has listened on is in use for a moment after its
 * end: the kernel takes rings apart behind its back. */
static int
listen_first_patiently(struct endpoint *endpoint)
{
	int fd = listen_first(endpoint);

	for (int i = 0; fd < 0 && errno == EADDRINUSE && i < IN_USE_PAUSES;
	     i++) {
		long ms = IN_USE_PAUSE_MS << i;
		struct timespec pause = {
		    .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

		nanosleep(&pause, NULL);
		fd = listen_first(endpoint);
	}
	return fd;
}

static int
listen_further(const struct endpoint *endpoint, int first)
{
	int one = 1;
	int fd;

	if (endpoint->path[0])
		return fcntl(first, F_DUPFD_CLOEXEC, 0);
	fd = socket_make(endpoint);
	if (fd < 0)
		return -1;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one)) == 0 &&
	    bind(fd, (const void *)&endpoint->address, endpoint->length) == 0)
		return fd;
	one = errno;
	close(fd);
	errno = one;
	return -1;
}

/* What helps, where that is likely. */
static const char *
listen_hint(const struct endpoint *endpoint, int error)
{
	switch (error) {
	case EADDRINUSE:
		return " (is another server running?)";
	case EEXIST:
		return " (and is no socket)";
	case ENOENT:
		return " (its folder is missing)";
	case EACCES:
		return endpoint->path[0] ? ""
					 : " (ports below 1024 want root, who "
					   "becomes somebody else by --user)";
	default:
		return "";
	}
}

/* Tells why, out of errno. */
static void
listen_complain(const struct endpoint *endpoint, char error[LISTEN_ERROR_BYTES])
{
	char text[ENDPOINT_TEXT_BYTES];

	snprintf(error, LISTEN_ERROR_BYTES, "cannot listen on %s: %s%s",
	    endpoint_format(endpoint, text), strerrordesc_np(errno),
	    listen_hint(endpoint, errno));
}

int
listen_open(struct endpoint *endpoint, unsigned count, int fds[],
    char error[LISTEN_ERROR_BYTES])
{
	unsigned made = 0;

	for (; made < count; made++) {
		fds[made] = made == 0 ? listen_first_patiently(endpoint)
				      : listen_further(endpoint, fds[0]);
		if (fds[made] < 0)
			goto fail;
	}
	for (unsigned i = 0; i < count; i++)
		if (listen(fds[i], LISTEN_BACKLOG) < 0)
			goto fail;
	return 0;
fail:
	listen_complain(endpoint, error);
	while (made > 0)
		close(fds[--made]);
	return -1;
}

/* Why the socket is none that can be served, NULL when it is. */
static const char *
socket_problem(int fd)
{
	static const struct {
		int name, value;
		const char *problem;
	} wanted[] = {
	    {SO_TYPE, SOCK_STREAM, "not a stream socket"},
	    {SO_ACCEPTCONN, 1, "not listening"},
	};
	int family = 0, protocol = 0, value = 0;
	socklen_t length = sizeof(int);

	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		if (getsockopt(
			fd, SOL_SOCKET, wanted[i].name, &value, &length) < 0)
			return strerrordesc_np(errno);
		if (value != wanted[i].value)
			return wanted[i].problem;
	}
	getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &length);
	getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &length);
	if (family == AF_UNIX)
		return NULL;
	if ((family != AF_INET && family != AF_INET6) ||
	    protocol != IPPROTO_TCP)
		return "neither TCP nor a Unix socket";
	return NULL;
}

/* Where a bound socket is, as if it had been parsed; of an abstract Unix socket
 * the first byte, a NUL, is shown as @. */
static void
endpoint_from(struct endpoint *endpoint, int fd)
{
	const struct sockaddr_un *un = (const void *)&endpoint->address;
	size_t len;

	memset(endpoint, 0, sizeof(*endpoint));
	endpoint->length = sizeof(endpoint->address);
	check_zero(
	    getsockname(fd, (void *)&endpoint->address, &endpoint->length));
	if (endpoint->address.ss_family != AF_UNIX)
		return;
	len = endpoint->length - offsetof(struct sockaddr_un, sun_path);
	if (len >= sizeof(endpoint->path))
		len = sizeof(endpoint->path) - 1;
	memcpy(endpoint->path, un->sun_path, len);
	if (!endpoint->path[0])
		endpoint->path[0] = '@';
}

int
listen_adopt(int fd, struct endpoint *endpoint, unsigned count, int fds[],
    char error[LISTEN_ERROR_BYTES])
{
	const char *problem = socket_problem(fd);
	unsigned made = 0;

	if (problem) {
		snprintf(error, LISTEN_ERROR_BYTES,
		    "the socket passed as descriptor %d cannot be used: %s", fd,
		    problem);
		close(fd);
		return -1;
	}
	endpoint_from(endpoint, fd);
	if (!endpoint->path[0])
		socket_set_options(fd);
	for (fds[made++] = fd; made < count; made++) {
		fds[made] = fcntl(fd, F_DUPFD_CLOEXEC, 0);
		if (fds[made] < 0)
			goto fail;
	}
	return 0;
fail:
	snprintf(error, LISTEN_ERROR_BYTES,
	    "cannot share the socket passed as descriptor %d: %s", fd,
	    strerrordesc_np(errno));
	while (made > 0)
		close(fds[--made]);
	return -1;
}

void
listen_remove(const struct endpoint *endpoint)
{
	if (endpoint->path[0])
		unlink(endpoint->path);
}

/* Could a socket be made there? Its folder is to stay as it is, and so is a
 * dead server's socket. 0, or -1 with errno. */
static int
unix_try(const struct endpoint *endpoint)
{
	char folder[sizeof(endpoint->path)];

	memcpy(folder, endpoint->path, sizeof(folder));
	if (access(dirname(folder), W_OK | X_OK) < 0)
		return -1;
	return unix_is_left(endpoint) ? 0 : -1;
}

static int
listen_try(int fd, const struct endpoint *endpoint)
{
	if (endpoint->path[0])
		return unix_try(endpoint);
	if (bind(fd, (const void *)&endpoint->address, endpoint->length) < 0)
		return -1;
	return listen(fd, LISTEN_BACKLOG);
}

int
listen_probe(const struct endpoint *endpoint, char error[LISTEN_ERROR_BYTES])
{
	int fd = socket_make(endpoint);

	if (fd >= 0 && listen_try(fd, endpoint) == 0)
		return fd;
	listen_complain(endpoint, error);
	if (fd >= 0)
		close(fd);
	return -1;
}
