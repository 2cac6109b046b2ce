/*
 * What the parts of `make torture` share. Each part is a suite of that name
 * with a test for each engine, which ends by itself and prints figures, as
 * `PART engine=... KEY=VALUE...`, and its verdict.
 *
 * $TORTURE_SECONDS, 3600 unless given, is how long the soak takes on both
 * engines together; the other parts do more or less in proportion.
 */
#ifndef TESTS_TORTURE_TORTURE_H
#define TESTS_TORTURE_TORTURE_H

#include <stdbool.h>
#include <stdint.h>

#include "tests/kit/harness.h"

#define TORTURE_SECONDS 3600

#define TORTURE_ON(part, io)                                                   \
	Test(part, io, .fini = harness_fini)                                   \
	{                                                                      \
		part(#io);                                                     \
	}
#define TORTURE(part) TORTURE_ON(part, epoll) TORTURE_ON(part, uring)

/* TORTURE_SECONDS of the environment. */
unsigned torture_seconds(void);

/* So many at TORTURE_SECONDS, in proportion otherwise, but at least `least`. */
unsigned torture_scaled(unsigned count, unsigned least);

/* What the server holds. */
struct torture_size {
	uint64_t descriptors;
	uint64_t bytes; /* private memory */
};

/* How large it is now. */
struct torture_size torture_size_of(const struct server_process *server);

/* Processor time that the server has used so far. */
uint64_t torture_cpu_ms(const struct server_process *server);

/* Waits until `count` says this: there is no event for it. */
void torture_await_count(struct server_process *server, const char *count);

#endif
