/*
 * Bytes in and out of both engines, through the reactor's public interface:
 * nothing is lost, doubled or reordered however little the kernel takes at a
 * time, and however much comes at once.
 */
#include "tests/unit/reactor/rig.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "reactor/blob.h"

#define MEGABYTE    (1024 * 1024)
#define CROWD       250
#define CROWD_BYTES (40 * 1024) /* each; together more than all buffers */
#define FANOUT      2300        /* more than a submission queue holds */
#define SHARED      8

RIG_TEST(much_input_comes_back_in_order)
{
	int fd = rig_connect(rig);

	rig_write_pattern(fd, 0, 4 * MEGABYTE);
	rig_read_pattern(fd, 0, 4 * MEGABYTE);
	close(fd);
}

RIG_TEST(single_bytes_come_back_in_order)
{
	int fd = rig_connect(rig);

	for (size_t i = 0; i < 300; i++) {
		rig_write_pattern(fd, i, 1);
		rig_read_pattern(fd, i, 1);
	}
	close(fd);
}

RIG_TEST(unix_socket_serves_as_well, .on_unix = true)
{
	char text[ADDRESS_TEXT_BYTES];
	int fd;
	struct peer *peer = rig_connect_peer(rig, &fd);

	cr_assert_str_eq(address_format(&peer->conn.peer, text), "unix");
	rig_write_pattern(fd, 0, MEGABYTE / 8);
	rig_read_pattern(fd, 0, MEGABYTE / 8);
	close(fd);
}

/* All of it is there when the reactor comes to look: more than one turn reads,
 * and more than the buffers that are given to the kernel. */
RIG_TEST(flood_from_many_at_once_is_served_whole)
{
	int fds[CROWD];

	for (int i = 0; i < CROWD; i++)
		fds[i] = rig_connect(rig);
	rig_hold(rig, 0);
	for (size_t i = 0; i < CROWD; i++)
		rig_write_pattern(fds[i], i, CROWD_BYTES);
	rig_release(rig);
	for (size_t i = 0; i < CROWD; i++)
		rig_read_pattern(fds[i], i, CROWD_BYTES);
	for (int i = 0; i < CROWD; i++)
		close(fds[i]);
}

/* One that floods without end and never reads must not keep the reactor from
 * the others. */
static void
swallow(struct peer *peer, char *bytes, size_t len)
{
	if (len == 5 && !memcmp(bytes, "hello", 5)) {
		memcpy(conn_reserve(&peer->conn, 5), "hello", 5);
		conn_commit(&peer->conn, 5);
	}
}

RIG_TEST(flooding_client_does_not_starve_another, .handlers.on_bytes = swallow)
{
	static char noise[MEGABYTE];
	int flooder = rig_connect(rig);
	int other = rig_connect(rig);

	for (int i = 0; i < 200; i++) {
		ssize_t sent;

		do
			sent = send(flooder, noise, sizeof(noise),
			    MSG_DONTWAIT | MSG_NOSIGNAL);
		while (sent > 0);
		cr_assert_eq(errno, EAGAIN);
		rig_round_trip(other);
	}
	close(flooder);
	close(other);
}

/* Queues `len` bytes of the pattern in pieces of every kind: written in place,
 * shared, short and longer than a chunk. */
static void
queue_pattern(struct conn *conn, size_t len)
{
	static const size_t pieces[] = {1, 700, 3, 4081, 97, 9000, 2, 2};
	struct blob_pool *pool = reactor_blobs(conn->reactor);
	size_t at = 0;

	for (size_t i = 0; at < len; i++) {
		size_t n = pieces[i % 8] < len - at ? pieces[i % 8] : len - at;
		struct blob *blob = i % 2 ? blob_new(pool, n) : NULL;
		char *room = blob ? blob->bytes : conn_reserve(conn, n);

		for (size_t b = 0; b < n; b++)
			room[b] = rig_pattern(at + b);
		at += n;
		if (!blob) {
			conn_commit(conn, n);
			continue;
		}
		blob->len = (uint32_t)n;
		conn_push(conn, blob);
		blob_unref(pool, blob);
	}
}

static void
queue_megabyte(struct rig *rig, void *peer)
{
	(void)rig;
	queue_pattern(&((struct peer *)peer)->conn, MEGABYTE);
}

RIG_TEST(output_in_pieces_arrives_in_order)
{
	int fd;
	struct peer *peer = rig_connect_peer(rig, &fd);

	rig_call(rig, 0, queue_megabyte, peer);
	rig_read_pattern(fd, 0, MEGABYTE);
	close(fd);
}

RIG_TEST(
    output_that_the_socket_takes_in_bits_arrives_in_order, .send_buffer = 2048)
{
	int fd = rig_connect_with(rig, 2048);
	struct peer *peer;

	rig_await(&rig->opened);
	peer = atomic_load(&rig->newest);
	rig_call(rig, 0, queue_megabyte, peer);
	rig_read_pattern(fd, 0, MEGABYTE);
	close(fd);
}

/* Output that is added while a send is under way comes after it. */
static void
queue_more(struct rig *rig, void *argument)
{
	struct peer *peer = atomic_load(&rig->newest);
	size_t *from = argument;

	for (int piece = 0; piece < 50; piece++) {
		char *room = conn_reserve(&peer->conn, 777);

		for (size_t i = 0; i < 777; i++)
			room[i] = rig_pattern(*from + i);
		conn_commit(&peer->conn, 777);
		*from += 777;
	}
}

