/* One blob to many clients, again and again. */
#include <err.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/floor/floor.h"
#include "bench/floor/ring.h"

#define WARMUP_PART 0.2 /* of the measured time */

struct fanout {
	const struct floor_options *options;
	struct members members;
	struct ring ring; /* with io_uring alone */
	int *clients;     /* owned */
	char *blob;       /* owned */
	size_t len;
};

static void
send_all(int fd, const char *bytes, size_t len)
{
	struct pollfd full = {.fd = fd, .events = POLLOUT};
	ssize_t n;

	while (len > 0) {
		n = send(fd, bytes, len, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && errno != EAGAIN)
			err(EXIT_FAILURE, "send");
		if (n < 0) {
			poll(&full, 1, -1);
			continue;
		}
		bytes += n;
		len -= (size_t)n;
	}
}

static void
turn_epoll(struct fanout *fanout)
{
	for (unsigned i = 0; i < fanout->options->clients; i++)
		send_all(fanout->clients[i], fanout->blob, fanout->len);
	members_wait(&fanout->members);
}

/* The wait for the clients is an operation as well: a poll of their pipe, which
 * runs the sends that found no room. */
static void
turn_uring(struct fanout *fanout)
{
	struct ring *ring = &fanout->ring;
	struct io_uring_sqe *sqe;
	struct io_uring_cqe *cqe;

	for (unsigned i = 0; i < fanout->options->clients; i++)
		ring_send(
		    ring, fanout->clients[i], fanout->blob, fanout->len, 0);
	sqe = ring_next(ring);
	io_uring_prep_poll_add(sqe, fanout->members.done, POLLIN);
	io_uring_sqe_set_data64(sqe, 0);
	ring_wait(ring);
	if (io_uring_peek_cqe(&ring->io, &cqe) || cqe->user_data != 0)
		errx(EXIT_FAILURE, "a send has failed");
	io_uring_cqe_seen(&ring->io, cqe);
	members_wait(&fanout->members);
}

/* Turns until the time is over; how many that were. */
static uint64_t
run(struct fanout *fanout, double seconds)
{
	double end = floor_clock() + seconds;
	uint64_t turns = 0;

	do {
		if (fanout->options->uring)
			turn_uring(fanout);
		else
			turn_epoll(fanout);
		turns++;
	} while (floor_clock() < end);
	return turns;
}

static void
measure(struct fanout *fanout)
{
	const struct floor_options *options = fanout->options;
	double clock, cpu, deliveries;

	run(fanout, options->seconds * WARMUP_PART);
	clock = floor_clock();
	cpu = floor_cpu();
	deliveries = (double)run(fanout, options->seconds) * options->clients *
		     options->messages;
	cpu = floor_cpu() - cpu;
	clock = floor_clock() - clock;
	printf("floor=fanout io=%s members=%u messages=%u bytes=%u "
	       "seconds=%.3f operations=%.0f server_cpu_us=%.4f "
	       "deliveries_per_s=%.0f\n",
	    options->uring ? "uring" : "epoll", options->clients,
	    options->messages, options->bytes, clock, deliveries,
	    cpu * 1e6 / deliveries, deliveries / clock);
}

void
floor_fanout(const struct floor_options *options)
{
	struct fanout fanout = {.options = options};
	int listener = floor_listen(0);

	fanout.len = (size_t)options->messages * options->bytes;
	fanout.blob = malloc(fanout.len);
	fanout.clients = calloc(options->clients, sizeof *fanout.clients);
	if (!fanout.blob || !fanout.clients)
		err(EXIT_FAILURE, "memory");
	memset(fanout.blob, 'x', fanout.len);
	if (options->uring)
		ring_open(&fanout.ring);
	fanout.members =
	    members_start(floor_port(listener), options->clients, fanout.len);
	for (unsigned i = 0; i < options->clients; i++) {
		members_admit(&fanout.members, i);
		fanout.clients[i] = floor_accept(listener);
	}
	measure(&fanout);
	members_stop(&fanout.members);
	for (unsigned i = 0; i < options->clients; i++)
		close(fanout.clients[i]);
	if (options->uring)
		ring_close(&fanout.ring);
	free(fanout.clients);
	free(fanout.blob);
	close(listener);
}
