/*
 * A connection on both engines: the peer's end, handlers that close others,
 * handles, and when on_run is called. Its ways out are in
 * unit/reactor/conn_close.c.
 */
#include "tests/unit/reactor/rig.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define UNREAD (60 * 1024)
#define ANSWER (1024 * 1024)
#define CROWD  40

/* --- the peer's end --- */

static void
stay_open(struct peer *peer)
{
	rig_queue_pattern(&peer->conn, 0, ANSWER);
}

static void
close_newest(struct rig *rig, void *argument)
{
	(void)argument;
	conn_close(&atomic_load(&rig->newest)->conn, CLOSE_QUIT);
}

static void
read_ends(struct rig *rig, void *ends)
{
	*(unsigned *)ends = atomic_load(&rig->newest)->ends;
}

/* Half closed: it has said all, but it wants its answers. The answer goes out
 * in many bits, and each time that there is room the engine looks again. */
RIG_TEST(half_closed_peer_gets_its_answer_and_its_end_is_told_once,
    .send_buffer = 4096, .handlers.on_end = stay_open)
{
	int fd = rig_connect(rig);
	unsigned ends;

	rig_turn(rig, 0);
	cr_assert_eq(shutdown(fd, SHUT_WR), 0);
	rig_await(&rig->ended);
	rig_read_pattern(fd, 0, ANSWER);
	rig_turn(rig, 0);
	rig_call(rig, 0, read_ends, &ends);
	cr_assert_eq(ends, 1);
	rig_call(rig, 0, close_newest, NULL);
	rig_expect_end(fd);
	close(fd);
}

RIG_TEST(last_bytes_and_end_at_once_come_in_this_order)
{
	int fd = rig_connect(rig);

	rig_hold(rig, 0);
	rig_write_pattern(fd, 0, UNREAD);
	cr_assert_eq(shutdown(fd, SHUT_WR), 0);
	rig_release(rig);
	rig_read_pattern(fd, 0, UNREAD);
	rig_expect_end(fd);
	rig_await(&rig->closed);
	cr_assert_eq(rig->last.got, UNREAD);
	cr_assert_eq(rig->last.ends, 1);
	cr_assert_eq(rig->last.conn.reason, CLOSE_PEER);
	close(fd);
}

/* --- closing others --- */

static struct peer *winner;
static unsigned late; /* calls of on_bytes after the end */
static bool gently;

static void
close_other(struct conn *conn, void *context)
{
	(void)context;
	if (conn == &winner->conn)
		return;
	if (gently)
		conn_close(conn, CLOSE_KICKED);
	else
		conn_abort(conn, CLOSE_KICKED);
}

/* Whoever comes first closes all the others, whose input is in the batch. */
static void
close_all_others(struct peer *peer, char *bytes, size_t len)
{
	if (!winner) {
		winner = peer;
		reactor_each_conn(peer->conn.reactor, close_other, NULL);
	}
	late += peer != winner;
	memcpy(conn_reserve(&peer->conn, len), bytes, len);
	conn_commit(&peer->conn, len);
}

static void
close_crowd(struct rig *rig)
{
	int fds[CROWD];
	unsigned survivors = 0;

	for (int i = 0; i < CROWD; i++)
		fds[i] = rig_connect(rig);
	rig_hold(rig, 0);
	for (int i = 0; i < CROWD; i++)
		rig_write_pattern(fds[i], 0, 1000);
	rig_release(rig);
	for (int i = 0; i < CROWD - 1; i++)
		rig_await(&rig->closed);
	for (int i = 0; i < CROWD; i++) {
		char bytes[2000];
		ssize_t got = rig_recv(fds[i], bytes, sizeof(bytes));

		if (got > 0) {
			survivors++;
			rig_round_trip(fds[i]);
		}
		close(fds[i]);
	}
	cr_assert_eq(survivors, 1);
	cr_assert_eq(late, 0, "no bytes for a connection that was closed");
	rig_await(&rig->closed);
	cr_assert_eq(sem_trywait(&rig->closed), -1, "each was told once");
}

