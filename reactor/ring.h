/*
 * The two queues of an io_uring: what is to be done is queued and handed over
 * in the one system call that also waits; what is done is taken out before any
 * of it is dispatched. The reactor's thread only, but for ring_probe and what
 * is said of the table. Needs Linux 6.1.
 *
 * Sockets of connections are in the ring's table of files and not among the
 * process's descriptors (io_uring_register_files_sparse(3)), if the kernel is
 * good for it: before Linux 6.13 a socket that is taken out of the table stays
 * open until all is done that was begun before, on any socket, so that one
 * silent client keeps open whoever leaves after it. There sockets are
 * descriptors.
 */
#ifndef REACTOR_RING_H
#define REACTOR_RING_H

#include <liburing.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#define RING_VECTORS  16  /* of one sendmsg */
#define RING_MESSAGES 128 /* sendmsg headers between two submits */

/* The kernel has copied these by the time that the submit returns. */
struct ring_message {
	struct msghdr header;
	struct iovec vectors[RING_VECTORS];
};

/* A completion, taken out of the kernel's queue. */
struct ring_completion {
	uint64_t user_data;
	int32_t result;
	uint32_t flags;
};

/* What a completion is of, in the lowest bits of its user data; above them the
 * object, aligned to 8 at least. */
enum ring_tag {
	RING_NOTHING, /* nobody waits for it */
	RING_RECEIVE,
	RING_SEND,
	RING_CHANGE, /* cancelling, shutting down: only its end counts */
	RING_ACCEPT,
	RING_AT_ONCE, /* ring_do waits for it */
	RING_BELL,
	RING_TAG_MASK = 7,
};

struct ring {
	struct io_uring uring;
	bool has_table;       /* sockets are places in it, not descriptors */
	uint8_t socket_flags; /* of an operation on a socket */
	struct ring_completion *reaped; /* owned; to be dispatched */
	unsigned reaped_count;
	unsigned reaped_cap;
	unsigned message_count;
	struct ring_message messages[RING_MESSAGES];
};

/* Can so many rings be made, and all that an engine needs of one? 0 or -errno.
 * Any thread. */
int ring_probe(unsigned count);

/* Are sockets in tables here? Tried once: by the main thread, before others
 * ask. Any thread then. */
bool ring_has_table(void);

/* For tests: as on another kernel. Before any ring is made. */
void ring_set_table(bool has_table);

/* Sockets that fit into a ring's table, at most: the soft limit of descriptors,
 * which counts for each table by itself. Any thread. */
uint32_t ring_sockets_max(void);

/* With room for so many sockets in its table, if there are tables. 0 or -errno,
 * and then nothing is left. */
int ring_init(struct ring *ring, uint32_t sockets);
void ring_fini(struct ring *ring);

/* A free entry of the submission queue, submitting what is there if need be.
 * Its user data is set by ring_tag, after the prep function, since some
 * versions of those clear it. */
struct io_uring_sqe *ring_entry(struct ring *ring);
void
ring_tag(struct io_uring_sqe *entry, const void *object, enum ring_tag tag);

/* Queues the cancelling of what has this tag; its own completion has the tag
 * `as`. */
void ring_cancel(
    struct ring *ring, const void *object, enum ring_tag tag, enum ring_tag as);

/* The same, with room for a message, which is valid until the next submit. */
struct io_uring_sqe *
ring_message_entry(struct ring *ring, struct ring_message **message);

/* Does at once what does not wait, and returns its result; other completions
 * that come with it are dispatched later, as if they had come then. */
int ring_do(struct ring *ring, struct io_uring_sqe *entry);

/* Hands over all that is queued. */
void ring_submit(struct ring *ring);

/* The same, and lets the kernel finish what it is about to: what was cancelled
 * has no file any more. Dispatched later, as with ring_do. */
void ring_finish(struct ring *ring);

/* Takes all completions out of the kernel's queue, behind those in `reaped`. */
void ring_reap(struct ring *ring);

/* All that was reaped has been dispatched. */
void ring_clear(struct ring *ring);

/* Hands over what is queued and sleeps until a completion is there. -1: no time
 * limit. */
void ring_sleep(struct ring *ring, int timeout_ms);

#endif