RIG_TEST(output_added_while_sending_follows, .send_buffer = 2048)
{
	int fd = rig_connect(rig);
	size_t queued = 0;
	size_t read = 0;

	for (int round = 0; round < 40; round++) {
		rig_call(rig, 0, queue_more, &queued);
		rig_read_pattern(fd, read, (queued - read) / 3);
		read += (queued - read) / 3;
	}
	rig_read_pattern(fd, read, queued - read);
	close(fd);
}

static struct blob *blobs[SHARED];
static uint32_t refs_left;
static unsigned turns_behind;

/* Every connection gets every blob, and its own number in between. */
static void
push_to_one(struct conn *conn, void *context)
{
	(void)context;
	for (int i = 0; i < SHARED; i++) {
		char own[8];

		conn_push(conn, blobs[i]);
		snprintf(own, sizeof(own), "#%06u", (unsigned)conn->id);
		memcpy(conn_reserve(conn, 7), own, 7);
		conn_commit(conn, 7);
	}
	conn_wait_drained(conn, 0);
}

static void
push_to_all(struct rig *rig, void *argument)
{
	struct blob_pool *pool = reactor_blobs(rig->reactors[0]);

	(void)argument;
	for (int i = 0; i < SHARED; i++) {
		blobs[i] = blob_new(pool, 100);
		blobs[i]->len = 100;
		memset(blobs[i]->bytes, 'a' + i, 100);
	}
	reactor_each_conn(rig->reactors[0], push_to_one, NULL);
}

static void
drop_blobs(struct rig *rig, void *argument)
{
	(void)argument;
	turns_behind = rig->owners[0].behind;
	for (int i = 0; i < SHARED; i++) {
		refs_left += blobs[i]->refs - 1;
		blob_unref(reactor_blobs(rig->reactors[0]), blobs[i]);
	}
}

/* Numbers are given in the order of connecting, from 1. */
static void
expect_all_blobs(int fd, unsigned number)
{
	char text[108];

	for (int i = 0; i < SHARED; i++) {
		memset(text, 'a' + i, 100);
		snprintf(text + 100, 8, "#%06u", number % 1000000);
		rig_expect(fd, text);
	}
}

RIG_TEST(fan_out_of_one_turn_reaches_thousands)
{
	static int fds[FANOUT];
	int count = rig_raise_descriptors(FANOUT);

	for (int i = 0; i < count; i++)
		fds[i] = rig_connect(rig);
	rig_call(rig, 0, push_to_all, NULL);
	for (int i = 0; i < count; i++)
		expect_all_blobs(fds[i], (unsigned)i + 1);
	for (int i = 0; i < count; i++)
		rig_await(&rig->ran);
	rig_call(rig, 0, drop_blobs, NULL);
	cr_assert_eq(refs_left, 0, "sent, so nobody refers to them");
	cr_assert_gt(turns_behind, 0, "not all in one turn");
	cr_assert_lt(turns_behind, (unsigned)count);
	for (int i = 0; i < count; i++)
		close(fds[i]);
}

static void
push_blob(struct conn *conn, void *blob)
{
	conn_push(conn, blob);
}

/* No chunk of the pool's, which would have its timer wake the reactor. */
static void
push_line_to_all(struct rig *rig, void *argument)
{
	struct blob_pool *pool = reactor_blobs(rig->reactors[0]);
	struct blob *blob = blob_new(pool, BLOB_CHUNK_BYTES + 1);

	(void)argument;
	memcpy(blob->bytes, "hello\n", 6);
	blob->len = 6;
	reactor_each_conn(rig->reactors[0], push_blob, blob);
	blob_unref(pool, blob);
}

/* Rooms hold back while there is output of earlier turns, and go on in a turn
 * that nobody else may give them a reason for: no client says anything. */
RIG_TEST(turn_follows_as_soon_as_a_long_fan_out_is_out)
{
	static int fds[FANOUT];
	int count = rig_raise_descriptors(FANOUT);

	for (int i = 0; i < count; i++)
		fds[i] = rig_connect(rig);
	rig_call(rig, 0, push_line_to_all, NULL);
	rig_await(&rig->caught_up);
	for (int i = 0; i < count; i++) {
		rig_expect(fds[i], "hello\n");
		close(fds[i]);
	}
}

/* Where rings count as locked memory, one of them may be had and many not. */
Test(reactor_engine, probe_is_of_as_many_engines_as_are_asked_for)
{
	struct rlimit limit = {4 * MEGABYTE, 4 * MEGABYTE};
	int error;

	cr_expect_eq(engine_epoll.probe(64), 0);
	if (engine_uring.probe(64) != 0)
		cr_skip_test("no io_uring here");
	cr_assert_eq(setrlimit(RLIMIT_MEMLOCK, &limit), 0);
	/* What root locks is not counted. */
	if (geteuid() == 0)
		cr_assert_eq(setresuid(4711, 4711, 4711), 0);
	error = engine_uring.probe(64);
	if (error == 0)
		cr_skip_test("this kernel does not count rings");
	cr_expect_eq(error, -ENOMEM);
}
