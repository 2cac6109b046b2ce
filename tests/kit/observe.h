/*
 * What a server's process (harness.h) is like from outside: what it has open,
 * what it uses, whom it serves. A test fails where that cannot be told. The
 * test's own thread only.
 */
#ifndef TESTS_KIT_OBSERVE_H
#define TESTS_KIT_OBSERVE_H

#include <stdint.h>
#include <sys/types.h>

struct server_process;

/* Asks the console until it counts this: "2 connected, 1 logged in". There is
 * no event for that, so there is a little pause between, for the server to get
 * there. `observe_open` waits for so many, logged in or not. */
void observe_count(struct server_process *server, const char *count);
void observe_open(struct server_process *server, unsigned connected);

/* Descriptors that the process has. */
uint64_t observe_descriptors(const struct server_process *server);

/* Waits until it has as many as before: those of whom it counts no longer may
 * be in the middle of their end. */
void observe_as_many_descriptors(
    const struct server_process *server, uint64_t before);

/* Bytes of memory of its own: heap, stacks and their like. */
uint64_t observe_memory(const struct server_process *server);

/* Waits until all its threads have used under 5 % of one processor for so long,
 * which must come: a loop that looks again and again never does. Some of what a
 * machine stands still is charged to who was running, so it may take longer. */
void observe_rest(const struct server_process *server, int ms);

/* The thread of this name ("throng/r1"). */
pid_t observe_thread(const struct server_process *server, const char *name);

/* Changes its soft limit of descriptors, as prlimit(1) does; returns what it
 * was. So many from now on: what it has, and `more`. */
uint64_t observe_limit(const struct server_process *server, uint64_t limit);
uint64_t observe_leave(const struct server_process *server, unsigned more);

#endif
