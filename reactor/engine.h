/*
 * What a turn needs from the kernel, written twice: engine_epoll.c (readiness)
 * and engine_uring.c (completion). The engine calls up through the functions at
 * the end and never frees a connection. The reactor's thread only.
 */
#ifndef REACTOR_ENGINE_H
#define REACTOR_ENGINE_H

#include <sys/types.h>

struct conn;
struct engine;
struct listener;
struct reactor;
struct sockaddr_storage;

struct engine_ops {
	const char *name;
	/* Can so many be made here, at least 1? 0 or -errno. Any thread. */
	int (*probe)(unsigned count);
	/* Made in the reactor's thread. NULL with errno set. */
	struct engine *(*make)(struct reactor *reactor);
	void (*free)(struct engine **engine);
	/* Accept from now on; accept no more. */
	void (*listen)(struct engine *engine, struct listener *listener);
	void (*unlisten)(struct engine *engine, struct listener *listener);
	/* A new connection: receive from now on. 0 or -errno. */
	int (*attach)(struct engine *engine, struct conn *conn);
	/* Receive again after conn->input_paused has become false. Engines
	 * look at that flag by themselves when it is set. */
	void (*receive)(struct engine *engine, struct conn *conn);
	/* Send what waits; conn->sending is false. */
	void (*send)(struct engine *engine, struct conn *conn);
	/* Stop everything; conn_on_detached follows, now or in a later turn,
	 * when the kernel holds nothing of it any more. */
	void (*detach)(struct engine *engine, struct conn *conn);
	/* Phases 1 and 2 of a turn. -1: no time limit. */
	void (*wait)(struct engine *engine, int timeout_ms);
};

extern const struct engine_ops engine_epoll;
extern const struct engine_ops engine_uring;

/*
 * The calls upward. `result` is a count of bytes or -errno; a received result
 * of 0 is the peer's FIN. `bytes` may be changed in place. The peer's address
 * is borrowed, and NULL where the engine does not have it.
 */
void conn_on_received(struct conn *conn, char *bytes, ssize_t result);
void conn_on_sent(struct conn *conn, ssize_t result);
void conn_on_detached(struct conn *conn);
void listener_on_accepted(struct listener *listener, int fd_or_error,
    const struct sockaddr_storage *peer);

/* Takes the time, once a turn: after the sleep, before anything is dispatched.
 */
void reactor_on_wake(struct reactor *reactor);

/* The bell has rung: clears it. */
void reactor_on_bell(struct reactor *reactor);

#endif
