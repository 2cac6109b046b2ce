/*
 * The load generator's core: a `load` is one thread's event loop over many
 * bots; a bot is one connection to the server that speaks lines, or frames that
 * the scenario cuts itself. It measures nothing and knows no protocol:
 * scenarios do, through load_ops. They embed struct bot in their own client and
 * struct load in their own per-thread state, and come back from either by
 * list_entry().
 *
 * A turn: start connections that wait (1), wait for events (2), for each ready
 * bot read in large chunks and hand over what came (3), time out bots and ring
 * the alarm (4), publish progress (5). One thread owns a load and its bots;
 * only load_wake and load_progress may be called from another. Memory per bot
 * is its struct, and a buffer only while half a line is in or unsent bytes are
 * out.
 *
 * The descriptors of bots may be in a table of their thread's own (swarm.h), so
 * only that thread opens and closes them. Those of the load are opened before
 * the threads start, and so are in every table.
 */
#ifndef BENCH_LOAD_LOAD_H
#define BENCH_LOAD_LOAD_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench/load/sources.h"
#include "bench/load/splitter.h"
#include "bench/report/progress.h"
#include "reactor/list.h"

#define LOAD_READ_BYTES (64 * 1024)

struct bot;
struct load;
struct target;

enum bot_state {
	BOT_CLOSED, /* no descriptor; bot_connect may be called */
	BOT_QUEUED, /* waits for its turn to connect */
	BOT_CONNECTING,
	BOT_OPEN,
};

struct load_ops {
	/* The connection stands; now_ns is the moment it was seen. */
	void (*on_open)(struct bot *bot);
	/* A line without its LF, valid during the call. May close the bot. */
	void (*on_line)(struct bot *bot, struct span line);
	/* Instead of on_line, when set: all bytes at hand, valid during the
	 * call. Returns how many it has used; the rest, which is less than a
	 * whole frame, comes again in front of the next. May close the bot. */
	size_t (*on_bytes)(struct bot *bot, struct span bytes);
	/* The deadline that bot_arm set has passed; it is set no more. */
	void (*on_timeout)(struct bot *bot);
	/* Not opened, or lost: errno, or 0 when the server closed it. It is
	 * BOT_CLOSED already. Never called for a bot_close. */
	void (*on_closed)(struct bot *bot, int error);
	/* load_wake was called, once or several times. */
	void (*on_wake)(struct load *load);
	/* The moment that load_alarm set has come; it is set no more. */
	void (*on_alarm)(struct load *load);
	/* About ten times a second; may be NULL. */
	void (*on_tick)(struct load *load);
	/* The loop is over, and so are those of all other loads of the swarm:
	 * closes its bots. May be NULL, if all are closed by then. */
	void (*on_end)(struct load *load);
};

struct bot {
	struct load *load;    /* borrowed, for life */
	struct list link;     /* in load's connecting, then in its deadlines */
	uint64_t deadline_ns; /* meaningful while in deadlines */
	uint64_t connect_ns;  /* when connect() was first called */
	struct splitter in;
	struct ssl_st *tls; /* owned; NULL: none */
	char *out; /* owned; bytes that the socket would not take yet */
	uint32_t out_len;
	uint32_t out_size;
	int fd;
	enum bot_state state;
	bool paused; /* it is not read */
};

struct load {
	/* owner thread only */
	const struct load_ops *ops;
	const struct target *target;
	struct sources sources;
	uint64_t timeout_ns;
	uint64_t now_ns;        /* refreshed after each read and connect */
	uint64_t alarm_ns;      /* when on_alarm is due; 0: not set */
	uint64_t published_ns;  /* when `published` was last set */
	uint64_t backlog_waits; /* turns in which a backlog was full */
	uint32_t dialled;       /* sockets made; each goes to the next source */
	struct progress_state progress; /* kept by the scenario */
	struct list connecting; /* bots in BOT_QUEUED, first come first */
	struct list deadlines;  /* all timeouts are alike: a FIFO is sorted */
	int epoll_fd;
	bool stopping;
	/* written by any thread */
	int wake_fd;
	pthread_mutex_t lock;            /* for the next field */
	struct progress_state published; /* copy, at most a tick old */
	char buffer[LOAD_READ_BYTES];
};

/* What loads and scenarios agree on for a whole run; borrowed for the run. */
struct load_options {
	const struct load_ops *ops;
	const struct target *target;
	uint64_t timeout_ns; /* for a connect, and for bot_arm */
	struct sources sources;
};

/* Makes a load ready to run. Ends the process when the kernel refuses. */
void load_init(struct load *load, const struct load_options *options);

/* Releases it; its thread is done. On the thread of load_init. */
void load_fini(struct load *load);

/* The loop: returns after load_stop. The calling thread owns the load. */
void load_run(struct load *load);

/* Ends the loop after this turn. Owner thread. */
void load_stop(struct load *load);

/* Has on_wake called in the owner's next turn. Any thread, also before run. */
void load_wake(struct load *load);

/* Has on_alarm called once, as soon as at_ns has come; 0 for not at all. It
 * replaces what was set. Owner thread. */
void load_alarm(struct load *load, uint64_t at_ns);

/* Where the scenario is, at most a tick old. Any thread. */
struct progress_state load_progress(struct load *load);

/* Makes a closed bot of this load. */
void bot_init(struct bot *bot, struct load *load);

/*
 * Connects a closed bot, in the load's next turn or as soon as the server's
 * backlog has room. on_open or on_closed follows; no answer within the timeout
 * is ETIMEDOUT.
 */
void bot_connect(struct bot *bot);

/*
 * Sends bytes on an open bot; what the socket does not take at once is copied
 * and follows. An error is not reported here but by on_closed, later.
 */
void bot_send(struct bot *bot, struct span bytes);

/* (Re)starts the wait for an answer: on_timeout follows unless disarmed. */
void bot_arm(struct bot *bot);
void bot_disarm(struct bot *bot);

/* Reads the bot no more, or again: the server's output to it piles up. */
void bot_pause(struct bot *bot);
void bot_resume(struct bot *bot);

/* Closes the connection, if there is one; bot_reset with a TCP reset instead of
 * an orderly end. No callback follows. */
void bot_close(struct bot *bot);
void bot_reset(struct bot *bot);

/* For the loop: starts the connect of a bot in BOT_QUEUED. False when the
 * backlog is full (a unix socket says so): it is to be tried again. */
bool bot_dial(struct bot *bot);

/* For the loop: serves what epoll has reported of the bot. */
void bot_serve(struct bot *bot, uint32_t events);

#endif
