/*
 * What one turn may do for one client, and for those who come, on both engines:
 * a flood is taken in by bounded steps, with the others' input between them.
 */
#include "tests/unit/reactor/rig.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ACCEPTS_MAX 64 /* of a listener in a turn */
#define BACKLOG     1000
#define TURN_BYTES  (512 * 1024) /* a ring's buffers, all of them */

/* The reactor's thread: how much of one kind the fullest turn has had. */
struct measure {
	unsigned turn;
	size_t now;
	size_t most;
	size_t all;
};

static struct measure opened, read_in; /* read after the reactor's calls */
static size_t opened_before;           /* an answer that waited in the batch */
static size_t bytes_before;            /* the same */

static void
measure_add(struct measure *measure, const struct peer *peer, size_t count)
{
	unsigned turn = peer->rig->owners[0].turn_ends;

	if (measure->turn != turn)
		measure->now = 0;
	measure->turn = turn;
	measure->now += count;
	measure->all += count;
	if (measure->now > measure->most)
		measure->most = measure->now;
}

static void
count_open(struct peer *peer)
{
	measure_add(&opened, peer, 1);
}

/* "hello" is answered, the rest of it only counted. */
static void
count_bytes(struct peer *peer, char *bytes, size_t len)
{
	if (len != 5 || memcmp(bytes, "hello", 5)) {
		measure_add(&read_in, peer, len);
		return;
	}
	opened_before = opened.all;
	bytes_before = read_in.all;
	memcpy(conn_reserve(&peer->conn, 5), "hello", 5);
	conn_commit(&peer->conn, 5);
}

/* Writes until the kernel takes no more. */
static size_t
fill_up(int fd)
{
	static char noise[65536];
	size_t total = 0;
	ssize_t sent;

	while ((sent = send(
		    fd, noise, sizeof(noise), MSG_DONTWAIT | MSG_NOSIGNAL)) > 0)
		total += (size_t)sent;
	cr_assert_eq(errno, EAGAIN);
	return total;
}

/* The kernel may have a smaller queue than we ask for. */
static int
connect_many(struct rig *rig, int fds[], int most)
{
	int count = 0, value = 0;
	FILE *file = fopen("/proc/sys/net/core/somaxconn", "r");

	cr_assert(file && fscanf(file, "%d", &value) == 1);
	fclose(file);
	while (count < most && count < value)
		fds[count++] = rig_connect_with(rig, 0);
	return count;
}

RIG_TEST(load_backlog_is_accepted_in_bounded_steps,
    .handlers = {.on_open = count_open, .on_bytes = count_bytes})
{
	int served = rig_connect(rig);
	int fds[BACKLOG], count;

	rig_hold(rig, 0);
	count = connect_many(rig, fds, BACKLOG);
	cr_assert_gt(count, 2 * ACCEPTS_MAX);
	cr_assert_eq(send(served, "hello", 5, MSG_NOSIGNAL), 5);
	rig_release(rig);
	rig_expect(served, "hello");
	for (int i = 0; i < count; i++)
		rig_await(&rig->opened);
	rig_turn(rig, 0);
	cr_assert_leq(opened.most, ACCEPTS_MAX, "%zu in a turn", opened.most);
	cr_assert_leq(opened_before, 1 + 2 * ACCEPTS_MAX,
	    "%zu were let in before an answer", opened_before);
	cr_assert_eq(opened.all, 1 + (size_t)count);
	for (int i = 0; i < count; i++)
		close(fds[i]);
	close(served);
}

static void
read_all(struct rig *rig, void *argument)
{
	(void)rig;
	*(size_t *)argument = read_in.all;
}

RIG_TEST(load_flood_of_one_is_read_in_bounded_steps,
    .handlers.on_bytes = count_bytes)
{
	int flood = rig_connect(rig);
	int served = rig_connect(rig);
	size_t sent, got;

	rig_hold(rig, 0);
	sent = fill_up(flood);
	cr_assert_eq(send(served, "hello", 5, MSG_NOSIGNAL), 5);
	rig_release(rig);
	rig_expect(served, "hello");
	do
		rig_call(rig, 0, read_all, &got);
	while (got < sent);
	cr_assert_gt(sent, 2 * TURN_BYTES);
	cr_assert_leq(read_in.most, TURN_BYTES, "%zu in a turn", read_in.most);
	cr_assert_leq(bytes_before, 2 * TURN_BYTES,
	    "%zu were read before an answer", bytes_before);
	close(flood);
	close(served);
}
