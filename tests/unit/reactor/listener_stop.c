/*
 * A listener that stops, on both engines: its queue is closed to others before
 * it is emptied, for whoever is in it at the close is reset. The test keeps the
 * listening socket open, and so the moment between the two.
 */
#include "tests/unit/reactor/rig.h"

#include <errno.h>
#include <linux/filter.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "reactor/reactor_priv.h"

#define PATIENCE_MS 100 /* what loopback takes to connect, many times over */

static void
stop_but_keep(struct rig *rig, void *argument)
{
	int *kept = argument;

	*kept = dup(rig->reactors[0]->listeners[0].fd);
	reactor_stop_listening(rig->reactors[0]);
}

/* Some kernels leave that to root. */
static void
skip_without_filters(void)
{
	struct sock_filter pass = BPF_STMT(BPF_RET | BPF_K, UINT32_MAX);
	struct sock_fprog program = {1, &pass};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int result = setsockopt(
	    fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));

	close(fd);
	if (result < 0)
		cr_skip_test("no filters on sockets here");
}

/* 0 when it is in the queue; else why it is not, EINPROGRESS for not yet. */
static int
try_to_connect(const struct rig *rig)
{
	const struct endpoint *to = &rig->endpoint;
	int fd = socket(to->address.ss_family,
	    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct pollfd ready = {.fd = fd, .events = POLLOUT};
	int error = 0;

	cr_assert_geq(fd, 0);
	if (connect(fd, (const void *)&to->address, to->length) < 0)
		error = errno;
	if (error == EINPROGRESS && poll(&ready, 1, PATIENCE_MS) > 0)
		error = 0;
	close(fd);
	return error;
}

RIG_TEST(down_queue_is_closed_before_it_is_emptied)
{
	int kept = -1;

	skip_without_filters();
	rig_call(rig, 0, stop_but_keep, &kept);
	cr_assert_eq(try_to_connect(rig), EINPROGRESS);
	close(kept);
}

RIG_TEST(down_queue_of_a_unix_socket_is_too, .on_unix = true)
{
	int kept = -1;

	rig_call(rig, 0, stop_but_keep, &kept);
	cr_assert_eq(try_to_connect(rig), ECONNREFUSED);
	close(kept);
}

/* Who passed it to us, or is passed it next, goes on with it. */
RIG_TEST(down_queue_of_a_passed_socket_stays_open, .passed = true)
{
	int kept = -1;

	rig_call(rig, 0, stop_but_keep, &kept);
	cr_assert_eq(try_to_connect(rig), 0);
	close(kept);
}
