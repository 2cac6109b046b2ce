/*
 * The reactor: one thread, its connections, its timers, its mailbox. It knows
 * bytes and descriptors, no words; what the bytes mean is told by reactor_ops.
 *
 * One turn of the loop, in this order:
 *   1 wait      hand queued operations to the kernel, sleep until something
 *               happens, a timer is due or the bell rings
 *   2 dispatch  accepted sockets, received bytes, finished sends: on_bytes runs
 *               the commands
 *   3 mail      envelopes from other threads
 *   4 timers    what is due
 *   5 run       connections that were told to go on (conn_run_soon), and
 *               handshakes of TLS that had to wait: each takes as long as
 *               hundreds of lines, so that a turn has a few only
 *   6 seal      on_turn_end: what the turn has gathered goes to its receivers
 *   7 post      envelopes for other reactors, one burst and one ring each
 *   8 flush     sends are started for connections with new output, a bounded
 *               number of them: input and timers have their turn in between
 *   9 close     connections that were marked leave; on_closed, then detach
 *  10 free      what the kernel has let go of
 * Nothing is freed before phase 10, so a pointer seen in a turn stays valid in
 * it. Handlers never block; slow work goes to a worker pool (worker.h) and
 * comes back as an envelope.
 *
 * Calls are for the reactor's own thread unless they say otherwise.
 */
#ifndef REACTOR_REACTOR_H
#define REACTOR_REACTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reactor/address.h"

struct blob_pool;
struct census;
struct conn;
struct counters;
struct engine_ops;
struct envelope;
struct reactor;
struct tally;
struct tls_server;
struct timer;
struct timing;

/* How the ranks above are called; all of them on the reactor's thread. */
struct reactor_ops {
	/* A new connection; conn_bytes of zeroed memory begin with it. */
	void (*on_open)(struct conn *conn);
	/* Input. The bytes may be changed in place; valid for the call. */
	void (*on_bytes)(struct conn *conn, char *bytes, size_t len);
	/* The peer has finished sending; what is owed can still be sent. */
	void (*on_end)(struct conn *conn);
	/* After conn_run_soon, or when output fell to conn_wait_drained. */
	void (*on_run)(struct conn *conn);
	/* The last call for a connection: leave every list. */
	void (*on_closed)(struct conn *conn);
	/* Phase 6 of each turn. */
	void (*on_turn_end)(void *owner);
	/* The server stops: close every client, answers and goodbye first.
	 * New connections may still follow for a moment. */
	void (*on_stop)(void *owner);
};

/* Bounds, from the options. */
struct reactor_limits {
	uint64_t clients_max;  /* in the whole process */
	uint32_t conns_max;    /* of this reactor */
	uint32_t stall_ms;     /* output waits that long unread: closed */
	uint32_t linger_ms;    /* wait for the peer's FIN after ours */
	uint32_t stop_ms;      /* after that a stop closes without waiting */
	uint32_t handshake_ms; /* for all of TLS's */
	/* What all handshakes may take of a turn; one is done in any case. */
	uint32_t handshakes_us;
	/* What is said to a client over these, and to one whose network has as
	 * many as it may (reactor/tally.h); constants. */
	const char *refusal;
	const char *network_refusal;
};

struct reactor_config {
	unsigned index; /* 0 to count - 1 */
	unsigned count; /* reactors in the process */
	const struct engine_ops *engine;
	const struct reactor_ops *ops;
	void *owner;       /* passed to on_turn_end, on_stop, envelopes */
	size_t conn_bytes; /* size of what begins with a struct conn */
	struct reactor_limits limits;
	struct census *census;  /* shared by all reactors, borrowed */
	struct tally *tally;    /* the same; NULL: networks are not counted */
	struct tls_server *tls; /* the same; NULL: nobody speaks TLS */
};

/*
 * Makes a reactor that does not run yet. NULL with errno set. Main thread.
 */
struct reactor *reactor_new(const struct reactor_config *config);

/*
 * After all reactors have been joined: hands the envelopes that came too late
 * to their handlers, which find no connection any more, and posts what those
 * have to post. Returns how many there were; at 0 from every reactor in turn,
 * all mail is gone. Main thread.
 */
unsigned reactor_drain_mail(struct reactor *reactor);

/* Frees a reactor that has been joined, or never ran, and has no mail. */
void reactor_free(struct reactor **reactor);

/* Before the start: who the others are (count pointers, borrowed). */
void reactor_set_peers(struct reactor *reactor, struct reactor *const *peers);

/* Before the start: takes over a listening socket; one that was `passed` to us
 * may be served by others after our end. */
void reactor_add_listener(
    struct reactor *reactor, int fd, bool passed, enum speaks speaks);

/* Starts the thread, named throng/r<index>. 0 or -errno (the engine's too, it
 * is made in the thread). Main thread. */
int reactor_start(struct reactor *reactor);

/* Asks it to let all connections go; returns at once. Any thread, once. It
 * goes on turning, since other reactors may still need its answers. */
void reactor_stop(struct reactor *reactor);

/* Waits until it has no connection any more. Main thread, after the stop. */
void reactor_wait_empty(struct reactor *reactor);

/* Ends the loop and waits for the thread. Main thread, when all are empty. */
void reactor_join(struct reactor *reactor);

/* Pushes an envelope from a thread that is no reactor. */
void reactor_send(struct reactor *reactor, struct envelope *envelope);

/* Posts to another reactor, or to itself, at the end of this turn. */
void reactor_post(
    struct reactor *from, unsigned to_index, struct envelope *envelope);

/* Any thread. */
unsigned reactor_index(const struct reactor *reactor);
unsigned reactor_count(const struct reactor *reactor);
const struct counters *reactor_read_counters(const struct reactor *reactor);

/* From its waking up to the end of each turn. Any thread. */
const struct timing *reactor_turn_time(const struct reactor *reactor);

/* Connections that ended for this reason, an enum close_reason. Any thread. */
uint64_t reactor_closed(const struct reactor *reactor, unsigned reason);

/* Envelopes that wait for it, about. Any thread. */
uint64_t reactor_mail_waiting(const struct reactor *reactor);

/* Bytes of memory for output that waited for its clients when its last turn
 * ended. Any thread. */
uint64_t reactor_output_waiting(const struct reactor *reactor);

/* The owner's. */
void *reactor_owner(const struct reactor *reactor);
struct counters *reactor_counters(struct reactor *reactor);
struct blob_pool *reactor_blobs(struct reactor *reactor);
bool reactor_is_stopping(const struct reactor *reactor);

/* True while output of earlier turns still waits to be handed to the kernel:
 * whoever can gather more before it adds to it, does. */
bool reactor_is_behind(const struct reactor *reactor);

/* The turn's monotonic time in milliseconds. */
uint64_t reactor_now_ms(const struct reactor *reactor);

/* (Re)starts a timer of this reactor. */
void reactor_set_timer(
    struct reactor *reactor, struct timer *timer, uint64_t delay_ms);

/* Closes its listening sockets, but that of scrapers: whoever waits in their
 * queues is let in, who comes later is refused by the kernel. Once; the owner's
 * thread. */
void reactor_stop_listening(struct reactor *reactor);

/* Calls `visit` for every client that is open; it may close them. */
void reactor_each_conn(struct reactor *reactor,
    void (*visit)(struct conn *conn, void *context), void *context);

#endif
