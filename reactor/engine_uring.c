/*
 * The engine on io_uring: multishot accept and receive into a ring of provided
 * buffers, one send in flight a connection, everything that a turn has queued
 * handed over in the one system call that also waits. Needs Linux 6.1.
 *
 * What the kernel holds of a connection is counted in conn->in_flight; only at
 * zero may the descriptor be closed, for close() neither cancels nor sends a
 * FIN while an operation has the file.
 */
#include <errno.h>
#include <liburing.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>

#include "reactor/buffers.h"
#include "reactor/check.h"
#include "reactor/conn.h"
#include "reactor/memory.h"
#include "reactor/reactor_priv.h"

#define SQ_ENTRIES   2048  /* full: submitted early, nothing is lost */
#define CQ_ENTRIES   32768 /* wide: an overflow ends multishots */
#define SEND_VECTORS 16

/* At the start, while memory is short: a second altogether. */
#define MEMORY_PAUSES   100
#define MEMORY_PAUSE_MS 10

#define MESSAGES     128 /* sendmsg headers between two submits */

/* What a completion is of, in the lowest bits of its user data; above them the
 * object, aligned to 8 at least. */
enum uring_tag {
	TAG_NONE, /* nobody waits for it */
	TAG_RECEIVE,
	TAG_SEND,
	TAG_CANCEL,
	TAG_ACCEPT,
	TAG_BELL,
	TAG_MASK = 7,
};

/* The kernel has copied these by the time that the submit returns. */
struct message {
	struct msghdr header;
	struct iovec vectors[SEND_VECTORS];
};

/* A completion, taken out of the kernel's queue. */
struct completion {
	uint64_t user_data;
	int32_t result;
	uint32_t flags;
};

struct engine {
	struct io_uring ring;
	struct reactor *reactor;
	struct buffers buffers;
	struct list starved; /* connections whose receive is to be armed */
	struct completion *reaped; /* owned; to be dispatched */
	unsigned reaped_count;
	unsigned reaped_cap;
	unsigned message_count;
	struct message messages[MESSAGES];
};

/* Takes all completions out of the kernel's queue, which must not be full while
 * something is submitted: dispatching may well submit. */
static void
uring_reap(struct engine *engine)
{
	struct io_uring_cqe *cqe;

	while (io_uring_peek_cqe(&engine->ring, &cqe) == 0) {
		if (engine->reaped_count == engine->reaped_cap) {
			engine->reaped_cap =
			    engine->reaped_cap ? engine->reaped_cap * 2 : 1024;
			engine->reaped = memory_resize(engine->reaped,
			    engine->reaped_cap * sizeof(*engine->reaped));
		}
		engine->reaped[engine->reaped_count++] =
		    (struct completion){cqe->user_data, cqe->res, cqe->flags};
		io_uring_cqe_seen(&engine->ring, cqe);
	}
}

/* Until the kernel has taken all: what it has not may point into messages[]. */
static void
uring_submit(struct engine *engine)
{
	while (io_uring_sq_ready(&engine->ring) > 0) {
		int result = io_uring_submit(&engine->ring);

		if (result == -EBUSY || result == -EAGAIN || result == -EINTR) {
			uring_reap(engine);
			result = io_uring_get_events(&engine->ring);
		}
		check(result >= 0 || result == -EINTR || result == -EBUSY);
	}
	engine->message_count = 0;
}

static struct io_uring_sqe *
uring_sqe(struct engine *engine)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&engine->ring);

	if (!sqe) {
		uring_submit(engine);
		sqe = io_uring_get_sqe(&engine->ring);
		check(sqe);
	}
	return sqe;
}

static uint64_t
uring_data(void *object, enum uring_tag tag)
{
	return (uint64_t)(uintptr_t)object | tag;
}

/* After the prep function, since some versions of those clear it. */
static void
uring_tag(struct io_uring_sqe *sqe, void *object, enum uring_tag tag)
{
	io_uring_sqe_set_data64(sqe, uring_data(object, tag));
}

static void
uring_watch_bell(struct engine *engine)
{
	struct reactor *reactor = engine->reactor;
	struct io_uring_sqe *sqe = uring_sqe(engine);

	/* One shot, armed again after each ring: nothing can end it without
	 * our seeing it. */
	io_uring_prep_poll_add(sqe, reactor->mailbox.bell, POLLIN);
	uring_tag(sqe, reactor, TAG_BELL);
}

static int
ring_open(struct io_uring *ring)
{
	struct io_uring_params params = {
	    .flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN |
		     IORING_SETUP_SUBMIT_ALL | IORING_SETUP_CQSIZE |
		     IORING_SETUP_CLAMP,
	    .cq_entries = CQ_ENTRIES,
	};

	return io_uring_queue_init_params(SQ_ENTRIES, ring, &params);
}

/* Makes all that a real engine needs, since a container may refuse any of it,
 * and as many rings as there will be: on some kernels they count as locked
 * memory (RLIMIT_MEMLOCK), which is a user's and not a ring's. */
