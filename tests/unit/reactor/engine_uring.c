/*
 * What bites with io_uring, and that it does not. The engine is compiled here
 * once more, so that tests can do to its ring what a kernel does only under
 * load, or did once; what both engines promise is told on both.
 */
#define engine_uring engine_uring_within
#include "reactor/engine_uring.c"

#include "tests/unit/reactor/rig.h"

#include <dlfcn.h>
#include <unistd.h>

#define CROWD       2300  /* many times the buffers that there are */
#define LOUD        40    /* of them: together they use up all of those */
#define BUFFERS     256   /* of buffers.c */
#define COMPLETIONS 33000 /* more than the queue has room for */
#define MEGABYTE    (1024 * 1024)

/* --- buffers --- */

/* What a client of the crowd sends. */
static size_t
crowd_bytes(int i)
{
	return i < LOUD ? 40 * 1024 : 100;
}

/* Who finds no buffer any more hears so at once, and its receive ends. */
RIG_TEST(uring_thousands_that_send_at_once_are_all_heard)
{
	static int fds[CROWD];
	int count = rig_raise_descriptors(CROWD);

	for (int i = 0; i < count; i++)
		fds[i] = rig_connect(rig);
	rig_hold(rig, 0);
	for (int i = 0; i < count; i++)
		rig_write_pattern(fds[i], (size_t)i, crowd_bytes(i));
	rig_release(rig);
	for (int i = 0; i < count; i++)
		rig_read_pattern(fds[i], (size_t)i, crowd_bytes(i));
	for (int i = 0; i < count; i++)
		rig_round_trip(fds[i]);
	for (int i = 0; i < count; i++)
		close(fds[i]);
}

/* Has the kernel take a buffer; returns the completion's flags. */
static uint32_t
take_buffer(struct ring *ring, const int ends[2])
{
	struct io_uring_sqe *entry;

	cr_assert_eq(send(ends[0], "x", 1, 0), 1);
	entry = ring_entry(ring);
	io_uring_prep_recv(entry, ends[1], NULL, 1, 0);
	entry->flags |= IOSQE_BUFFER_SELECT;
	entry->buf_group = BUFFER_GROUP;
	cr_assert_eq(ring_do(ring, entry), 1);
	return ring->reaped[ring->reaped_count - 1].flags;
}

/* As kernels do that have taken a buffer before they find out that there is
 * nothing to put in. */
static void
receive_nothing(struct rig *rig, void *argument)
{
	struct engine *engine = rig->reactors[0]->engine;
	struct conn *conn = &atomic_load(&rig->newest)->conn;
	int ends[2];

	(void)argument;
	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	for (int i = 0; i < BUFFERS / 2; i++) {
		uint32_t flags = take_buffer(&engine->ring, ends);

		cr_assert(flags & IORING_CQE_F_BUFFER);
		uring_on_received(
		    engine, conn, -ECANCELED, flags | IORING_CQE_F_MORE);
	}
	close(ends[0]);
	close(ends[1]);
}

URING_TEST(uring_buffer_without_bytes_goes_back_as_well)
{
	int fd = rig_connect(rig);

	for (int i = 0; i < 3; i++)
		rig_call(rig, 0, receive_nothing, NULL);
	rig_write_pattern(fd, 0, MEGABYTE);
	rig_read_pattern(fd, 0, MEGABYTE);
	close(fd);
}

/* --- interruptions --- */

/* Output whose send waits in the kernel, as far as the engine knows. */
static void
send_and_wait(struct rig *rig, void *argument)
{
	struct conn *conn = &atomic_load(&rig->newest)->conn;

	(void)argument;
	conn->sending = true;
	conn->in_flight++;
	memcpy(conn_reserve(conn, 5), "later", 5);
	conn_commit(conn, 5);
}

/* As kernels do with what waits in a process that is stopped. */
static void
interrupt(struct rig *rig, void *argument)
{
	struct engine *engine = rig->reactors[0]->engine;
	struct conn *conn = &atomic_load(&rig->newest)->conn;

	(void)argument;
	uring_on_received(engine, conn, -EINTR, IORING_CQE_F_MORE);
	uring_dispatch(
	    engine, (struct ring_completion){.result = -EINTR,
			.user_data = (uint64_t)(uintptr_t)conn | RING_SEND});
}

URING_TEST(uring_send_that_is_interrupted_is_begun_anew)
{
	int fd = rig_connect(rig);

	rig_call(rig, 0, send_and_wait, NULL);
	rig_call(rig, 0, interrupt, NULL);
	rig_expect(fd, "later");
	rig_round_trip(fd);
	close(fd);
}

/* --- completions --- */

#define HEARD 5000

static sem_t all_heard;

/* Nothing is answered: output would have timers set, and those would wake a
 * reactor that is deaf. */
static void
hear(struct peer *peer, char *bytes, size_t len)
{
	(void)bytes;
	(void)len;
	if (peer->got % HEARD == 0)
		sem_post(&all_heard);
}

