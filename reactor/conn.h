/*
 * A connection: one socket, its pending output, its way out. It begins a larger
 * object of the rank above (a session). Owner thread only, all of it.
 *
 *   OPEN       input is read, output is sent
 *   FLUSHING   conn_close: input is dropped, pending output is still sent
 *   LINGERING  our FIN is sent; input is dropped until the peer's FIN or a
 *              deadline, for closing a socket with unread input would reset it
 *              and lose what was sent last
 *   DETACHING  no more input or output; the kernel still holds operations
 *   DETACHED   freed at the end of the turn
 *
 * The first byte that comes tells whether it speaks TLS, where its listener
 * leaves that open (enum speaks) and the server has a certificate. From then on
 * its bytes go through reactor/tls.h both ways, and those above notice nothing:
 * what it says is text, what it is told waits as text and is sealed as it is
 * sent. Its FLUSHING ends with TLS's own last word.
 *
 * A scraper came by a listener of SPEAKS_METRICS. It is a connection, but no
 * client: it has a place also when there is none for a client, is in no count
 * but those of bytes, and is dropped when the server stops.
 */
#ifndef REACTOR_CONN_H
#define REACTOR_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reactor/address.h"
#include "reactor/close_reason.h"
#include "reactor/list.h"
#include "reactor/outq.h"
#include "reactor/timer.h"

struct blob;
struct reactor;
struct tls;

enum conn_state {
	CONN_OPEN,
	CONN_FLUSHING,
	CONN_LINGERING,
	CONN_DETACHING,
	CONN_DETACHED,
};

#define CONN_MAGIC 0xc0220c70u

struct conn {
	/* What a message to many touches comes first, on two cache lines. */
	uint32_t magic;
	int socket; /* owned; the engine's word for it: a descriptor, maybe */
	struct reactor *reactor;
	uint64_t id; /* the client's number, never used again */
	struct outq out;
	struct list dirty;     /* link in those with output to start */
	struct tls *tls;       /* owned; NULL: what is sent is what is said */
	uint32_t drained_at;   /* conn_wait_drained: run at this many bytes */
	uint8_t reason;        /* enum close_reason */
	uint8_t state : 3;     /* enum conn_state */
	uint8_t listener : 5;  /* it came by this one of the reactor's */
	bool begun : 1;        /* its first byte has come */
	bool mute : 1;         /* nothing is said before TLS, or HTTP */
	bool drain_wanted : 1; /* drained_at is set */
	bool told : 1;         /* on_closed has been called */
	bool input_paused : 1; /* owner wants no bytes */
	bool input_ended : 1;  /* the peer's FIN was seen, or TLS's word */
	bool input_cut : 1; /* a FIN without that word: some may be missing */
	/* The engine's; no one else looks. */
	bool receiving : 1;    /* uring: a receive is armed */
	bool cancelling : 1;   /* uring: it is being cancelled */
	bool sending : 1;      /* a send is under way, or blocked */
	bool readable : 1;     /* epoll: an edge was seen, not used up */
	bool hung_up : 1;      /* epoll: it said that there is an end to read */
	uint8_t in_flight : 4; /* uring: operations the kernel holds */
	struct list engine;    /* link in a list of the engine's */
	struct list all;       /* link in the reactor's open connections */
	struct list marked;    /* link in those for the run or close phase */
	struct timer timer;    /* stall, linger or handshake */
	uint64_t bytes_in;
	uint64_t bytes_out;
	uint32_t progress_ms; /* when the peer last took output, or came */
	uint32_t opened_s;    /* seconds since 1970 */
	uint32_t slot;        /* in the reactor's slab */
	struct address peer;
};

/* Names a connection across threads; what it names may be gone by then. */
struct conn_handle {
	uint64_t id;
	uint32_t slot;
	uint32_t reactor; /* index */
};

/* The name of this one. */
struct conn_handle conn_handle(const struct conn *conn);

/* The open connection, or NULL when it is gone. This reactor's handles only. */
struct conn *conn_find(struct reactor *reactor, struct conn_handle handle);

/*
 * Output. conn_reserve gives room for `len` bytes, conn_commit takes what was
 * written there; conn_push adds a shared blob (and takes its own reference).
 * All of it is sent from the flush phase on, in order. After conn_close they
 * may still be called and do nothing that anyone sees.
 */
char *conn_reserve(struct conn *conn, size_t len);
void conn_commit(struct conn *conn, size_t len);
void conn_push(struct conn *conn, struct blob *blob);

/* What waits and can still grow: text, where there is TLS. */
struct outq *conn_tls_waiting(const struct conn *conn);
static inline struct outq *
conn_waiting(struct conn *conn)
{
	return conn->tls ? conn_tls_waiting(conn) : &conn->out;
}

/* Bytes that wait to be sent, sealed or not. */
static inline uint32_t
conn_out_bytes(const struct conn *conn)
{
	return conn->out.bytes +
	       (conn->tls ? conn_tls_waiting(conn)->bytes : 0);
}

/* True when no further blob may be pushed. */
static inline bool
conn_out_is_full(const struct conn *conn)
{
	return outq_is_full(conn->tls ? conn_tls_waiting(conn) : &conn->out);
}

/* Does it speak TLS? */
static inline bool
conn_is_tls(const struct conn *conn)
{
	return conn->tls != NULL;
}

/* What its listener takes: within TLS, too. */
enum speaks conn_speaks(const struct conn *conn);

/* Does it come for metrics alone, and is no client? */
static inline bool
conn_is_scraper(const struct conn *conn)
{
	return conn_speaks(conn) == SPEAKS_METRICS;
}

/* It speaks HTTP, as its listener takes: until then nothing is said to it. */
void conn_unmute(struct conn *conn);

/*
 * Where the peer can speak TLS with this server: at the address that it has
 * connected to, as far as that can be told, and the port there that takes TLS.
 * False when there is none. Asks the kernel; not for every message.
 */
bool conn_tls_address(struct conn *conn, struct address *out);

/* Can it still say and hear something? No more after conn_close. */
static inline bool
conn_is_open(const struct conn *conn)
{
	return conn->state == CONN_OPEN;
}

/*
 * Input: while paused, bytes that are under way already may still come to
 * on_bytes (a few buffers at most); none after that.
 */
void conn_pause_input(struct conn *conn);
void conn_resume_input(struct conn *conn);

/* on_run is called once, in this turn's or the next run phase. */
void conn_run_soon(struct conn *conn);

/* on_run is called once output has fallen to `bytes` or less. */
void conn_wait_drained(struct conn *conn, uint32_t bytes);

/*
 * Both only mark; the close phase acts. conn_close sends what is pending
 * first, conn_abort drops it. The first reason given counts.
 */
void conn_close(struct conn *conn, enum close_reason reason);
void conn_abort(struct conn *conn, enum close_reason reason);

#endif
