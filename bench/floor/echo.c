/* Each line comes back behind "Echo: ", as throng answers a guest. */
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/floor/floor.h"
#include "bench/floor/ring.h"

#define START       "Echo: "
#define EVENTS      512
#define ARENA_BYTES (1u << 20)

/* A line of one newline grows most. */
#define ANSWER_BYTES(n) ((n) * sizeof(START) + sizeof(START))

struct echo {
	struct ring ring; /* with io_uring alone */
	int listener;
	int epoll;     /* without */
	bool *in_line; /* owned, by descriptor: in the middle of a line */
	char *arena;   /* owned: answers until they are handed over */
	size_t arena_len;
};

/* Writes the answer to these bytes; its length. */
static size_t
answer(bool *in_line, const char *bytes, size_t len, char *out)
{
	const char *end = bytes + len;
	char *at = out;

	while (bytes < end) {
		const char *newline =
		    memchr(bytes, '\n', (size_t)(end - bytes));
		const char *stop = newline ? newline + 1 : end;

		if (!*in_line) {
			memcpy(at, START, sizeof(START) - 1);
			at += sizeof(START) - 1;
		}
		memcpy(at, bytes, (size_t)(stop - bytes));
		at += stop - bytes;
		*in_line = !newline;
		bytes = stop;
	}
	return (size_t)(at - out);
}

/* Until the socket is empty: an edge is told once. False when it has ended. */
static bool
converse_epoll(struct echo *echo, int fd)
{
	static char in[RING_BUFFER_BYTES], out[ANSWER_BYTES(RING_BUFFER_BYTES)];
	ssize_t n;
	size_t len;

	do {
		n = recv(fd, in, sizeof in, MSG_DONTWAIT);
		if (n < 0 && errno == EAGAIN)
			return true;
		if (n <= 0)
			return false;
		len = answer(&echo->in_line[fd], in, (size_t)n, out);
		if (send(fd, out, len, MSG_NOSIGNAL | MSG_DONTWAIT) !=
		    (ssize_t)len)
			return false;
	} while (n == (ssize_t)sizeof in);
	return true;
}

static void
accept_epoll(struct echo *echo)
{
	int fd = floor_accept(echo->listener);
	struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.fd = fd};

	echo->in_line[fd] = false;
	if (epoll_ctl(echo->epoll, EPOLL_CTL_ADD, fd, &event))
		err(EXIT_FAILURE, "epoll");
}

static void
serve_epoll(struct echo *echo)
{
	struct epoll_event events[EVENTS];
	struct epoll_event event = {
	    .events = EPOLLIN, .data.fd = echo->listener};

	echo->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (epoll_ctl(echo->epoll, EPOLL_CTL_ADD, echo->listener, &event))
		err(EXIT_FAILURE, "epoll");
	for (;;) {
		int n = epoll_wait(echo->epoll, events, EVENTS, -1);

		for (int i = 0; i < n; i++) {
			int fd = events[i].data.fd;

			if (fd == echo->listener)
				accept_epoll(echo);
			else if (!converse_epoll(echo, fd))
				close(fd);
		}
	}
}

/* Room for the answer to so many bytes. */
static char *
arena_take(struct echo *echo, size_t len)
{
	if (echo->arena_len + ANSWER_BYTES(len) > ARENA_BYTES) {
		io_uring_submit(&echo->ring.io);
		echo->arena_len = 0;
	}
	return echo->arena + echo->arena_len;
}

static void
received(struct echo *echo, const struct io_uring_cqe *cqe)
{
	int fd = (int)cqe->user_data;
	size_t len = (size_t)cqe->res;
	char *out = arena_take(echo, len);

	len =
	    answer(&echo->in_line[fd], ring_buffer(&echo->ring, cqe), len, out);
	ring_return(&echo->ring, cqe);
	ring_send(&echo->ring, fd, out, len, MSG_DONTWAIT);
	echo->arena_len += len;
}

/* The listener's completions have its descriptor, the others' a client's. A
 * send completes when it has failed: its client has gone, and a receive says
 * so as well. */
static void
completed(struct echo *echo, const struct io_uring_cqe *cqe)
{
	struct ring *ring = &echo->ring;
	int fd = (int)cqe->user_data;

	if (fd == echo->listener) {
		if (cqe->res < 0)
			errx(EXIT_FAILURE, "accept: %s", strerror(-cqe->res));
		echo->in_line[cqe->res] = false;
		ring_receive(ring, cqe->res, (uint64_t)cqe->res);
		if (!(cqe->flags & IORING_CQE_F_MORE))
			ring_accept(ring, fd, cqe->user_data);
		return;
	}
	if (fd < 0)
		return;
	if (cqe->res > 0)
		received(echo, cqe);
	if (cqe->flags & IORING_CQE_F_MORE)
		return;
	if (cqe->res > 0 || cqe->res == -ENOBUFS)
		ring_receive(ring, fd, cqe->user_data);
	else
		close(fd);
}

static void
serve_uring(struct echo *echo)
{
	struct io_uring_cqe *cqe;

	ring_open(&echo->ring);
	ring_accept(&echo->ring, echo->listener, (uint64_t)echo->listener);
	for (;;) {
		ring_wait(&echo->ring);
		echo->arena_len = 0;
		while (io_uring_peek_cqe(&echo->ring.io, &cqe) == 0) {
			struct io_uring_cqe copy = *cqe;

			io_uring_cqe_seen(&echo->ring.io, cqe);
			completed(echo, &copy);
		}
	}
}

void
floor_echo(const struct floor_options *options)
{
	struct echo echo = {.listener = floor_listen(options->port)};
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		err(EXIT_FAILURE, "getrlimit");
	echo.in_line = calloc(limit.rlim_cur, sizeof *echo.in_line);
	echo.arena = malloc(ARENA_BYTES);
	if (!echo.in_line || !echo.arena)
		err(EXIT_FAILURE, "memory");
	printf("floor=echo io=%s port=%u\n", options->uring ? "uring" : "epoll",
	    floor_port(echo.listener));
	if (options->uring)
		serve_uring(&echo);
	else
		serve_epoll(&echo);
}
