/* Accepting many, and what the kernel keeps for them. */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "bench/floor/floor.h"
#include "bench/floor/ring.h"

struct connect {
	const struct floor_options *options;
	struct members members;
	int listener;
	int *clients; /* owned */
};

/* What the kernel's allocator has handed out on the whole machine, for sockets,
 * their inodes and operations that wait. */
static double
slab_bytes(void)
{
	FILE *info = fopen("/proc/meminfo", "re");
	char line[128];
	double kb = 0;

	while (info && fgets(line, sizeof line, info))
		if (sscanf(line, "Slab: %lf", &kb) == 1)
			break;
	if (info)
		fclose(info);
	return kb * 1024;
}

static void
accept_epoll(struct connect *connect)
{
	for (unsigned i = 0; i < connect->options->clients; i++) {
		members_admit(&connect->members, i);
		connect->clients[i] = floor_accept(connect->listener);
	}
}

static void
accept_uring(struct connect *connect, struct ring *ring)
{
	struct io_uring_cqe *cqe;
	unsigned accepted = 0;

	members_admit(&connect->members, 0);
	ring_accept(ring, connect->listener, 0);
	while (accepted < connect->options->clients) {
		ring_wait(ring);
		while (io_uring_peek_cqe(&ring->io, &cqe) == 0) {
			if (cqe->res < 0)
				errx(EXIT_FAILURE, "accept: %d", cqe->res);
			connect->clients[accepted++] = cqe->res;
			io_uring_cqe_seen(&ring->io, cqe);
			if (accepted < connect->options->clients)
				members_admit(&connect->members, accepted);
		}
	}
}

/* Has them all watched for input. Returns what is to be closed, or -1. */
static int
watch(const struct connect *connect, struct ring *ring)
{
	struct epoll_event event = {.events = EPOLLIN | EPOLLET};
	int epoll = connect->options->uring ? -1 : epoll_create1(EPOLL_CLOEXEC);

	for (unsigned i = 0; i < connect->options->clients; i++) {
		if (connect->options->uring)
			ring_receive(ring, connect->clients[i], 0);
		else if (epoll_ctl(
			     epoll, EPOLL_CTL_ADD, connect->clients[i], &event))
			err(EXIT_FAILURE, "epoll");
	}
	if (connect->options->uring)
		io_uring_submit_and_get_events(&ring->io);
	return epoll;
}

static void
measure(struct connect *connect, struct ring *ring)
{
	const struct floor_options *options = connect->options;
	double empty = slab_bytes(), accepted, watched;
	double clock = floor_clock(), cpu = floor_cpu();
	int epoll;

	if (options->uring)
		accept_uring(connect, ring);
	else
		accept_epoll(connect);
	cpu = floor_cpu() - cpu;
	clock = floor_clock() - clock;
	accepted = slab_bytes();
	epoll = watch(connect, ring);
	watched = slab_bytes();
	printf("floor=connect io=%s clients=%u seconds=%.3f operations=%u "
	       "server_cpu_us=%.4f clients_per_s=%.0f "
	       "kernel_bytes_both_ends=%.0f kernel_bytes_watch=%.0f\n",
	    options->uring ? "uring" : "epoll", options->clients, clock,
	    options->clients, cpu * 1e6 / options->clients,
	    options->clients / clock, (accepted - empty) / options->clients,
	    (watched - accepted) / options->clients);
	if (epoll >= 0)
		close(epoll);
}

void
floor_connect(const struct floor_options *options)
{
	struct connect connect = {
	    .options = options, .listener = floor_listen(0)};
	struct ring ring;

	connect.clients = calloc(options->clients, sizeof *connect.clients);
	if (!connect.clients)
		err(EXIT_FAILURE, "memory");
	if (options->uring)
		ring_open(&ring);
	connect.members =
	    members_start(floor_port(connect.listener), options->clients, 1);
	measure(&connect, &ring);
	members_stop(&connect.members);
	if (options->uring)
		ring_close(&ring);
	for (unsigned i = 0; i < options->clients; i++)
		close(connect.clients[i]);
	free(connect.clients);
	close(connect.listener);
}
