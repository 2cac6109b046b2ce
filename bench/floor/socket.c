/* Sockets and clocks of the floor. */
#include <arpa/inet.h>
#include <err.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#include "bench/floor/floor.h"

#define BACKLOG 4096

int
floor_listen(unsigned port)
{
	struct sockaddr_in at = {
	    .sin_family = AF_INET,
	    .sin_port = htons((uint16_t)port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int on = 1;

	if (fd < 0)
		err(EXIT_FAILURE, "socket");
	/* Its clients have it, too. */
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	if (bind(fd, (struct sockaddr *)&at, sizeof at) || listen(fd, BACKLOG))
		err(EXIT_FAILURE, "port %u", port);
	return fd;
}

unsigned
floor_port(int listener)
{
	struct sockaddr_in at = {0};
	socklen_t size = sizeof at;

	if (getsockname(listener, (struct sockaddr *)&at, &size))
		err(EXIT_FAILURE, "getsockname");
	return ntohs(at.sin_port);
}

int
floor_accept(int listener)
{
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0)
		err(EXIT_FAILURE, "accept");
	return fd;
}

double
floor_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

double
floor_cpu(void)
{
	struct timespec used;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
	return (double)used.tv_sec + (double)used.tv_nsec * 1e-9;
}
