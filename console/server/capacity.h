/*
 * How many clients fit, and why. With epoll a client is a descriptor of the
 * process; with io_uring, where the kernel is good for that (reactor/ring.h),
 * one of its reactor's, so that more reactors take more clients. Main thread,
 * as the first call may try what the kernel does.
 */
#ifndef CONSOLE_SERVER_CAPACITY_H
#define CONSOLE_SERVER_CAPACITY_H

#include <stddef.h>
#include <stdint.h>

struct engine_ops;
struct options;

enum capacity_bound {
	CAPACITY_ASKED,   /* --max-clients */
	CAPACITY_PROCESS, /* the limit of descriptors, for all reactors */
	CAPACITY_REACTOR, /* the same, for each reactor by itself */
	CAPACITY_TABLE,   /* each reactor, by default */
};

struct capacity {
	uint64_t clients; /* in all */
	uint32_t each;    /* of one reactor */
	uint32_t asked;   /* 0: not at all */
	enum capacity_bound bound;
	uint64_t descriptors; /* the limit */
};

#define CAPACITY_TEXT_BYTES 160

/* Raises the soft limit of descriptors to the hard one: before all others. */
void capacity_raise_descriptors(void);

/* Cores that this process may use. */
unsigned capacity_cores(void);

/* How many reactors there are to be on that engine: as many as were asked for,
 * else one for each core, and more where --max-clients needs more. */
unsigned capacity_reactors(
    const struct options *options, const struct engine_ops *engine);

/* What fits into so many reactors on that engine. */
struct capacity capacity_of(const struct options *options,
    const struct engine_ops *engine, unsigned reactors);

/* "39872 clients (19936 a reactor: ...)"; returns `text`. */
const char *capacity_format(
    const struct capacity *capacity, char text[CAPACITY_TEXT_BYTES]);

#endif