static void
do_nothing(struct envelope *envelope, void *owner)
{
	(void)envelope;
	(void)owner;
}

/* The bell rings, and a client sends, while there is no room for word of it. */
static void
overflow(struct rig *rig, void *fd)
{
	static struct envelope envelope = {.handle = do_nothing};
	struct ring *ring = &rig->reactors[0]->engine->ring;

	for (int i = 0; i < COMPLETIONS; i++) {
		struct io_uring_sqe *entry = ring_entry(ring);

		io_uring_prep_nop(entry);
		ring_tag(entry, NULL, RING_NOTHING);
	}
	ring_submit(ring);
	cr_assert(io_uring_cq_has_overflow(&ring->uring));
	rig_write_pattern(*(int *)fd, 0, HEARD);
	reactor_send(rig->reactors[0], &envelope);
	io_uring_get_events(&ring->uring);
}

URING_TEST(uring_completions_over_the_queue_leave_nobody_deaf,
    .handlers.on_bytes = hear)
{
	int fd = rig_connect(rig);

	sem_init(&all_heard, 0, 0);
	for (int i = 0; i < 3; i++) {
		rig_call(rig, 0, overflow, &fd);
		rig_await(&all_heard);
		for (int turn = 0; turn < 5; turn++)
			rig_turn(rig, 0);
	}
	close(fd);
}

/* --- a kernel that is busy --- */

/* Errors that handing over ends in, by turns, while there is any need; they
 * take the place of liburing's functions in the whole test program. */
static _Atomic bool is_busy;
static _Atomic unsigned calls;

static int
busy_error(void)
{
	static const int errors[] = {
	    -EBUSY, 0, -EAGAIN, 0, -EINTR, -EBUSY, -EBUSY, 0};

	return is_busy ? errors[calls++ % 8] : 0;
}

#define WRAP(name, parameters, ...)                                            \
	int name parameters                                                    \
	{                                                                      \
		int(*next) parameters = dlsym(RTLD_NEXT, #name);               \
		int error = busy_error();                                      \
                                                                               \
		return error ? error : next(__VA_ARGS__);                      \
	}

WRAP(io_uring_submit, (struct io_uring * ring), ring)
WRAP(io_uring_submit_and_wait, (struct io_uring * ring, unsigned count), ring,
    count)
WRAP(io_uring_submit_and_wait_timeout,
    (struct io_uring * ring, struct io_uring_cqe **done, unsigned count,
	struct __kernel_timespec *ts, sigset_t *mask),
    ring, done, count, ts, mask)

#define TALKED_TO 300  /* more messages than there is room for */
#define PIECE     3000 /* no two in one chunk: they are one message */
#define PIECES    4

/* Each gets its own, from its number on; now the even ones, now the odd. */
static void
queue_pieces(struct conn *conn, void *parity)
{
	if (conn->id % 2 != *(unsigned *)parity)
		return;
	for (size_t from = 0; from < PIECES * PIECE; from += PIECE) {
		char *room = conn_reserve(conn, PIECE);

		for (size_t i = 0; i < PIECE; i++)
			room[i] = rig_pattern(conn->id + from + i);
		conn_commit(conn, PIECE);
	}
}

static void
talk_to_half(struct rig *rig, void *parity)
{
	reactor_each_conn(rig->reactors[0], queue_pieces, parity);
}

/* Nothing that is to be handed over is lost, nor done twice, nor changed while
 * it waits for that. */
URING_TEST(uring_that_is_busy_is_asked_again)
{
	int fds[TALKED_TO];

	is_busy = true;
	for (int i = 0; i < TALKED_TO; i++)
		fds[i] = rig_connect(rig);
	for (int round = 0; round < 2; round++) {
		for (unsigned parity = 0; parity < 2; parity++)
			rig_call(rig, 0, talk_to_half, &parity);
		for (size_t i = 0; i < TALKED_TO; i++)
			rig_read_pattern(fds[i], i + 1, PIECES * PIECE);
	}
	for (int i = 0; i < TALKED_TO; i++) {
		rig_round_trip(fds[i]);
		close(fds[i]);
	}
	rig_until_open(rig, 0);
	is_busy = false;
	cr_assert_gt(calls, 100);
}

/* --- accepting --- */

static void
shut_listener(struct rig *rig, void *argument)
{
	(void)argument;
	cr_assert_eq(shutdown(rig->reactors[0]->listeners[0].fd, SHUT_RD), 0);
}

/* Whoever has the socket, too, may do that to one that was passed (EINVAL). To
 * try it again at once would take many thousand turns. */
RIG_TEST(uring_listener_that_is_of_no_more_use_does_not_spin)
{
	int fd = rig_connect(rig);

	rig_call(rig, 0, shut_listener, NULL);
	cr_assert_lt(rig_turns_in_half_a_second(rig, 0), 200);
	rig_round_trip(fd);
	close(fd);
}
