/*
 * Which engine --io means here: the one that is wanted, or the next one where
 * the kernel refuses it. Any thread.
 */
#ifndef CONSOLE_SERVER_ENGINE_CHOICE_H
#define CONSOLE_SERVER_ENGINE_CHOICE_H

#include "console/setting/options.h"

struct engine_ops;

struct engine_choice {
	const struct engine_ops *engine; /* that runs here */
	int refused; /* -errno: io_uring is wanted, but cannot be used */
};

/* The one that is tried first. */
const struct engine_ops *engine_wanted(enum io_choice io);

/* The one for so many reactors. With --io uring a refusal is the end: the
 * engine is none that was asked for. */
struct engine_choice engine_choose(enum io_choice io, unsigned reactors);

#endif
