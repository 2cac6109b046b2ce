/* The engine that --io means here. */
#include "console/server/engine_choice.h"

#include "console/server/capacity.h"
#include "reactor/engine.h"

const struct engine_ops *
engine_wanted(enum io_choice io)
{
	return io == IO_EPOLL ? &engine_epoll : &engine_uring;
}

struct engine_choice
engine_choose(const struct options *options)
{
	struct engine_choice choice = {.engine = engine_wanted(options->io)};

	choice.reactors = capacity_reactors(options, choice.engine);
	choice.refused = choice.engine->probe(choice.reactors);
	if (choice.refused) {
		choice.engine = &engine_epoll;
		choice.reactors = capacity_reactors(options, choice.engine);
	}
	return choice;
}
