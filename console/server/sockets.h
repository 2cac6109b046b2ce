/*
 * The sockets that the server listens on, from their opening, which may want
 * root, to the reactors, which take them over. Those that a service manager has
 * opened stand in the place of all --listen. Main thread only.
 */
#ifndef CONSOLE_SERVER_SOCKETS_H
#define CONSOLE_SERVER_SOCKETS_H

#include "console/setting/options.h"

struct reactor;
struct user;

struct sockets {
	struct options *options;        /* borrowed */
	int passed[OPTIONS_LISTEN_MAX]; /* owned, -1 when adopted */
	unsigned passed_count; /* then they are all there is to listen on */
	unsigned opened;       /* endpoints that we have opened */
	int *fds;              /* owned; -1 when a reactor has it */
	unsigned fd_count;     /* of all endpoints for the first reactor, ... */
	unsigned reactor_count;
	int metrics; /* owned; -1: a reactor has it, or none */
};

/*
 * Takes those that were passed to us, before anybody counts descriptors:
 * options->listen_count is right from then on. 0, or -1 with a line in `error`;
 * sockets_close is due in any case. The options are borrowed until then.
 */
int sockets_take_passed(struct sockets *sockets, struct options *options,
    char error[OPTIONS_ERROR_BYTES]);

/* Opens them, for so many reactors; the options get the ports that were picked.
 * 0, or -1 with a line in `error`. */
int sockets_open(struct sockets *sockets, unsigned reactor_count,
    char error[OPTIONS_ERROR_BYTES]);

/* Those that have a path and are ours become the user's. */
void sockets_give_user(const struct sockets *sockets, const struct user *user);

/* The reactors, as many as they were opened for or fewer, have them from now
 * on; --metrics is the first one's. */
void sockets_hand_out(
    struct sockets *sockets, struct reactor *const reactors[], unsigned count);

/* Closes those that no reactor has, and removes the paths that are ours. */
void sockets_close(struct sockets *sockets);

#endif