RIG_TEST(handler_may_abort_others_of_the_same_batch,
    .handlers.on_bytes = close_all_others)
{
	gently = false;
	close_crowd(rig);
}

RIG_TEST(handler_may_close_others_of_the_same_batch,
    .handlers.on_bytes = close_all_others)
{
	gently = true;
	close_crowd(rig);
}

static void
close_self(struct peer *peer)
{
	conn_close(&peer->conn, CLOSE_QUIT);
}

static void
abort_self(struct peer *peer)
{
	conn_abort(&peer->conn, CLOSE_QUIT);
}

RIG_TEST(on_open_may_close, .handlers.on_open = close_self)
{
	int fd = rig_connect(rig);

	rig_expect_end(fd);
	rig_await(&rig->closed);
	close(fd);
}

RIG_TEST(on_open_may_abort, .handlers.on_open = abort_self)
{
	int fd = rig_connect(rig);

	rig_await(&rig->closed);
	close(fd);
}

/* --- handles --- */

struct search {
	struct conn_handle handle;
	struct conn *found;
};

static void
take_handle(struct rig *rig, void *argument)
{
	struct search *search = argument;

	search->found = &atomic_load(&rig->newest)->conn;
	search->handle = conn_handle(search->found);
}

static void
find(struct rig *rig, void *argument)
{
	struct search *search = argument;

	search->found = conn_find(rig->reactors[0], search->handle);
}

static void
close_found(struct rig *rig, void *argument)
{
	struct search *search = argument;

	conn_close(search->found, CLOSE_QUIT);
	find(rig, argument);
}

RIG_TEST(handle_finds_its_connection_and_never_the_next_in_its_slot)
{
	struct search first;
	struct search second;
	int fd = rig_connect(rig);

	rig_call(rig, 0, take_handle, &first);
	rig_call(rig, 0, find, &first);
	cr_assert_not_null(first.found);
	rig_call(rig, 0, close_found, &first);
	cr_assert_null(first.found, "closing is gone");
	rig_expect_end(fd);
	close(fd);
	rig_until_open(rig, 0);
	rig_call(rig, 0, find, &first);
	cr_assert_null(first.found);
	fd = rig_connect(rig);
	rig_call(rig, 0, take_handle, &second);
	cr_assert_eq(second.handle.slot, first.handle.slot, "used again");
	cr_assert_neq(second.handle.id, first.handle.id);
	rig_call(rig, 0, find, &first);
	cr_assert_null(first.found, "an old handle");
	rig_call(rig, 0, find, &second);
	cr_assert_not_null(second.found);
	first.handle.slot = 1000 * 1000;
	rig_call(rig, 0, find, &first);
	cr_assert_null(first.found, "a slot never made");
	close(fd);
}

/* --- on_run --- */

static void
run_soon_twice(struct rig *rig, void *argument)
{
	(void)argument;
	conn_run_soon(&atomic_load(&rig->newest)->conn);
	conn_run_soon(&atomic_load(&rig->newest)->conn);
}

static void
run_soon_and_close(struct rig *rig, void *argument)
{
	run_soon_twice(rig, argument);
	conn_close(&atomic_load(&rig->newest)->conn, CLOSE_QUIT);
	conn_run_soon(&atomic_load(&rig->newest)->conn);
}

RIG_TEST(run_soon_runs_once_and_never_after_close)
{
	int fd = rig_connect(rig);

	rig_call(rig, 0, run_soon_twice, NULL);
	rig_await(&rig->ran);
	rig_turn(rig, 0);
	cr_assert_eq(sem_trywait(&rig->ran), -1);
	rig_call(rig, 0, run_soon_and_close, NULL);
	rig_await(&rig->closed);
	cr_assert_eq(rig->last.runs, 1);
	close(fd);
}
