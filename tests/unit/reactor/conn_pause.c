/*
 * Connections that are not read for a while, on both engines: nothing is lost,
 * doubled or reordered, whenever input is paused and goes on.
 */
#include "tests/unit/reactor/rig.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MEGABYTE    (1024 * 1024)
#define CROWD       250
#define CROWD_BYTES (40 * 1024) /* each; together more than all buffers */

static uint64_t wanted;    /* bytes after which `enough` is posted */
static unsigned misplaced; /* bytes that were not the pattern */
static sem_t enough;

static void
look(struct peer *peer, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		misplaced +=
		    bytes[i] != rig_pattern((size_t)peer->got - len + i);
	if (wanted && peer->got == wanted)
		sem_post(&enough);
}

static void
look_and_pause(struct peer *peer, char *bytes, size_t len)
{
	look(peer, bytes, len);
	if (!wanted)
		conn_pause_input(&peer->conn);
}

static void
read_got(struct rig *rig, void *got)
{
	*(uint64_t *)got = atomic_load(&rig->newest)->got;
}

static uint64_t
bytes_got(struct rig *rig)
{
	uint64_t got;

	rig_call(rig, 0, read_got, &got);
	return got;
}

/* Writes until the kernel takes no more; how much that was in all. */
static size_t
fill_up(struct rig *rig, int fd)
{
	size_t total = 0;

	for (int full = 0; full < 3; full++) {
		char bytes[1000];
		ssize_t sent;

		do {
			for (size_t i = 0; i < sizeof(bytes); i++)
				bytes[i] = rig_pattern(total + i);
			sent = send(fd, bytes, sizeof(bytes),
			    MSG_DONTWAIT | MSG_NOSIGNAL);
			total += sent > 0 ? (size_t)sent : 0;
		} while (sent > 0);
		rig_turn(rig, 0);
	}
	return total;
}

static void
resume(struct rig *rig, void *total)
{
	wanted = *(size_t *)total;
	conn_resume_input(&atomic_load(&rig->newest)->conn);
}

RIG_TEST(paused_input_stops_soon_and_goes_on_whole,
    .handlers.on_bytes = look_and_pause)
{
	int fd = rig_connect(rig);
	size_t total;
	uint64_t got;

	sem_init(&enough, 0, 0);
	total = fill_up(rig, fd);
	got = bytes_got(rig);
	cr_assert_gt(got, 0);
	cr_assert_leq(got, 256 * 1024, "a few buffers");
	cr_assert_lt(got, total);
	for (int i = 0; i < 20; i++)
		rig_turn(rig, 0);
	cr_assert_eq(bytes_got(rig), got, "none after that");
	rig_call(rig, 0, resume, &total);
	rig_await(&enough);
	cr_assert_eq(misplaced, 0);
	close(fd);
}

static void
echo_and_pause(struct peer *peer, char *bytes, size_t len)
{
	memcpy(conn_reserve(&peer->conn, len), bytes, len);
	conn_commit(&peer->conn, len);
	conn_pause_input(&peer->conn);
	conn_run_soon(&peer->conn);
}

static void
go_on(struct peer *peer)
{
	conn_resume_input(&peer->conn);
}

RIG_TEST(pause_after_each_read_loses_nothing,
    .handlers.on_bytes = echo_and_pause, .handlers.on_run = go_on)
{
	int fd = rig_connect(rig);

	rig_write_pattern(fd, 0, MEGABYTE);
	rig_read_pattern(fd, 0, MEGABYTE);
	close(fd);
}

static void
pause_or_resume(struct rig *rig, void *round)
{
	struct conn *conn = &atomic_load(&rig->newest)->conn;

	if (*(int *)round % 3 == 0)
		conn_pause_input(conn);
	else if (*(int *)round % 3 == 1)
		conn_resume_input(conn);
	else
		conn_pause_input(conn), conn_resume_input(conn);
}

/* At any moment, also while the engine still takes back what it had begun. */
RIG_TEST(pause_and_resume_at_any_time_lose_nothing)
{
	int fd = rig_connect(rig);
	size_t at = 0;

	for (int round = 0; round < 300; round++) {
		rig_write_pattern(fd, at, 500);
		at += 500;
		rig_call(rig, 0, pause_or_resume, &round);
	}
	rig_write_pattern(fd, at, 500);
	rig_read_pattern(fd, 0, at + 500);
	close(fd);
}

static void
pause_at_once(struct peer *peer)
{
	conn_pause_input(&peer->conn);
}

/* The end comes after the bytes before it, and only when input goes on. */
RIG_TEST(
    end_of_paused_input_comes_last_and_once, .handlers.on_open = pause_at_once)
{
	int fd = rig_connect(rig);
	size_t total = 10000;

	rig_write_pattern(fd, 0, total);
	cr_assert_eq(shutdown(fd, SHUT_WR), 0);
	rig_turn(rig, 0);
	rig_call(rig, 0, resume, &total);
	rig_read_pattern(fd, 0, total);
	rig_expect_end(fd);
	rig_await(&rig->closed);
	cr_assert_eq(rig->last.ends, 1);
	cr_assert_eq(rig->last.got, total);
	close(fd);
}

static void
resume_one(struct conn *conn, void *context)
{
	(void)context;
	conn_resume_input(conn);
}

static void
resume_all(struct rig *rig, void *argument)
{
	(void)argument;
	reactor_each_conn(rig->reactors[0], resume_one, NULL);
}

/* What waits for all of them is more than the buffers for input; who finds none
 * has to be asked again. */
RIG_TEST(
    resuming_many_at_once_reads_them_all, .handlers.on_open = pause_at_once)
{
	int fds[CROWD];

	for (int i = 0; i < CROWD; i++)
		fds[i] = rig_connect(rig);
	for (size_t i = 0; i < CROWD; i++)
		rig_write_pattern(fds[i], i, CROWD_BYTES);
	for (int i = 0; i < 20; i++)
		rig_turn(rig, 0);
	rig_call(rig, 0, resume_all, NULL);
	for (size_t i = 0; i < CROWD; i++)
		rig_read_pattern(fds[i], i, CROWD_BYTES);
	for (int i = 0; i < CROWD; i++)
		close(fds[i]);
}
