/* The engine that --io means here. */
#include "console/server/engine_choice.h"

#include "reactor/engine.h"

const struct engine_ops *
engine_wanted(enum io_choice io)
{
	return io == IO_EPOLL ? &engine_epoll : &engine_uring;
}

struct engine_choice
engine_choose(enum io_choice io, unsigned reactors)
{
	const struct engine_ops *wanted = engine_wanted(io);
	int refused = wanted->probe(reactors);

	return (struct engine_choice){
	    .engine = refused ? &engine_epoll : wanted,
	    .refused = refused,
	};
}
