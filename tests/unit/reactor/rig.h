/*
 * A rig for the tests of what needs a running reactor: one or two reactors on
 * either engine, with handlers that the test chooses, and plain blocking
 * sockets as their peers. The test's thread can have a function called on a
 * reactor's thread and waits for it: so what a handler does is decided by the
 * test, step by step, and nothing has to be slept for. Deadlines only bound a
 * failure.
 */
#ifndef TESTS_UNIT_REACTOR_RIG_H
#define TESTS_UNIT_REACTOR_RIG_H

#include <criterion/criterion.h>

#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reactor/conn.h"
#include "reactor/counters.h"
#include "reactor/engine.h"
#include "reactor/reactor.h"
#include "reactor/ring.h"
#include "tests/unit/reactor/rig_client.h"

#define RIG_REACTORS   4
#define RIG_DEADLINE_S 60

struct rig;
struct tls_server;

/* What a connection of the rig is; begins with the reactor's. */
struct peer {
	struct conn conn;
	struct rig *rig;
	uint64_t got;    /* bytes that came to on_bytes */
	unsigned ends;   /* calls of on_end */
	unsigned runs;   /* calls of on_run */
	unsigned closes; /* calls of on_closed */
};

/* Called on the reactor's thread; NULL: the default that is told here. */
struct rig_handlers {
	void (*on_open)(struct peer *peer); /* "bye\n", close, if stopping */
	void (*on_bytes)(struct peer *peer, char *bytes, size_t len); /* echo */
	void (*on_end)(struct peer *peer);                /* conn_close */
	void (*on_run)(struct peer *peer);                /* nothing */
	void (*on_closed)(struct peer *peer);             /* nothing */
	void (*on_stop)(struct rig *rig, unsigned index); /* "bye\n", close */
};

struct rig_setup {
	unsigned reactors; /* 0: one */
	bool on_unix;      /* a Unix socket; else a port of 127.0.0.1 */
	unsigned
	    descriptors_max; /* RLIMIT_NOFILE from the start; 0: as it is */
	int send_buffer;     /* SO_SNDBUF of accepted sockets; 0: as it is */
	bool passed;         /* the listening sockets are not ours alone */
	enum speaks speaks;
	struct tls_server *tls;       /* borrowed; NULL: none */
	struct reactor_limits limits; /* zero: generous ones */
	struct rig_handlers handlers;
};

struct rig_owner {
	struct rig *rig;
	unsigned index;
	/* That thread's. */
	unsigned turn_ends; /* calls of on_turn_end */
	unsigned behind;    /* of them, with output of earlier turns left */
	bool was_behind;    /* at the last one */
};

struct rig {
	struct rig_handlers handlers;
	const struct engine_ops *engine;
	struct census census;
	struct endpoint endpoint;
	struct rig_owner owners[RIG_REACTORS];
	struct reactor *reactors[RIG_REACTORS];
	unsigned count;
	bool stopped;
	bool emptied;
	bool joined;
	sem_t opened; /* posted after each on_open */
	sem_t ended;
	sem_t ran;
	sem_t closed;
	sem_t caught_up; /* posted when on_turn_end finds it behind no more */
	sem_t held;      /* the reactor has come to the hold */
	sem_t released;
	/* The newest connection of any reactor; it may be gone. */
	_Atomic(struct peer *) newest;
	/* What has become of the connection closed last. */
	struct peer last;
};

/* Starts the reactors. The rig must not move afterwards. */
void rig_start(struct rig *rig, const struct engine_ops *engine,
    const struct rig_setup *setup);

/* Asks all reactors to stop, without waiting; only once. */
void rig_ask_to_stop(struct rig *rig);

/* Waits until no reactor has a connection, after they have been asked. */
void rig_wait_empty(struct rig *rig);

/* Waits for the threads, after they have been asked to stop. */
void rig_join(struct rig *rig);

/* Does what has not been done yet to stop and join; drains mail, and frees. A
 * test may do it before its end. */
void rig_stop(struct rig *rig);

/* Waits until it was posted; the test fails after the deadline. */
void rig_await(sem_t *sem);

/* Calls `fn` on a reactor's thread, in its mail phase, and waits for it. */
void rig_call(struct rig *rig, unsigned index,
    void (*fn)(struct rig *rig, void *argument), void *argument);

/* Keeps a reactor busy in its mail phase until it is released: what clients do
 * meanwhile, it finds in one batch. */
void rig_hold(struct rig *rig, unsigned index);
void rig_release(struct rig *rig);

/* The same without waiting for it to begin: rig->held is posted then. */
void rig_hold_next(struct rig *rig, unsigned index);

/* Two calls with a whole turn between them: all that was due is done. */
void rig_turn(struct rig *rig, unsigned index);

/* Turns until so many connections are open: the others are gone for good, with
 * all that the kernel had of them. */
void rig_until_open(struct rig *rig, uint64_t count);

/* Lets half a second of a reactor's own time pass, by its timers; how many
 * turns all reactors have taken meanwhile. */
uint64_t rig_turns_in_half_a_second(struct rig *rig, unsigned index);

/* A counter's sum over all reactors; `name` is a row of counters.def. */
#define rig_counter(rig, name) rig_sum(rig, offsetof(struct counters, name))
uint64_t rig_sum(const struct rig *rig, size_t offset);

/*
 * RIG_TEST(name, setup...) { body } is one test for each engine; in the body,
 * `rig` has been started as `setup` says. ThreadSanitizer does not see what the
 * kernel writes, so io_uring is left out there.
 */
#if defined(__SANITIZE_THREAD__)
#define RIG_TEST_URING(name)
#else
#define RIG_TEST_URING(name)                                                   \
	RIG_TEST_TABLE(reactor_on_uring, name, true)                           \
	RIG_TEST_TABLE(reactor_on_old_uring, name, false)

/* With sockets in the ring's table where the kernel is good for it, and as
 * where it is not. */
#define RIG_TEST_TABLE(suite, name, table)                                     \
	Test(suite, name, .timeout = 2 * RIG_DEADLINE_S)                       \
	{                                                                      \
		if (engine_uring.probe(1) != 0)                                \
			cr_skip_test("no io_uring here");                      \
		if (!table)                                                    \
			ring_set_table(false);                                 \
		name##_on(&engine_uring);                                      \
	}
#endif

/* The same on io_uring alone. */
#define URING_TEST(name, ...)                                                  \
	RIG_BODY(name, __VA_ARGS__)                                            \
	RIG_TEST_URING(name)                                                   \
	static void name##_body(struct rig *rig)

#define RIG_TEST(name, ...)                                                    \
	RIG_BODY(name, __VA_ARGS__)                                            \
	Test(reactor_on_epoll, name, .timeout = 2 * RIG_DEADLINE_S)            \
	{                                                                      \
		name##_on(&engine_epoll);                                      \
	}                                                                      \
	RIG_TEST_URING(name)                                                   \
	static void name##_body(struct rig *rig)

/* A test on io_uring alone has no use for it under ThreadSanitizer. */
#define RIG_BODY(name, ...)                                                    \
	static void name##_body(struct rig *rig);                              \
	__attribute__((unused)) static void name##_on(                         \
	    const struct engine_ops *engine)                                   \
	{                                                                      \
		static struct rig rig;                                         \
		const struct rig_setup setup = {__VA_ARGS__};                  \
                                                                               \
		rig_start(&rig, engine, &setup);                               \
		name##_body(&rig);                                             \
		rig_stop(&rig);                                                \
	}

#endif