static int
uring_probe(unsigned count)
{
	struct io_uring *rings = memory_new(count * sizeof(*rings));
	struct buffers buffers;
	unsigned made = 0;
	int error = 0;

	check(count > 0);
	while (made < count && !(error = ring_open(&rings[made])))
		made++;
	if (!error)
		error = buffers_init(&buffers, &rings[0]);
	for (unsigned i = 0; i < made; i++)
		io_uring_queue_exit(&rings[i]);
	if (!error)
		buffers_fini(&buffers);
	free(rings);
	return error;
}

/* The kernel gives locked memory back a moment after a ring was closed: those
 * of the probe may still count. */
static int
ring_open_patiently(struct io_uring *ring)
{
	struct timespec pause = {.tv_nsec = MEMORY_PAUSE_MS * 1000000};
	int error = ring_open(ring);

	for (int i = 0; error == -ENOMEM && i < MEMORY_PAUSES; i++) {
		nanosleep(&pause, NULL);
		error = ring_open(ring);
	}
	return error;
}

static struct engine *
uring_make(struct reactor *reactor)
{
	struct engine *engine = memory_new(sizeof(*engine));
	int error;

	engine->reactor = reactor;
	list_init(&engine->starved);
	error = ring_open_patiently(&engine->ring);
	if (error)
		goto fail;
	error = buffers_init(&engine->buffers, &engine->ring);
	if (error) {
		io_uring_queue_exit(&engine->ring);
		goto fail;
	}
	/* Spares a look-up of the ring in each call; may be refused. */
	io_uring_register_ring_fd(&engine->ring);
	uring_watch_bell(engine);
	return engine;
fail:
	free(engine);
	errno = -error;
	return NULL;
}

static void
uring_free(struct engine **pointer)
{
	struct engine *engine = *pointer;

	io_uring_queue_exit(&engine->ring);
	buffers_fini(&engine->buffers);
	free(engine->reaped);
	free(engine);
	*pointer = NULL;
}

static void
uring_listen(struct engine *engine, struct listener *listener)
{
	struct io_uring_sqe *sqe = uring_sqe(engine);

	io_uring_prep_multishot_accept(
	    sqe, listener->fd, NULL, NULL, SOCK_CLOEXEC);
	uring_tag(sqe, listener, TAG_ACCEPT);
}

static void
uring_unlisten(struct engine *engine, struct listener *listener)
{
	struct io_uring_sqe *sqe = uring_sqe(engine);

	io_uring_prep_cancel64(sqe, uring_data(listener, TAG_ACCEPT), 0);
	uring_tag(sqe, NULL, TAG_NONE);
}

static void
uring_arm_receive(struct engine *engine, struct conn *conn)
{
	struct io_uring_sqe *sqe = uring_sqe(engine);

	check(!conn->receiving);
	io_uring_prep_recv_multishot(sqe, conn->fd, NULL, 0, 0);
	uring_tag(sqe, conn, TAG_RECEIVE);
	sqe->flags |= IOSQE_BUFFER_SELECT;
	sqe->buf_group = BUFFER_GROUP;
	conn->receiving = true;
	conn->in_flight++;
}

static int
uring_attach(struct engine *engine, struct conn *conn)
{
	uring_arm_receive(engine, conn);
	return 0;
}

static void
uring_receive(struct engine *engine, struct conn *conn)
{
	/* While the old one is being cancelled, its last completion arms. */
	if (!conn->receiving && !conn->cancelling)
		uring_arm_receive(engine, conn);
}

static void
uring_cancel_receive(struct engine *engine, struct conn *conn)
{
	struct io_uring_sqe *sqe = uring_sqe(engine);

	io_uring_prep_cancel64(sqe, uring_data(conn, TAG_RECEIVE), 0);
	uring_tag(sqe, conn, TAG_CANCEL);
	conn->cancelling = true;
	conn->in_flight++;
}

static void
uring_send(struct engine *engine, struct conn *conn)
{
	struct io_uring_sqe *sqe;
	struct message *message;
	unsigned count;

	if (engine->message_count == MESSAGES)
		uring_submit(engine);
	sqe = uring_sqe(engine);
	message = &engine->messages[engine->message_count];
	count = outq_front(&conn->out, message->vectors, SEND_VECTORS);
	if (count == 1) {
		io_uring_prep_send(sqe, conn->fd, message->vectors[0].iov_base,
		    message->vectors[0].iov_len, MSG_NOSIGNAL);
	} else {
		message->header = (struct msghdr){
		    .msg_iov = message->vectors, .msg_iovlen = count};
		io_uring_prep_sendmsg(
		    sqe, conn->fd, &message->header, MSG_NOSIGNAL);
		engine->message_count++;
	}
	uring_tag(sqe, conn, TAG_SEND);
	conn->sending = true;
	conn->in_flight++;
}

static void
uring_detach(struct engine *engine, struct conn *conn)
{
	struct io_uring_sqe *sqe;

	if (conn->in_flight == 0) {
		conn_on_detached(conn);
		return;
	}
	shutdown(conn->fd, SHUT_RDWR);
	sqe = uring_sqe(engine);
	io_uring_prep_cancel_fd(sqe, conn->fd, IORING_ASYNC_CANCEL_ALL);
	uring_tag(sqe, conn, TAG_CANCEL);
	conn->in_flight++;
}

