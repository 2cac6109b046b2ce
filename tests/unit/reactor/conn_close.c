/*
 * A connection's ways out, on both engines: what the peer still gets to see,
 * what is told as the reason, and that nothing of it stays behind.
 */
#include "tests/unit/reactor/rig.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "reactor/blob.h"
#include "reactor/mailbox.h"

#define LAST_WORDS (64 * 1024)
#define UNREAD     (60 * 1024)
#define MUCH       (4 * 1024 * 1024) /* more than sockets take */

/* --- conn_close --- */

static void
say_last_words(struct peer *peer, char *bytes, size_t len)
{
	(void)bytes;
	(void)len;
	conn_pause_input(&peer->conn);
	rig_queue_pattern(&peer->conn, 0, LAST_WORDS);
	conn_close(&peer->conn, CLOSE_QUIT);
}

/* The peer has sent more than was read, and goes on sending: closing the socket
 * then would reset it, and the last words with it. */
RIG_TEST(close_with_unread_input_delivers_the_last_bytes,
    .handlers.on_bytes = say_last_words)
{
	for (int round = 0; round < 20; round++) {
		int fd = rig_connect(rig);

		rig_hold(rig, 0);
		rig_write_pattern(fd, 0, UNREAD);
		rig_release(rig);
		rig_await(&rig->closed);
		rig_write_pattern(fd, UNREAD, UNREAD);
		rig_read_pattern(fd, 0, LAST_WORDS);
		rig_expect_end(fd);
		cr_assert_eq(rig->last.conn.reason, CLOSE_QUIT);
		close(fd);
	}
}

static void
queue_much_and_close(struct rig *rig, void *argument)
{
	struct conn *conn = &atomic_load(&rig->newest)->conn;

	(void)argument;
	rig_queue_pattern(conn, 0, MUCH);
	conn_close(conn, CLOSE_KICKED);
}

RIG_TEST(close_sends_all_that_is_pending, .send_buffer = 4096)
{
	int fd = rig_connect(rig);

	rig_call(rig, 0, queue_much_and_close, NULL);
	rig_read_pattern(fd, 0, MUCH);
	rig_expect_end(fd);
	close(fd);
}

static void
close_and_close_again(struct rig *rig, void *argument)
{
	struct conn *conn = &atomic_load(&rig->newest)->conn;

	(void)argument;
	conn_close(conn, CLOSE_QUIT);
	conn_close(conn, CLOSE_KICKED);
	conn_abort(conn, CLOSE_STALLED);
	conn_abort(conn, CLOSE_FAILED);
	cr_expect_not(conn_is_open(conn));
	/* Whoever does this may be in the middle of a list that it is in. */
	cr_expect_eq(atomic_load(&rig->newest)->closes, 0, "only marked");
}

RIG_TEST(first_reason_counts_and_closed_is_told_once)
{
	int fd = rig_connect(rig);

	rig_call(rig, 0, close_and_close_again, NULL);
	rig_await(&rig->closed);
	rig_turn(rig, 0);
	cr_assert_eq(rig->last.conn.reason, CLOSE_QUIT);
	cr_assert_eq(rig->last.closes, 1);
	cr_assert_eq(sem_trywait(&rig->closed), -1);
	close(fd);
}

static void
close_in_the_middle(struct rig *rig, void *blob_argument)
{
	struct conn *conn = &atomic_load(&rig->newest)->conn;
	struct blob *blob = blob_new(reactor_blobs(conn->reactor), 4);

	(void)blob_argument;
	memcpy(blob->bytes, "room", 4);
	blob->len = 4;
	memcpy(conn_reserve(conn, 3), "bye", 3);
	conn_commit(conn, 3);
	conn_close(conn, CLOSE_QUIT);
	conn_push(conn, blob);
	memcpy(conn_reserve(conn, 5), "reply", 5);
	conn_commit(conn, 5);
	blob_unref(reactor_blobs(conn->reactor), blob);
}

/* A room that does not know yet may still push in that turn. */
RIG_TEST(output_after_close_is_not_seen)
{
	int fd = rig_connect(rig);

	rig_call(rig, 0, close_in_the_middle, NULL);
	rig_expect(fd, "bye");
	rig_expect_end(fd);
	close(fd);
}

static struct conn *lingering;

static void
close_quietly(struct rig *rig, void *argument)
{
	(void)argument;
	lingering = &atomic_load(&rig->newest)->conn;
	conn_close(lingering, CLOSE_QUIT);
}

static void
push_to_lingering(struct rig *rig, void *argument)
{
	(void)rig;
	(void)argument;
	memcpy(conn_reserve(lingering, 4), "late", 4);
	conn_commit(lingering, 4);
}

/* Nor does it hurt once our FIN is out: the peer's own end is waited for. */
RIG_TEST(output_while_lingering_does_not_reset_the_peer)
{
	int fd = rig_connect(rig);

	rig_call(rig, 0, close_quietly, NULL);
	rig_await(&rig->closed);
	rig_turn(rig, 0);
	rig_write_pattern(fd, 0, 100);
	rig_call(rig, 0, push_to_lingering, NULL);
	rig_turn(rig, 0);
	rig_write_pattern(fd, 100, 100);
	rig_turn(rig, 0);
	cr_assert_eq(counter_read(&rig->census.open), 1, "waits for our end");
	rig_expect_end(fd);
	close(fd);
}

