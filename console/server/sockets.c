/* Opened here, in the order in which they are handed out. */
#include "console/server/sockets.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "console/server/service.h"
#include "console/server/user.h"
#include "reactor/listen.h"
#include "reactor/memory.h"
#include "reactor/reactor.h"

int
sockets_take_passed(struct sockets *sockets, struct options *options,
    char error[OPTIONS_ERROR_BYTES])
{
	int count;

	*sockets = (struct sockets){.options = options, .metrics = -1};
	count = service_listeners(sockets->passed, OPTIONS_LISTEN_MAX);
	if (count == -E2BIG)
		snprintf(error, OPTIONS_ERROR_BYTES,
		    "more than %d sockets were passed", OPTIONS_LISTEN_MAX);
	else if (count < 0)
		snprintf(error, OPTIONS_ERROR_BYTES,
		    "the sockets that LISTEN_FDS tells of cannot be used: %s",
		    strerrordesc_np(-count));
	if (count < 0)
		return -1;
	sockets->passed_count = (unsigned)count;
	if (count > 0)
		options->listen_count = sockets->passed_count;
	return 0;
}

/* A socket for each reactor. */
static int
open_listener(struct sockets *sockets, unsigned index, int fds[],
    char error[OPTIONS_ERROR_BYTES])
{
	struct endpoint *endpoint = &sockets->options->listen[index];
	unsigned count = sockets->reactor_count;

	if (sockets->passed_count > 0) {
		int fd = sockets->passed[index];

		sockets->passed[index] = -1;
		return listen_adopt(fd, endpoint, count, fds, error);
	}
	if (listen_open(endpoint, count, fds, error) < 0)
		return -1;
	sockets->opened++;
	return 0;
}

/* One, whatever the number of reactors: only then is it known how many
 * scrapers there are. */
static int
open_metrics(struct sockets *sockets, char error[OPTIONS_ERROR_BYTES])
{
	struct endpoint *endpoint = &sockets->options->metrics;

	if (endpoint->length == 0)
		return 0;
	return listen_open(endpoint, 1, &sockets->metrics, error);
}

int
sockets_open(struct sockets *sockets, unsigned reactor_count,
    char error[OPTIONS_ERROR_BYTES])
{
	unsigned endpoints = sockets->options->listen_count;

	sockets->reactor_count = reactor_count;
	sockets->fds =
	    memory_new((size_t)endpoints * reactor_count * sizeof(int));
	for (unsigned i = 0; i < endpoints; i++) {
		if (open_listener(sockets, i, sockets->fds + sockets->fd_count,
			error) < 0)
			return -1;
		sockets->fd_count += reactor_count;
	}
	return open_metrics(sockets, error);
}

void
sockets_give_user(const struct sockets *sockets, const struct user *user)
{
	for (unsigned i = 0; i < sockets->opened; i++)
		if (sockets->options->listen[i].path[0])
			user_give(user, sockets->options->listen[i].path);
}

void
sockets_hand_out(
    struct sockets *sockets, struct reactor *const reactors[], unsigned count)
{
	for (unsigned i = 0; i < sockets->fd_count; i++) {
		unsigned index = i % sockets->reactor_count;
		unsigned endpoint = i / sockets->reactor_count;

		if (index < count)
			reactor_add_listener(reactors[index], sockets->fds[i],
			    sockets->passed_count > 0,
			    sockets->options->listen[endpoint].speaks);
		else
			close(sockets->fds[i]);
		sockets->fds[i] = -1;
	}
	/* Behind the others, which each reactor has at the same places. */
	if (sockets->metrics >= 0)
		reactor_add_listener(
		    reactors[0], sockets->metrics, false, SPEAKS_METRICS);
	sockets->metrics = -1;
}

void
sockets_close(struct sockets *sockets)
{
	for (unsigned i = 0; i < sockets->fd_count; i++)
		if (sockets->fds[i] >= 0)
			close(sockets->fds[i]);
	if (sockets->metrics >= 0)
		close(sockets->metrics);
	for (unsigned i = 0; i < sockets->opened; i++)
		listen_remove(&sockets->options->listen[i]);
	for (unsigned i = 0; i < sockets->passed_count; i++)
		if (sockets->passed[i] >= 0)
			close(sockets->passed[i]);
	free(sockets->fds);
}
