/*
 * The server under test where the generator starts it itself (--restart): a
 * command line for sh (command.h). A keeper thread reads
 * what the server prints, so that it never waits for us, kills it with SIGKILL
 * at drawn moments and starts it again, and ends it with SIGTERM.
 *
 * Each start begins a life of the server. A connection belongs to the life that
 * mixed_server_life gives once it stands: the number is raised between the end
 * of one process and the start of the next. Without a command there is one life
 * and no keeper.
 */
#ifndef BENCH_MIXED_SERVER_H
#define BENCH_MIXED_SERVER_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "bench/mixed/command.h"

struct report;
struct target;

#define MIXED_RESTARTS_MAX 1000

struct mixed_server_options {
	const char *scenario;
	const char *command; /* NULL: the server runs already */
	const struct target *target;
	uint64_t timeout_ns; /* for a start and a stop */
	int pid;             /* the server's, if it is told; else 0 */
	unsigned row;        /* of the report, for what it does wrong */
};

struct mixed_server {
	const struct mixed_server_options *options; /* borrowed */
	struct report *report;                      /* borrowed */
	pthread_t keeper;
	int wake_fd;
	pthread_mutex_t lock; /* for all until the next comment */
	pthread_cond_t started;
	unsigned life;
	bool is_up;       /* it listens, as far as we know */
	uint64_t up_ns;   /* since when */
	bool is_back;     /* somebody has logged in in this life */
	bool failed;      /* it could not be started (again), or has ended */
	bool ending;      /* the keeper is to end it */
	uint64_t stop_ns; /* how long that took */
	int pid;          /* 0: not known */
	uint64_t killed_ns;
	uint64_t cpu_ns; /* processor time of the lives before */
	uint64_t kills[MIXED_RESTARTS_MAX]; /* when it is to be killed */
	unsigned kill_count;
	unsigned killed;                      /* of these */
	uint64_t down_ns[MIXED_RESTARTS_MAX]; /* from a kill to a login */
	/* keeper's alone */
	struct command command;
	bool listens;  /* it has printed so */
	char tail[64]; /* the last bytes of its output */
	size_t tail_len;
};

/* Finds the server, or starts it and waits until it listens. Ends the process
 * when it cannot. Main thread, before the loads run. */
void mixed_server_open(struct mixed_server *server,
    const struct mixed_server_options *options, struct report *report);

/* Ends the server, if it was started here; a failure is reported when it does
 * not end as it should. Returns how long it took, in nanoseconds, or 0. Main
 * thread, once. */
uint64_t mixed_server_close(struct mixed_server *server);

/* Has it killed at these moments, which are sorted. Any thread, once. */
void mixed_server_plan(
    struct mixed_server *server, const uint64_t kills[], unsigned count);

/* It is killed no more, whatever was planned. Any thread. */
void mixed_server_spare(struct mixed_server *server);

/* The life that runs, or will run next. Any thread. */
unsigned mixed_server_life(struct mixed_server *server);

/* May a connection of this life be lost, or refused, that was asked for at
 * since_ns? It was before the server was known to listen, or it is down now.
 * Any thread. */
bool mixed_server_may_lose(
    struct mixed_server *server, unsigned life, uint64_t since_ns);

/* Somebody has logged in in this life. Any thread. */
void mixed_server_entered(struct mixed_server *server, unsigned life);

/* How many of down_ns are set. When the keeper has ended. */
unsigned mixed_server_downs(const struct mixed_server *server);

/* The server's process; 0 when it is not known. Any thread. */
int mixed_server_pid(struct mixed_server *server);

/* Nanoseconds of processor time of all lives so far. False when it is not
 * known. Any thread. */
bool mixed_server_cpu(struct mixed_server *server, uint64_t *used_ns);

#endif