/* The peer never ends its side. Nothing but the deadline frees it: a stop
 * waits for that longer than the test may take. */
RIG_TEST(peer_that_never_hangs_up_is_cut_after_the_linger_time,
    .limits = {.linger_ms = 50, .stop_ms = 1000 * 1000})
{
	int fd = rig_connect(rig);

	rig_call(rig, 0, close_quietly, NULL);
	rig_expect_end(fd);
	rig_stop(rig);
	close(fd);
}

/* --- conn_abort, resets, stalls --- */

static void
queue_much_and_abort(struct rig *rig, void *argument)
{
	struct conn *conn = &atomic_load(&rig->newest)->conn;

	(void)argument;
	rig_queue_pattern(conn, 0, MUCH);
	conn_abort(conn, CLOSE_KICKED);
}

/* All bytes up to the end or the reset, whichever it is. */
static size_t
read_up(int fd)
{
	static char bytes[65536];
	size_t total = 0;
	ssize_t got;

	while ((got = recv(fd, bytes, sizeof(bytes), 0)) > 0 ||
	       (got < 0 && errno == EINTR))
		total += got > 0 ? (size_t)got : 0;
	cr_assert(got == 0 || errno == ECONNRESET, "%s", strerror(errno));
	return total;
}

RIG_TEST(abort_drops_what_is_pending)
{
	int fd = rig_connect(rig);

	rig_call(rig, 0, queue_much_and_abort, NULL);
	cr_assert_lt(read_up(fd), MUCH);
	rig_await(&rig->closed);
	cr_assert_eq(rig->last.conn.reason, CLOSE_KICKED);
	cr_assert_eq(rig->last.closes, 1);
	close(fd);
}

static void
queue_much(struct rig *rig, void *argument)
{
	(void)argument;
	rig_queue_pattern(&atomic_load(&rig->newest)->conn, 0, MUCH);
}

static void
abort_newest(struct rig *rig, void *argument)
{
	(void)argument;
	conn_abort(&atomic_load(&rig->newest)->conn, CLOSE_KICKED);
}

/* A send is under way that the kernel cannot finish. */
RIG_TEST(abort_amid_a_send_ends_it, .send_buffer = 4096,
    .limits.stop_ms = 1000 * 1000)
{
	int fd = rig_connect(rig);

	rig_call(rig, 0, queue_much, NULL);
	rig_turn(rig, 0);
	rig_call(rig, 0, abort_newest, NULL);
	cr_assert_lt(read_up(fd), MUCH);
	close(fd);
}

RIG_TEST(reset_by_an_idle_peer_is_told)
{
	int fd = rig_connect(rig);

	rig_round_trip(fd);
	rig_reset(fd);
	rig_await(&rig->closed);
	cr_assert_eq(rig->last.conn.reason, CLOSE_RESET);
	cr_assert_eq(rig->last.closes, 1);
	cr_assert_eq(rig->last.ends, 0);
}

RIG_TEST(reset_by_a_peer_with_pending_output_is_told, .send_buffer = 4096,
    .limits.stop_ms = 1000 * 1000)
{
	int fd = rig_connect(rig);

	rig_call(rig, 0, queue_much, NULL);
	rig_turn(rig, 0);
	rig_reset(fd);
	rig_await(&rig->closed);
	cr_assert_eq(rig->last.conn.reason, CLOSE_RESET);
}

RIG_TEST(many_connects_and_resets_leave_nothing, .limits.stop_ms = 1000 * 1000)
{
	for (int i = 0; i < 1000; i++)
		rig_reset(rig_connect_with(rig, 0));
	for (int i = 0; i < 20; i++)
		rig_turn(rig, 0);
	for (int i = 0; i < 20; i++) {
		int fd = rig_connect_with(rig, 0);

		rig_round_trip(fd);
		close(fd);
	}
}

RIG_TEST(peer_that_does_not_read_is_closed_as_stalled, .send_buffer = 4096,
    .limits.stall_ms = 50)
{
	int fd = rig_connect(rig);

	rig_call(rig, 0, queue_much, NULL);
	rig_await(&rig->closed);
	cr_assert_eq(rig->last.conn.reason, CLOSE_STALLED);
	close(fd);
}

static void
on_late_word(struct envelope *envelope, void *argument)
{
	const struct rig_owner *owner = argument;
	struct conn *conn = &atomic_load(&owner->rig->newest)->conn;

	(void)envelope;
	*conn_reserve(conn, 1) = 'x';
	conn_commit(conn, 1);
}

/* A turn that takes long, and in the next one, before the timers' turn comes, a
 * word to say. */
static void
dawdle(struct rig *rig, void *argument)
{
	static struct envelope envelope = {.handle = on_late_word};
	const struct timespec *pause = argument;

	nanosleep(pause, NULL);
	reactor_send(rig->reactors[0], &envelope);
}

/* The timer is still set from what was sent long ago. */
RIG_TEST(
    word_in_the_turn_of_the_stall_timer_is_not_stalled, .limits.stall_ms = 50)
{
	struct timespec pause = {.tv_nsec = 70 * 1000 * 1000};
	int fd = rig_connect(rig);

	rig_round_trip(fd);
	rig_call(rig, 0, dawdle, &pause);
	rig_expect(fd, "x");
	rig_round_trip(fd);
	close(fd);
}
