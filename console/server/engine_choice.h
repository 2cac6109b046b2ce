/*
 * Which engine --io means here: the one that is wanted, or the next one where
 * the kernel refuses it. The main thread.
 */
#ifndef CONSOLE_SERVER_ENGINE_CHOICE_H
#define CONSOLE_SERVER_ENGINE_CHOICE_H

#include "console/setting/options.h"

struct engine_ops;

struct engine_choice {
	const struct engine_ops *engine; /* that runs here */
	unsigned reactors;               /* that there are to be on it */
	int refused; /* -errno: io_uring is wanted, but cannot be used */
};

/* The one that is tried first. */
const struct engine_ops *engine_wanted(enum io_choice io);

/* With --io uring a refusal is the end: the engine is none that was asked
 * for. Otherwise there are as many reactors then as it takes, no more than the
 * wanted one would. */
struct engine_choice engine_choose(const struct options *options);

#endif
