/* The reactor's inside, for reactor/ alone. */
#ifndef REACTOR_REACTOR_PRIV_H
#define REACTOR_REACTOR_PRIV_H

#include <pthread.h>
#include <semaphore.h>

#include "reactor/blob.h"
#include "reactor/conn.h"
#include "reactor/counters.h"
#include "reactor/engine.h"
#include "reactor/listener.h"
#include "reactor/mailbox.h"
#include "reactor/reactor.h"
#include "reactor/slab.h"
#include "reactor/timing.h"

#define REACTOR_MAGIC         0x2eac7042u
#define REACTOR_LISTENERS_MAX 17

_Static_assert(REACTOR_LISTENERS_MAX <= 32, "conn->listener has 5 bits");

struct reactor {
	uint32_t magic;
	/* Written before the thread starts. */
	struct reactor_config config;
	struct reactor *const *peers; /* borrowed */
	pthread_t thread;
	sem_t started;   /* posted once the engine is there, or is not */
	sem_t emptied;   /* posted once it is stopping and has no connection */
	int start_error; /* -errno; written before `started` is posted */
	/* Owner thread only. */
	struct engine *engine;   /* owned */
	struct outbox *outboxes; /* one per reactor; owned */
	bool has_mail;           /* one of them is not empty */
	struct timer_wheel wheel;
	uint64_t now_ms;
	uint64_t woke_us;  /* when the turn began to work; monotonic */
	uint64_t ended_ms; /* when the one before ended */
	struct slab conns;
	struct blob_pool blobs;
	char *sink; /* takes what is written to closed connections; owned */
	size_t sink_bytes;
	uint32_t conn_count;    /* that are not DETACHED */
	struct list open;       /* every connection that is not DETACHED */
	struct list dirty;      /* have output that no send is started for */
	struct list closing;    /* have something for the close phase */
	struct list runnable;   /* on_run is owed */
	struct list handshakes; /* wait for their turn (struct tls_held) */
	uint32_t handshakes_us; /* that those of this turn took */
	unsigned behind_turns;  /* turns whose flush has left some over */
	bool caught_up;         /* the last flush has left none, at last */
	struct list dead;       /* DETACHED, to be freed */
	struct listener listeners[REACTOR_LISTENERS_MAX];
	unsigned listener_count;
	struct timer stop_timer;
	struct timer trim_timer;
	bool stopping;              /* connections leave */
	bool empty_told;            /* `emptied` has been posted */
	bool quitting;              /* the loop ends when they have left */
	struct envelope stop_order; /* sent once, by reactor_stop */
	struct envelope quit_order; /* sent once, by reactor_join */
	/* Written by senders. */
	struct mailbox mailbox;
	/* Written by the owner, read by all. */
	struct counters counters;
	struct timing turn_time;
	counter output_waiting; /* blobs.bytes, when its last turn ended */
	counter closed_for[CLOSE_COUNT]; /* counters.closed, for each reason */
};

/*
 * What its thread does (turn.c), in pieces, for a world that has no threads
 * (the tests' simulation): begin, which is 0 or -errno, as many turns as there
 * are to be, end. A turn is false when it was the last one. sleep_ms is how
 * long the next one will wait if nothing happens; -1: for ever. One thread.
 */
int reactor_begin(struct reactor *reactor);
bool reactor_turn(struct reactor *reactor);
int reactor_sleep_ms(const struct reactor *reactor);
void reactor_end(struct reactor *reactor);

/* Phases 8 (conn_output.c), 9 and 10 (conn.c), for one connection each. */
void conn_flush(struct conn *conn);
void conn_close_step(struct conn *conn);
void conn_free(struct conn *conn);

/* For the close phase, or the flush phase, of this turn or the next. */
void conn_want_close_step(struct conn *conn);
static inline void
conn_want_flush(struct conn *conn)
{
	if (list_is_empty(&conn->dirty))
		list_append(&conn->reactor->dirty, &conn->dirty);
}

/*
 * TLS of a connection (conn_tls.c). A new one is told apart by its first byte:
 * conn_begin is false when it was closed for it; conn_await_tls before that, of
 * each. conn_unseal is for what comes then, and conn_seal goes before a send:
 * it fills conn->out, with the last word of one that is FLUSHING. A handshake
 * whose turn has no time left is held, with the FIN behind it where
 * conn_hold_end is true, and done by turn_shake, in the order that they came.
 */
void conn_await_tls(struct conn *conn);
bool conn_awaits_handshake(const struct conn *conn);
bool conn_begin(struct conn *conn, char first);
void conn_unseal(struct conn *conn, const char *bytes, size_t len);
void conn_seal(struct conn *conn);
bool conn_hold_end(struct conn *conn);
void turn_shake(struct reactor *reactor);

/*
 * A socket that has come (conn_admit.c): conn_take lets it in, or refuses and
 * closes it; conn_open gives it to another reactor first, if this one is full.
 * Who is let in is counted, and made by conn_make (conn.c); conn_let_out is the
 * end of that, of one that is DETACHED.
 */
void
conn_open(struct listener *listener, int socket, const struct address *peer);
void
conn_take(struct listener *listener, int socket, const struct address *peer);
void
conn_make(struct listener *listener, int socket, const struct address *peer);
void conn_let_out(const struct conn *conn);

/* The one that it came by. */
static inline struct listener *
conn_listener(const struct conn *conn)
{
	return &conn->reactor->listeners[conn->listener];
}

/* Which of its reactor's it is; the same endpoint in each of them. */
static inline uint8_t
listener_index(const struct listener *listener)
{
	return (uint8_t)(listener - listener->reactor->listeners);
}

#endif
