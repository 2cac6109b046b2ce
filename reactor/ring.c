/* An io_uring: its setup, its queues, its table of files. */
#include "reactor/ring.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "reactor/buffers.h"
#include "reactor/check.h"
#include "reactor/memory.h"

#define SQ_ENTRIES 2048  /* full: submitted early, nothing is lost */
#define CQ_ENTRIES 32768 /* wide: an overflow ends multishots */

#define REAPED_MIN 1024

#define SOCKETS_MAX (1u << 20) /* the kernel's own bound */

/* At the start, while memory is short: a second altogether. */
#define MEMORY_PAUSES   100
#define MEMORY_PAUSE_MS 10

#define LET_GO_MS 100 /* it takes none, or for ever */

static int
ring_open(struct io_uring *uring)
{
	struct io_uring_params params = {
	    .flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN |
		     IORING_SETUP_SUBMIT_ALL | IORING_SETUP_CQSIZE |
		     IORING_SETUP_CLAMP,
	    .cq_entries = CQ_ENTRIES,
	};

	return io_uring_queue_init_params(SQ_ENTRIES, uring, &params);
}

/* Is a socket closed when its place in the table is? Two ends are put there,
 * and the one is waited for, which hears of the end of the other. */
static bool
ring_lets_go(struct io_uring *uring)
{
	struct __kernel_timespec patience = {.tv_nsec = LET_GO_MS * 1000000};
	struct io_uring_cqe *done;
	struct io_uring_sqe *entry;
	int ends[2], put;

	if (io_uring_register_files_sparse(uring, 2) < 0 ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return false;
	put = io_uring_register_files_update(uring, 0, ends, 2);
	close(ends[0]);
	close(ends[1]);
	if (put != 2)
		return false;
	entry = io_uring_get_sqe(uring);
	io_uring_prep_poll_add(entry, 0, POLLIN);
	entry->flags |= IOSQE_FIXED_FILE;
	entry = io_uring_get_sqe(uring);
	io_uring_prep_close_direct(entry, 1);
	entry->flags |= IOSQE_CQE_SKIP_SUCCESS;
	io_uring_submit_and_wait_timeout(uring, &done, 1, &patience, NULL);
	return io_uring_peek_cqe(uring, &done) == 0 && done->res > 0;
}

/* -1: not known yet. */
static int table_is_good = -1;

bool
ring_has_table(void)
{
	struct io_uring uring;

	if (table_is_good < 0) {
		table_is_good = 0;
		if (ring_open(&uring) == 0) {
			table_is_good = ring_lets_go(&uring);
			io_uring_queue_exit(&uring);
		}
	}
	return table_is_good > 0;
}

void
ring_set_table(bool has_table)
{
	table_is_good = has_table;
}

/* Something to do is taken: a container may let rings be made and not be
 * entered. 0 or -errno. */
static int
ring_enter(struct io_uring *uring)
{
	int result;

	io_uring_prep_nop(io_uring_get_sqe(uring));
	result = io_uring_submit(uring);
	return result < 0 ? result : 0;
}

/* Makes all that a real engine needs, since a container may refuse any of it,
 * and as many rings as there will be: on some kernels they count as locked
 * memory (RLIMIT_MEMLOCK), which is a user's and not a ring's. */
int
ring_probe(unsigned count)
{
	struct io_uring *rings = memory_new(count * sizeof(*rings));
	struct buffers buffers;
	unsigned made = 0;
	int error = 0;

	check(count > 0);
	while (made < count && !(error = ring_open(&rings[made])))
		made++;
	if (!error)
		error = ring_enter(&rings[0]);
	if (!error)
		error = buffers_init(&buffers, &rings[0]);
	for (unsigned i = 0; i < made; i++)
		io_uring_queue_exit(&rings[i]);
	if (!error)
		buffers_fini(&buffers);
	free(rings);
	return error;
}

uint32_t
ring_sockets_max(void)
{
	struct rlimit limit;

	check_zero(getrlimit(RLIMIT_NOFILE, &limit));
	return limit.rlim_cur < SOCKETS_MAX ? (uint32_t)limit.rlim_cur
					    : SOCKETS_MAX;
}

/* The kernel gives locked memory back a moment after a ring was closed: those
 * of the probe may still count. */
static int
ring_open_patiently(struct io_uring *uring)
{
	struct timespec pause = {.tv_nsec = MEMORY_PAUSE_MS * 1000000};
	int error = ring_open(uring);

	for (int i = 0; error == -ENOMEM && i < MEMORY_PAUSES; i++) {
		nanosleep(&pause, NULL);
		error = ring_open(uring);
	}
	return error;
}

int
ring_init(struct ring *ring, uint32_t sockets)
{
	int error = ring_open_patiently(&ring->uring);

	if (error)
		return error;
	ring->has_table = ring_has_table();
	if (ring->has_table) {
		ring->socket_flags = IOSQE_FIXED_FILE;
		error = io_uring_register_files_sparse(&ring->uring, sockets);
	}
	if (error) {
		io_uring_queue_exit(&ring->uring);
		return error;
	}
	/* Spares a look-up of the ring in each call; may be refused. */
	io_uring_register_ring_fd(&ring->uring);
	return 0;
}

void
ring_fini(struct ring *ring)
{
	io_uring_queue_exit(&ring->uring);
	free(ring->reaped);
	ring->reaped = NULL;
}

static uint64_t
ring_data(const void *object, enum ring_tag tag)
{
	return (uint64_t)(uintptr_t)object | tag;
}

struct io_uring_sqe *
ring_entry(struct ring *ring)
{
	struct io_uring_sqe *entry = io_uring_get_sqe(&ring->uring);

	if (!entry) {
		ring_submit(ring);
		entry = io_uring_get_sqe(&ring->uring);
		check(entry);
	}
	return entry;
}

void
ring_tag(struct io_uring_sqe *entry, const void *object, enum ring_tag tag)
{
	io_uring_sqe_set_data64(entry, ring_data(object, tag));
}

void
ring_cancel(
    struct ring *ring, const void *object, enum ring_tag tag, enum ring_tag as)
{
	struct io_uring_sqe *entry = ring_entry(ring);

	io_uring_prep_cancel64(entry, ring_data(object, tag), 0);
	ring_tag(entry, as == RING_NOTHING ? NULL : object, as);
}

struct io_uring_sqe *
ring_message_entry(struct ring *ring, struct ring_message **message)
{
	struct io_uring_sqe *entry;

	if (ring->message_count == RING_MESSAGES)
		ring_submit(ring);
	/* Getting it may submit, and so free all messages: it comes first. */
	entry = ring_entry(ring);
	*message = &ring->messages[ring->message_count++];
	return entry;
}

/* Until the kernel has taken all: what it has not may point into messages[].
 * Its queue of completions must not be full while something is submitted, and
 * dispatching may well submit. */
void
ring_submit(struct ring *ring)
{
	while (io_uring_sq_ready(&ring->uring) > 0) {
		int result = io_uring_submit(&ring->uring);

		if (result == -EBUSY || result == -EAGAIN || result == -EINTR) {
			ring_reap(ring);
			result = io_uring_get_events(&ring->uring);
		}
		check(result >= 0 || result == -EINTR || result == -EBUSY);
	}
	ring->message_count = 0;
}

void
ring_finish(struct ring *ring)
{
	int result;

	ring_submit(ring);
	result = io_uring_get_events(&ring->uring);
	check(result >= 0 || result == -EINTR || result == -EBUSY);
	ring_reap(ring);
}

int
ring_do(struct ring *ring, struct io_uring_sqe *entry)
{
	ring_tag(entry, NULL, RING_AT_ONCE);
	ring_submit(ring);
	ring_reap(ring);
	for (unsigned i = ring->reaped_count; i-- > 0;) {
		struct ring_completion *done = &ring->reaped[i];

		if (done->user_data != RING_AT_ONCE)
			continue;
		done->user_data = RING_NOTHING;
		return done->result;
	}
	unreachable("it does not wait");
}

void
ring_reap(struct ring *ring)
{
	struct io_uring_cqe *done;

	while (io_uring_peek_cqe(&ring->uring, &done) == 0) {
		if (ring->reaped_count == ring->reaped_cap) {
			ring->reaped_cap = ring->reaped_cap
					       ? ring->reaped_cap * 2
					       : REAPED_MIN;
			ring->reaped = memory_resize(ring->reaped,
			    ring->reaped_cap * sizeof(*ring->reaped));
		}
		ring->reaped[ring->reaped_count++] = (struct ring_completion){
		    done->user_data, done->res, done->flags};
		io_uring_cqe_seen(&ring->uring, done);
	}
}

void
ring_clear(struct ring *ring)
{
	/* Room that a burst has taken is given back, step by step. */
	if (ring->reaped_cap > REAPED_MIN &&
	    ring->reaped_count < ring->reaped_cap / 4) {
		ring->reaped_cap /= 2;
		ring->reaped = memory_resize(
		    ring->reaped, ring->reaped_cap * sizeof(*ring->reaped));
	}
	ring->reaped_count = 0;
}

void
ring_sleep(struct ring *ring, int timeout_ms)
{
	struct io_uring_cqe *done;
	struct __kernel_timespec ts = {
	    .tv_sec = timeout_ms / 1000,
	    .tv_nsec = (long long)(timeout_ms % 1000) * 1000000,
	};
	int result;

	if (timeout_ms == 0 || ring->reaped_count > 0)
		result = io_uring_submit_and_get_events(&ring->uring);
	else if (timeout_ms < 0)
		result = io_uring_submit_and_wait(&ring->uring, 1);
	else
		result = io_uring_submit_and_wait_timeout(
		    &ring->uring, &done, 1, &ts, NULL);
	/* What could not be submitted stays queued for the next turn, after
	 * the completions that are in its way have been taken. */
	check(result >= 0 || result == -ETIME || result == -EINTR ||
	      result == -EBUSY || result == -EAGAIN);
	if (io_uring_sq_ready(&ring->uring) == 0)
		ring->message_count = 0;
}
