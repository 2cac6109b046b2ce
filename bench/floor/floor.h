/*
 * The floor: what the kernel alone asks for what a chat server does. Minimal
 * programs that accept, echo and send to many, and do nothing else: no
 * accounts, no rooms, no limits, no errors that they survive. What a server
 * takes beyond these figures is its own.
 *
 * Each work is one thread. Its clients are a fork of the process (members.c),
 * so that the processor time of this process is the server's alone; only
 * floor_echo has its clients elsewhere (throng-bench echo). The figures are one
 * line of key=value words on standard output.
 */
#ifndef BENCH_FLOOR_FLOOR_H
#define BENCH_FLOOR_FLOOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct floor_options {
	bool uring;        /* io_uring, else epoll and send(2) */
	unsigned port;     /* of floor_echo; 0: a free one */
	unsigned clients;  /* of the two others */
	unsigned messages; /* in a send */
	unsigned bytes;    /* of a message */
	double seconds;    /* that floor_fanout is measured */
};

/* Answers each line of each client with "Echo: " and the line, for ever.
 * Prints where it listens. A client must read what it is sent. */
void floor_echo(const struct floor_options *options);

/* Sends a blob of messages to all clients, waits until they have it, and again
 * until the seconds are over. */
void floor_fanout(const struct floor_options *options);

/* Accepts the clients as fast as they come, then waits for input of all: how
 * long that takes, and what memory the kernel takes for it. */
void floor_connect(const struct floor_options *options);

/* A listener on loopback; fails in no other way than by exit. */
int floor_listen(unsigned port);
unsigned floor_port(int listener);

/* Waits for the next client of a listener. */
int floor_accept(int listener);

/* Seconds on a monotonic clock, and of processor time of this process. */
double floor_clock(void);
double floor_cpu(void);

/* The clients: another process, which dies with this one; this one ends, as
 * failed, when that does so before members_stop. */
struct members {
	pid_t pid;
	int go;   /* owned: a byte lets some of them connect */
	int done; /* owned: a byte tells that all have received a blob */
};

/* Clients that may connect without one being accepted. */
#define MEMBERS_AHEAD 1000

/* Starts `count` clients of `port`. They connect MEMBERS_AHEAD at a time, for
 * each byte of `go`, and then receive and discard, with a byte on `done` each
 * time that all together have got `blob_bytes` for each. */
struct members
members_start(unsigned port, unsigned count, uint64_t blob_bytes);

/* Lets the next ones connect, if the `accepted` so far are all that could. */
void members_admit(const struct members *members, unsigned accepted);

/* Waits until they all have received a blob. */
void members_wait(const struct members *members);

/* Ends their process. */
void members_stop(struct members *members);

#endif