/* One operation less in the kernel; the last one of a connection that leaves
 * sets it free. */
static void
uring_landed(struct conn *conn)
{
	check(conn->in_flight > 0);
	conn->in_flight--;
	if (conn->in_flight == 0 && conn->state == CONN_DETACHING && conn->told)
		conn_on_detached(conn);
}

/* After a receive's completion: should it be armed, or be cancelled? */
static void
uring_adjust_receive(struct engine *engine, struct conn *conn)
{
	if (conn->state >= CONN_DETACHING || conn->input_ended)
		return;
	if (conn->receiving) {
		if (conn->input_paused && !conn->cancelling)
			uring_cancel_receive(engine, conn);
	} else if (!conn->input_paused && list_is_empty(&conn->engine)) {
		list_append(&engine->starved, &conn->engine);
	}
}

static void
uring_on_received(
    struct engine *engine, struct conn *conn, int result, uint32_t flags)
{
	unsigned id = flags >> IORING_CQE_BUFFER_SHIFT;

	if (!(flags & IORING_CQE_F_MORE)) {
		conn->receiving = false;
		conn->cancelling = false;
	}
	if (result > 0)
		conn_on_received(
		    conn, buffers_at(&engine->buffers, id), result);
	else if (result != -ENOBUFS && result != -ECANCELED)
		conn_on_received(conn, NULL, result);
	if (flags & IORING_CQE_F_BUFFER)
		buffers_return(&engine->buffers, id);
	uring_adjust_receive(engine, conn);
	if (!(flags & IORING_CQE_F_MORE))
		uring_landed(conn);
}

static void
uring_on_accepted(struct engine *engine, struct listener *listener, int result,
    uint32_t flags)
{
	bool was_armed = listener->armed;

	if (result != -ECANCELED)
		listener_on_accepted(listener, result, NULL);
	if (!(flags & IORING_CQE_F_MORE) && was_armed && listener->armed)
		uring_listen(engine, listener);
}

static void
uring_dispatch(
    struct engine *engine, uint64_t user_data, int result, uint32_t flags)
{
	void *object = (void *)(uintptr_t)(user_data & ~(uint64_t)TAG_MASK);
	struct conn *conn = object;

	switch (user_data & TAG_MASK) {
	case TAG_NONE:
		break;
	case TAG_RECEIVE:
		uring_on_received(engine, conn, result, flags);
		break;
	case TAG_SEND:
		conn->sending = false;
		conn_on_sent(conn, result);
		uring_landed(conn);
		break;
	case TAG_CANCEL:
		uring_landed(conn);
		break;
	case TAG_ACCEPT:
		uring_on_accepted(engine, object, result, flags);
		break;
	case TAG_BELL:
		reactor_on_bell(object);
		uring_watch_bell(engine);
		break;
	default:
		unreachable("no other tags are made");
	}
}

static void
uring_sleep(struct engine *engine, int timeout_ms)
{
	struct io_uring_cqe *cqe;
	struct __kernel_timespec ts = {
	    .tv_sec = timeout_ms / 1000,
	    .tv_nsec = (long long)(timeout_ms % 1000) * 1000000,
	};
	int result;

	if (timeout_ms == 0 || engine->reaped_count > 0)
		result = io_uring_submit_and_get_events(&engine->ring);
	else if (timeout_ms < 0)
		result = io_uring_submit_and_wait(&engine->ring, 1);
	else
		result = io_uring_submit_and_wait_timeout(
		    &engine->ring, &cqe, 1, &ts, NULL);
	/* What could not be submitted stays queued for the next turn, after
	 * the completions that are in its way have been taken. */
	check(result >= 0 || result == -ETIME || result == -EINTR ||
	      result == -EBUSY || result == -EAGAIN);
	if (io_uring_sq_ready(&engine->ring) == 0)
		engine->message_count = 0;
}

static void
uring_wait_turn(struct engine *engine, int timeout_ms)
{
	struct list *link;

	uring_sleep(engine, timeout_ms);
	reactor_on_wake(engine->reactor);
	uring_reap(engine);
	/* By index: dispatching may reap more, and move the array. */
	for (unsigned i = 0; i < engine->reaped_count; i++) {
		struct completion done = engine->reaped[i];

		uring_dispatch(engine, done.user_data, done.result, done.flags);
	}
	engine->reaped_count = 0;
	/* Buffers first: a receive that finds none ends at once. */
	buffers_publish(&engine->buffers);
	while ((link = list_take_first(&engine->starved)) != NULL)
		uring_receive(engine, list_entry(link, struct conn, engine));
}

const struct engine_ops engine_uring = {
    .name = "io_uring",
    .probe = uring_probe,
    .make = uring_make,
    .free = uring_free,
    .listen = uring_listen,
    .unlisten = uring_unlisten,
    .attach = uring_attach,
    .receive = uring_receive,
    .send = uring_send,
    .detach = uring_detach,
    .wait = uring_wait_turn,
};
